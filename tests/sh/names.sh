# SPDX-License-Identifier: BSD-2-Clause
# No function of one file has the name of a function that another file exports:
# a backtrace names neither file nor folder.
. "$srcdir/lib/await.sh" || exit 1

command -v nm >/dev/null || exit 77
cd "$top_builddir" || exit 1
twice=$(find base daemon map name url -name '*.o' ! -path '*/.libs/*' \
    -exec nm -A {} + | awk '
$(NF - 1) == "T" { exported[$NF] = $1; n++ }
$(NF - 1) == "t" { own[$NF] = $1 }
END {
	if (n < 300)
		print "only " n " functions were found"
	for (name in own)
		if (name in exported)
			print name ": " own[name] " and " exported[name]
}')
test -z "$twice" || fail "$twice"
