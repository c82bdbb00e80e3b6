# SPDX-License-Identifier: BSD-2-Clause
# Sourced by "quickstart check", which has built $BUILD with gcc. Runs every
# test there is, goes on after a failure, and ends with the sum.

PASSED=0 FAILED=0 SKIPPED=0
JOBS=$(nproc)
export JOBS SRC BUILD
# For make to expand: the programs with cmocka.
UNITS='$(UNITS)'

# Adds what the lines of the log of a part say, in the ways that our runners
# have to say it: automake's .trs files, varnishtest, TAP.
count() { # LOG FOLDER-OF-TRS
	local results p f s

	results=$(
		sed -n -E 's/^(ok|not ok) [0-9]+.*# SKIP.*/SKIP/ip
		    s/^ok [0-9]+.*/PASS/p; s/^not ok [0-9]+.*/FAIL/p
		    s/^# .* TEST .* passed .*/PASS/p
		    s/^# .* TEST .* skipped.*/SKIP/p
		    s/^# .* TEST .* (FAILED|TIMED OUT).*/FAIL/p' "$1"
		test -z "$2" || find "$2" -name '*.trs' -exec \
		    sed -n 's/^:test-result: //p' {} +
	)
	p=$(grep -cE '^(PASS|XFAIL)' <<<"$results") || :
	f=$(grep -cE '^(FAIL|XPASS|ERROR)' <<<"$results") || :
	s=$(grep -cE '^SKIP' <<<"$results") || :
	PASSED=$((PASSED + p)) FAILED=$((FAILED + f)) SKIPPED=$((SKIPPED + s))
	SAID="$p passed, $f failed, $s skipped"
	test $((p + f + s)) -gt 0 && test "$f" = 0
}

# A part that fails without a failed test of its own counts as one.
part() { # NAME FOLDER-OF-TRS COMMAND...
	local name=$1 trs=$2 log began=$SECONDS before=$FAILED status=0

	shift 2
	log=$BUILD/check-${name//[^a-zA-Z0-9]/-}.log
	test -z "$trs" || ! test -d "$trs" ||
	    find "$trs" -name '*.trs' -delete
	echo "--- $name"
	"$@" >"$log" 2>&1 </dev/null || status=$?
	if count "$log" "$trs" && test $status = 0; then
		echo "    ok: $SAID ($((SECONDS - began)) s)"
		return
	fi
	test "$FAILED" != "$before" || FAILED=$((FAILED + 1))
	echo "    FAILED: $SAID ($((SECONDS - began)) s), all of it: $log"
	why "$log" "$trs"
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

clang_build() {
	( configured "$BUILD-clang" CC=clang && make -s -j"$JOBS" check TESTS= )
}

sanitized_units() {
	( configured "$BUILD-asan" CC=clang CFLAGS="-g -O1" \
	    --enable-sanitizer=address,undefined &&
	    make -j"$JOBS" check TESTS="$UNITS \$(API_TESTS)" )
}

# The sanitized daemon behind the plain VMOD: a sanitized one only loads into
# a Varnish that was built the same way.
sanitized_daemon() {
	local so=$BUILD/vmod/.libs/libvmod_moniker.so

	( cd "$SRC/tests/vtc" && PATH=${MONIKER_TEST_PATH:-}$BUILD-asan/daemon:$BUILD/map:$PATH \
	    top_builddir=$BUILD top_srcdir=$SRC srcdir=$SRC/tests \
	    varnishtest -k -j"$JOBS" -t 120 -D"vmod_moniker=moniker from \"$so\"" \
	    -Dmonikerd="$BUILD-asan/daemon/monikerd" -Dtop_builddir="$BUILD" \
	    -Dtop_srcdir="$SRC" -Dvmod_path="$(vmod_path)" \
	    -p vcl_path="$SRC/vcl" main_*.vtc )
}

# The whole list ran in $BUILD; here it is asked that a release builds, that
# its tests run from a read-only source, and that it leaves nothing behind.
distcheck() {
	make -C "$BUILD" -j"$JOBS" distcheck TESTS="$UNITS vtc/main_alias.vtc"
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

part "all tests, built with gcc" "$BUILD/tests" \
    make -C "$BUILD" -j"$JOBS" check
part "clang build" "" whole "builds with clang without a warning" clang_build
part "units and API under ASan and UBSan" "$BUILD-asan/tests" sanitized_units
part "daemon under ASan and UBSan" "" sanitized_daemon
part "distcheck" "" whole "a release builds and tests itself" distcheck
part "clang-tidy and cppcheck" "" lint
part "quickstart itself" "" quickstarts
part "real clients" "" clients

echo "--- $((SECONDS / 60)) min $((SECONDS % 60)) s"
test $SKIPPED = 0 || SAID=", $SKIPPED skipped"
test $SKIPPED != 0 || SAID=
echo "$PASSED passed, $FAILED failed$SAID"
test $FAILED = 0 && test $PASSED -gt 0
