#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What one organization's 230 renders of AVIF do to the small pictures and the
# uploads of another: idle and under that attack in turns; the medians of
# ROUNDS (3) rounds of N (100) each. SETTINGS are lines of monikerd.conf.
# usage: bench/run fairness
set -eu
PATH=$BUILD/daemon:$PATH PYTHONPATH=$SRC/tests/lib PYTHONDONTWRITEBYTECODE=1 \
    exec python3 fairness.py "$@"
