# SPDX-License-Identifier: BSD-2-Clause
# 200 reloads of VCL under load, each followed by a discard, while the writer
# makes generation after generation: one mapping, no leak, no lost count.
. "$srcdir/lib/edge.sh" || exit 1

RELOADS=${RELOADS:-200}

edge_start
for i in $(seq 100); do echo "put-alias demo l$i $(hash_of "$i")"; done |
    edge_write

load() { # until the file stop exists; says how many it asked, and what failed
	local n=0 batch

	while test ! -e "$dir/stop"; do
		batch=$(printf "url = \"$URL/thumb/-_l%d_-.jpg\"\n\
output = /dev/null\n" $(seq 100) | curl -s -H "Host: demo.x.y" \
		    -w '%{http_code}\n' -K - | sort | uniq -c)
		test "$(echo $batch)" = "100 200" || {
			echo "wrong answers: $batch"
			return 1
		}
		n=$((n + 100))
	done
	echo $n >"$dir/asked"
}
load &
loader=$!

adm param.set vcl_cooldown 1 >/dev/null
rss() { awk '/^RssAnon/ { print $2 }' /proc/"$(worker)"/status; }
maps() { grep -c "$dir/map/$1" /proc/"$(worker)"/maps; }

for i in $(seq "$RELOADS"); do
	{
		echo "vcl.load edge$i $dir/edge.vcl"
		echo "vcl.use edge$i"
		test "$i" = 1 || echo "vcl.discard edge$((i - 1))"
	} | adm >"$dir/adm.log"
	grep -q "^active.* edge$i\$" <(adm vcl.list) || {
		cat "$dir/adm.log"
		fail "reload $i"
	}
	{
		echo "put-alias demo l1 $(hash_of "$i")"
		test $((i % 40)) != 0 || echo "fill demo $((i * 500))"
	} | edge_write
	test $((i % 50)) != 0 || echo "after $i: $(rss) kB," \
	    "$(maps '') mappings"
	if test "$i" = 20; then before=$(rss); fi
done
touch "$dir/stop"
wait $loader || fail "the load"
adm vcl.use boot >/dev/null
adm vcl.discard "edge$RELOADS" >/dev/null
ask -o /dev/null "$URL/thumb/-_l1_-.jpg"

# One control page and one data file. What was replaced is given back by
# requests, a slice at a time.
asked=$(($(cat "$dir/asked") + 1))
one_mapping() {
	ask -o /dev/null "$URL/thumb/-_l1_-.jpg" && asked=$((asked + 1))
	test "$(maps '')" = 2
}
await one_mapping
echo "mappings in the end:"; grep "$dir/map/" /proc/"$(worker)"/maps
after=$(rss)
test "$after" -lt $((before + 8192)) ||
    fail "from $before kB after 20 reloads to $after kB"
await sh -c "test \$(varnishstat -n '$dir/v' -1 -f 'MONIKER.*.lookups' |
    awk '{ print \$2 }') = $asked"
adm panic.show >/dev/null 2>&1 && fail "a worker panicked"
echo "$RELOADS reloads, $asked requests, $before kB then $after kB"
