#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Durable alias PUTs a second through the API at 1, 8 and 64 connections,
# beside SQLite with one commit a row and with a thousand rows a commit, on
# the same file system in the same run; and what a reader sees meanwhile, beside
# one who asks a process that does nothing but answer ("bare").
# usage: bench/run api-writes [SECONDS-EACH [DIR [ROUNDS]]]
set -eu
. "$SRC/bench/lib/bench.sh"
seconds=${1:-3} rounds=${3:-5}
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

# A file per load and column has what each round measured.
keep() { # LOAD COLUMN...
	local load=$1 column
	shift
	for column in "$@"; do
		echo "${!column}" >>"$dir/$load.$column"
	done
}
median() { # LOAD COLUMN
	test -f "$dir/$1.$2" || return 0
	sort -n "$dir/$1.$2" | sed -n "$((rounds / 2 + 1))p"
}
columns="writes write_p50 write_p99 read_p50 read_p99 bare_p50 bare_p99"
# One after the other in each round, as the machine does other things, too.
for round in $(seq "$rounds"); do
	take "$load" sqlite "$dir/one.db" 1 "$seconds"
	keep one writes
	take "$load" sqlite "$dir/many.db" 1000 "$seconds"
	keep many writes
	for n in 0 1 8 64; do
		take "$load" api "$dir/api.sock" "$key" $n "$seconds" \
		    "$red" "$blue"
		wanted=$columns
		test $n != 0 || wanted="read_p50 read_p99 bare_p50 bare_p99"
		keep api$n $wanted
	done
done
table() { # LOAD NAME
	local load=$1 column
	shift
	row "$*" $(for column in $columns; do
		value=$(median "$load" $column)
		echo "${value:--}"
	done)
}
row "medians of $rounds rounds" $(printf '%s ' $columns)
table one sqlite, one row a commit
table many sqlite, 1000 rows a commit
table api0 api, idle
table api1 api, 1 connection
table api8 api, 8 connections
table api64 api, 64 connections
echo "times in microseconds; each reader asks a thousand times a second"
test "$real_time" = 1 || echo "the readers waited for cores, too: run as root," \
    "and they have real time"
ratio() { # COLUMN LOAD LOAD
	awk -v a="$(median "$2" "$1")" -v b="$(median "$3" "$1")" \
	    'BEGIN { printf "%.1f", a / b }'
}
goal "64 connections / one commit a request" \
    "$(ratio writes api64 api1)" '>=' 5
goal "p99 of a read under 64 writers / idle" \
    "$(ratio read_p99 api64 api0)" '<=' 3
echo "beside: 64 connections / sqlite with one row a commit:" \
    "$(ratio writes api64 one)"
echo "beside: p99 of a bare answer under 64 writers / idle:" \
    "$(ratio bare_p99 api64 api0)"
exit $missed
