/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Searches by metadata: what is found is a set of images, from which the total,
 * the facets and the rows of a page come. All of it in one view of the database.
 */
#include "config.h"

#include <string.h>

#include "sources_search.h"
#include "sources_sql.h"
#include "store_priv.h"

bool
search_needed(const struct store_query *in)
{
	unsigned i;

	for (i = 0; i < in->nfilters; i++)
		if (in->filter[i].field == FIELD_N)
			return (true);
	for (i = 0; i < in->nsorts; i++)
		if (in->sort[i].field == FIELD_N)
			return (true);
	return (in->nfacets > 0);
}

int64_t
search_field(struct search *x, const char *term)
{
	sqlite3_stmt *s;
	int64_t id = 0;
	int rc;

	s = db_row(x->db, &rc, ST_TERM_FIELD_FIND, x->in->org, x->in->deleted,
	    term);
	if (s != NULL) {
		id = sqlite3_column_int64(s, 0);
		db_reset(s);
	}
	return (rc < 0 ? -1 : id);
}

void
search_select(struct query *q, const char *id, struct ids *out)
{

	memset(q, 0, sizeof *q);
	query_put(q, "SELECT ids_add(%s, ?%u)", id, query_param(q));
	query_value(q, 's')->set = out;
}

int
search_collect(struct search *x, const struct query *q)
{
	sqlite3_stmt *s = query_prepare(x->db, q);
	int rc;

	if (s == NULL)
		return (-1);
	(void)sqlite3_bind_text(s, 1, x->in->org, -1, SQLITE_STATIC);
	rc = db_step(x->db, s);
	(void)sqlite3_finalize(s);
	return (rc < 0 ? -1 : 0);
}

/* A name without a prefix is one of metadata if an image has it. */
static enum store_status
search_guesses(struct search *x)
{
	int64_t field;

	for (unsigned i = 0; i < x->nsorts; i++) {
		if (!x->sort[i].guessed)
			continue;
		field = search_field(x, x->sort[i].term);
		x->in->no_field = i;
		if (field <= 0)
			return (field < 0 ? db_failure(x->db) :
			    STORE_NO_FIELD);
	}
	return (STORE_OK);
}

static enum store_status
search_cursor(struct search *x)
{
	sqlite3_stmt *s;
	int rc;

	x->goes_on = x->in->cursor[0] != '\0';
	x->skip = x->goes_on ? 0 : x->in->offset;
	if (!x->goes_on)
		return (STORE_OK);
	if (!place_parse(x, x->in->cursor, &x->after))
		return (STORE_NOT_FOUND);
	s = db_row(x->db, &rc, ST_SOURCE_EXISTS, x->in->org, x->after.id);
	if (s == NULL)
		return (rc == 0 ? STORE_NOT_FOUND : db_failure(x->db));
	db_reset(s);
	return (STORE_OK);
}

static enum store_status
search_total(struct search *x)
{
	sqlite3_stmt *s;
	int rc;

	s = db_row(x->db, &rc, ST_SOURCE_COUNT, x->in->org, x->in->deleted);
	if (s != NULL) {
		x->images = sqlite3_column_int64(s, 0);
		db_reset(s);
	}
	if (rc < 0)
		return (db_failure(x->db));
	x->all = x->in->nfilters == 0;
	if (!x->all && search_find(x) != 0)
		return (db_failure(x->db));
	x->in->total = x->all ? x->images : ids_count(&x->found);
	return (STORE_OK);
}

static enum store_status
search_run(struct search *x)
{
	enum store_status status;

	status = search_guesses(x);
	if (status == STORE_OK)
		status = search_cursor(x);
	if (status == STORE_OK)
		status = search_total(x);
	if (status == STORE_OK)
		status = search_facets(x);
	if (status == STORE_OK && x->in->limit > 0)
		status = search_rows(x);
	return (status);
}

enum store_status
search_query(struct db *db, struct store_query *in, store_source_f *func,
    store_facet_f *facet, void *arg)
{
	struct search x = { .db = db, .in = in, .func = func, .facet = facet,
	    .arg = arg, .nsorts = in->nsorts };
	enum store_status status;

	memcpy(x.sort, in->sort, sizeof x.sort);
	if (x.nsorts == 0) {
		x.sort[0].field = FIELD_CREATED;
		x.sort[0].descending = true;
		x.nsorts = 1;
	}
	if (db_run(db, ST_BEGIN_READ) < 0)
		return (db_failure(db));
	status = search_run(&x);
	(void)db_run(db, ST_COMMIT);
	ids_clear(&x.found);
	return (status);
}
