#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# AVIF: bytes over SSIM of the photo set in a box of 400 x 300, at four
# qualities and each effort of EFFORTS ("2", the default), held to
#
#	libaom, by avifenc at the same speed
#	the peer: libaom at speed 8, which is what imgproxy asks for
#
# each by what it needs of the same pixels for the SSIM that ours has; and what a
# picture takes of a processor, as a share of the loop of "bench/run render".
# It needs Debian's libavif-bin.
# usage: bench/run avif
set -eu
command -v avifenc >/dev/null || {
	echo "bench: no avifenc: install libavif-bin" >&2
	exit 77
}
make -s -C "$BUILD/bench" render_load render_ssim
photos=$BUILD/bench/photos
bash "$SRC/bench/render_images.sh" "$photos"
export BENCH=$BUILD/bench VIPS_WARNING=0
PATH=$BUILD/daemon:$PATH PYTHONPATH=$SRC/tests/lib PYTHONDONTWRITEBYTECODE=1 \
    exec python3 avif.py "$photos"
