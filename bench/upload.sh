#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What it adds to an upload that the image is decoded before it is accepted: an
# image of each kind, and in turns with it a small JPEG, of which only the heads
# are decoded, made as long by random bytes behind its end. Medians of ROUNDS (9)
# in milliseconds through a Unix socket.
#
# A yardstick from outside follows: the same bytes sent at 100 Mbit/s, then
# written to a file and synced by a plain program, with what the look added to
# that, and without.
# usage: bench/run upload
set -eu
photos=$BUILD/bench/photos
bash "$SRC/bench/render_images.sh" "$photos"
PATH=$BUILD/daemon:$PATH PYTHONPATH=$SRC/tests/lib PYTHONDONTWRITEBYTECODE=1 \
    exec python3 upload.py "$photos"
