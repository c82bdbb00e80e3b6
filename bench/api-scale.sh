#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Calls of the API in an organization with a million aliases and a hundred
# thousand source images: medians and 99th percentiles.
# usage: bench/run api-scale [ALIASES [IMAGES]]
set -eu
PATH=$BUILD/daemon:$PATH PYTHONPATH=$SRC/tests/lib PYTHONDONTWRITEBYTECODE=1 \
    exec python3 api-scale.py "$@"
