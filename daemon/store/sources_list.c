/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists of source images, and searches by their columns alone: SQLite finds and
 * orders them. ?1 is the organization, ?2 to ?4 the cursor.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sources.h"
#include "sources_cursor.h"
#include "sources_search.h"
#include "sources_sql.h"

static void
query_where(struct query *q, const struct store_query *in)
{
	const struct store_filter *f;
	/* Without the organization in each term OR would use no index. */
	bool terms = in->any && in->nfilters > 1 && !q->plain;
	const char *which = in->deleted ? ">" : "=";
	char column[32];
	unsigned i;

	query_put(q, " FROM source WHERE %sorg = " ORG1 " AND deleted_ms %s 0",
	    terms ? "+" : "", which);
	for (i = 0; i < in->nfilters; i++) {
		f = &in->filter[i];
		query_put(q, "%s(", i == 0 ? " AND (" : in->any ? " OR " : " AND ");
		if (terms)
			query_put(q, "org = " ORG1 " AND deleted_ms %s 0 AND ",
			    which);
		(void)snprintf(column, sizeof column, "%s%s",
		    q->plain ? "+" : "", field_column(f->field));
		query_filter(q, f, column);
		query_put(q, ")");
	}
	if (in->nfilters > 0)
		query_put(q, ")");
}

static const char *
sort_column(const struct store_query *in, unsigned i, bool *descending)
{

	if (i < in->nsorts) {
		*descending = in->sort[i].descending;
		return (field_column(in->sort[i].field));
	}
	*descending = in->nsorts == 0 || in->sort[0].descending;
	return (in->nsorts == 0 && i == 0 ? "created_ms" : "id");
}

static unsigned
sort_columns(const struct store_query *in)
{

	return (in->nsorts == 0 ? 2 : in->nsorts + 1);
}

/*
 * In front of the order's columns where the filter's index is used: left
 * to itself the planner walks along the order, for the sake of the limit.
 */
static const char *
order_plus(const struct query *q, const struct store_query *in)
{

	return (in->nfilters > 0 && !q->plain ? "+" : "");
}

/* *column* compared with the cursor's. */
static void
compare_cursor(struct query *q, const char *column, const char *op)
{

	if (strcmp(column, field_column(FIELD_DELETED)) == 0)
		query_put(q, "%s %s ?3", column, op);
	else if (strcmp(column, field_column(FIELD_NAME)) == 0)
		query_put(q, "%s %s ?4", column, op);
	else
		query_put(q, "%s %s (SELECT %s FROM source WHERE id = ?2)", column,
		    op, column);
}

/*
 * The rows behind the cursor's: those greater in the first column, or equal
 * in it and greater in the second, and so on. The first line alone lets an
 * index be used.
 */
static void
query_cursor(struct query *q, const struct store_query *in)
{
	unsigned i, n = sort_columns(in);
	const char *column;
	bool desc;

	column = sort_column(in, 0, &desc);
	query_put(q, " AND %s", order_plus(q, in));
	compare_cursor(q, column, desc ? "<=" : ">=");
	query_put(q, " AND (");
	for (i = 0; i < n; i++) {
		column = sort_column(in, i, &desc);
		compare_cursor(q, column, desc ? "<" : ">");
		if (i + 1 < n) {
			query_put(q, " OR (");
			compare_cursor(q, column, "=");
			query_put(q, " AND (");
		}
	}
	for (i = 0; i + 1 < n; i++)
		query_put(q, "))");
	query_put(q, ")");
}

static void
query_order(struct query *q, const struct store_query *in)
{
	unsigned i, n = sort_columns(in);
	const char *column;
	bool desc;

	query_put(q, " ORDER BY ");
	for (i = 0; i < n; i++) {
		column = sort_column(in, i, &desc);
		query_put(q, "%s%s%s %s", i > 0 ? ", " : "", order_plus(q, in),
		    column, desc ? "DESC" : "ASC");
	}
	/* One more tells whether there is a next page. */
	query_put(q, " LIMIT %" PRIu64 " OFFSET %u", (uint64_t)in->limit + 1,
	    in->cursor[0] != '\0' ? 0 : in->offset);
}

