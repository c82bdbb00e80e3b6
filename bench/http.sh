# SPDX-License-Identifier: BSD-2-Clause
# The daemon's HTTP server beside libevent's own, which parses less and checks
# less: processor time of a request under wrk, and what an upload takes in
# memory. Rounds alternate; the median of five counts. Time of the processor,
# since wrk has the same ones, and other work may, too.
set -eu
. "$SRC/bench/lib/bench.sh"
command -v wrk >/dev/null || { echo "bench/http: needs wrk"; exit 77; }
make -s -C "$BUILD/tests" lib/httpd_echo >/dev/null
make -s -C "$BUILD/bench" http_evhttp >/dev/null
seconds=${1:-1}
dir=$(mktemp -d)
pids=
trap 'kill $pids 2>/dev/null; rm -rf "$dir"' EXIT

start() { # NAME COMMAND...
	"${@:2}" >"$dir/$1" 2>/dev/null &
	pids="$pids $!"
	echo $! >"$dir/$1.pid"
	until grep -qs port= "$dir/$1"; do sleep 0.05; done
}
url() { echo "http://127.0.0.1:$(sed 's/port=//' "$dir/$1")$2"; }
ticks() { awk '{ print $14 + $15 }' "/proc/$(cat "$dir/$1.pid")/stat"; }
cost() { # NAME PATH CONNECTIONS: microseconds a request
	local before n

	before=$(ticks "$1")
	n=$(wrk -t1 -c"$3" -d"${seconds}s" "$(url "$1" "$2")" |
	    sed -n 's/^ *\([0-9]*\) requests in.*/\1/p')
	awk "BEGIN { print ($(ticks "$1") - $before) * 1e6 / $hz / $n }"
}
hz=$(getconf CLK_TCK)
median() { sort -n | sed -n 3p; }
peak() { sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' \
    "/proc/$(cat "$dir/$1.pid")/status"; }

start ours "$BUILD/tests/lib/httpd_echo" "$dir/socket"
start evhttp "$BUILD/bench/http_evhttp"

worst=
printf '%-28s %10s %10s %6s\n' "us of processor a request" ours evhttp ratio
for what in "/hello 1" "/hello 8" "/hello 64" "/fd?20000 8" "/fd?20000 64"; do
	set -- $what
	: >"$dir/a"
	: >"$dir/b"
	for _ in 1 2 3 4 5; do
		cost ours "$1" "$2" >>"$dir/a"
		cost evhttp "$1" "$2" >>"$dir/b"
	done
	a=$(median <"$dir/a") b=$(median <"$dir/b")
	ratio=$(awk "BEGIN { printf \"%.2f\", $a / $b }")
	printf '%-28s %10.1f %10.1f %6s\n' "$1, $2 connections" "$a" "$b" \
	    "$ratio"
	worst=$(printf '%s\n' $worst "$ratio" | sort -n | tail -n 1)
done

for who in ours evhttp; do
	before=$(peak $who)
	head -c 256M /dev/zero | curl -sS -o /dev/null -T - "$(url $who /sink)"
	eval "grown_$who=$(($(peak $who) - before))"
done
printf '%-28s %10d %10d\n' "kB for an upload of 256 MB" "$grown_ours" \
    "$grown_evhttp"

goal http-against-evhttp "$worst" "<=" 1.00
goal http-upload-kb "$grown_ours" "<=" 1024
exit $missed
