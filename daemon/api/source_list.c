/* SPDX-License-Identifier: BSD-2-Clause */
/* GET /sourceimages/{organization}: lists and searches. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoints.h"
#include "api/source.h"
#include "api/source_query.h"
#include "store/store_source.h"

#define PAGE	100
/* Tells the store's cursors from numbers. */
#define CURSOR	"c"

struct list {
	struct store_read	read;
	unsigned		magic;
#define LIST_MAGIC		0x697bc20c
	struct store_query	query;
	json_t			*items, *facets;
	char			*params;	/* of links: all but offset */
};

static struct list *
list_of(void *read)
{
	struct list *l = CAST_OBJ(read, STORE_READ_MAGIC);

	CHECK_OBJ(l, LIST_MAGIC);
	return (l);
}

static int
list_append(void *arg, const struct store_source *s)
{
	struct list *l = list_of(arg);

	return (json_array_append_new(l->items, source_json(s)));
}

static int
list_facet(void *arg, unsigned facet, const char *value, int64_t n)
{
	struct list *l = list_of(arg);
	json_t *of = json_object_get(l->facets, l->query.facet[facet]);

	return (json_array_append_new(of, json_pack("{s:s, s:I}", "value",
	    value, "count", (json_int_t)n)));
}

/* In the store's reader thread: totals of large organizations take time. */
static enum store_status
list_read(struct store *store, struct store_read *read)
{
	struct list *l = list_of(read);

	return (store_source_query(store, &l->query, list_append, list_facet,
	    l));
}

/*--------------------------------------------------------------------
 * Links: as recorded answers have them, a cursor only where the offset was no
 * number, or the next one would be above the highest that is taken.
 */

static json_t *
list_link(struct call *c, const struct list *l, const char *offset)
{
	const char *join = *offset != '\0' ? "&offset=" : "";

	return (json_pack("{s:o}", "href", json_sprintf(
	    "/sourceimages/%s?%s%s%s", call_param(c, "organization"),
	    l->params, join, offset)));
}

static json_t *
list_links(struct call *c, const struct list *l)
{
	const struct store_query *q = &l->query;
	int64_t next = (int64_t)q->offset + q->limit;
	json_t *links = json_object();
	char text[sizeof CURSOR + STORE_CURSOR] = "";

	if (q->offset > 0 && next <= OFFSET_MAX) {
		if (next < q->total && q->limit > 0)
			(void)snprintf(text, sizeof text, "%u", (unsigned)next);
	} else if (q->next[0] != '\0')
		(void)snprintf(text, sizeof text, CURSOR "%s", q->next);
	if (*text != '\0')
		(void)json_object_set_new(links, "next",
		    list_link(c, l, text));
	if (q->offset == 0)
		return (links);
	*text = '\0';
	if (q->offset > q->limit)
		(void)snprintf(text, sizeof text, "%u", q->offset - q->limit);
	(void)json_object_set_new(links, "prev", list_link(c, l, text));
	return (links);
}

/* The name without a prefix that was to be sorted by. */
static const char *
list_guess(const struct store_query *q)
{
	const char *term = q->sort[q->no_field].term;

	return (strrchr(term, ':') != NULL ? strrchr(term, ':') + 1 : term);
}

static void
list_done(struct store_job *job)
{
	struct list *l = list_of(job);
	struct call *c = CAST_OBJ(job->arg, CALL_MAGIC);
	json_t *o;

	if (job->status == STORE_OK) {
		o = json_pack("{s:I, s:O, s:o}", "total",
		    (json_int_t)l->query.total, "items", l->items,
		    "links", list_links(c, l));
		/*
		 * Also on the last page: a client that goes on without one
		 * would begin again.
		 */
		if (l->query.offset == 0 && l->query.last[0] != '\0')
			(void)json_object_set_new(o, "cursor",
			    json_sprintf(CURSOR "%s", l->query.last));
		if (json_object_size(l->facets) > 0)
			(void)json_object_set(o, "facets", l->facets);
		reply_json(c, 200, o);
	} else if (job->status == STORE_NOT_FOUND)
		reply_error(c, 400, "offset: is not a cursor of this list.");
	else if (job->status == STORE_NO_FIELD)
		reply_error(c, 400, "sort: unknown field \"%s\"; one of user "
		    "metadata is user:TYPE:NAME.",
		    list_guess(&l->query));
	else
		reply_store(c, job->status, "list");
	json_decref(l->items);
	json_decref(l->facets);
	free(l->params);
	call_job_over(job);
}

/*--------------------------------------------------------------------*/

struct list_take {
	unsigned	magic;
#define LIST_TAKE_MAGIC	0xbfe2cd78
	struct list	*list;
	bool		has_limit;
	char		err[400];
};

/* Encodes again what the query had, so that a link asks for the same. */
static int
list_param(struct list *l, const char *name, const char *value)
{
	char n[256], v[1024], *all;

	text_percent_encode(name, n, sizeof n);
	text_percent_encode(value, v, sizeof v);
	if (asprintf(&all, "%s%s%s=%s", l->params != NULL ? l->params : "",
	    l->params != NULL ? "&" : "", n, v) < 0)
		return (1);
	free(l->params);
	l->params = all;
	return (0);
}

static int
list_take(void *arg, const char *name, const char *value)
{
	struct list_take *t = CAST_OBJ(arg, LIST_TAKE_MAGIC);

	if (!source_query_take(&t->list->query, name, value, t->err,
	    sizeof t->err))
		return (1);
	t->has_limit |= strcmp(name, "limit") == 0 && *value != '\0';
	return (strcmp(name, "offset") == 0 ? 0 :
	    list_param(t->list, name, value));
}

static void
list_submit(struct call *c, const char *binary_hash)
{
	struct list *l = call_job(c, sizeof *l, list_done);
	struct list_take t = { .magic = LIST_TAKE_MAGIC, .list = l };

	if (l == NULL)
		return;
	l->magic = LIST_MAGIC;
	text_copy(l->query.org, sizeof l->query.org,
	    call_param(c, "organization"));
	l->query.limit = PAGE;
	(void)snprintf(t.err, sizeof t.err, "Out of memory; try again.");
	if ((l->items = json_array()) == NULL ||
	    (l->facets = json_object()) == NULL ||
	    (binary_hash == NULL ?
	    call_query_each(c, list_take, &t) != 0 :
	    !source_query_take(&l->query, "binaryhash", binary_hash, t.err,
	    sizeof t.err)) ||
	    (!t.has_limit && list_param(l, "limit", "100") != 0)) {
		reply_error(c, 400, "%s", t.err);
		json_decref(l->items);
		json_decref(l->facets);
		free(l->params);
		call_job_over(&l->read.job);
		return;
	}
	for (unsigned i = 0; i < l->query.nfacets; i++)
		(void)json_object_set_new(l->facets, l->query.facet[i],
		    json_array());
	l->read.read = list_read;
	store_read_submit(c->api->store, &l->read);
}

static void
source_list(struct call *c)
{
	list_submit(c, NULL);
}

const struct endpoint endpoint_source_list = {
	.rights = RIGHT_SOURCE_READ, .handle = source_list,
};

static void
source_by_binary(struct call *c)
{
	list_submit(c, call_param(c, "binary_hash"));
}

const struct endpoint endpoint_source_by_binary = {
	.rights = RIGHT_SOURCE_READ, .handle = source_by_binary,
};
