/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/source_filter.h"
#include "base/date.h"

#define DAY_MS	INT64_C(86400000)

bool
filter_number(const char *s, int64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoll(s, &end, 10);
	return (isdigit((unsigned char)*s) && *end == '\0' && errno == 0);
}

/*--------------------------------------------------------------------
 * One value, as the numbers from which to which it reaches
 */

struct span {
	int64_t	first, last;
	double	real;
};

/* What the values of a filter are. */
enum value_kind { KIND_TEXT, KIND_COUNT, KIND_INT, KIND_TIME, KIND_REAL,
	KIND_BOOL };

static const char *const kind_names[] = {
	[KIND_TEXT] = "a text", [KIND_COUNT] = "a number",
	[KIND_INT] = "a whole number", [KIND_TIME] =
	"a date as 2019-12-10T11:13:24Z or 2019-12-10",
	[KIND_REAL] = "a number", [KIND_BOOL] = "true or false"
};

/*
 * From the first to the last millisecond of what *s* names: a day, a second,
 * which is how dates are shown, or just one.
 */
static bool
span_time(const char *s, struct span *out)
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
	out->first = date_ms(full);
	out->last = out->first + (n == 10 ? DAY_MS : strchr(full, '.') ==
	    NULL ? 1000 : 1) - 1;
	return (out->first != -1);
}

static bool
span_real(const char *s, struct span *out)
{
	char *end;

	out->real = strtod(s, &end);
	return (*s != '\0' && strspn(s, "+-.0123456789eE") == strlen(s) &&
	    *end == '\0' && isfinite(out->real));
}

static bool
span_take(enum value_kind kind, const char *s, struct span *out)
{
	bool good, negative = kind == KIND_INT && *s == '-';

	if (kind == KIND_TIME)
		return (span_time(s, out));
	if (kind == KIND_REAL)
		return (span_real(s, out));
	if (kind == KIND_BOOL) {
		out->first = out->last = strcmp(s, "true") == 0;
		return (out->first != 0 || strcmp(s, "false") == 0);
	}
	good = filter_number(s + negative, &out->first);
	if (negative)
		out->first = -out->first;
	out->last = out->first;
	return (good);
}

/*--------------------------------------------------------------------
 * Filters
 */

static bool
range_low(struct store_filter *f, enum value_kind kind, const char *low)
{
	struct span v = { .real = 0 };

	if (*low == '\0')
		return (true);
	if (!span_take(kind, low, &v))
		return (false);
	f->min = f->low_open ? v.last : v.first;
	f->real_min = v.real;
	return (true);
}

static bool
range_high(struct store_filter *f, enum value_kind kind, const char *high)
{
	struct span v = { .real = 0 };

	if (*high == '\0')
		return (true);
	if (!span_take(kind, high, &v))
		return (false);
	f->max = f->high_open ? v.first : v.last;
	f->real_max = v.real;
	return (true);
}

static bool
range_ends(struct search_take *x, struct store_filter *f, enum value_kind kind,
    const char *low, const char *high)
{
	if (kind != KIND_TEXT)
		return ((range_low(f, kind, low) &&
		    range_high(f, kind, high)) || search_refuse(x, "the ends "
		    "of a range must each be %s, or left out",
		    kind_names[kind]));
	(void)snprintf(f->low, sizeof f->low, "%.255s", low);
	(void)snprintf(f->high, sizeof f->high, "%.255s", high);
	return (true);
}

/* "[a,b]", "{a,b}" and mixtures; a brace leaves its end out. */
static bool
filter_range(struct search_take *x, struct store_filter *f,
    enum value_kind kind, const char *value)
{
	char text[512], *comma;
	size_t n = strlen(value);

	(void)snprintf(text, sizeof text, "%s", value + 1);
	comma = strchr(text, ',');
	if (n < 3 || n >= sizeof text || comma == NULL ||
	    strchr("]}", value[n - 1]) == NULL)
		return (search_refuse(x, "%.80s is not a range such as "
		    "[1,9]%s", value, kind == KIND_TEXT ? "; put a \\ "
		    "before a text that begins so" : ""));
	text[n - 2] = '\0';
	*comma = '\0';
	f->op = FILTER_RANGE;
	f->low_open = value[0] == '{';
	f->high_open = value[n - 1] == '}';
	return (range_ends(x, f, kind, text, comma + 1));
}

static bool
filter_equal(struct search_take *x, struct store_filter *f,
    enum value_kind kind, const char *value)
{
	struct span v = { .real = 0 };

	if (!span_take(kind, value, &v))
		return (search_refuse(x, "must be %s%s", kind_names[kind],
		    kind == KIND_BOOL ? "" : ", or a range as [a,b]"));
	f->op = kind == KIND_TIME ? FILTER_RANGE : FILTER_EQUAL;
	f->min = v.first;
	f->max = v.last;
	f->real_min = v.real;
	return (true);
}

/* "abc", "abc*"; a backslash before the first character or the star hides it. */
static void
filter_text(struct store_filter *f, const char *value)
{
	size_t n = strlen(value);
	bool star = n > 0 && value[n - 1] == '*';
	bool hidden = star && n > 1 && value[n - 2] == '\\';

	f->op = star && !hidden ? FILTER_PREFIX : FILTER_EQUAL;
	if (*value == '\\' && strchr("[{\\", value[1]) != NULL) {
		value++;
		n--;
	}
	if (hidden)
		(void)snprintf(f->low, sizeof f->low, "%.*s*", (int)(n - 2),
		    value);
	else
		(void)snprintf(f->low, sizeof f->low, "%.*s",
		    (int)(n - (f->op == FILTER_PREFIX)), value);
}