static sqlite3_stmt *
list_prepare(struct db *db, const struct query *q,
    const struct store_query *in, const struct cursor *after)
{
	sqlite3_stmt *s = query_prepare(db, q);

	if (s == NULL)
		return (NULL);
	(void)sqlite3_bind_text(s, 1, in->org, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(s, 2, after->id);
	(void)sqlite3_bind_int64(s, 3, after->deleted_ms);
	(void)sqlite3_bind_text(s, 4, after->name, -1, SQLITE_STATIC);
	return (s);
}

static enum store_status
query_count(struct db *db, struct query *q, struct store_query *in)
{
	const struct cursor none = { .id = 0 };
	sqlite3_stmt *s;
	int rc;

	query_put(q, "SELECT count(*)");
	query_where(q, in);
	s = list_prepare(db, q, in, &none);
	rc = db_step(db, s);
	if (rc > 0)
		in->total = sqlite3_column_int64(s, 0);
	(void)sqlite3_finalize(s);
	return (rc > 0 ? STORE_OK : db_failure(db));
}

/*
 * The total tells, too, how to find the rows: by the filter's index, which
 * then looks at all *total* of them and sorts, or along the order's index,
 * which passes (all / total) rows for each that it gives.
 */
static enum store_status
query_total(struct db *db, struct query *q, struct store_query *in)
{
	enum store_status status;
	double all = 0, want;
	sqlite3_stmt *s;
	int rc;

	memset(q, 0, sizeof *q);
	s = db_row(db, &rc, ST_SOURCE_COUNT, in->org, in->deleted);
	if (s != NULL) {
		in->total = sqlite3_column_int64(s, 0);
		db_reset(s);
	}
	if (rc < 0)
		return (db_failure(db));
	all = (double)in->total;
	if (in->nfilters > 0) {
		status = query_count(db, q, in);
		if (status != STORE_OK)
			return (status);
	}
	memset(q, 0, sizeof *q);
	want = (double)in->limit + in->offset;
	q->plain = want * all < (double)in->total * (double)in->total;
	return (STORE_OK);
}

static enum store_status
query_rows(struct db *db, sqlite3_stmt *s, struct store_query *in,
    store_source_f *func, void *arg)
{
	struct store_source src;
	unsigned n = 0;
	int rc, stop;

	while ((rc = db_step(db, s)) > 0) {
		if (n++ == in->limit) {
			memcpy(in->next, in->last, sizeof in->next);
			return (STORE_OK);
		}
		if (source_row(s, in->org, &src) != 0)
			return (STORE_ERROR);
		cursor_print(in, sqlite3_column_int64(s, 19), &src, in->last);
		stop = func(arg, &src);
		store_source_clear(&src);
		if (stop != 0)
			return (STORE_OK);
	}
	return (rc == 0 ? STORE_OK : db_failure(db));
}

static enum store_status
list_query(struct db *db, struct store_query *in, store_source_f *func,
    void *arg)
{
	enum store_status status;
	struct cursor after;
	sqlite3_stmt *s;
	struct query q;

	status = cursor_take(db, in, &after);
	if (status == STORE_OK)
		status = query_total(db, &q, in);
	if (status != STORE_OK || in->limit == 0)
		return (status);
	query_put(&q, "SELECT " SOURCE_COLS);
	query_where(&q, in);
	if (after.id != 0)
		query_cursor(&q, in);
	query_order(&q, in);
	s = list_prepare(db, &q, in, &after);
	if (s == NULL)
		return (STORE_ERROR);
	status = query_rows(db, s, in, func, arg);
	(void)sqlite3_finalize(s);
	return (status);
}

enum store_status
store_source_query(struct store *st, struct store_query *in,
    store_source_f *func, store_facet_f *facet, void *arg)
{

	in->total = 0;
	in->next[0] = in->last[0] = '\0';
	return (search_needed(in) ?
	    search_query(store_db(st), in, func, facet, arg) :
	    list_query(store_db(st), in, func, arg));
}
