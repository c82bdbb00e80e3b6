#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# clang-tidy (.clang-tidy says with what) and cppcheck over what is shipped, and
# docutils, Sphinx and codespell over its pages. What clang-tidy found good is
# marked in $BUILD/tidy, and not read again until it or a header of its changes.
# Prints TAP.
# Wants $SRC and the build $BUILD.
set -u
cd "$SRC" || exit
libs="libevent_core jansson libjwt libsodium sqlite3 vips lcms2
    gmodule-2.0 libseccomp libcurl libxxhash
    $(sed -n 's/^VARNISH_PC = //p' "$BUILD/tests/Makefile")"
# Words are wanted.
flags="-std=gnu11 -DHAVE_CONFIG_H -DMONIKERD_CONF=\"\" -DMONIKERCTL_CONF=\"\"
    -DMONIKER_LOCAL_SOCKET=\"\" -DVIPS_LIBDIR=\"\" -I$BUILD -I$BUILD/vmod
    -I$BUILD/daemon/api -I. -Imap -Iurl -Idaemon -Ictl $(pkg-config --cflags $libs)"
# A third of the paths that the analyzer would try, in half the time; it still
# sees the six values in expr/eval.c that it saw with all of them.
flags="$flags -Xclang -analyzer-config -Xclang max-nodes=75000"
marks=$BUILD/tidy
how=$(clang-tidy --version; cat .clang-tidy; echo $flags)
export flags how marks
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

sources() { find base name expr map url vmod daemon ctl -name '*.c' | sort; }
log=$(mktemp)
trap 'rm -f "$log"' EXIT

test "$(sources | wc -l)" -gt 100 || { echo "not ok 1 - no sources"; exit 1; }

# A file, and by the compiler's list all that it includes. Without a list it is
# never the same.
content() { # FILE
	local name=${1##*/} lists

	cat "$1"
	cd "$BUILD/${1%/*}" || return
	lists=$(find .deps -name "${name%.c}.P[lo]*" -o -name "*-${name%.c}.P[lo]*")
	test -n "$lists" || echo "$RANDOM $RANDOM $RANDOM"
	cat $lists </dev/null | sed 's/^[^ ]*://; s/\\$//' |
	    tr -s ' ' '\n' | grep '\.h$' | sort -u | xargs cat
}

tidy() { # FILE
	local mark

	mark=$marks.new/$( (echo "$how"; content "$1") | sha256sum |
	    cut -d' ' -f1)
	if ! test -e "$marks/${mark##*/}"; then
		# It counts the warnings of others' headers on stderr.
		clang-tidy --quiet "$1" -- $flags 2>/dev/null || return
	fi
	: >"$mark"
}
export -f content tidy
rm -rf "$marks.new"
mkdir -p "$marks" "$marks.new"
sources | xargs -P "$(nproc)" -n 1 bash -c 'tidy "$1"' bash >"$log"
status=$?
rm -r "$marks" && mv "$marks.new" "$marks"
ok 1 clang-tidy $status "$log"

# The VMOD's macros are Varnish's, which cppcheck does not read. Newer ones say
# of long functions that they do not try each path.
sources | grep -v '^vmod/' | xargs cppcheck -q -j "$(nproc)" --std=c11 \
    --enable=warning,performance,portability --inline-suppr \
    --library=bsd --suppress=missingIncludeSystem --suppress=unknownMacro \
    --suppress=normalCheckLevelMaxBranches \
    -I"$BUILD" -I. -Imap -Iurl -Idaemon -Ictl 2>"$log"
ok 2 cppcheck $? "$log"

ls *.rst doc/*.rst map/*.rst vcl/*.rst tests/*.rst |
    xargs -P "$(nproc)" -I {} rst2html --report=warning --halt=5 {} /dev/null \
    >"$log" 2>&1
ok 3 docutils 0 "$log"

# Every page has its place in the site, and every page that is named is there.
make -s -C "$BUILD/doc" V=1 html >"$log" 2>&1
ok 4 sphinx $? "$log"

# Not words: chunks of WebP, markers of JPEG 2000, a filter of PNG, our names.
codespell -q 3 -L alph,siz,paeth,ody,fro,iif,upto,keep-alives \
    *.rst *.ac quickstart debian doc m4/moniker.m4 systemd vcl map vmod ctl daemon \
    base url name expr bench tests/*.rst tests/*.sh tests/*.py tests/lib/*.sh >"$log" 2>&1
ok 5 codespell $? "$log"
echo 1..5
exit $failed
