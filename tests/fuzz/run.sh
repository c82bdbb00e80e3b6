# SPDX-License-Identifier: BSD-2-Clause
# Sourced by the tests that fuzz. Needs clang with libFuzzer; skips without.
#
# fuzz NAME SOURCE... [-- FLAG...] builds fuzz/NAME.c with the sources, which
# are named from the top folder, and runs it for $FUZZ_SECONDS (3) from what is
# kept in fuzz/corpus/NAME. An input that breaks it is kept in the build folder.

# Asked once for all targets of a test.
has_fuzzer() { # FOLDER
	test -z "${seen_fuzzer:-}" || return 0
	echo 'int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n)
	    { return (d == 0 && n > 0); }' >"$1/try.c"
	clang -fsanitize=fuzzer -o "$1/try" "$1/try.c" 2>/dev/null &&
	    seen_fuzzer=1
}

fuzz() { # NAME SOURCE... [-- FLAG...]
	local name=$1 sources=() dir status=0

	shift
	while test $# -gt 0 && test "$1" != --; do
		sources+=("$top_srcdir/$1")
		shift
	done
	test $# = 0 || shift
	dir=$(mktemp -d) || return 1
	has_fuzzer "$dir" || {
		rm -rf "$dir"
		echo "no clang with libFuzzer here"
		exit 77
	}
	clang -g1 -O1 -std=gnu11 -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=all -I"$top_builddir" -I"$top_srcdir" \
	    -I"$top_srcdir/daemon" "$@" -o "$dir/$name" \
	    "$top_srcdir/tests/fuzz/$name.c" "${sources[@]}" || return 1
	mkdir "$dir/corpus" "$dir/found"
	cp "$top_srcdir/tests/fuzz/corpus/$name"/* "$dir/corpus"
	"$dir/$name" -max_total_time="${FUZZ_SECONDS:-3}" -timeout=5 \
	    -rss_limit_mb=1024 -max_len=8192 -verbosity=0 -print_final_stats=1 \
	    -artifact_prefix="$dir/found/" "$dir/corpus" >"$dir/log" 2>&1 ||
	    status=$?
	if test $status != 0; then
		cat "$dir/log"
		mkdir -p "fuzz-found/$name"
		cp "$dir/found"/* "fuzz-found/$name"
		echo "$name: what broke it is in $PWD/fuzz-found/$name"
	else
		sed -n "s/^stat::number_of_executed_units: */$name: runs /p
		    s/^stat::average_exec_per_sec: */$name: per second /p" \
		    "$dir/log"
	fi
	rm -rf "$dir"
	return $status
}
