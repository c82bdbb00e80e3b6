# SPDX-License-Identifier: BSD-2-Clause
# Sourced by "quickstart check", which has built $BUILD with gcc. Runs every
# test there is, goes on after a failure, and ends with the sum.

JOBS=$(nproc)
SUMS=$BUILD/check.sums
export JOBS SRC BUILD

. "$SRC/tests/lanes.sh"

# That of a version manager is a script, which starts a dozen programs first.
python=$(python3 -c 'import sys; print(sys.executable)')
test "$python" = "$(command -v python3)" || PATH=${python%/*}:$PATH

files() {
	find "$SRC/tests" "$BUILD/tests" -type f ! -name '*.log' \
	    ! -name '*.trs' | sort
}

# Tests wait more than they compute, so more of them run than there are
# processors. None may leave a file behind, beside its log. Units are compiled
# here without a warning, and run by release().
all_tests() {
	make -C "$BUILD" -j"$JOBS" check TESTS= || return
	files >"$BUILD/files"
	make -C "$BUILD" -j$((JOBS + 1)) check TESTS='$(IN_PLAIN_BUILD)' || return
	files | diff "$BUILD/files" - || { echo "tests left files"; return 1; }
}

# A release is built with clang and its sanitizers, programs of the tests among
# it, without a warning and without its source being written to; it runs units,
# what may meet a fault in memory and a test by each runner, is installed,
# removed, and leaves nothing. Line numbers are all that a report of a sanitizer
# wants. The VMOD is that of $BUILD: a sanitized one only loads into a Varnish
# that was built the same way. 16 MB of freed memory are kept from being used
# again; the 256 that are the default cost the kernel a minute.
release() {
	export ASAN_OPTIONS=quarantine_size_mb=16
	make -C "$BUILD" -j$((JOBS + 1)) distcheck DISTCHECK_CONFIGURE_FLAGS="CC=clang \
	    CFLAGS='-g1 -O1' --enable-sanitizer=address,undefined \
	    --enable-tests --enable-werror --disable-dependency-tracking" \
	    VMOD_DIR="$BUILD/vmod/.libs" VERBOSE=1 TESTS='$(IN_SANITIZED_BUILD)'
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
dashboard() { bash "$SRC/tests/dashboard/run.sh"; }
quickstarts() { bash "$SRC/tests/quickstart.sh"; }

# Two lanes, so that one computes while the other waits: tests that talk to
# servers, and compilers. The one that ends first begins with what is left.
tests_lane() {
	part "all tests, built with gcc" "$BUILD/tests" all_tests
	left
}
compilers_lane() {
	part "a release under ASan and UBSan" "" release
	left
}
left() {
	unless_taken lint part "clang-tidy and cppcheck" "" lint
	unless_taken quickstart part "quickstart itself" "" quickstarts
	unless_taken clients part "real clients" "" clients
	unless_taken dashboard part "the dashboard in a browser" "" dashboard
}

lanes tests_lane compilers_lane
