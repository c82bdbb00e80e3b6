# SPDX-License-Identifier: BSD-2-Clause
# The sum of a check: what fails, or does not run, is counted; Ctrl-C ends all.
. "$srcdir/lib/await.sh" || exit 1

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# Runs the two lanes one and two, whose parts are given, as quickstart does.
check() { # ONE TWO
	cat >"$dir/check" <<-EOT
	set -eu -o pipefail
	BUILD=$dir SUMS=$dir/sums
	. "$top_srcdir/tests/lanes.sh"
	good() { whole "it does" true; }
	one() { $1; }
	two() { $2; }
	lanes one two
	EOT
	env --default-signal=INT bash "$dir/check" >"$dir/out" 2>&1
}
says() { # STATUS SUM ONE TWO
	local status=0

	check "$3" "$4" || status=$?
	grep -qxF "$2" "$dir/out" && test "$status" = "$1" || {
		cat "$dir/out"
		fail "$3 and $4: status $status, not $1, or not: $2"
	}
}

says 0 "2 passed, 0 failed" "part a '' good" "part b '' good"
grep -qE "^a: ok, 1 passed.*\\([0-9]+ s, processor [0-9]+ \\+ [0-9]+ s\\)" \
    "$dir/out" || fail "no times: $(<"$dir/out")"
says 1 "1 passed, 1 failed" "part a '' whole no false" "part b '' good"
says 1 "1 passed, 1 failed" "part a '' good" "part b '' false"
# the rest of the lane runs on
says 1 "2 passed, 1 failed" "part a '' false; part c '' good" "part b '' good"
says 1 "2 passed, 1 failed" "part a '' exit 0; part c '' good" "part b '' good"
# good by its status alone, or by its tests alone
says 1 "1 passed, 1 failed" "part a '' true" "part b '' good"
says 1 "1 passed, 1 failed" "part a '' echo 'not ok 1 - x'" "part b '' good"
says 1 "2 passed, 1 failed" "part a '' eval 'good; false'" "part b '' good"
# automake's lines
log='echo PASS: x; echo FAIL: y; echo "  tests/test-suite.log"; echo FAIL: y'
says 1 "2 passed, 1 failed" "part a '' eval '$log'" \
    "part b '' good"
names() { # TEST, beside the sum, where a cut output still has it
	tail -n 4 "$dir/out" | grep -qxF "failed: a: $1" ||
	    fail "does not say which: $(<"$dir/out")"
}
names y
says 1 "2 passed, 1 failed" \
    "part a '' printf 'not ok 1 - z\n  why: it rained\nok 2\n%040d'" \
    "part b '' good"
names z
grep -q "why: it rained" "$dir/out" || fail "does not say why"
says 1 "1 passed, 1 failed" "part a '' eval 'echo no room; false'" \
    "part b '' good"
names "no room"
trs='echo x >w.log; echo :test-result: FAIL >w.trs'
mkdir -p "$dir/trs/unit"
says 1 "0 passed, 1 failed" "part a $dir/trs eval 'cd $dir/trs/unit; $trs'" true
names unit/w
# a lane that ends too early
says 1 "1 passed, 1 failed" "false; part a '' good" "part b '' good"
says 1 "1 passed, 1 failed" "kill -9 \$BASHPID" "part b '' good"
says 1 "0 passed, 2 failed" "kill -9 \$BASHPID" "false"
says 1 "0 passed, 0 failed" "true" "true"
says 0 "1 passed, 0 failed, 1 skipped" "part a '' echo 'ok 1 # SKIP x'" \
    "part b '' good"
# what both may do is done once, by the one that is free
spare="unless_taken x part x '' good; unless_taken y part y '' good"
says 0 "3 passed, 0 failed" "$spare" "part b '' good; $spare"
says 1 "1 passed, 1 failed" "unless_taken x part x '' false" \
    "part b '' good; unless_taken x part x '' good; true"

# Ctrl-C, and a test that has a group of processes of its own
away() { test ! -e "/proc/$(cat "$dir/$1")"; }
own="bash -c 'set -m; tail -f /dev/null & echo \$! >$dir/own; wait'"
plain="bash -c 'echo \$\$ >$dir/plain; tail -f /dev/null; :'"
check "part a '' $own" "part b '' $plain; part c '' good" || : &
await test -s "$dir/own"
await test -s "$dir/plain"
checker=$(cat /proc/$!/task/*/children)
kill -INT $checker
wait $! || :
await away own
await away plain
grep -q "^--- c" "$dir/out" && fail "the lane ran on"
exit 0
