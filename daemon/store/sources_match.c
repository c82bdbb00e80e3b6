/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which images the filters of a search find. Each filter is a range of an index,
 * and what lies in it becomes a set of bits; the sets are joined. Where a filter
 * finds few, the others are looked up in the rows of those few.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sources_search.h"
#include "sources_sql.h"
#include "store_priv.h"
#include "terms.h"

/* Images that are read of a filter before it counts as one that finds many. */
#define MATCH_FEW	1000
/*
 * A column with more values is not read; a row of term costs as much as so
 * many of its pairs.
 */
#define MATCH_VALUES	4096
#define MATCH_ROW	20
/* Images whose rows are looked at rather than a whole range of an index. */
#define MATCH_LOOK	500

char *
ids_json(const struct ids *set)
{
	GString *s = g_string_new("[");
	int64_t id = -1;

	while ((id = ids_next(set, id)) >= 0)
		g_string_append_printf(s, "%s%" PRId64, s->len > 1 ? "," : "",
		    id);
	g_string_append_c(s, ']');
	return (g_string_free(s, FALSE));
}

static void
match_columns(struct query *q, const struct search *x,
    const struct store_filter *f)
{

	query_put(q, " FROM source WHERE org = " ORG1 " AND deleted_ms %s 0 "
	    "AND ", x->in->deleted ? ">" : "=");
	query_filter(q, f, field_column(f->field));
}

/* Which values of *field* are as *f* says, and how many images have them. */
static int
match_values(struct search *x, const struct store_filter *f, int64_t field,
    uint8_t *wanted, int64_t *n)
{
	sqlite3_stmt *s;
	struct query q;
	int64_t no;
	int rc;

	memset(&q, 0, sizeof q);
	query_put(&q, "SELECT no, n FROM term_text WHERE field = %" PRId64
	    " AND ", field);
	query_filter(&q, f, "value");
	s = query_prepare(x->db, &q);
	while ((rc = db_step(x->db, s)) > 0) {
		no = sqlite3_column_int64(s, 0);
		if (no >= 0 && no < MATCH_VALUES)
			wanted[no] = 1;
		*n += sqlite3_column_int64(s, 1);
	}
	(void)sqlite3_finalize(s);
	return (rc);
}

static int64_t
match_number(struct search *x, enum st st, int64_t field)
{
	sqlite3_stmt *s;
	int64_t n = 0;
	int rc;

	s = st == ST_TERM_TEXT_MAX ?
	    db_row(x->db, &rc, ST_TERM_TEXT_MAX, field) :
	    db_row(x->db, &rc, ST_TERM_TEXT_SUM, field);
	if (s != NULL) {
		n = sqlite3_column_int64(s, 0);
		db_reset(s);
	}
	return (n);
}

/*
 * Matches by the field's column, if it has one: reading all is faster when a
 * filter finds a large part. Returns 1 when done, 0 without a column, or -1.
 */
static int
match_column(struct search *x, const struct store_filter *f, int64_t field,
    struct ids *out)
{
	uint8_t wanted[MATCH_VALUES] = { 0 };
	int64_t n = 0;

	if (!term_is_facet(f->term) ||
	    match_number(x, ST_TERM_TEXT_MAX, field) >= MATCH_VALUES)
		return (0);
	if (match_values(x, f, field, wanted, &n) != 0)
		return (-1);
	if (n < MATCH_FEW || n * MATCH_ROW <
	    match_number(x, ST_TERM_TEXT_SUM, field))
		return (0);
	return (column_images(x->db, field, wanted, MATCH_VALUES, out) == 0 ?
	    1 : -1);
}

/* The images of one filter; of many, some of them if *few* is true. 0 or -1. */
static int
match_one(struct search *x, const struct store_filter *f, bool few,
    struct ids *out)
{
	int64_t field = 0;
	struct query q;
	int rc;

	if (f->field == FIELD_N) {
		field = search_field(x, f->term);
		if (field <= 0)
			return ((int)field);
		rc = few ? 0 : match_column(x, f, field, out);
		if (rc != 0)
			return (rc < 0 ? -1 : 0);
	}
	search_select(&q, few ? "image" : f->field == FIELD_N ? "source" : "id",
	    out);
	/* An image may have several values in the range, and counts once. */
	if (few)
		query_put(&q, " FROM (SELECT DISTINCT %s AS image",
		    f->field == FIELD_N ? "source" : "id");
	if (f->field != FIELD_N)
		match_columns(&q, x, f);
	else {
		query_put(&q, " FROM term WHERE field = %" PRId64 " AND ",
		    field);
		query_filter(&q, f, "value");
	}
	if (few)
		query_put(&q, " LIMIT %d)", MATCH_FEW);
	return (search_collect(x, &q));
}

