# SPDX-License-Identifier: BSD-2-Clause
# What strangers write: pictures, stacks and URLs, signatures and headers.
. "$srcdir/fuzz/run.sh"

vips=$(pkg-config --cflags vips) || exit 77
fuzz fuzz_image daemon/render/sniff.c daemon/render/header.c \
    daemon/render/jpeg.c daemon/render/webp.c -- $vips -lwebp || exit 1
fuzz fuzz_recipe daemon/render/recipe.c daemon/render/recipe_ask.c \
    daemon/render/recipe_check.c daemon/render/recipe_url.c \
    daemon/render/stack.c daemon/render/optable.c daemon/render/geom.c \
    url/url.c url/canonical.c url/accept.c -- $vips -I"$top_srcdir/url" \
    -ljansson -lsodium -lm || exit 1
fuzz fuzz_sign daemon/api/sign.c daemon/api/json.c url/etag.c \
    url/url.c -- -I"$top_srcdir/url" -ljansson -lsodium || exit 1
