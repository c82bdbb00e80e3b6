# SPDX-License-Identifier: BSD-2-Clause
# moniker-map: what it prints and how it exits.
dir=$(mktemp -d /dev/shm/moniker-tool.XXXXXX) || exit 99
trap 'rm -rf "$dir"' EXIT
failed=0

expect() { # STATUS COMMAND... ; what it printed is in $dir/out
	local want=$1 got=0
	shift
	"$@" >"$dir/out" 2>"$dir/err" || got=$?
	test $got = "$want" && return
	echo "status $got instead of $want: $*"
	cat "$dir/out" "$dir/err"
	failed=1
}

prints() { # LINE ; an extended regular expression for one line
	grep -Exq -- "$1" "$dir/out" && return
	echo "no line \"$1\" in:"
	cat "$dir/out"
	failed=1
}

hash=abababababababababababababababababababab

lib/map_make "$dir/m" || exit 99
expect 0 moniker-map check "$dir/m"
prints "$dir/m: sound"
expect 0 moniker-map stat "$dir/m"
prints 'alias +3'
prints 'source +1'
prints 'stack +1'
prints 'organization +1'
prints 'seq +12'
prints 'healthy +yes'
expect 0 moniker-map dump "$dir/m"
prints "acme logo $hash 0"
prints "acme odd\\\\x20name\\\\x0a $hash 7"
prints "acme moved $hash 3 shown:(cd){20} previous:(ef){20}"
test "$(wc -l <"$dir/out")" = 3 || failed=1
expect 0 moniker-map dump -a "$dir/m"
prints "alias acme logo $hash 0"
prints 'source acme 6162636465666768696a6b6c6d6e6f7071727374 8 revoked'
prints 'stack acme thumb 9 soft:11'
prints 'organization acme 10'

# The place of a fault, in each part.
spoil() { # FILE OFFSET
	printf '\377' |
	    dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
records=$((4096 + 1024 * 8))
spoil "$dir/m/data.1" $((records + 10))
expect 1 moniker-map check "$dir/m"
prints "$dir/m: record at $records: the checksum is wrong"
lib/map_make "$dir/i"
spoil "$dir/i/data.1" $((4096 + 1000 * 8 + 3))
expect 1 moniker-map check "$dir/i"
prints "$dir/i: slot 1000: leads .*|$dir/i: slot 1000: has another tag.*"
lib/map_make "$dir/h"
spoil "$dir/h/data.1" 20
expect 1 moniker-map check "$dir/h"
prints "$dir/h: data.1: the header of the data file is damaged"
expect 1 moniker-map stat "$dir/h"
prints 'attached +no: the header of the data file is damaged'
expect 1 moniker-map dump "$dir/h"
lib/map_make "$dir/c"
spoil "$dir/c/control" 0
expect 1 moniker-map check "$dir/c"
prints "$dir/c: control: the control page is none of ours"
expect 1 moniker-map check "$dir/nothing"
prints "$dir/nothing: control: there is no map in the folder: .*"

# The command line, and an output that is full.
expect 64 moniker-map
expect 64 moniker-map check
expect 64 moniker-map frob "$dir/m"
expect 64 moniker-map check "$dir/m" more
expect 64 moniker-map --frob
expect 0 moniker-map --help
expect 0 moniker-map --version
lib/map_make "$dir/big" 5000
got=0
moniker-map dump "$dir/big" >/dev/full 2>"$dir/err" || got=$?
test $got = 74 || { echo "status $got with a full output"; failed=1; }
expect 0 moniker-map dump "$dir/big"
test "$(wc -l <"$dir/out")" = 5003 || { echo "not all lines"; failed=1; }
exit $failed