static bool
text_matches(const char *text, const struct store_filter *f)
{
	int low = strcmp(text, f->low), high;

	if (f->op == FILTER_EQUAL)
		return (low == 0);
	if (f->op == FILTER_PREFIX)
		return (strncmp(text, f->low, strlen(f->low)) == 0);
	high = f->high[0] != '\0' ? strcmp(text, f->high) : -1;
	return ((f->low_open ? low > 0 : low >= 0) &&
	    (f->high_open ? high < 0 : high <= 0));
}

static bool
term_matches(const struct term *t, const struct store_filter *f)
{

	if (strcmp(t->field, f->term) != 0)
		return (false);
	if (t->type == VALUE_TEXT)
		return (text_matches(t->text, f));
	if (t->type == VALUE_INT)
		return (f->op != FILTER_RANGE ? t->i == f->min :
		    (f->low_open ? t->i > f->min : t->i >= f->min) &&
		    (f->high_open ? t->i < f->max : t->i <= f->max));
	return (f->op != FILTER_RANGE ? t->r >= f->real_min &&
	    t->r <= f->real_min :
	    (f->low_open ? t->r > f->real_min : t->r >= f->real_min) &&
	    (f->high_open ? t->r < f->real_max : t->r <= f->real_max));
}

static bool
image_matches(const struct term_image *m, const struct store_filter *f)
{
	GArray *a = terms_of(m);
	bool found = false;

	for (guint i = 0; i < a->len && !found; i++)
		found = term_matches(&g_array_index(a, struct term, i), f);
	(void)g_array_free(a, TRUE);
	return (found);
}

/* Those of *set* whose metadata is as *f* says. */
static int
look_terms(struct search *x, const struct store_filter *f,
    const struct query *q, struct ids *out)
{
	sqlite3_stmt *s = query_prepare(x->db, q);
	struct term_image m;
	int rc;

	while ((rc = db_step(x->db, s)) > 0) {
		term_image_take(s, &m);
		if (image_matches(&m, f))
			ids_add(out, m.id);
		term_image_free(&m);
	}
	(void)sqlite3_finalize(s);
	return (rc);
}

/* Leaves in *set*, which is small, what is as *f* says, too. */
static int
match_look(struct search *x, const struct store_filter *f, struct ids *set)
{
	char *list = ids_json(set);
	struct ids out = { .room = 0 };
	struct query q;
	int rc;

	if (f->field != FIELD_N)
		search_select(&q, "id", &out);
	else {
		memset(&q, 0, sizeof q);
		query_put(&q, "SELECT id, org, deleted_ms > 0, name, "
		    "user_meta, dynamic_meta");
	}
	query_put(&q, " FROM source WHERE id IN (SELECT value FROM "
	    "json_each(?%u))", query_param(&q));
	query_value(&q, 'j')->list = list;
	if (f->field != FIELD_N) {
		query_put(&q, " AND ");
		query_filter(&q, f, field_column(f->field));
		rc = search_collect(x, &q);
	} else
		rc = look_terms(x, f, &q, &out);
	ids_and(set, &out);
	ids_clear(&out);
	g_free(list);
	return (rc);
}

/* *set* and what *f* finds; the first filter makes the set. */
static int
match_and(struct search *x, const struct store_filter *f, bool first,
    struct ids *set)
{
	struct ids more = { .room = 0 };
	int rc;

	if (!first && ids_count(set) <= MATCH_LOOK)
		return (match_look(x, f, set));
	rc = match_one(x, f, false, first ? set : &more);
	if (!first)
		ids_and(set, &more);
	ids_clear(&more);
	return (rc);
}

/* All of *n* filters: those that find few go first. */
static int
match_all(struct search *x, const struct store_filter *f, unsigned n,
    struct ids *set)
{
	struct ids few[STORE_FILTERS];
	bool many[STORE_FILTERS], first = true;
	int rc = 0;
	unsigned i;

	if (n == 1)
		return (match_one(x, f, false, set));
	memset(few, 0, sizeof few);
	for (i = 0; rc == 0 && i < n; i++) {
		rc = match_one(x, &f[i], true, &few[i]);
		many[i] = ids_count(&few[i]) == MATCH_FEW;
		if (rc == 0 && !many[i] && first)
			ids_or(set, &few[i]);
		else if (rc == 0 && !many[i])
			ids_and(set, &few[i]);
		first &= many[i];
	}
	for (i = 0; i < n; i++)
		ids_clear(&few[i]);
	for (i = 0; rc == 0 && i < n; i++)
		if (many[i]) {
			rc = match_and(x, &f[i], first, set);
			first = false;
		}
	return (rc);
}

int
search_find(struct search *x)
{
	const struct store_query *in = x->in;
	struct ids more = { .room = 0 };
	unsigned i, n;
	int rc = 0;

	if (!in->any)
		return (match_all(x, in->filter, in->nfilters, &x->found));
	for (i = 0; rc == 0 && i < in->nfilters; i += n) {
		for (n = 1; i + n < in->nfilters && in->filter[i + n].joined;)
			n++;
		rc = match_all(x, &in->filter[i], n, &more);
		ids_or(&x->found, &more);
		ids_clear(&more);
	}
	return (rc);
}
