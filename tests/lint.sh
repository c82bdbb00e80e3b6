#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# clang-tidy (.clang-tidy says with what) and cppcheck over what is shipped, and
# docutils over its pages.
# Prints TAP. Wants $SRC and the build $BUILD.
set -u
cd "$SRC" || exit
libs="libevent_core jansson libsodium sqlite3 vips lcms2
    gmodule-2.0 libseccomp libcurl varnishapi libxxhash"
# Words are wanted.
flags="-std=gnu11 -I$BUILD -I$BUILD/vmod -I$BUILD/daemon/api -I. -Imap -Iurl
    -Idaemon -Ictl $(pkg-config --cflags $libs)"
export flags
failed=0

ok() { # NUMBER NAME STATUS LOG
	if test "$3" = 0 && ! test -s "$4"; then
		echo "ok $1 - $2"
		return
	fi
	sed 's/^/# /' "$4"
	echo "not ok $1 - $2"
	failed=1
}

sources() { find base name map url vmod daemon ctl -name '*.c' | sort; }
log=$(mktemp)
trap 'rm -f "$log"' EXIT

test "$(sources | wc -l)" -gt 100 || { echo "not ok 1 - no sources"; exit 1; }
# It says on stderr how many warnings of others' headers it kept to itself.
sources | xargs -P "$(nproc)" -n 4 sh -c '
    clang-tidy --quiet "$@" -- $flags -DHAVE_CONFIG_H \
	-DMONIKERD_CONF=\"\" -DMONIKERCTL_CONF=\"\" \
	-DMONIKER_LOCAL_SOCKET=\"\" -DVIPS_LIBDIR=\"\" 2>/dev/null' sh >"$log"
ok 1 clang-tidy $? "$log"

# The VMOD's macros are Varnish's, which cppcheck does not read.
sources | grep -v '^vmod/' | xargs cppcheck -q -j "$(nproc)" --std=c11 \
    --enable=warning,performance,portability --inline-suppr \
    --library=bsd --suppress=missingIncludeSystem --suppress=unknownMacro \
    -I"$BUILD" -I. -Imap -Iurl -Idaemon -Ictl 2>"$log"
ok 2 cppcheck $? "$log"

for page in *.rst doc/*.rst map/*.rst vcl/*.rst tests/*.rst; do
	rst2html --report=warning --halt=5 "$page" 2>&1 >/dev/null
done >"$log"
ok 3 docutils 0 "$log"
echo 1..3
exit $failed
