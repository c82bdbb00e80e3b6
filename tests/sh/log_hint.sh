# SPDX-License-Identifier: BSD-2-Clause
# The compiler refuses an error or a warning without a hint, and a pair that is
# none.
. "$srcdir/lib/await.sh"

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
flags=$(sed -n 's/^MONIKER_CFLAGS = //p' "$top_builddir/tests/Makefile")
flags="$flags -fsyntax-only -I$top_builddir -I$top_srcdir/daemon"

# Whether COMPILER takes CALL.
takes() { # COMPILER CALL
	cat >"$dir/call.c" <<-EOT
	#include "log.h"

	void call(const char *, int, void *);

	void
	call(const char *text, int n, void *p)
	{
		(void)text, (void)n, (void)p;
		$2;
	}
	EOT
	$1 $flags -c "$dir/call.c" 2>"$dir/log"
}

right() { # CALL
	takes "$cc" "$1" && return
	cat "$dir/log"
	fail "$cc refuses $1"
}

wrong() { # CALL
	takes "$cc" "$1" && fail "$cc takes $1"
	refused=$((refused + 1))
}

tried=
for cc in gcc clang; do
	command -v $cc >/dev/null || continue
	tried="$tried $cc"
	refused=0
	right 'log_info("event")'
	right 'log_debug("event", KV("n", n), KV("text", text))'
	right 'log_error("event", "hint")'
	right 'log_warn("event", n > 0 ? "hint" : "other", KV("n", n))'

	wrong 'log_error("event")'
	wrong 'log_warn("event")'
	wrong 'log_error("event", KV("n", n))'
	wrong 'log_warn("event", KV("n", n), KV("text", text))'
	wrong 'log_error("event", "")'
	wrong 'log_error("event", NULL)'
	wrong 'log_warn("event", NULL, KV("n", n))'
	wrong 'log_warn("event", n)'
	wrong 'log_error("event", "hint", "n=1")'	# no pair
	wrong 'log_info("event", "n=%d", n)'
	wrong 'log_info("event", KV("p", p))'
	wrong 'log_info("event", KV(text, n))'		# no literal
	wrong 'log_info(text, KV("n", n))'
	test $refused = 13 || fail "$cc refused $refused calls of 13"
done
test -n "$tried" || exit 77

# What these are made of takes a line without a hint.
! grep -rnE 'LOG_LINE|log_write' "$top_srcdir/daemon" "$top_srcdir/map" \
    "$top_srcdir/url" --include='*.[ch]' | grep -v 'daemon/log[./]' ||
	fail "written past log.h"
