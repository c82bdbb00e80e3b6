#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# From the first byte of a DELETE of an alias's cache to the first fresh answer
# of every Varnish: by the epoch in the map, and by ban where there is no map.
# The origin is in the VCL, so that no rendering is in the times. Each Varnish
# has 1e5 objects (OBJECTS=N); a line is that of five runs of 200 purges (ROUNDS=N)
# with the middle p99. A purge wakes half a dozen threads one after another, so that
# p99 is the machine's where others work on it too: see "sync", and uptime.
set -eu
. "$SRC/bench/lib/purge.sh"
objects=${OBJECTS:-100000}
rounds=${ROUNDS:-200}

vcl() { # MAP-FOLDER
	cat <<-EOT
	vcl 4.1;
	import moniker from "$BUILD/vmod/.libs/libvmod_moniker.so";
	backend moniker_image none;
	backend moniker_api { .path = "$dir/api.sock"; }
	sub vcl_init { new names = moniker.map("$1"); }
	sub vcl_backend_fetch { return (error(200)); }
	sub vcl_backend_error {
		call moniker_tags;
		set beresp.ttl = 1h;
		set beresp.body = "picture";
		return (deliver);
	}
	# Ours come first.
	include "$SRC/vcl/moniker.vcl";
	EOT
}

varnish() { # NAME MAP-FOLDER
	vcl "$2" >"$1.vcl"
	varnishd -F -n "$dir/$1" -f "$dir/$1.vcl" -a 127.0.0.1:0 \
	    -p vcl_path="$SRC/vcl" -s malloc,512m >"$1.log" 2>&1 &
	pids="$pids $!"
	_up() { varnishadm -n "$dir/$1" debug.listen_address 2>/dev/null |
		grep -q 127.0.0.1; }
	await _up "$1"
	varnishadm -n "$dir/$1" debug.listen_address |
	    awk '{ print $2 ":" $3; exit }' >"$1.addr"
	"$client" fill "$(cat "$1.addr")" demo.localhost "$objects"
}

# A daemon that has just these Varnishes: others would be owed what is purged.
daemon_for() { # NAME...
	stop_daemon
	run_daemon "purges_alias = 0" \
	    "$(for v; do echo "varnish $v { instance = \"$dir/$v\" }"; done)"
	for v; do
		_up() { curl -s --unix-socket local.sock \
			http://localhost/metrics |
			grep -q "^moniker_purge_target_up{target=\"$v\"} 1"; }
		await _up
	done
}

# A line that could not be measured stands as "none".
line() { # NAME VARNISH...
	_by=$1
	shift
	daemon_for "$@"
	set -- $(for v; do cat "$v.addr"; done)
	rm -f runs
	for run in 1 2 3 4 5; do
		$client purge api.sock demo.localhost "$(cat key)" \
		    logo "$rounds" "$@" >>runs || echo "none none" >>runs
	done
	grep none runs >run || sort -n -k 2 runs | sed -n 3p >run
	echo "$_by $# $(head -n 1 run)" >>times
}

# Requests a second for a picture that nobody purges, while another one is
# purged ten times a second and while it is not, in turn.
others() { # ADDR
	for i in 1 2 3 4 5 6 7 8 9; do
		$client load "$1" demo.localhost 0.5 >>quiet
		$client pester api.sock demo.localhost "$(cat key)" logo 0.5 &
		$client load "$1" demo.localhost 0.5 >>busy
		wait $!
	done
}
median() { sort -n "$@" | sed -n 5p; }

run_daemon "purges_alias = 0"
moniker_key
http 200 --unix-socket api.sock -X POST -H "Api-Key: $(cat key)" \
    -F "filedata=@$SRC/tests/images/red.png" http://api/sourceimages/demo
direct 201 PUT /sourceimages/demo/alias/logo -d "{\"hash\":\"$(field hash)\"}"

varnish e1 "$dir/map"
line epoch e1
others "$(cat e1.addr)"
varnish b1 "$dir/none"
line ban b1
varnish e2 "$dir/map"
varnish e3 "$dir/map"
line epoch e1 e2 e3
varnish b2 "$dir/none"
varnish b3 "$dir/none"
line ban b1 b2 b3

echo "sync - $($client sync store/bench.sync "$rounds")" >>times
echo "by     Varnishes  p50 ms  p99 ms"
while read -r by n p50 p99; do
	printf '%-6s %9s %7s %7s\n' "$by" "$n" "$p50" "$p99"
done <times
echo "other objects: $(median quiet) requests/s, $(median busy) while purges run"
p99() { awk -v b="$1" '$1 == b && ($4 == "none" || m != "none" && $4 > m) {
	m = $4 } END { print m }' times; }
goal "p99 by epoch, ms" "$(p99 epoch)" "<" 5
goal "p99 by ban, ms" "$(p99 ban)" "<" 20
# The two of a turn, as the machine may have more to do in the next one.
loss() { paste quiet busy | awk '{ l = 100 * (1 - $2 / $1)
	printf "%.1f\n", (l > 0 ? l : 0) }' | median; }
goal "loss of other objects, %" "$(loss)" "<" 5
exit $missed
