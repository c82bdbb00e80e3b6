# SPDX-License-Identifier: BSD-2-Clause
# The compiler refuses a statement's argument of a wrong type, one too few, and
# one too many.
. "$srcdir/lib/compiler.sh" || exit 1
flags="$flags $(pkg-config --cflags sqlite3)"

program() { # CALL
	cat <<-EOT
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
		(void)$1;
	}
	EOT
}

statements() {
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
}

each_compiler 21 statements
