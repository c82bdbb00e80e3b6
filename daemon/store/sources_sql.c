/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/trust_me.h"
#include "log.h"
#include "name/ascii.h"
#include "sources_sql.h"

static const struct field {
	const char	*name, *column;
	bool		number;
} fields[FIELD_N] = {
#define X(sym, name, column, number) { name, #column, number },
	STORE_FIELDS(X)
#undef X
};

const char *
field_column(enum store_field f)
{

	return (fields[f].column);
}

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
	f->real_min = (double)-INFINITY;
	f->real_max = (double)INFINITY;
	return (f);
}

void
query_put(struct query *q, const char *fmt, ...)
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

struct query_value *
query_value(struct query *q, char type)
{
	struct query_value *v = &q->value[q->nvalues++];

	v->type = type;
	return (v);
}

unsigned
query_param(const struct query *q)
{

	return (QUERY_FIRST + q->nvalues);
}

static void
compare_number(struct query *q, const char *column, const char *op, int64_t i)
{

	query_put(q, "%s %s ?%u", column, op, query_param(q));
	query_value(q, 'i')->i = i;
}

static void
compare_real(struct query *q, const char *column, const char *op, double r)
{

	query_put(q, "%s %s ?%u", column, op, query_param(q));
	query_value(q, 'r')->r = r;
}

static void
filter_real(struct query *q, const struct store_filter *f, const char *column)
{

	if (f->op != FILTER_RANGE) {
		compare_real(q, column, "=", f->real_min);
		return;
	}
	compare_real(q, column, f->low_open ? ">" : ">=", f->real_min);
	query_put(q, " AND ");
	compare_real(q, column, f->high_open ? "<" : "<=", f->real_max);
}

static void
filter_number(struct query *q, const struct store_filter *f, const char *column)
{

	if (f->op != FILTER_RANGE) {
		compare_number(q, column, "=", f->min);
		return;
	}
	compare_number(q, column, f->low_open ? ">" : ">=", f->min);
	query_put(q, " AND ");
	compare_number(q, column, f->high_open ? "<" : "<=", f->max);
}

static void
compare_text(struct query *q, const char *column, const char *op,
    const char *text, const char *suffix)
{
	struct query_value *v;

	query_put(q, "%s %s ?%u", column, op, query_param(q));
	v = query_value(q, 't');
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
		query_put(q, " AND ");
		compare_text(q, column, "<", f->low, "\xf4\x8f\xbf\xbf");
	} else if (f->high[0] != '\0') {
		query_put(q, " AND ");
		compare_text(q, column, f->high_open ? "<" : "<=", f->high,
		    "");
	}
}

static void
compare_hash(struct query *q, const char *column, const char *op,
    const char *digits, char pad)
{
	char hex[HASH_HEX + 1];
	struct query_value *v;
	size_t i, n;

	n = strlen(digits);
	memset(hex, pad, HASH_HEX);
	for (i = 0; i < n && i < HASH_HEX; i++)
		hex[i] = ascii_lower(digits[i]);
	hex[HASH_HEX] = '\0';
	v = &q->value[q->nvalues];
	if (n > HASH_HEX || !hash_from_text(&v->hash, hex)) {
		query_put(q, "0");	/* no hash is like this */
		return;
	}
	query_put(q, "%s %s ?%u", column, op, query_param(q));
	(void)query_value(q, 'h');
}

static void
filter_hash(struct query *q, const struct store_filter *f, const char *column)
{

	if (f->op == FILTER_EQUAL && strlen(f->low) != HASH_HEX) {
		query_put(q, "0");
		return;
	}
	compare_hash(q, column, f->low_open ? ">" : ">=", f->low, '0');
	query_put(q, " AND ");
	compare_hash(q, column, f->high_open ? "<" : "<=",
	    f->op == FILTER_RANGE ? f->high : f->low, 'f');
}

void
query_filter(struct query *q, const struct store_filter *f, const char *column)
{
	enum store_field field = f->field;

	if (field == FIELD_N && f->type == VALUE_REAL)
		filter_real(q, f, column);
	else if (field == FIELD_N ? f->type == VALUE_INT : fields[field].number)
		filter_number(q, f, column);
	else if (field == FIELD_HASH || field == FIELD_BINARY_HASH)
		filter_hash(q, f, column);
	else
		filter_text(q, f, column);
}

static void
query_bind(sqlite3_stmt *s, int at, const struct query_value *v)
{

	switch (v->type) {
	case 'i':
		(void)sqlite3_bind_int64(s, at, v->i);
		break;
	case 'r':
		(void)sqlite3_bind_double(s, at, v->r);
		break;
	case 'n':
		(void)sqlite3_bind_null(s, at);
		break;
	case 'h':
		(void)sqlite3_bind_blob(s, at, v->hash.b, HASH_LEN, NULL);
		break;
	case 's':
		(void)sqlite3_bind_pointer(s, at, TRUST_ME(v->set), "ids",
		    NULL);
		break;
	case 'j':
		(void)sqlite3_bind_text(s, at, v->list, -1, NULL);
		break;
	default:
		(void)sqlite3_bind_text(s, at, v->text, -1, NULL);
	}
}

sqlite3_stmt *
query_prepare(struct db *db, const struct query *q)
{
	sqlite3_stmt *s = NULL;

	if (sqlite3_prepare_v2(db->h, q->sql, -1, &s, NULL) != SQLITE_OK) {
		log_error("store", "run monikerd --fsck", KV("sql", q->sql),
		    KV("error", sqlite3_errmsg(db->h)));
		return (NULL);
	}
	for (unsigned i = 0; i < q->nvalues; i++)
		query_bind(s, (int)(QUERY_FIRST + i), &q->value[i]);
	return (s);
}
