# SPDX-License-Identifier: BSD-2-Clause
# A real varnishd with the VMOD, an origin that is VCL as well, and a map that
# the test writes; sourced by bash tests. Leaves $dir, $URL and the VCL "boot",
# whose text is $dir/edge.vcl.

VMOD=$top_builddir/vmod/.libs/libvmod_moniker.so
. "$top_srcdir/tests/lib/await.sh"

edge_stop() {
	local status=$?

	test -z "${varnishd:-}" || kill "$varnishd" 2>/dev/null
	test -z "${mapfill:-}" || kill "$mapfill" 2>/dev/null
	wait
	test $status = 0 || cat "$dir/varnishd.log" 2>/dev/null
	rm -rf "$dir"
	exit $status
}

adm() { varnishadm -n "$dir/v" -t 60 "$@"; }
ask() { curl -s --max-time 60 -H "Host: demo.x.y" "$@"; }

# The pid of the worker process
worker() {
	local p

	for p in $(cat /proc/"$varnishd"/task/*/children); do
		echo "$p"
	done | head -1
}

hash_of() { printf '%040x' "$1"; }

# Sends standard input to the writer and waits until it has done it.
edge_write() {
	local line

	while read -r line; do
		echo "$line" >&7
		written=$((written + 1))
	done
	await grep -q " $written\$" "$dir/written"
}

# What the tests serve. There is no origin: a miss is answered by VCL. The sub
# stands before the include, so that it wins over the shipped one.
edge_vcl() {
	cat <<-EOT
	vcl 4.1;
	import moniker from "$VMOD";
	backend moniker_image none;
	backend moniker_api none;
	sub vcl_init { new names = moniker.map("$dir/map"); }
	sub vcl_backend_error {
		set beresp.status = 200;
		set beresp.ttl = 1h;
		set beresp.body = bereq.url;
		return (deliver);
	}
	include "moniker.vcl";
	EOT
}

# The VCL is compiled once, however often it is loaded.
edge_start() {
	local port cc

	dir=$(mktemp -d "${TMPDIR:-/tmp}/edge.XXXXXX") || exit 1
	chmod 755 "$dir"
	trap edge_stop EXIT
	trap 'exit 1' INT TERM
	mkfifo "$dir/commands"
	: >"$dir/written"
	"$top_builddir/tests/lib/mapfill" "$dir/map" <"$dir/commands" \
	    >"$dir/written" &
	mapfill=$!
	exec 7>"$dir/commands"
	written=0
	# so that there is a map when Varnish starts
	echo "del-alias demo none" | edge_write
	edge_vcl >"$dir/edge.vcl"
	# by the user of the jail
	mkdir -m 1777 "$dir/cc"
	cc="test -e $dir/cc/vgc.so ||"
	cc="$cc gcc ${VCL_CFLAGS:--O0} -fpic -shared -w -o $dir/cc/vgc.so %s;"
	cc="$cc exec cp $dir/cc/vgc.so %o"
	${VARNISHD:-varnishd} -F -n "$dir/v" -a 127.0.0.1:0 -p vcl_path="$top_srcdir/vcl" \
	    -p cc_command="$cc" -p workspace_client=1m \
	    -f "$dir/edge.vcl" >"$dir/varnishd.log" 2>&1 7>&- &
	varnishd=$!
	await sh -c "varnishadm -t 60 -n '$dir/v' status | grep -q running"
	port=$(adm debug.listen_address | awk 'NR == 1 { print $3 }')
	URL=http://127.0.0.1:$port
}
