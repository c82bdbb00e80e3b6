# SPDX-License-Identifier: BSD-2-Clause
# Sourced by check.sh: parts of a check in lanes, of which each does its parts
# in order while the others run. lanes NAME... runs these functions and ends
# with the sum, which is written to $SUMS; a part logs below $BUILD.

say() { flock "$SUMS" echo "$*"; }

# The lines of a log as PASS: NAME, without those of test-suite.log below it.
results_of_automake() { # LOG
	sed -n -E '/test-suite\.log$/q
	    /^(PASS|XFAIL|FAIL|XPASS|ERROR|SKIP): /p' "$1"
}

# Says and sets P, F and S by what the log of a part says, in the ways that our
# runners have to say it: automake's .trs files, or its lines where they are
# gone by then, and TAP.
count() { # LOG FOLDER-OF-TRS
	local results

	results=$(
		sed -n -E 's/^(ok|not ok) [0-9]+.*# SKIP.*/SKIP/ip
		    s/^ok [0-9]+.*/PASS/p; s/^not ok [0-9]+.*/FAIL/p' "$1"
		test -n "$2" || results_of_automake "$1" | cut -d: -f1
		test -z "$2" || find "$2" -name '*.trs' -exec \
		    sed -n 's/^:test-result: //p' {} +
	)
	P=$(grep -cE '^(PASS|XFAIL)' <<<"$results") || :
	F=$(grep -cE '^(FAIL|XPASS|ERROR)' <<<"$results") || :
	S=$(grep -cE '^SKIP' <<<"$results") || :
	test $((P + F + S)) -gt 0 && test "$F" = 0
}

# Adds a line to $SUMS. A part that fails without a failed test of its own
# counts as one.
part() { # NAME FOLDER-OF-TRS COMMAND...
	local name=$1 trs=$2 log status=0 verdict=ok P F S
	local TIMEFORMAT='%0R s, processor %0U + %0S s'

	shift 2
	log=$BUILD/check-${name//[^a-zA-Z0-9]/-}.log
	test -z "$trs" || ! test -d "$trs" ||
	    find "$trs" -name '*.trs' -delete
	say "--- $name"
	# Braces, or the time goes where the subshell's output does.
	{ time { ("$@"); } >"$log" 2>&1 </dev/null; } 2>"$log.time" ||
	    status=$?
	count "$log" "$trs" && test $status = 0 || verdict=FAILED
	test $verdict = ok || test "$F" != 0 || F=1
	echo "$P $F $S" >>"$SUMS"
	say "$name: $verdict, $P passed, $F failed, $S skipped ($(<"$log.time"))"
	test $verdict = ok && return
	failed "$log" "$trs" | sed "s/^/failed: $name: /" >>"$SUMS.failed"
	say "all of it: $log"$'\n'"$(why "$log" "$trs")"
}

# What any lane may do, and one has to.
unless_taken() { # NAME COMMAND...
	local name=$1

	shift
	if mkdir "$SUMS.taken/$name" 2>/dev/null; then "$@"; fi
}

failed_trs() { # FOLDER-OF-TRS
	grep -rlsE --include='*.trs' '^:test-result: (FAIL|XPASS|ERROR)' "$1" |
	    sort
}

# The names of the failed tests, or the last line of a log that has no names.
failed() { # LOG FOLDER-OF-TRS
	{
		test -z "$2" || failed_trs "$2" | sed -e "s|^$2/||" -e 's/\.trs$//'
		test -n "$2" || results_of_automake "$1" |
		    sed -n -E 's/^(FAIL|XPASS|ERROR): //p'
		sed -n -E 's/^not ok [0-9]+ *-? *//p' "$1"
	} | grep . || tail -n 1 "$1" | grep . || echo "said nothing"
}

# What each failed test said at its end, with the lines of TAP that explain a
# "not ok", and the end of the log.
why() { # LOG FOLDER-OF-TRS
	local t

	test -z "$2" || for t in $(failed_trs "$2"); do
		echo "    * ${t%.trs}"
		tail -n 40 "${t%.trs}.log" | sed 's/^/      /'
	done
	test -n "$2" || failed "$1" "" | sed 's/^/    * /'
	grep -A 25 '^not ok' "$1" | sed 's/^/      /'
	tail -n 25 "$1" | sed 's/^/    | /'
}

# A step without tests of its own: one point for getting through.
whole() { # SENTENCE COMMAND...
	local what=$1

	shift
	"$@" || { echo "not ok 1 - $what"; return 1; }
	echo "ok 1 - $what"
}

# With all that came of them: varnishtest gives each test a group of its own.
family() { # PID...
	local p

	for p; do
		echo "$p"
		family $(cat /proc/"$p"/task/*/children 2>/dev/null)
	done
}

end_lanes() {
	trap '' INT TERM HUP
	kill -TERM $(family $pids) 2>/dev/null || :
	exit 130
}

# Fails unless all parts of each lane ran, none failed, and some test passed.
lanes() { # FUNCTION...
	local lane pids= broken=0

	: >"$SUMS"
	: >"$SUMS.failed"
	rm -rf "$SUMS.taken"
	mkdir "$SUMS.taken"
	trap end_lanes INT TERM HUP
	set -m	# or lanes would not hear of Ctrl-C
	for lane; do
		"$lane" &
		pids="$pids $!"
	done
	for lane in $pids; do
		wait "$lane" || broken=$((broken + 1))
	done
	trap - INT TERM HUP
	cat "$SUMS.failed"
	echo "--- $((SECONDS / 60)) min $((SECONDS % 60)) s"
	awk -v broken=$broken '
	    { passed += $1; failed += $2; skipped += $3 }
	    END {
		failed += broken
		printf "%d passed, %d failed%s\n", passed, failed,
		    skipped ? ", " skipped " skipped" : ""
		exit failed > 0 || passed == 0
	    }' "$SUMS"
}
