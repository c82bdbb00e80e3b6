# SPDX-License-Identifier: BSD-2-Clause
# The URL grammar, which clients write and both sides of the cache read; and
# what they say of languages.
: "${FUZZ_SECONDS:=3}"
. "$srcdir/fuzz/run.sh"

fuzz fuzz_url url/url.c url/bracket.c url/canonical.c url/accept.c url/download.c \
    name/hash.c name/name.c || exit 1
fuzz fuzz_language url/language.c name/name.c || exit 1
