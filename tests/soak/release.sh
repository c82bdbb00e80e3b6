#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# release.sh SUITE [FOLDER]: in a new tree of another Debian release, what a
# newcomer does: a clone, "quickstart run", "quickstart check". Of a release
# that is not out yet, a short suite instead of the whole check: build, VMOD,
# purge and unit tests. "quickstart check --release SUITE" runs it. Needs root,
# mmdebstrap and a mirror.
set -eu -o pipefail
here=$(realpath "$(dirname "$0")")
top=$(realpath "${top_srcdir:-$here/../..}")
. "$here/tree.sh"
trees_can || exit 77
suite=${1:?release.sh SUITE}

# The packages that the tests need stay for the next time.
tree_base "$suite"
rm -rf "$TREES/$suite/check/up/source"
tree_source "$suite" check
case $suite in
bookworm|trixie)
	tree_in "$suite" check sh -ec 'cd /source
		./quickstart run --detach --listen 127.0.0.1:0
		./quickstart stop
		exec ./quickstart check' ;;
*)	tree_in "$suite" check sh -ec 'cd /source
		./quickstart run --detach --listen 127.0.0.1:0
		./quickstart stop
		apt-get -q -y --no-install-recommends install python3 \
		    libcmocka-dev libglib2.0-dev liblmdb-dev zlib1g-dev
		cd build
		../configure -q --enable-tests
		make -s -k -j$(nproc) check TESTS="\$(UNITS) \$(VTC_TESTS)" ||
		    status=$?
		sed -n -E "s/^# (PASS|FAIL|ERROR): *//p" tests/test-suite.log |
		    awk "{ n[NR] = \$1 }
			END { print n[1] \" passed, \" n[2] + n[3] \" failed\" }"
		exit ${status:-0}' ;;
esac
