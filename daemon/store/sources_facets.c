/* SPDX-License-Identifier: BSD-2-Clause */
/* How many of the images found have each value of a field. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "sources_search.h"
#include "store_priv.h"
#include "terms.h"

struct count {
	int64_t	n;
	int64_t	no;			/* of the value */
	char	*value;
};

/* The highest so far, as a heap whose first is the lowest. */
struct top {
	struct count	heap[STORE_FACET_VALUES];
	unsigned	n;
};

static void
top_swap(struct top *t, unsigned a, unsigned b)
{
	struct count c = t->heap[a];

	t->heap[a] = t->heap[b];
	t->heap[b] = c;
}

static void
top_sink(struct top *t, unsigned at)
{
	unsigned low, child;

	for (;;) {
		low = at;
		for (child = 2 * at + 1; child <= 2 * at + 2; child++)
			if (child < t->n && t->heap[child].n < t->heap[low].n)
				low = child;
		if (low == at)
			return;
		top_swap(t, at, low);
		at = low;
	}
}

static void
top_add(struct top *t, int64_t no, int64_t n)
{
	struct count c = { .n = n, .no = no };
	unsigned at = t->n;

	if (n == 0 || (at == STORE_FACET_VALUES && n <= t->heap[0].n))
		return;
	if (at == STORE_FACET_VALUES) {
		t->heap[0] = c;
		top_sink(t, 0);
		return;
	}
	t->heap[at] = c;
	t->n++;
	for (; at > 0 && t->heap[at].n < t->heap[(at - 1) / 2].n;
	    at = (at - 1) / 2)
		top_swap(t, at, (at - 1) / 2);
}

/* For all images the counts are kept. */
static int
facet_all(struct search *x, int64_t field, struct top *t)
{
	sqlite3_stmt *s = db_bind(x->db, ST_TERM_TEXT_EACH, field);
	int rc;

	while ((rc = db_step(x->db, s)) > 0)
		top_add(t, sqlite3_column_int64(s, 0),
		    sqlite3_column_int64(s, 1));
	return (rc);
}

static int
facet_found(struct search *x, int64_t field, struct top *t)
{
	uint32_t *counts;
	int64_t n = 0;
	sqlite3_stmt *s;
	int rc;

	s = db_row(x->db, &rc, ST_TERM_TEXT_MAX, field);
	if (s == NULL)
		return (rc);
	n = sqlite3_column_type(s, 0) != SQLITE_NULL ?
	    sqlite3_column_int64(s, 0) + 1 : 0;
	db_reset(s);
	counts = g_new0(uint32_t, (gsize)n);
	rc = column_count(x->db, field, &x->found, counts, (size_t)n);
	for (int64_t no = 0; rc == 0 && no < n; no++)
		top_add(t, no, counts[no]);
	g_free(counts);
	return (rc);
}

static int
facet_name(struct search *x, int64_t field, struct count *c)
{
	sqlite3_stmt *s;
	int rc;

	s = db_row(x->db, &rc, ST_TERM_TEXT_NAME, field, c->no);
	if (s == NULL)
		return (-1);
	c->value = db_strdup(s, 0);
	db_reset(s);
	return (c->value != NULL ? 0 : -1);
}

static int
count_compare(const void *one, const void *other)
{
	const struct count *a = one, *b = other;

	if (a->n != b->n)
		return (a->n > b->n ? -1 : 1);
	return (strcmp(a->value, b->value));
}

static int
facet_one(struct search *x, unsigned facet, struct top *t)
{
	int64_t field = search_field(x, x->in->facet[facet]);
	unsigned i;
	int rc;

	if (field <= 0)
		return ((int)field);
	rc = x->all ? facet_all(x, field, t) : facet_found(x, field, t);
	for (i = 0; rc == 0 && i < t->n; i++)
		rc = facet_name(x, field, &t->heap[i]);
	if (rc == 0)
		qsort(t->heap, t->n, sizeof *t->heap, count_compare);
	for (i = 0; rc == 0 && i < t->n; i++)
		rc = x->facet(x->arg, facet, t->heap[i].value, t->heap[i].n);
	for (i = 0; i < t->n; i++)
		free(t->heap[i].value);
	return (rc);
}

enum store_status
search_facets(struct search *x)
{
	struct top *t = g_new(struct top, 1);
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < x->in->nfacets; i++) {
		memset(t, 0, sizeof *t);
		rc = facet_one(x, i, t);
	}
	g_free(t);
	return (rc == 0 ? STORE_OK : db_failure(x->db));
}
