# SPDX-License-Identifier: BSD-2-Clause
# What a look-up costs at the edge. A real varnishd, default parameters, one
# worker process, all hits; wrk with 16 connections; the variants take turns.
#
#	alias	-_aN_- with N at random from 1 million aliases
#	hash	the hash URL that the alias leads to, through the same VCL
#	chain	1000 if / else if compares, as generated VCL would have them
#	regsub	one regsub on the URL
#	plain	nothing but the hash URL
#
# A million aliases lead to 4096 pictures, so that everything is a hit and the
# URLs to be looked up still are a million different ones.
#
# The worker's CPU time per request is the steadier column. The ratios are
# medians over the rounds: the machine does other things between two of them.
# ROUNDS (7), SECONDS_EACH (3).
top_builddir=${BUILD:?run bench/run edge}
top_srcdir=$(cd "$(dirname "$0")/.." && pwd)
export top_builddir top_srcdir
make -s -C "$top_builddir/tests" mapfill || exit 1
srcdir=$(cd "$(dirname "$0")/../tests" && pwd)
. "$srcdir/lib/edge.sh"

ALIASES=${ALIASES:-1000000}
PICTURES=4096
command -v wrk >/dev/null || fail "wrk is not installed"

edge_start
echo "fill demo $ALIASES $PICTURES" | edge_write

# The baselines know nothing of the module.
origin='sub vcl_backend_error {
	set beresp.status = 200;
	set beresp.ttl = 1h;
	set beresp.body = "0123456789";
	return (deliver);
}'
baseline() { # NAME, recv from standard input
	{ printf 'vcl 4.1;\nbackend default none;\nsub vcl_recv {\n'
	    cat; printf 'return (hash);\n}\n%s\n' "$origin"; } >"$dir/$1.vcl"
}
baseline plain </dev/null
echo 'set req.url = regsub(req.url, "^/thumb/-_a([0-9]+)_-", "/thumb/\1");' |
    baseline regsub
for i in $(seq 1000); do
	test "$i" = 1 || printf 'else '
	printf 'if (req.url == "/thumb/-_c%d_-.jpg") { set req.url = "/thumb/%s.jpg"; }\n' \
	    "$i" "$(hash_of "$i")"
done | baseline chain
for v in plain regsub chain; do
	rm -f "$dir/cc/vgc.so"
	adm vcl.load $v "$dir/$v.vcl" >/dev/null || fail "$v does not load"
done

# Requests are made before the clock starts, and no two are the same, so that
# wrk's own work and its use of the caches do not depend on the URL.
script() { # NAME, the expression of a path
	cat >"$dir/$1.lua" <<-EOT
	local made = {}
	function init()
		math.randomseed(os.time())
		for i = 1, 100000 do
			made[i] = wrk.format("GET", $2,
			    { Host = "demo.x.y", ["X-N"] = tostring(i) })
		end
	end
	local n = 0
	function request()
		n = n % 100000 + 1
		return made[n]
	end
	EOT
}
script alias "'/thumb/-_a' .. math.random(0, $ALIASES - 1) .. '_-.jpg'"
script hash "string.format('/thumb/%040x.jpg', math.random(0, $PICTURES - 1))"
cp "$dir/hash.lua" "$dir/plain.lua"
script regsub "'/thumb/-_a' .. math.random(0, $PICTURES - 1) .. '_-.jpg'"
script chain "'/thumb/-_c' .. math.random(1, 1000) .. '_-.jpg'"

cpu() { # of the worker, in clock ticks
	awk '{ sub(/.*\) /, ""); print $12 + $13 }' /proc/"$(worker)"/stat
}
run() { # NAME VCL SECONDS: requests per second, CPU us per request
	local before after n

	adm vcl.use "$2" >/dev/null
	before=$(cpu)
	wrk -t1 -c16 -d"$3"s -s "$dir/$1.lua" "$URL" \
	    >"$dir/wrk.log" || fail "wrk"
	after=$(cpu)
	grep -q "Non-2xx" "$dir/wrk.log" && fail "$1: $(cat "$dir/wrk.log")"
	n=$(awk '/requests in/ { print $1 }' "$dir/wrk.log")
	awk -v n="$n" -v s="$3" -v t=$((after - before)) -v hz="$(getconf CLK_TCK)" \
	    -v name="$1" 'BEGIN { printf "%s %.0f %.2f\n", name, n / s, t / hz * 1e6 / n }'
}
vcl_of() { case $1 in alias | hash) echo boot ;; *) echo "$1" ;; esac; }

variants="alias hash chain regsub plain"
for v in $variants; do run $v "$(vcl_of $v)" 2 >/dev/null; done
for r in $(seq "${ROUNDS:-7}"); do
	for v in $variants; do
		run $v "$(vcl_of $v)" "${SECONDS_EACH:-3}"
	done
	variants=$(echo "$variants" | awk '{ for (i = NF; i; i--) printf "%s ", $i }')
done >"$dir/results"

python3 - "$dir/results" <<'EOT'
import statistics, sys

rate, cpu = {}, {}
for line in open(sys.argv[1]):
    name, r, c = line.split()
    rate.setdefault(name, []).append(float(r))
    cpu.setdefault(name, []).append(float(c))
m = statistics.median

def ratio(what, a, b):
    return m([x / y for x, y in zip(what[a], what[b])])

print("%-8s %25s %8s %11s %8s" % ("variant", "requests/s (min - max)",
      "to hash", "CPU us/req", "to hash"))
for n in ["alias", "hash", "chain", "regsub", "plain"]:
    print("%-8s %7.0f (%6.0f - %6.0f) %8.3f %11.2f %8.3f" % (n, m(rate[n]),
          min(rate[n]), max(rate[n]), ratio(rate, n, "hash"), m(cpu[n]),
          ratio(cpu, "hash", n)))
missed = 0
for name, value in [("throughput alias/hash", ratio(rate, "alias", "hash")),
                    ("CPU hash/alias", ratio(cpu, "hash", "alias"))]:
    print("goal %s: %.3f (wanted >= 0.97): %s" % (name, value,
          "met" if value >= 0.97 else "missed"))
    missed |= value < 0.97
sys.exit(missed)
EOT
