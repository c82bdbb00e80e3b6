# SPDX-License-Identifier: BSD-2-Clause
# What moniker costs at the edge, beside a Varnish that does nothing else. A
# real varnishd, default parameters, one worker process, every answer from the
# cache; wrk with 16 connections and the headers of a browser; the variants
# take turns.
#
#	plain		the hash URL through a VCL that does nothing: the yardstick
#	hash		the hash URL through moniker.vcl
#	alias		-_aN_- with N at random from so many aliases
#	sticky		4096 of them through moniker-sticky.vcl, which keeps an object
#			of each
#	plain304	plain, hash and alias with the ETag in If-None-Match
#	hash304
#	alias304
#	synth		Varnish's own page for a 404: the other yardstick
#	unknown		an alias that does not exist
#
# and, if VARIANTS names them, without a goal:
#
#	chain		1000 if / else if compares, as generated VCL would have them
#	regsub		one regsub on the URL
#
# The aliases lead to 4096 pictures, so that everything is a hit and the URLs to
# be looked up still are a million different ones.
#
# The worker's CPU time per request is the steadier column. The ratios are
# medians over the rounds: the machine does other things between two of them.
# edge-count.sh counts instructions, which do not vary.
#
# ALIASES ("1 1000000"; 10000000 wants 3 GB), ROUNDS (7), SECONDS_EACH (1): less than
# four minutes, and two for each size more.
# PROFILE=FILE keeps what perf sees of the worker in FILE.VARIANT, in one round
# more.
. "${SRC:?run bench/run edge}/bench/lib/edge.sh"

sizes=${ALIASES:-1 1000000}
variants=${VARIANTS:-plain hash alias sticky plain304 hash304 alias304
    synth unknown}
command -v wrk >/dev/null || fail "wrk is not installed"

edge_start
trap bench_stop EXIT
origin_start

# Any hit is asked for as a browser would, and no two requests are the same, so
# that wrk's own work and its use of the caches do not depend on the URL. Made
# before the clock starts. The number stands where LuaJIT, which looks at few
# bytes of a string, sees that they differ.
script() { # NAME, the expression of a path, one more line of a header
	cat >"$dir/$1.lua" <<-EOT
	local made = {}
	local head = " HTTP/1.1\r\nX-N: %s\r\nHost: demo.x.y\r\n" ..
	    "Accept: image/avif,image/webp,image/apng,image/svg+xml," ..
	    "image/*,*/*;q=0.8\r\nAccept-Encoding: gzip, deflate, br\r\n" ..
	    "User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n$3\r\n"
	function init()
		math.randomseed(os.time())
		for i = 1, 20000 do
			made[i] = "GET " .. $2 .. string.format(head,
			    string.format("%08d", i):rep(6))
		end
	end
	local n = 0
	function request()
		n = n % 20000 + 1
		return made[n]
	end
	EOT
}
scripts() { # ALIASES
	local alias="'/thumb/-_a' .. math.random(0, $1 - 1) .. '_-.jpg'"
	local hash="string.format('/thumb/%040x.jpg',
	    math.random(0, math.min($1, $PICTURES) - 1))"
	local tag='If-None-Match: \"0123456789abcdef\"\r\n'

	script plain "$hash" ""
	script hash "$hash" ""
	script alias "$alias" ""
	script sticky "'/thumb/-_a' .. math.random(0,
	    math.min($1, $PICTURES) - 1) .. '_-.jpg'" ""
	script plain304 "$hash" "$tag"
	script hash304 "$hash" "$tag"
	script alias304 "$alias" "$tag"
	script synth "'/thumb/-_n' .. math.random(0, 999999) .. '_-.jpg'" ""
	script unknown "'/thumb/-_n' .. math.random(0, 999999) .. '_-.jpg'" ""
	script regsub "'/thumb/-_a' .. math.random(0, $PICTURES - 1) .. '_-.jpg'" ""
	script chain "'/thumb/-_c' .. math.random(1, 1000) .. '_-.jpg'" ""
}

