/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists and searches of source images. The statement is put together from the
 * table of fields and from nothing that a user sent; values are bound.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "name/ascii.h"
#include "sources_cursor.h"
#include "store_priv.h"

static const struct field {
	const char	*name, *column;
	bool		number;
} fields[FIELD_N] = {
#define X(sym, name, column, number) { name, #column, number },
	STORE_FIELDS(X)
#undef X
};

/*
 * A statement in the making. *plain* keeps the filters from choosing the
 * index, so that the order does. ?1 is the organization, ?2 to ?4 the cursor.
 */
struct query {
	bool		plain;
	char		sql[8192];
	size_t		len;
	struct value {
		char	type;		/* i, t, h */
		int64_t	i;
		char	text[264];
		struct hash hash;
	}		value[2 * STORE_FILTERS];
	unsigned	nvalues;
};

#define FIRST_VALUE	5		/* the parameter of value[0] */

enum store_field
store_field_find(const char *name)
{
	unsigned i = 0;

	while (i < FIELD_N && strcmp(fields[i].name, name) != 0)
		i++;
	return ((enum store_field)i);
}

bool
store_field_is_number(enum store_field f)
{

	return (fields[f].number);
}

struct store_filter *
store_filter_add(struct store_query *in, enum store_field field)
{
	struct store_filter *f = &in->filter[in->nfilters];

	if (in->nfilters == STORE_FILTERS)
		return (NULL);
	in->nfilters++;
	f->field = field;
	f->min = INT64_MIN;
	f->max = INT64_MAX;
	return (f);
}

