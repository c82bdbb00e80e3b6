/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/json.h"
#include "api/source_query.h"
#include "api/text.h"
#include "store/store_source.h"

#define LIMIT_MAX	2000
#define OFFSET_MAX	10000

struct ctx {
	struct store_query	*q;
	const char		*name;
	char			*err;
	size_t			err_len;
};

static bool __attribute__((format(printf, 2, 3)))
fail(struct ctx *x, const char *fmt, ...)
{
	char why[200];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);
	(void)snprintf(x->err, x->err_len, "%.80s: %s.", x->name, why);
	return (false);
}

/* Digits alone: no blank, no sign. */
static bool
parse_number(const char *s, int64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoll(s, &end, 10);
	return (isdigit((unsigned char)*s) && *end == '\0' && errno == 0);
}

static bool
is_time(enum store_field f)
{
	return (f == FIELD_CREATED || f == FIELD_DELETED);
}

#define DAY_MS	INT64_C(86400000)

/*
 * From the first to the last millisecond of what *s* names: a day, a second,
 * which is how dates are shown, or just one.
 */
static bool
parse_time(const char *s, int64_t *first, int64_t *last)
{
	size_t n = strlen(s);
	char full[64];

	/* The hosted service's manual has dates in quotes. */
	if (n > 2 && s[0] == '\'' && s[n - 1] == '\'') {
		s++;
		n -= 2;
	}
	(void)snprintf(full, sizeof full, "%.*s%s", (int)n, s,
	    n == 10 ? "T00:00:00Z" : "");
	*first = json_date_ms(full);
	*last = *first + (n == 10 ? DAY_MS : strchr(full, '.') == NULL ?
	    1000 : 1) - 1;
	return (*first >= 0);
}

static bool
parse_scalar(enum store_field f, const char *s, int64_t *first, int64_t *last)
{
	if (is_time(f))
		return (parse_time(s, first, last));
	if (!parse_number(s, first))
		return (false);
	*last = *first;
	return (true);
}

/*--------------------------------------------------------------------
 * Filters
 */

static bool
range_numbers(struct store_filter *f, const char *low, const char *high)
{
	int64_t first, last;

	if (*low != '\0') {
		if (!parse_scalar(f->field, low, &first, &last))
			return (false);
		f->min = f->low_open ? last : first;
	}
	if (*high != '\0') {
		if (!parse_scalar(f->field, high, &first, &last))
			return (false);
		f->max = f->high_open ? first : last;
	}
	return (true);
}

static bool
range_ends(struct ctx *x, struct store_filter *f, const char *low,
    const char *high)
{
	if (store_field_is_number(f->field))
		return (range_numbers(f, low, high) || fail(x, "the ends of a "
		    "range must be %s", is_time(f->field) ? "dates" :
		    "numbers"));
	(void)snprintf(f->low, sizeof f->low, "%.255s", low);
	(void)snprintf(f->high, sizeof f->high, "%.255s", high);
	return (true);
}

/* "[a,b]", "{a,b}" and mixtures; a brace leaves its end out. */
static bool
take_range(struct ctx *x, struct store_filter *f, const char *value)
{
	char text[512], *comma;
	size_t n = strlen(value);

	(void)snprintf(text, sizeof text, "%s", value + 1);
	comma = strchr(text, ',');
	if (n < 3 || n >= sizeof text || comma == NULL ||
	    strchr("]}", value[n - 1]) == NULL)
		return (fail(x, "%s is no range as [1,9]", value));
	text[n - 2] = '\0';
	*comma = '\0';
	f->op = FILTER_RANGE;
	f->low_open = value[0] == '{';
	f->high_open = value[n - 1] == '}';
	return (range_ends(x, f, text, comma + 1));
}

static bool
query_number(struct ctx *x, struct store_filter *f, const char *value)
{
	f->op = is_time(f->field) ? FILTER_RANGE : FILTER_EQUAL;
	return (parse_scalar(f->field, value, &f->min, &f->max) || fail(x,
	    "must be %s", is_time(f->field) ?
	    "a date as 2019-12-10T11:13:24Z" : "a number"));
}

