# SPDX-License-Identifier: BSD-2-Clause
# What the benchmarks of a hit have in common; sourced. An origin, and a VCL for
# each variant: edge.sh says which there are.
make -s -C "$BUILD/tests" lib/mapfill || exit 1
top_builddir=$BUILD
top_srcdir=$(cd "$SRC" && pwd)
srcdir=$top_srcdir/tests
export top_builddir top_srcdir
. "$srcdir/lib/edge.sh"

PICTURES=4096
VCL_CFLAGS=-O2

# In place of monikerd: what it says of a picture, from a Varnish of its own.
origin_vcl() {
	cat <<-'EOT'
	vcl 4.1;
	backend default none;
	sub vcl_recv { return (synth(200)); }
	sub vcl_synth {
		set resp.http.Content-Type = "image/jpeg";
		set resp.http.Cache-Control =
		    "public, max-age=31536000, immutable";
		set resp.http.ETag = {""0123456789abcdef""};
		set resp.http.X-Content-Type-Options = "nosniff";
		set resp.http.Access-Control-Allow-Origin = "*";
		set resp.body = "0123456789";
		return (deliver);
	}
	EOT
}
origin_start() {
	origin_vcl >"$dir/origin.vcl"
	varnishd -F -n "$dir/o" -a "$dir/origin.sock,mode=777" \
	    -f "$dir/origin.vcl" >"$dir/origin.log" 2>&1 7>&- &
	origin=$!
	await sh -c "varnishadm -n '$dir/o' status | grep -q running"
}
bench_stop() {
	local status=$?

	test -z "${origin:-}" || kill "$origin" 2>/dev/null
	(exit $status)
	edge_stop
}

backend() { # NAME
	printf 'backend %s { .path = "%s/origin.sock"; }\n' "$1" "$dir"
}
edge_vcl() { # [FILE]
	cat <<-EOT
	vcl 4.1;
	import moniker from "$VMOD";
	$(backend moniker_image)
	backend moniker_api none;
	sub vcl_init { new names = moniker.map("$dir/map"); }
	include "${1:-moniker.vcl}";
	EOT
}
# The baselines know nothing of the module.
baseline() { # NAME, recv from standard input
	printf 'vcl 4.1;\n%s\nsub vcl_recv {\n%s\n}\n' "$(backend default)" \
	    "$(cat)" >"$dir/$1.vcl"
}
vcl_load() { # NAME
	rm -f "$dir/cc/vgc.so"
	adm vcl.load "$1" "$dir/$1.vcl" >/dev/null || fail "$1 does not load"
}
vcl_of() { # VARIANT
	case $1 in
	hash* | alias* | unknown) echo boot ;;
	plain*) echo plain ;;
	*) echo "$1" ;;
	esac
}
status_of() { # VARIANT
	case $1 in *304) echo 304 ;; synth | unknown) echo 404 ;; *) echo 200 ;; esac
}
vcls_load() { # VARIANT...
	local v i

	for v; do
		v=$(vcl_of "$v")
		case $v in
		boot) continue ;;
		plain) echo 'return (hash);' | baseline plain ;;
		synth) echo 'return (synth(404));' | baseline synth ;;
		sticky) edge_vcl moniker-sticky.vcl >"$dir/sticky.vcl" ;;
		regsub) echo 'set req.url = regsub(req.url, "^/thumb/-_a([0-9]+)_-",
		    "/thumb/\1"); return (hash);' | baseline regsub ;;
		chain) {
			for i in $(seq 1000); do
				test "$i" = 1 || printf 'else '
				printf 'if (req.url == "/thumb/-_c%d_-.jpg") {
				    set req.url = "/thumb/%s.jpg"; }\n' "$i" "$(hash_of "$i")"
			done
			echo 'return (hash);'
		} | baseline chain ;;
		*) fail "no variant $v" ;;
		esac
		adm vcl.list | grep -q " $v$" || vcl_load "$v"
	done
}
