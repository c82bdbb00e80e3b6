# SPDX-License-Identifier: BSD-2-Clause
# The compiler refuses an error or a warning without a hint, and a pair that is
# none.
. "$srcdir/lib/compiler.sh" || exit 1

program() { # CALL
	cat <<-EOT
	#include "log.h"

	void call(const char *, int, void *);

	void
	call(const char *text, int n, void *p)
	{
		(void)text, (void)n, (void)p;
		$1;
	}
	EOT
}

log_calls() {
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
}

# What these are made of takes a line without a hint.
! grep -rnE 'LOG_LINE|log_write' "$top_srcdir/daemon" "$top_srcdir/map" \
    "$top_srcdir/url" --include='*.[ch]' | grep -v 'daemon/log[./]' ||
	fail "written past log.h"

each_compiler 13 log_calls
