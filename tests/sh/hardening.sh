# SPDX-License-Identifier: BSD-2-Clause
# What was built has what makes a fault in memory harder to use.
command -v readelf >/dev/null || {
	echo "there is no readelf here"
	exit 77
}
grep -qx "enable_hardening = yes" "$top_builddir/tests/Makefile" || {
	echo "configured without hardening"
	exit 77
}
failed=0

want() { # FILE WHAT OPTION PATTERN
	readelf "$3" -W "$1" | grep -Eq "$4" && return
	echo "$1: no $2"
	failed=1
}

linked() { # FILE
	want "$1" RELRO -l 'GNU_RELRO'
	want "$1" "stack without code" -l 'GNU_STACK.* RW +0x'
	want "$1" "immediate binding" -d 'FLAGS.*NOW'
	want "$1" "stack protector" -s '__stack_chk_fail'
}

for f in daemon/monikerd ctl/monikerctl map/moniker-map; do
	f=$top_builddir/$f
	# libtool's own script stands there where it links with a library of ours.
	test -f "${f%/*}/.libs/${f##*/}" && f=${f%/*}/.libs/${f##*/}
	linked "$f"
	want "$f" "position independence" -d 'FLAGS_1.*PIE'
	want "$f" _FORTIFY_SOURCE -s '__[a-z]+_chk(@|$| )'
done
linked "$top_builddir/vmod/.libs/libvmod_moniker.so"
exit $failed
