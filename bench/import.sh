# SPDX-License-Identifier: BSD-2-Clause
# bench/run import [ROWS]: a million aliases by monikerctl into a running
# monikerd, looked at in the map as they come, and out again.
set -eu -o pipefail
. "$SRC/bench/lib/bench.sh"
rows=${1:-1000000}
dir=$(mktemp -d) daemon=
trap 'test -z "$daemon" || kill "$daemon"; wait; rm -rf "$dir"' EXIT
PATH=$BUILD/daemon:$BUILD/ctl:$BUILD/map:$PATH

daemon_start
export MONIKER_SOCKET=$dir/local.sock MONIKER_ORG=bench
monikerctl org create bench >"$dir/out"
hash=$(monikerctl image put "$SRC/tests/images/red.png" |
    sed -n 's/.*"hash": *"\([0-9a-f]\{40\}\)".*/\1/p' | head -n 1)

awk -v n="$rows" -v h="$hash" 'BEGIN {
	print "alias,hash"
	for (i = 0; i < n; i++) printf "name%08d,%s\n", i, h
}' >"$dir/in.csv"
present() { moniker-map stat "$dir/map" | awk '$1 == "alias" { print $2 }'; }
now() { date +%s.%N; }

began=$(now) seen=0
monikerctl alias import "$dir/in.csv" >"$dir/sum" 2>"$dir/said" &
import=$!
while kill -0 $import 2>"$dir/out"; do
	n=$(present)
	test "$n" -le 0 || test "$n" -ge "$rows" || seen=$((seen + 1))
	sleep 0.2
done
wait $import
import=$(awk -v a="$began" -v b="$(now)" 'BEGIN { printf "%.1f", b - a }')
began=$(now)
monikerctl alias export "$dir/out.csv" 2>>"$dir/said"
export=$(awk -v a="$began" -v b="$(now)" 'BEGIN { printf "%.1f", b - a }')

cat "$dir/said"
printf '%-28s %10s\n' "rows" "$rows" "import, s" "$import" \
    "export, s" "$export" "looks at a part of it" "$seen"
goal "import, s for a million" "$(awk -v s="$import" -v n="$rows" \
    'BEGIN { printf "%.1f", s * 1000000 / n }')" "<=" 60
goal "aliases in the map" "$(present)" ">=" "$rows"
goal "looks that saw some, not all" "$seen" ">=" 1
same=0
cmp "$dir/in.csv" "$dir/out.csv" && same=1
goal "the export is the same file" "$same" ">=" 1
exit $missed
