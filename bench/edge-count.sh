# SPDX-License-Identifier: BSD-2-Clause
# What bench/run edge measures by the clock, counted by callgrind: the
# instructions of the worker for each request, on one connection. They do not
# have the kernel's share, and differ by half a percent between two runs, by one
# on a very busy machine. A minute.
#
# VARIANTS, as edge.sh has them; ALIASES (1000) in the map; REQUESTS (1000).
# KEEP=FILE keeps what callgrind has of each in FILE.VARIANT, for
# callgrind_annotate.
. "${SRC:?run bench/run edge-count}/bench/lib/edge.sh"

aliases=${ALIASES:-1000}
n=${REQUESTS:-1000}
variants=${VARIANTS:-plain hash alias sticky plain304 hash304 alias304
    synth unknown}
command -v valgrind >/dev/null || fail "valgrind is not installed"

# The worker is a fork; the compiler of VCL is not looked at.
counted() {
	exec valgrind -q --tool=callgrind --trace-children=yes \
	    --trace-children-skip='*' --instr-atstart=no \
	    --separate-threads=yes --callgrind-out-file="$dir/out.%p" \
	    varnishd -j none "$@"
}
VARNISHD=counted
edge_start
trap bench_stop EXIT
origin_start
worker=$(worker)

urls() { # VARIANT: a hundred paths
	local i

	for i in $(seq 0 99); do
		case $1 in
		plain* | hash*) echo "/thumb/$(hash_of "$i").jpg" ;;
		alias* | sticky) echo "/thumb/-_a${i}_-.jpg" ;;
		*) echo "/thumb/-_n${i}_-.jpg" ;;
		esac
	done
}
# The thread that has served the requests; the others count for nothing.
count() { # VARIANT: instructions of each request
	local dump tag=

	adm vcl.use "$(vcl_of "$1")" >/dev/null
	urls "$1" | sed "s,^,url = $URL," >"$dir/urls"
	ask -K "$dir/urls" >/dev/null || fail "cannot fill the cache"
	case $1 in *304) tag='"0123456789abcdef"' ;; esac
	urls "$1" | python3 "$SRC/bench/lib/edge_count.py" "${URL##*:}" \
	    "$worker" "$n" "$(status_of "$1")" ${tag:+"$tag"} || fail "$1"
	dumps=$((dumps + 1))
	dump=$(awk '/^totals:/ { print $2, FILENAME }' \
	    "$dir/out.$worker.$dumps"-* | sort -n | awk 'END { print $2 }')
	test -z "${KEEP:-}" || cp "$dump" "$KEEP.$1"
	awk -v v="$1" -v n="$n" '/^totals:/ {
		printf "%s %.0f\n", v, $2 / n }' "$dump"
}

# On a busy machine, a connection would be put aside between two requests.
adm param.set timeout_linger 10 >/dev/null
dumps=0
vcls_load $variants
echo "fill demo $aliases $PICTURES" | edge_write
for v in $variants; do count "$v"; done >"$dir/results"

# It is shown at the end of a test that failed, which a missed goal is not.
rm -f "$dir/varnishd.log"
. "$SRC/bench/lib/bench.sh"
of() { awk -v v="$1" '$1 == v { print $2 }' "$dir/results"; }
yardstick() { # VARIANT
	case $1 in *304) echo plain304 ;; unknown | synth) echo synth ;; *) echo plain ;; esac
}
ratio() { # VARIANT: to its yardstick
	awk -v a="$(of "$1")" -v b="$(of "$(yardstick "$1")")" \
	    'BEGIN { if (a > 0 && b > 0) printf "%.3f", a / b }'
}
printf '%-9s %12s %8s\n' variant instructions ratio
for v in $variants; do
	printf '%-9s %12s %8s\n' "$v" "$(of "$v")" "$(ratio "$v")"
done
for v in $variants; do
	wanted=1.05
	case $v in plain* | synth) continue ;; unknown) wanted=1.0 ;; esac
	goal "instructions $v/$(yardstick "$v")" "$(ratio "$v")" "<=" $wanted
done
exit $missed