static bool
take_filter(struct ctx *x, enum store_field field, const char *value)
{
	struct store_filter *f = store_filter_add(x->q, field);
	size_t n = strlen(value);

	if (f == NULL)
		return (fail(x, "there are too many filters"));
	if (n >= sizeof f->low)
		return (fail(x, "the value is too long"));
	if (n > 0 && (value[0] == '[' || value[0] == '{'))
		return (take_range(x, f, value));
	if (store_field_is_number(field))
		return (query_number(x, f, value));
	f->op = n > 0 && value[n - 1] == '*' ? FILTER_PREFIX : FILTER_EQUAL;
	(void)snprintf(f->low, sizeof f->low, "%.*s",
	    (int)(n - (f->op == FILTER_PREFIX)), value);
	return (true);
}

/*--------------------------------------------------------------------
 * The list's own parameters
 */

static bool
take_limit(struct ctx *x, const char *value)
{
	int64_t n;

	if (*value == '\0')
		return (true);
	if (!parse_number(value, &n) || n > LIMIT_MAX)
		return (fail(x, "must be a number from 0 to %d",
		    LIMIT_MAX));
	x->q->limit = (unsigned)n;
	return (true);
}

static bool
take_offset(struct ctx *x, const char *value)
{
	int64_t n;

	if (*value == '\0')
		return (true);
	if (*value == 'c' && value[1] != '\0' &&
	    strlen(value) <= sizeof x->q->cursor) {
		text_copy(x->q->cursor, sizeof x->q->cursor, value + 1);
		return (true);
	}
	if (!parse_number(value, &n))
		return (fail(x, "is neither a number nor a cursor of this "
		    "list"));
	if (n > OFFSET_MAX)
		return (fail(x, "must be from 0 to %d; go further by the "
		    "cursor", OFFSET_MAX));
	x->q->offset = (unsigned)n;
	return (true);
}

static bool
take_sort_one(struct ctx *x, char *text)
{
	char *save, *field = strtok_r(text, " ", &save);
	char *order = strtok_r(NULL, " ", &save);
	enum store_field f = field != NULL ? store_field_find(field) : FIELD_N;

	if (f == FIELD_N)
		return (fail(x, "there is no field \"%s\" to sort by",
		    field != NULL ? field : ""));
	if (order != NULL && strcmp(order, "asc") != 0 &&
	    strcmp(order, "desc") != 0)
		return (fail(x, "\"%s\" is neither asc nor desc", order));
	if (x->q->nsorts == STORE_SORTS)
		return (fail(x, "there are too many fields"));
	x->q->sort[x->q->nsorts].field = f;
	x->q->sort[x->q->nsorts++].descending = order != NULL &&
	    *order == 'd';
	return (true);
}

static bool
take_sort(struct ctx *x, const char *value)
{
	char text[256], *save, *part;

	if (strlen(value) >= sizeof text)
		return (fail(x, "is too long"));
	text_copy(text, sizeof text, value);
	for (part = strtok_r(text, ",", &save); part != NULL;
	    part = strtok_r(NULL, ",", &save))
		if (!take_sort_one(x, part))
			return (false);
	return (true);
}

static bool
take_operator(struct ctx *x, const char *value)
{
	x->q->any = strcasecmp(value, "or") == 0;
	return (x->q->any || strcasecmp(value, "and") == 0 ||
	    fail(x, "must be \"and\" or \"or\""));
}

static bool
take_deleted(struct ctx *x, const char *value)
{
	return (text_bool(value, &x->q->deleted) ||
	    fail(x, "must be true or false"));
}

static bool
take_binary_hash(struct ctx *x, const char *value)
{
	return (take_filter(x, FIELD_BINARY_HASH, value));
}

/* rokka.js sends an empty one when nobody asked for any. */
static bool
take_facets(struct ctx *x, const char *value)
{
	return (*value == '\0' || fail(x, "are not counted by this server"));
}

bool
source_query_take(struct store_query *q, const char *name, const char *value,
    char *err, size_t err_len)
{
	static const struct {
		const char	*name;
		bool		(*take)(struct ctx *, const char *);
	} own[] = {
		{ "limit", take_limit },
		{ "offset", take_offset },
		{ "sort", take_sort },
		{ "operator", take_operator },
		{ "deleted", take_deleted },
		{ "binaryHash", take_binary_hash },
		{ "facets", take_facets },
	};
	struct ctx x = { q, name, err, err_len };
	enum store_field field;

	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (strcmp(own[i].name, name) == 0)
			return (own[i].take(&x, value));
	field = store_field_find(name);
	if (field != FIELD_N)
		return (take_filter(&x, field, value));
	return (fail(&x, "there is no such field to search by"));
}
