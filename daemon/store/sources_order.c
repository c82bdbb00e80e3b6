/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rows of a page, in order. A set that is small is read and sorted. Of another
 * the index of the field that orders first is followed, and what is not in the
 * set is passed over; images without that field come after all others, by what
 * orders next.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sources.h"
#include "sources_search.h"
#include "sources_sql.h"

#define SOURCE_NCOLS	21		/* of SOURCE_COLS */

/*
 * A part of the order: the keys from *first* on, of the images in *set* (NULL:
 * all), from which those before are the same.
 */
struct part {
	struct search	*x;
	unsigned	first;
	const struct ids *set;
	int64_t		n;		/* of the set */
	int64_t		field;		/* whose index is followed, or 0 */
	bool		small;
	const char	*id;		/* the image's number, as a column */
	unsigned	name[STORE_SORTS];	/* parameters: fields of metadata */
};

static enum store_status part_run(struct part *);

/* Orders by a column. */
static void
part_key(struct query *q, const struct part *p, unsigned i)
{
	const struct store_sort *s = &p->x->sort[i];

	if (i < p->first)
		query_put(q, "NULL");
	else if (s->field != FIELD_N)
		query_put(q, "source.%s", field_column(s->field));
	else if (i == p->first && p->field != 0)
		query_put(q, "term.value");
	else
		query_put(q, "term_sort(user_meta, dynamic_meta, ?%u)",
		    p->name[i]);
}

/* Whether images without key *i* may be among others. */
static bool
part_mixed(const struct part *p, unsigned i)
{

	return (p->x->sort[i].field == FIELD_N &&
	    (i != p->first || p->field == 0));
}

static void
part_names(struct query *q, struct part *p)
{

	for (unsigned i = p->first; i < p->x->nsorts; i++) {
		if (!part_mixed(p, i))
			continue;
		p->name[i] = query_param(q);
		(void)snprintf(query_value(q, 't')->text, STORE_TERM, "%s",
		    p->x->sort[i].term);
	}
}

static void
part_from(struct query *q, const struct part *p, const char *list)
{
	struct search *x = p->x;

	if (p->small) {
		query_put(q, " FROM source WHERE id IN "
		    "(SELECT value FROM json_each(?%u))", query_param(q));
		query_value(q, 'j')->list = list;
		return;
	}
	if (p->field != 0)
		query_put(q, " FROM term CROSS JOIN source ON source.id = "
		    "term.source WHERE term.field = %" PRId64, p->field);
	else
		query_put(q, " FROM source WHERE source.org = " ORG1
		    " AND deleted_ms %s 0", x->in->deleted ? ">" : "=");
	if (p->set != NULL) {
		query_put(q, " AND ids_has(%s, ?%u)", p->id, query_param(q));
		query_value(q, 's')->set = p->set;
	}
}

/* Compares key *i* with the one that the page before ended with. */
static void
part_compare(struct query *q, const struct part *p, unsigned i, const char *op)
{

	part_key(q, p, i);
	query_put(q, " %s ?%u", op, query_param(q));
	place_value(&p->x->after.key[i], query_value(q, 't'));
}

/*
 * The images behind the last one: those greater in the first key, or equal in it
 * and greater in the next, and so on. One without a key is behind those with it.
 */
static void
part_behind(struct query *q, const struct part *p)
{
	const struct search *x = p->x;
	unsigned i;
	bool desc;

	query_put(q, " AND (");
	for (i = p->first; i < x->nsorts; i++) {
		desc = x->sort[i].descending;
		part_compare(q, p, i, desc ? "<" : ">");
		if (part_mixed(p, i) && x->after.key[i].type != 'n') {
			query_put(q, " OR ");
			part_key(q, p, i);
			query_put(q, " IS NULL");
		}
		query_put(q, " OR (");
		part_compare(q, p, i, "IS");
		query_put(q, " AND (");
	}
	query_put(q, "%s %c %" PRId64, p->id,
	    x->sort[0].descending ? '<' : '>', x->after.id);
	for (i = p->first; i < x->nsorts; i++)
		query_put(q, "))");
	query_put(q, ")");
	/* This condition alone lets an index find the place. */
	if (!p->small && p->first < x->nsorts) {
		query_put(q, " AND ");
		part_compare(q, p, p->first,
		    x->sort[p->first].descending ? "<=" : ">=");
	}
}

static void
part_order(struct query *q, const struct part *p)
{
	const struct search *x = p->x;

	query_put(q, " ORDER BY ");
	for (unsigned i = p->first; i < x->nsorts; i++) {
		if (part_mixed(p, i)) {
			part_key(q, p, i);
			query_put(q, " IS NULL, ");
		}
		part_key(q, p, i);
		query_put(q, "%s, ", x->sort[i].descending ? " DESC" : "");
	}
	query_put(q, "%s%s LIMIT %" PRIu64 " OFFSET %" PRIu64, p->id,
	    x->sort[0].descending ? " DESC" : "",
	    (uint64_t)(x->in->limit - x->n) + 1, x->skip);
}

/* One row: 0, 1 when there are enough, or -1. */
static int
part_row(struct search *x, sqlite3_stmt *s)
{
	struct store_source src;
	struct place at;
	int stop;

	if (x->n == x->in->limit) {
		memcpy(x->in->next, x->in->last, sizeof x->in->next);
		x->full = true;
		return (1);
	}
	if (source_row(s, x->in->org, &src) != 0)
		return (-1);
	x->n++;
	at.id = sqlite3_column_int64(s, 19);
	for (unsigned i = 0; i < x->nsorts; i++)
		place_key_read(s, SOURCE_NCOLS + (int)i, &at.key[i]);
	place_print(x, &at, x->in->last);
	stop = x->func(x->arg, &src);
	store_source_clear(&src);
	x->full |= stop != 0;
	return (stop != 0 ? 1 : 0);
}

