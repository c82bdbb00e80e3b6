# SPDX-License-Identifier: BSD-2-Clause
# Sourced by "quickstart check", which has built $BUILD with gcc. Runs every
# test there is, goes on after a failure, and ends with the sum.

JOBS=$(nproc)
SUMS=$BUILD/check.sums
export JOBS SRC BUILD

. "$SRC/tests/lanes.sh"

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
	make -C "$BUILD" -j$((JOBS + 1)) check || return
	files | diff "$BUILD/files" - || { echo "tests left files"; return 1; }
}

# Line numbers are all that a report of a sanitizer wants.
sanitized_units() {
	( configured "$BUILD-asan" CC=clang CFLAGS="-g1 -O1" \
	    --enable-sanitizer=address,undefined --disable-dependency-tracking &&
	    make -j"$JOBS" check TESTS= &&
	    make -j$((JOBS + 1)) check TESTS='$(UNITS) $(API_TESTS)' )
}

# The sanitized daemon behind the plain VMOD: a sanitized one only loads into
# a Varnish that was built the same way.
sanitized_daemon() {
	local so=$BUILD/vmod/.libs/libvmod_moniker.so

	( cd "$SRC/tests/vtc" && PATH=${MONIKER_TEST_PATH:-}$BUILD-asan/daemon:$BUILD/map:$PATH \
	    top_builddir=$BUILD top_srcdir=$SRC srcdir=$SRC/tests \
	    varnishtest -k -j$((JOBS + 1)) -t 120 -D"vmod_moniker=moniker from \"$so\"" \
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

lanes tests_lane compilers_lane
