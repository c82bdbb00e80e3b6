#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Searches by metadata in an organization with a million source images, a tenth
# of which each search finds: medians and 99th percentiles. Before, how long the
# database of a release without terms takes to start; after, what uploads and edits
# of metadata cost the writer.
# usage: bench/run search [IMAGES]
set -eu
PATH=$BUILD/daemon:$PATH PYTHONPATH=$SRC/tests/lib PYTHONDONTWRITEBYTECODE=1 \
    exec python3 search.py "$@"
