# SPDX-License-Identifier: BSD-2-Clause
# Sourced by "quickstart check", which has built $BUILD with gcc. Runs every
# test there is, goes on after a failure, and ends with the sum.

JOBS=$(nproc)
SUMS=$BUILD/check.sums
export JOBS SRC BUILD

say() { flock "$SUMS" echo "$*"; }

# Says and sets P, F and S by what the log of a part says, in the ways that our
# runners have to say it: automake's .trs files, varnishtest, TAP.
count() { # LOG FOLDER-OF-TRS
	local results

	results=$(
		sed -n -E 's/^(ok|not ok) [0-9]+.*# SKIP.*/SKIP/ip
		    s/^ok [0-9]+.*/PASS/p; s/^not ok [0-9]+.*/FAIL/p
		    s/^# .* TEST .* passed .*/PASS/p
		    s/^# .* TEST .* skipped.*/SKIP/p
		    s/^# .* TEST .* (FAILED|TIMED OUT).*/FAIL/p' "$1"
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
	{ time "$@" >"$log" 2>&1 </dev/null; } 2>"$log.time" || status=$?
	count "$log" "$trs" && test $status = 0 || verdict=FAILED
	test $verdict = ok || test "$F" != 0 || F=1
	echo "$P $F $S" >>"$SUMS"
	say "$name: $verdict, $P passed, $F failed, $S skipped ($(<"$log.time"))"
	test $verdict = ok || say "all of it: $log"$'\n'"$(why "$log" "$trs")"
}

# The names of the failed tests and the end of what each said.
why() { # LOG FOLDER-OF-TRS
	local t

	test -z "$2" || for t in $(grep -lsE '^:test-result: (FAIL|XPASS|ERROR)' \
	    "$2"/*.trs "$2"/*/*.trs); do
		echo "    * ${t%.trs}"
		tail -n 40 "${t%.trs}.log" | sed 's/^/      /'
	done
	tail -n 25 "$1" | sed 's/^/    | /'
}

# A step without tests of its own: one point for getting through.
whole() { # SENTENCE COMMAND...
	local what=$1

	shift
	"$@" || { echo "not ok 1 - $what"; return 1; }
	echo "ok 1 - $what"
}

configured() { # FOLDER ARGUMENT...
	local to=$1

	shift
	mkdir -p "$to" && cd "$to" &&
	    { test -f config.status || "$SRC/configure" -q "$@"; } &&
	    make -s -j"$JOBS"
}

files() {
	find "$SRC/tests" "$BUILD/tests" -type f ! -name '*.log' \
	    ! -name '*.trs' | sort
}

# Tests wait more than they compute, so more of them run than there are
# processors. None may leave a file behind, beside its log.
all_tests() {
	make -C "$BUILD" -j"$JOBS" check TESTS= || return
	files >"$BUILD/files"
	make -C "$BUILD" -j$((JOBS * 2)) check || return
	files | diff "$BUILD/files" - || { echo "tests left files"; return 1; }
}

# Line numbers are all that a report of a sanitizer wants.
sanitized_units() {
	( configured "$BUILD-asan" CC=clang CFLAGS="-g1 -O1" \
	    --enable-sanitizer=address,undefined --disable-dependency-tracking &&
	    make -j"$JOBS" check TESTS= &&
	    make -j$((JOBS * 2)) check TESTS='$(UNITS) $(API_TESTS)' )
}

# The sanitized daemon behind the plain VMOD: a sanitized one only loads into
# a Varnish that was built the same way.
sanitized_daemon() {
	local so=$BUILD/vmod/.libs/libvmod_moniker.so

	( cd "$SRC/tests/vtc" && PATH=${MONIKER_TEST_PATH:-}$BUILD-asan/daemon:$BUILD/map:$PATH \
	    top_builddir=$BUILD top_srcdir=$SRC srcdir=$SRC/tests \
	    varnishtest -k -j$((JOBS * 2)) -t 120 -D"vmod_moniker=moniker from \"$so\"" \
	    -Dmonikerd="$BUILD-asan/daemon/monikerd" -Dtop_builddir="$BUILD" \
	    -Dtop_srcdir="$SRC" -Dvmod_path="$(vmod_path)" \
	    -p vcl_path="$SRC/vcl" main_*.vtc )
}

# The whole list ran in $BUILD. Here a release is built with clang, programs of
# the tests among it, without a warning and without its source being written
# to; it runs a test by each runner, is installed, removed, and leaves nothing.
distcheck() {
	make -C "$BUILD" -j"$JOBS" distcheck DISTCHECK_CONFIGURE_FLAGS="CC=clang \
	    CFLAGS='-O1 -g0' --enable-tests --disable-dependency-tracking" \
	    TESTS="unit/t_url unit/t_conf_manual vtc/vmod_url.vtc \
	    vtc/main_alias.vtc api/openapi.py sh/map_tool.sh fuzz/purge.sh"
}

# Where Varnish's own users cannot reach the source, varnishd keeps its uid.
unjail() {
	mkdir -p "$BUILD/unjailed"
	cat >"$BUILD/unjailed/varnishd" <<-EOT
	#!/bin/sh
	case \$1 in
	-[xV?])	exec $(command -v varnishd) "\$@" ;;
	esac
	exec $(command -v varnishd) -j none "\$@"
	EOT
	chmod +x "$BUILD/unjailed/varnishd"
	export MONIKER_TEST_PATH=$BUILD/unjailed:
}
reachable "$SRC/vcl" "$BUILD" || unjail

lint() { bash "$SRC/tests/lint.sh"; }
clients() { bash "$SRC/tests/clients/run.sh"; }
quickstarts() { bash "$SRC/tests/quickstart.sh"; }

# Two lanes, so that one computes while the other waits: tests that talk to
# servers, and compilers.
tests_lane() {
	part "all tests, built with gcc" "$BUILD/tests" all_tests
	part "quickstart itself" "" quickstarts
	part "real clients" "" clients
}
compilers_lane() {
	part "units and API under ASan and UBSan" "$BUILD-asan/tests" \
	    sanitized_units
	part "daemon under ASan and UBSan" "" sanitized_daemon
	part "distcheck, built with clang" "" \
	    whole "a release builds and tests itself" distcheck
	part "clang-tidy and cppcheck" "" lint
}

: >"$SUMS"
set -m	# a group of processes each, to be ended as one
tests_lane &
lanes=$!
compilers_lane &
lanes="$lanes $!"
trap 'for l in $lanes; do kill -TERM -- -$l 2>/dev/null || :; done; exit 130' \
    INT TERM HUP
broken=0
for l in $lanes; do
	wait "$l" || broken=$((broken + 1))
done
trap - INT TERM HUP

echo "--- $((SECONDS / 60)) min $((SECONDS % 60)) s"
awk -v broken=$broken '
    { passed += $1; failed += $2; skipped += $3 }
    END {
	failed += broken
	printf "%d passed, %d failed%s\n", passed, failed,
	    skipped ? ", " skipped " skipped" : ""
	exit failed > 0 || passed == 0
    }' "$SUMS"
