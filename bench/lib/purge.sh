# SPDX-License-Identifier: BSD-2-Clause
# A daemon and Varnishes for bench/purge.sh and bench/quota.sh.

top_srcdir=$SRC
. "$SRC/bench/lib/bench.sh"
. "$SRC/tests/lib/moniker.sh"
make -s -C "$BUILD/bench" purge_client >/dev/null
client=$BUILD/bench/purge_client
dir=$(mktemp -d /tmp/moniker-bench.XXXXXX)
chmod 755 "$dir"
cd "$dir"
pids=
trap 'kill $pids 2>/dev/null; wait; cd /; rm -rf "$dir"' EXIT

run_daemon() { # [SETTING...]
	daemon_start 'log_level = "warn"' "$@"
	pids="$pids $daemon"
}

stop_daemon() {
	kill "$daemon"
	wait "$daemon" || :
	rm -f ready
}

# The API, straight.
direct() { # STATUS METHOD PATH CURL-ARGUMENT...
	_s=$1 _m=$2 _p=$3
	shift 3
	http "$_s" --unix-socket api.sock -X "$_m" -H "Api-Key: $(cat key)" \
	    "$@" "http://api$_p"
}
