/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading of the audit log. */
#include "config.h"

#include <jansson.h>

#include "store_audit.h"
#include "store_priv.h"

/* The lines of a row, in the list's order; other than 0: enough. */
static int
row_each(struct store_audit *q, int64_t id, int64_t ms, const char *text,
    size_t len)
{
	json_t *lines = json_array(), *v;
	size_t i, n, at;
	int stop = 0;

	for (at = 0; at < len; at = n + 1) {
		for (n = at; n < len && text[n] != '\n'; n++)
			;
		v = json_loadb(text + at, n - at, 0, NULL);
		(void)json_array_append_new(lines, v != NULL ? v :
		    json_object());
	}
	n = json_array_size(lines);
	for (i = 0; i < n && stop == 0; i++) {
		at = q->oldest_first ? i : n - 1 - i;
		/* Those that the page before had. */
		if (id == q->after_id && ms == q->after_ms &&
		    (q->oldest_first ? (int64_t)at <= q->after_line :
		    (int64_t)at >= q->after_line))
			continue;
		q->last_ms = ms;
		q->last_id = id;
		q->last_line = (int64_t)at;
		stop = q->func(q->arg, ms, json_array_get(lines, at)) != 0 ||
		    ++q->n >= q->limit;
	}
	json_decref(lines);
	return (stop);
}

static sqlite3_stmt *
audit_bind(struct db *db, const struct store_audit *q)
{
	int64_t from = q->from_ms, to = q->to_ms, id;

	id = q->oldest_first ? 0 : INT64_MAX;
	if (q->after_id != 0) {
		id = q->after_id;
		*(q->oldest_first ? &from : &to) = q->after_ms;
	}
	if (q->oldest_first)
		return (db_bind(db, ST_AUDIT_OLDEST, q->org, from, to, id));
	return (db_bind(db, ST_AUDIT_NEWEST, q->org, from, to, id));
}

enum store_status
store_audit_each(struct store *st, struct store_audit *q)
{
	struct db *db = store_db(st);
	sqlite3_stmt *s;
	int rc;

	q->n = 0;
	s = audit_bind(db, q);
	while (q->limit > 0 && (rc = db_step(db, s)) > 0) {
		if (row_each(q, sqlite3_column_int64(s, 0),
		    sqlite3_column_int64(s, 1), sqlite3_column_blob(s, 2),
		    (size_t)sqlite3_column_bytes(s, 2)) == 0)
			continue;
		db_reset(s);
		return (STORE_OK);
	}
	if (q->limit == 0) {
		db_reset(s);
		return (STORE_OK);
	}
	return (rc == 0 ? STORE_OK : db_failure(db));
}
