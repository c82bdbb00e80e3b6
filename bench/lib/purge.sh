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

run_daemon() { # settings from stdin
	moniker_conf
	sed -i '/^varnish v1/,/^}/d' monikerd.conf
	sed -i 's/"debug"/"warn"/' monikerd.conf
	"$BUILD/daemon/monikerd" -f monikerd.conf 2>daemon.log &
	daemon=$!
	pids="$pids $daemon"
	moniker_ready
}

stop_daemon() {
	kill "$daemon"
	wait "$daemon" || :
	rm -f ready
}

start_daemon() { # the first one; settings from stdin
	run_daemon
	moniker_key
}

# The API, straight.
direct() { # STATUS METHOD PATH CURL-ARGUMENT...
	_s=$1 _m=$2 _p=$3
	shift 3
	http "$_s" --unix-socket api.sock -X "$_m" -H "Api-Key: $(cat key)" \
	    "$@" "http://api$_p"
}
