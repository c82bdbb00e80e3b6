/* SPDX-License-Identifier: BSD-2-Clause */
/* What became of a purge, and who waits for it. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "store_priv.h"

static void
purge_row(sqlite3_stmt *s, const char *org, struct store_purge_info *p)
{

	(void)snprintf(p->org, sizeof p->org, "%s", org);
	p->id = sqlite3_column_int64(s, 0);
	p->kind = (enum store_purge_kind)sqlite3_column_int(s, 1);
	db_text(s, 2, p->key, sizeof p->key);
	p->created_ms = sqlite3_column_int64(s, 3);
	p->counted = sqlite3_column_type(s, 4) != SQLITE_NULL;
	p->soft = sqlite3_column_int(s, 5) != 0;
	p->pending = (unsigned)sqlite3_column_int64(s, 6);
}

enum store_status
store_purge_get(struct store *st, const char *org, int64_t id,
    struct store_purge_info *out, store_purge_target_f *func, void *arg)
{
	struct db *db = store_db(st);
	char name[NAME_MAX_LEN + 1];
	sqlite3_stmt *s;
	int rc;

	s = db_row(db, &rc, ST_PURGE_GET, org, id);
	if (s == NULL)
		return (rc == 0 ? STORE_NOT_FOUND : db_failure(db));
	purge_row(s, org, out);
	db_reset(s);
	if (func == NULL)
		return (STORE_OK);
	s = db_bind(db, ST_PURGE_TARGETS, id, out->created_ms, out->soft, org);
	while ((rc = db_step(db, s)) > 0) {
		db_text(s, 0, name, sizeof name);
		if (func(arg, name, sqlite3_column_int(s, 1) != 0,
		    sqlite3_column_int64(s, 2)) == 0)
			continue;
		db_reset(s);
		return (STORE_OK);
	}
	return (rc == 0 ? STORE_OK : db_failure(db));
}

enum store_status
store_purge_each(struct store *st, const char *org, int64_t before,
    unsigned limit, store_purge_f *func, void *arg)
{
	struct db *db = store_db(st);
	struct store_purge_info p;
	sqlite3_stmt *s;
	int rc;

	s = db_bind(db, ST_PURGE_EACH, org,
	    before > 0 ? before : INT64_MAX, limit);
	while ((rc = db_step(db, s)) > 0) {
		purge_row(s, org, &p);
		if (func(arg, &p) == 0)
			continue;
		db_reset(s);
		return (STORE_OK);
	}
	return (rc == 0 ? STORE_OK : db_failure(db));
}

/*--------------------------------------------------------------------
 * Waiting, all in the loop's thread
 */
