#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Many connections to a real Varnish: IDLE (10000) that are kept and wait, ACTIVE
# (1000) that ask for a picture from the cache once a second, for SECONDS_EACH
# (5). The hash URL through a VCL that does nothing, and through moniker.vcl, each
# in a worker of its own, ROUNDS (3) times in turns. Its memory, the 99th
# percentile, and requests that failed.
# usage: bench/run connections
top_builddir=${BUILD:?run bench/run connections}
top_srcdir=$(cd "$(dirname "$0")/.." && pwd)
export top_builddir top_srcdir
make -s -C "$top_builddir/tests" lib/mapfill || exit 1
srcdir=$top_srcdir/tests
. "$srcdir/lib/edge.sh"
export IDLE=${IDLE:-10000} ACTIVE=${ACTIVE:-1000}
export SECONDS_EACH=${SECONDS_EACH:-5}
ulimit -n $((IDLE + ACTIVE + 500)) || fail "too few open files are allowed"

VCL_CFLAGS=-O2
edge_start
trap edge_stop EXIT
adm param.set timeout_idle 300 >/dev/null
# The default, not that of the tests
adm param.reset workspace_client >/dev/null
cat >"$dir/plain.vcl" <<-'EOT'
	vcl 4.1;
	backend default none;
	sub vcl_recv { return (hash); }
	sub vcl_backend_fetch { return (error(200)); }
	sub vcl_backend_error {
		set beresp.ttl = 1h;
		set beresp.body = bereq.url;
		return (deliver);
	}
EOT
# The compiled one is that of the other VCL.
rm -f "$dir/cc/vgc.so"
adm vcl.load plain "$dir/plain.vcl" >/dev/null || fail "plain does not load"

round() { # VCL: kB of the worker, p99 in ms, failed
	adm stop >/dev/null
	adm vcl.use "$1" >/dev/null
	adm start >/dev/null
	await ask -fo /dev/null "$URL/thumb/$(hash_of 0).jpg"
	python3 "$top_srcdir/bench/connections.py" "${URL#http://}" \
	    "/thumb/$(hash_of 0).jpg" "$(worker)"
}
n=0
while test $n -lt "${ROUNDS:-3}"; do
	for v in plain boot; do round $v >>"$dir/got.$v" || exit 1; done
	n=$((n + 1))
done
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
of() { awk -v c="$2" '{ print $c }' "$dir/got.$1" | median; } # VCL COLUMN
goal() { # NAME PLAIN OURS MOST
	awk -v n="$1" -v p="$2" -v o="$3" -v m="$4" 'BEGIN {
	    printf "goal %s: %s, plain %s: %.2f (wanted <= %s): %s\n", n, o, p,
	    o / p, m, (o / p <= m ? "met" : "missed"); exit (o / p > m) }'
}
echo "$IDLE idle and $ACTIVE active connections"
rc=0
goal "memory of the worker, kB" "$(of plain 1)" "$(of boot 1)" 1.1 || rc=1
goal "p99, ms" "$(of plain 2)" "$(of boot 2)" 1.25 || rc=1
echo "failed: $(of boot 3), plain $(of plain 3)"
test "$(of boot 3)" = 0 || rc=1
exit $rc
