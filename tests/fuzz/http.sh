# SPDX-License-Identifier: BSD-2-Clause
# All that parses bytes of the network before anybody is known.
. "$srcdir/fuzz/run.sh"

fuzz fuzz_http_head daemon/http/head.c daemon/http/request_target.c \
    daemon/http/chunked.c daemon/http/router.c name/host.c name/name.c || exit 1
fuzz fuzz_multipart daemon/http/multipart.c daemon/http/disposition.c \
    daemon/http/request_target.c || exit 1
fuzz fuzz_json daemon/api/json.c base/date.c -- -ljansson || exit 1
fuzz fuzz_token daemon/api/token.c daemon/api/net.c daemon/api/json.c \
    base/date.c -- \
    -ljwt -ljansson -lsodium || exit 1