static struct store_filter *
filter_new(struct search_take *x, enum store_field field)
{
	struct store_filter *f = store_filter_add(x->q, field);

	if (f == NULL)
		(void)search_refuse(x, "there are too many filters; %d are "
		    "allowed, each word of a text one", STORE_FILTERS);
	return (f);
}

static bool
filter_fill(struct search_take *x, struct store_filter *f,
    enum value_kind kind, const char *value)
{
	if (f == NULL)
		return (false);
	if (strlen(value) >= sizeof f->low)
		return (search_refuse(x, "the value is longer than %zu bytes",
		    sizeof f->low - 1));
	if (*value == '[' || *value == '{')
		return (filter_range(x, f, kind, value));
	if (kind != KIND_TEXT)
		return (filter_equal(x, f, kind, value));
	filter_text(f, value);
	return (true);
}

bool
filter_take(struct search_take *x, enum store_field field, const char *value)
{
	enum value_kind kind = KIND_TEXT;

	if (field == FIELD_CREATED || field == FIELD_DELETED)
		kind = KIND_TIME;
	else if (store_field_is_number(field))
		kind = KIND_COUNT;
	return (filter_fill(x, filter_new(x, field), kind, value));
}

/*--------------------------------------------------------------------
 * Metadata
 */

static struct store_filter *
filter_term(struct search_take *x, const char *term, const char *part,
    enum store_value type)
{
	struct store_filter *f = filter_new(x, FIELD_N);

	if (f == NULL)
		return (NULL);
	(void)snprintf(f->term, sizeof f->term, "%.80s%s", term, part);
	f->type = type;
	return (f);
}

/* All words, the last one perhaps only by its start. */
static bool
filter_words(struct search_take *x, const char *term, const char *value)
{
	size_t n = strlen(value);
	bool prefix = n > 0 && value[n - 1] == '*';
	char **words = store_words(value, false);
	struct store_filter *f = NULL;
	bool any;

	for (char **w = words; *w != NULL; w++) {
		f = filter_term(x, term, "", VALUE_TEXT);
		if (f == NULL)
			break;
		f->joined = w != words;
		f->op = prefix && w[1] == NULL ? FILTER_PREFIX : FILTER_EQUAL;
		(void)snprintf(f->low, sizeof f->low, "%.255s", *w);
	}
	any = words[0] != NULL;
	store_words_free(words);
	if (!any)
		return (search_refuse(x, "must have a word to look for; words "
		    "have neither order nor ranges"));
	return (f != NULL);
}

/* A latitude, or a longitude: from *low* to *high*. */
static bool
filter_side(struct search_take *x, const char *term, const char *part,
    double low, double high)
{
	struct store_filter *f = filter_term(x, term, part, VALUE_REAL);

	if (f == NULL)
		return (false);
	f->op = FILTER_RANGE;
	f->real_min = low;
	f->real_max = high;
	f->joined = strcmp(part, STORE_TERM_LON) == 0;
	return (true);
}

/* "47.38,8.52", or a box "[SOUTH,WEST,NORTH,EAST]". */
static bool
filter_place(struct search_take *x, const char *term, const char *value)
{
	double at[4];
	size_t n = strlen(value);
	int end = 0;

	if (strspn(value, "[]+-.,0123456789") == n) {
		if (sscanf(value, "%lf,%lf%n", &at[0], &at[1], &end) == 2 &&
		    (size_t)end == n) {
			at[2] = at[0];
			at[3] = at[1];
		} else if (sscanf(value, "[%lf,%lf,%lf,%lf]%n", &at[0], &at[1],
		    &at[2], &at[3], &end) != 4)
			end = 0;
	}
	if (n == 0 || (size_t)end != n)
		return (search_refuse(x, "must be a place as 47.38,8.52 or a "
		    "box as [SOUTH,WEST,NORTH,EAST]"));
	return (filter_side(x, term, STORE_TERM_LAT, at[0], at[2]) &&
	    filter_side(x, term, STORE_TERM_LON, at[1], at[3]));
}

bool
filter_take_term(struct search_take *x, const char *value)
{
	static const struct {
		enum value_kind	kind;
		enum store_value type;
	} of[] = {
		[TERM_TEXT] = { KIND_TEXT, VALUE_TEXT },
		[TERM_ARRAY] = { KIND_TEXT, VALUE_TEXT },
		[TERM_INT] = { KIND_INT, VALUE_INT },
		[TERM_DATE] = { KIND_TIME, VALUE_INT },
		[TERM_DOUBLE] = { KIND_REAL, VALUE_REAL },
		[TERM_BOOL] = { KIND_BOOL, VALUE_INT },
	};
	char term[STORE_TERM];
	enum term_kind kind;

	if (strlen(value) > 255)
		return (search_refuse(x, "the value is longer than 255 bytes"));
	if (!term_take(x, x->name, term, &kind))
		return (false);
	if (kind == TERM_WORDS)
		return (filter_words(x, term, value));
	if (kind == TERM_PLACE)
		return (filter_place(x, term, value));
	return (filter_fill(x, filter_term(x, term, "", of[kind].type),
	    of[kind].kind, value));
}