__attribute__((format(printf, 2, 3))) static void
put(struct query *q, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(q->sql + q->len, sizeof q->sql - q->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		q->len += (size_t)n;
	if (q->len >= sizeof q->sql)
		q->len = sizeof q->sql - 1;
}

static struct value *
value(struct query *q, char type)
{
	struct value *v = &q->value[q->nvalues++];

	v->type = type;
	return (v);
}

static unsigned
param(const struct query *q)
{

	return (FIRST_VALUE + q->nvalues);
}

static void
compare_number(struct query *q, const char *column, const char *op, int64_t i)
{

	put(q, "%s %s ?%u", column, op, param(q));
	value(q, 'i')->i = i;
}

static void
filter_number(struct query *q, const struct store_filter *f, const char *column)
{

	if (f->op != FILTER_RANGE) {
		compare_number(q, column, "=", f->min);
		return;
	}
	compare_number(q, column, f->low_open ? ">" : ">=", f->min);
	put(q, " AND ");
	compare_number(q, column, f->high_open ? "<" : "<=", f->max);
}

static void
compare_text(struct query *q, const char *column, const char *op,
    const char *text, const char *suffix)
{
	struct value *v;

	put(q, "%s %s ?%u", column, op, param(q));
	v = value(q, 't');
	(void)snprintf(v->text, sizeof v->text, "%s%s", text, suffix);
}

static void
filter_text(struct query *q, const struct store_filter *f, const char *column)
{

	if (f->op == FILTER_EQUAL) {
		compare_text(q, column, "=", f->low, "");
		return;
	}
	compare_text(q, column, f->low_open ? ">" : ">=", f->low, "");
	if (f->op == FILTER_PREFIX) {
		put(q, " AND ");
		compare_text(q, column, "<", f->low, "\xf4\x8f\xbf\xbf");
	} else if (f->high[0] != '\0') {
		put(q, " AND ");
		compare_text(q, column, f->high_open ? "<" : "<=", f->high,
		    "");
	}
}

static void
compare_hash(struct query *q, const char *column, const char *op,
    const char *digits, char pad)
{
	char hex[HASH_HEX + 1];
	struct value *v;
	size_t i, n;

	n = strlen(digits);
	memset(hex, pad, HASH_HEX);
	for (i = 0; i < n && i < HASH_HEX; i++)
		hex[i] = ascii_lower(digits[i]);
	hex[HASH_HEX] = '\0';
	v = &q->value[q->nvalues];
	if (n > HASH_HEX || !hash_from_text(&v->hash, hex)) {
		put(q, "0");	/* no hash is like this */
		return;
	}
	put(q, "%s %s ?%u", column, op, param(q));
	(void)value(q, 'h');
}

static void
filter_hash(struct query *q, const struct store_filter *f, const char *column)
{

	if (f->op == FILTER_EQUAL && strlen(f->low) != HASH_HEX) {
		put(q, "0");
		return;
	}
	compare_hash(q, column, f->low_open ? ">" : ">=", f->low, '0');
	put(q, " AND ");
	compare_hash(q, column, f->high_open ? "<" : "<=",
	    f->op == FILTER_RANGE ? f->high : f->low, 'f');
}

static void
query_where(struct query *q, const struct store_query *in)
{
	const struct store_filter *f;
	/* Without the organization in each term OR would use no index. */
	bool terms = in->any && in->nfilters > 1 && !q->plain;
	const char *which = in->deleted ? ">" : "=";
	char column[32];
	unsigned i;

	put(q, " FROM source WHERE %sorg = " ORG1 " AND deleted_ms %s 0",
	    terms ? "+" : "", which);
	for (i = 0; i < in->nfilters; i++) {
		f = &in->filter[i];
		put(q, "%s(", i == 0 ? " AND (" : in->any ? " OR " : " AND ");
		if (terms)
			put(q, "org = " ORG1 " AND deleted_ms %s 0 AND ",
			    which);
		(void)snprintf(column, sizeof column, "%s%s",
		    q->plain ? "+" : "", fields[f->field].column);
		if (f->field == FIELD_HASH || f->field == FIELD_BINARY_HASH)
			filter_hash(q, f, column);
		else if (fields[f->field].number)
			filter_number(q, f, column);
		else
			filter_text(q, f, column);
		put(q, ")");
	}
	if (in->nfilters > 0)
		put(q, ")");
}

static const char *
sort_column(const struct store_query *in, unsigned i, bool *descending)
{

	if (i < in->nsorts) {
		*descending = in->sort[i].descending;
		return (fields[in->sort[i].field].column);
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
 * In front of the order's columns where the filter's index is to be used: left
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

	if (strcmp(column, fields[FIELD_DELETED].column) == 0)
		put(q, "%s %s ?3", column, op);
	else if (strcmp(column, fields[FIELD_NAME].column) == 0)
		put(q, "%s %s ?4", column, op);
	else
		put(q, "%s %s (SELECT %s FROM source WHERE id = ?2)", column,
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
	put(q, " AND %s", order_plus(q, in));
	compare_cursor(q, column, desc ? "<=" : ">=");
	put(q, " AND (");
	for (i = 0; i < n; i++) {
		column = sort_column(in, i, &desc);
		compare_cursor(q, column, desc ? "<" : ">");
		if (i + 1 < n) {
			put(q, " OR (");
			compare_cursor(q, column, "=");
			put(q, " AND (");
		}
	}
	for (i = 0; i + 1 < n; i++)
		put(q, "))");
	put(q, ")");
}

static void
query_order(struct query *q, const struct store_query *in)
{
	unsigned i, n = sort_columns(in);
	const char *column;
	bool desc;

	put(q, " ORDER BY ");
	for (i = 0; i < n; i++) {
		column = sort_column(in, i, &desc);
		put(q, "%s%s%s %s", i > 0 ? ", " : "", order_plus(q, in),
		    column, desc ? "DESC" : "ASC");
	}
	/* One more tells whether there is a next page. */
	put(q, " LIMIT %" PRIu64 " OFFSET %u", (uint64_t)in->limit + 1,
	    in->cursor[0] != '\0' ? 0 : in->offset);
}

static sqlite3_stmt *
query_prepare(struct db *db, const struct query *q,
    const struct store_query *in, const struct cursor *after)
{
	sqlite3_stmt *s = NULL;

	if (sqlite3_prepare_v2(db->h, q->sql, -1, &s, NULL) != SQLITE_OK) {
		log_error("store", "run monikerd --fsck", KV("sql", q->sql),
		    KV("error", sqlite3_errmsg(db->h)));
		return (NULL);
	}
	(void)sqlite3_bind_text(s, 1, in->org, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(s, 2, after->id);
	(void)sqlite3_bind_int64(s, 3, after->deleted_ms);
	(void)sqlite3_bind_text(s, 4, after->name, -1, SQLITE_STATIC);
	for (unsigned i = 0; i < q->nvalues; i++) {
		const struct value *v = &q->value[i];
		int at = (int)(FIRST_VALUE + i);

		if (v->type == 'i')
			(void)sqlite3_bind_int64(s, at, v->i);
		else if (v->type == 't')
			(void)sqlite3_bind_text(s, at, v->text, -1, NULL);
		else
			(void)sqlite3_bind_blob(s, at, v->hash.b, HASH_LEN,
			    NULL);
	}
	return (s);
}

static enum store_status
query_count(struct db *db, struct query *q, struct store_query *in)
{
	const struct cursor none = { .id = 0 };
	sqlite3_stmt *s;
	int rc;

	put(q, "SELECT count(*)");
	query_where(q, in);
	s = query_prepare(db, q, in, &none);
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

enum store_status
store_source_query(struct store *st, struct store_query *in,
    store_source_f *func, void *arg)
{
	struct db *db = store_db(st);
	enum store_status status;
	struct cursor after;
	sqlite3_stmt *s;
	struct query q;

	in->total = 0;
	in->next[0] = in->last[0] = '\0';
	status = cursor_take(db, in, &after);
	if (status == STORE_OK)
		status = query_total(db, &q, in);
	if (status != STORE_OK || in->limit == 0)
		return (status);
	put(&q, "SELECT " SOURCE_COLS);
	query_where(&q, in);
	if (after.id != 0)
		query_cursor(&q, in);
	query_order(&q, in);
	s = query_prepare(db, &q, in, &after);
	if (s == NULL)
		return (STORE_ERROR);
	status = query_rows(db, s, in, func, arg);
	(void)sqlite3_finalize(s);
	return (status);
}
