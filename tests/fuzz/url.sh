# SPDX-License-Identifier: BSD-2-Clause
# The URL grammar, which clients write and both sides of the cache read.
: "${FUZZ_SECONDS:=5}"
. "$srcdir/fuzz/run.sh"

fuzz fuzz_url url/url.c url/bracket.c url/canonical.c url/accept.c url/download.c \
    name/hash.c name/name.c || exit 1
