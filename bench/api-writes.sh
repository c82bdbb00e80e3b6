#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Durable alias PUTs a second through the API at 1, 8 and 64 connections,
# beside SQLite with one commit a row and with a thousand rows a commit, on
# the same file system in the same run; and what a reader sees meanwhile, beside
# one who asks a process that does nothing but answer ("bare").
# usage: bench/run api-writes [SECONDS-EACH [DIR]]
set -eu
. "$SRC/bench/lib/bench.sh"
seconds=${1:-5}
dir=$(mktemp -d "${2:-${TMPDIR:-/tmp}}/api-writes.XXXXXX")
make -s -C "$BUILD/bench" api_load >/dev/null
load=$BUILD/bench/api_load
daemon=
finish() {
	test -z "$daemon" || { kill "$daemon" && wait "$daemon" || true; }
	rm -rf "$dir"
}
trap finish EXIT

# Every name=value of the line becomes a variable.
take() {
	line=$("$@")
	eval "$line"
}
row() { printf '%-28s %9s %9s %9s %9s %9s %9s %9s\n' "$@"; }
daemon_start 'log_level = "error"'
local_api() { curl -sSf --unix-socket "$dir/local.sock" "$@"; }
value() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
local_api -X PUT http://x/organizations/bench -d '{}' >/dev/null
key=$(local_api http://x/organizations/bench/keys -d '{}' | value api_key)
upload() {
	local_api http://x/sourceimages/bench -F "filedata=@$1" | value hash
}
red=$(upload "$SRC/tests/images/red.png")
blue=$(upload "$SRC/tests/images/blue.png")
local_api -X PUT http://x/sourceimages/bench/alias/read \
    -d "{\"hash\":\"$red\"}" >/dev/null

row "" writes/s write_p50 write_p99 read_p50 read_p99 bare_p50 bare_p99
take "$load" sqlite "$dir/one.db" 1 "$seconds"
row "sqlite, one row a commit" "$writes" "" "" "" "" "" ""
one=$writes
take "$load" sqlite "$dir/many.db" 1000 "$seconds"
row "sqlite, 1000 rows a commit" "$writes" "" "" "" "" "" ""
take "$load" api "$dir/api.sock" "$key" 0 "$seconds" "$red" "$blue"
row "api, idle" "" "" "" "$read_p50" "$read_p99" "$bare_p50" "$bare_p99"
idle=$read_p99
bare_idle=$bare_p99
for n in 1 8 64; do
	take "$load" api "$dir/api.sock" "$key" $n "$seconds" "$red" "$blue"
	row "api, $n connections" "$writes" "$write_p50" "$write_p99" \
	    "$read_p50" "$read_p99" "$bare_p50" "$bare_p99"
	test $n != 1 || single=$writes
done
echo "times in microseconds; each reader asks a thousand times a second"
test "$real_time" = 1 || echo "the readers waited for cores, too: run as root," \
    "and they have real time"
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", a / b }'; }
goal "64 connections / one commit a request" \
    "$(ratio "$writes" "$single")" '>=' 5
goal "p99 of a read under 64 writers / idle" \
    "$(ratio "$read_p99" "$idle")" '<=' 3
echo "beside: 64 connections / sqlite with one row a commit:" \
    "$(ratio "$writes" "$one")"
echo "beside: p99 of a bare answer under 64 writers / idle:" \
    "$(ratio "$bare_p99" "$bare_idle")"
exit $missed
