# SPDX-License-Identifier: BSD-2-Clause
# What strangers write: pictures, stacks and URLs, signatures and headers.
. "$srcdir/fuzz/run.sh"

vips=$(pkg-config --cflags vips) || exit 77
fuzz fuzz_image daemon/wire/sniff.c daemon/worker/header.c \
    daemon/worker/jpeg.c daemon/worker/webp.c -- $vips -lwebp || exit 1
fuzz fuzz_recipe $(cd "$top_srcdir" && echo daemon/recipe/*.c expr/*.c) \
    url/url.c url/bracket.c url/canonical.c url/accept.c name/hash.c \
    name/host.c name/name.c name/pattern.c -- $vips -I"$top_srcdir/url" \
    -ljansson -lsodium -lm || exit 1
fuzz fuzz_sign daemon/api/sign.c daemon/api/json.c base/date.c url/etag.c \
    url/url.c url/bracket.c name/hash.c name/name.c -- -I"$top_srcdir/url" \
    -ljansson -lsodium || exit 1