# Brings what VARIANT asks for into the cache.
fill() { # VARIANT ALIASES
	local n=$(($2 < PICTURES ? $2 : PICTURES)) path=/thumb/%040x.jpg

	case $1 in
	plain | hash | alias | sticky) ;;
	*) return ;;
	esac
	case $1 in sticky) path=/thumb/-_a%d_-.jpg ;; esac
	seq 0 $((n - 1)) | awk -v form="url = \"$URL$path\"\n" \
	    '{ printf form, $1 }' >"$dir/urls"
	ask -K "$dir/urls" >/dev/null || fail "cannot fill the cache"
}
# A round that measures something else would go unnoticed. wrk does not say
# which status it saw.
expect() { # VARIANT
	local url got

	url=$(awk -F"'" '/GET/ { print $2 }' "$dir/$1.lua")
	case $url in
	/thumb/%040x.jpg) url=/thumb/$(hash_of 0).jpg ;;
	*) url=${url}0_-.jpg ;;
	esac
	set -- "$1" "$(case $1 in *304) echo '"0123456789abcdef"' ;; esac)"
	got=$(ask -o /dev/null -w '%{http_code}' ${2:+-H "If-None-Match: $2"} \
	    "$URL$url")
	test "$got" = "$(status_of "$1")" || fail "$1: $url is answered $got"
}
load() { # VARIANT SECONDS: the number of requests
	wrk -t1 -c16 -d"$2"s -s "$dir/$1.lua" "$URL" >"$dir/wrk.log" 2>&1 ||
	    fail "wrk: $1: $(cat "$dir/wrk.log")"
	awk '/requests in/ { print $1 }' "$dir/wrk.log"
}
cpu() { # of the worker, in nanoseconds
	cat /proc/"$worker"/task/*/schedstat | awk '{ n += $1 } END { printf "%.0f\n", n }'
}
measure() { # VARIANT: requests per second, CPU us per request
	local before after n each=${SECONDS_EACH:-1}

	adm vcl.use "$(vcl_of "$1")" >/dev/null
	before=$(cpu)
	n=$(load "$1" "$each")
	after=$(cpu)
	awk -v n="$n" -v s="$each" -v t=$((after - before)) -v name="$1" \
	    'BEGIN { printf "%s %.0f %.3f\n", name, n / s, t / 1e3 / n }'
}
profile() { # VARIANT
	adm vcl.use "$(vcl_of "$1")" >/dev/null
	perf record -q -e cpu-clock -F 5000 -p "$worker" -o "$PROFILE.$1" \
	    -- sleep 2 &
	load "$1" 3 >/dev/null
	wait $!
}

vcls_load $variants
worker=$(worker)
for aliases in $sizes; do
	scripts "$aliases"
	echo "fill demo $aliases $PICTURES" | edge_write
	for v in $variants; do
		adm vcl.use "$(vcl_of "$v")" >/dev/null
		fill "$v" "$aliases"
		load "$v" 1 >/dev/null
		expect "$v"
	done
	for r in $(seq "${ROUNDS:-7}"); do
		for v in $variants; do measure "$v"; done
		variants=$(echo $variants | tr ' ' '\n' | tac)
	done | sed "s/^/$aliases /" >>"$dir/results"
	test -z "${PROFILE:-}" || for v in $variants; do profile "$v"; done
done

# It is shown at the end of a test that failed, which a missed goal is not.
rm -f "$dir/varnishd.log"
python3 - "$dir/results" <<'EOT'
import statistics, sys

goals = [("hash", "plain", 0.95), ("alias", "plain", 0.95),
         ("sticky", "plain", 0.93), ("hash304", "plain304", 0.95),
         ("alias304", "plain304", 0.95), ("unknown", "synth", 1.0)]
yardstick = {a: b for a, b, _ in goals}
results = {}
for line in open(sys.argv[1]):
    size, name, rate, cost = line.split()
    r = results.setdefault(int(size), {}).setdefault(name, ([], []))
    r[0].append(float(rate))
    r[1].append(float(cost))
median, missed = statistics.median, 0
lines = []
for size, names in results.items():
    print("%d aliases\n%-9s %25s %8s %11s %8s" % (size, "variant",
          "requests/s (min - max)", "to plain", "CPU us",
          "plain/it"))
    for name, (rates, costs) in names.items():
        base = names.get(yardstick.get(name, "plain"), names[name])
        fast = median([a / b for a, b in zip(rates, base[0])])
        cheap = median([b / a for a, b in zip(costs, base[1])])
        print("%-9s %7.0f (%6.0f - %6.0f) %8.3f %11.2f %8.3f" % (name,
              median(rates), min(rates), max(rates), fast, median(costs),
              cheap))
        for a, b, wanted in goals:
            if a == name and b in names:
                lines += [("CPU", size, a, b, cheap, wanted),
                          ("throughput", size, a, b, fast, wanted)]
for what, size, a, b, value, wanted in lines:
    print("goal %s %s/%s at %d aliases: %.3f (wanted >= %.2f): %s" % (what, a,
          b, size, value, wanted, "met" if value >= wanted else "missed"))
    missed |= value < wanted
sys.exit(missed)
EOT
