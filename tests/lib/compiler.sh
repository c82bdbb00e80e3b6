# SPDX-License-Identifier: BSD-2-Clause
# What gcc and clang take, and what they refuse; sourced. program CALL writes a
# C file with that call, *flags* are for the compiler, $dir is for files.
. "$srcdir/lib/await.sh" || exit 1

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
flags=$(sed -n 's/^MONIKER_CFLAGS = //p' "$top_builddir/tests/Makefile")
flags="$flags -Werror -fsyntax-only -I$top_builddir -I$top_srcdir -I$top_srcdir/daemon"

# Whether $cc takes CALL.
takes() { # CALL
	program "$1" >"$dir/call.c"
	$cc $flags -c "$dir/call.c" 2>"$dir/log"
}

right() { # CALL
	takes "$1" && return
	cat "$dir/log"
	fail "$cc refuses $1"
}

wrong() { # CALL
	takes "$1" && fail "$cc takes $1"
	refused=$((refused + 1))
}

# Runs CALLS with each compiler as $cc: that many wrong() ones are in it.
each_compiler() { # NUMBER CALLS
	tried=
	for cc in gcc clang; do
		command -v $cc >/dev/null || continue
		tried="$tried $cc"
		refused=0
		"$2"
		test $refused = "$1" ||
			fail "$cc refused $refused calls of $1"
	done
	test -n "$tried" || exit 77
}