static enum store_status
part_rows(struct search *x, const struct query *q)
{
	sqlite3_stmt *s = query_prepare(x->db, q);
	int rc = -1, row = 0;

	if (s != NULL)
		(void)sqlite3_bind_text(s, 1, x->in->org, -1, SQLITE_STATIC);
	while (row == 0 && (rc = db_step(x->db, s)) > 0)
		row = part_row(x, s);
	(void)sqlite3_finalize(s);
	if (row < 0)
		return (STORE_ERROR);
	return (rc < 0 ? db_failure(x->db) : STORE_OK);
}

/* All rows of the part by one statement. */
static enum store_status
part_walk(struct part *p)
{
	char *list = p->small ? ids_json(p->set) : NULL;
	enum store_status status;
	struct query q;

	p->id = p->field != 0 ? "term.source" : "source.id";
	memset(&q, 0, sizeof q);
	part_names(&q, p);
	query_put(&q, "SELECT " SOURCE_COLS);
	for (unsigned i = 0; i < p->x->nsorts; i++) {
		query_put(&q, ", ");
		part_key(&q, p, i);
	}
	part_from(&q, p, list);
	if (p->x->goes_on)
		part_behind(&q, p);
	part_order(&q, p);
	status = part_rows(p->x, &q);
	g_free(list);
	return (status);
}

/* All images of the organization. */
static int
part_everything(struct search *x, struct ids *out)
{
	struct query q;

	search_select(&q, "id", out);
	query_put(&q, " FROM source WHERE org = " ORG1 " AND deleted_ms %s 0",
	    x->in->deleted ? ">" : "=");
	return (search_collect(x, &q));
}

/* No key is left: by the image's number, which the set itself has in order. */
static enum store_status
part_numbers(struct part *p)
{
	struct search *x = p->x;
	bool down = x->sort[0].descending;
	struct ids page = { .room = 0 };
	enum store_status status;
	int64_t id;

	id = x->goes_on ? x->after.id : down ? ids_end(p->set) : -1;
	for (uint64_t n = x->skip + (x->in->limit - x->n) + 1; n > 0; n--) {
		id = down ? ids_previous(p->set, id) : ids_next(p->set, id);
		if (id < 0)
			break;
		if (n <= x->in->limit - x->n + 1)
			ids_add(&page, id);
	}
	x->skip = 0;
	status = part_walk(&(struct part){ .x = x, .first = p->first,
	    .set = &page, .small = true });
	ids_clear(&page);
	return (status);
}

/* Images that have no value of the first key. */
static enum store_status
part_without(struct part *p, struct ids *rest)
{
	struct search *x = p->x;
	struct ids with = { .room = 0 };
	struct query q;
	int64_t n;

	search_select(&q, "source", &with);
	query_put(&q, " FROM term WHERE field = %" PRId64, p->field);
	if (p->set != NULL)
		ids_or(rest, p->set);
	else if (part_everything(x, rest) != 0)
		return (db_failure(x->db));
	if (p->field != 0 && search_collect(x, &q) != 0)
		return (db_failure(x->db));
	ids_without(rest, &with);
	ids_clear(&with);
	n = p->n - ids_count(rest);
	x->skip = x->n > 0 || x->skip < (uint64_t)n ? 0 :
	    x->skip - (uint64_t)n;
	return (STORE_OK);
}

/* Orders by a field of metadata; images without it come last. */
static enum store_status
part_metadata(struct part *p)
{
	struct search *x = p->x;
	bool behind = x->goes_on && x->after.key[p->first].type == 'n';
	struct ids rest = { .room = 0 };
	enum store_status status = STORE_OK;

	p->field = search_field(x, x->sort[p->first].term);
	if (p->field < 0)
		return (db_failure(x->db));
	if (p->field != 0 && !behind)
		status = part_walk(p);
	if (status != STORE_OK || x->full)
		return (status);
	status = part_without(p, &rest);
	x->goes_on &= behind;
	if (status == STORE_OK)
		status = part_run(&(struct part){ .x = x,
		    .first = p->first + 1, .set = &rest,
		    .n = ids_count(&rest) });
	ids_clear(&rest);
	return (status);
}

/*
 * Few images are read and sorted, which costs more for each; many of them are
 * soon met on the way along an index.
 */
static bool
part_is_small(const struct part *p)
{
	double wanted = (double)(p->x->in->limit - p->x->n) + (double)p->x->skip;

	return (p->set != NULL && (p->n <= 200 || (double)p->n * (double)p->n <
	    wanted * (double)p->x->images / 10));
}

static enum store_status
part_run(struct part *p)
{

	p->small = part_is_small(p);
	if (p->small)
		return (part_walk(p));
	if (p->first == p->x->nsorts)
		return (part_numbers(p));
	if (p->x->sort[p->first].field == FIELD_N)
		return (part_metadata(p));
	return (part_walk(p));
}

enum store_status
search_rows(struct search *x)
{
	struct part whole = { .x = x, .n = x->images };

	if (!x->all) {
		whole.set = &x->found;
		whole.n = x->in->total;
	}
	return (part_run(&whole));
}
