# SPDX-License-Identifier: BSD-2-Clause
# The compiler refuses a statement's argument of a wrong type, one too few, and
# one too many.
. "$srcdir/lib/await.sh"

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
flags=$(sed -n 's/^MONIKER_CFLAGS = //p' "$top_builddir/tests/Makefile")
flags="$flags -fsyntax-only -I$top_builddir -I$top_srcdir -I$top_srcdir/daemon
    $(pkg-config --cflags sqlite3)"

# Whether COMPILER takes CALL.
takes() { # COMPILER CALL
	cat >"$dir/call.c" <<-EOT
	#include "store/db.h"

	void call(struct db *, const char *, const struct hash *,
	    const uint8_t *, const struct db_blob *, int64_t, unsigned, bool,
	    int *);

	void
	call(struct db *db, const char *text, const struct hash *hash,
	    const uint8_t *bytes, const struct db_blob *blob, int64_t number,
	    unsigned count, bool yes, int *rc)
	{
		(void)db, (void)text, (void)hash, (void)bytes, (void)blob;
		(void)number, (void)count, (void)yes, (void)rc;
		(void)$2;
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
	right 'db_run(db, ST_BEGIN)'
	right 'db_run(db, ST_META_SET_INT, "seq", number)'
	right 'db_run(db, ST_META_SET_BLOB, text, blob)'
	right 'db_bind(db, ST_SOURCE_RANGE, text, hash, NULL, yes)'
	right 'db_row(db, rc, ST_STACK_EACH, text, NULL, count)'

	wrong 'db_run(db, ST_BEGIN, text)'		# too many
	wrong 'db_run(db, ST_ALIAS_DELETE, text, text, text)'
	wrong 'db_run(db, ST_ALIAS_DELETE, text)'	# too few
	wrong 'db_run(db, ST_META_GET)'
	wrong 'db_bind(db, ST_SOURCE_RANGE, text, hash, hash)'
	wrong 'db_run(db, ST_ALIAS_DELETE, text, 1)'	# no text
	wrong 'db_run(db, ST_ALIAS_DELETE, text, hash)'
	wrong 'db_run(db, ST_ALIAS_DELETE, text, blob)'
	wrong 'db_run(db, ST_META_SET_INT, text, text)'	# no number
	wrong 'db_run(db, ST_META_SET_INT, text, NULL)'
	wrong 'db_run(db, ST_META_SET_INT, text, hash)'
	wrong 'db_bind(db, ST_SOURCE_USES, text)'	# no hash
	wrong 'db_bind(db, ST_SOURCE_USES, bytes)'
	wrong 'db_bind(db, ST_SOURCE_USES, number)'
	wrong 'db_bind(db, ST_SOURCE_USES, blob)'
	wrong 'db_run(db, ST_META_SET_BLOB, text, hash)' # no blob
	wrong 'db_run(db, ST_META_SET_BLOB, text, text)'
	wrong 'db_run(text, ST_META_GET, text)'		# no connection
	wrong 'db_run(db, ST_NONE, text)'		# no statement
	wrong 'db_row(db, ST_META_GET, text)'		# no place for rc
	wrong 'db_row(db, text, ST_META_GET, text)'
	test $refused = 21 || fail "$cc refused $refused calls of 21"
done
test -n "$tried" || exit 77
