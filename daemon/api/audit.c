/* SPDX-License-Identifier: BSD-2-Clause */
/* GET /organizations/{organization}/audit: who changed what. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/endpoints.h"
#include "store/store_audit.h"

#define LIMIT_MAX	1000
#define LIMIT		100

struct audit_list {
	struct store_read	read;
	unsigned		magic;
#define AUDIT_LIST_MAGIC	0xfb1859ab
	struct store_audit	query;
	json_t			*items;
};

static struct audit_list *
audit_list_of(void *read)
{
	struct audit_list *l = CAST_OBJ(read, STORE_READ_MAGIC);

	CHECK_OBJ(l, AUDIT_LIST_MAGIC);
	return (l);
}

/* What the store keeps as numbers, as the API shows it elsewhere. */
static void
audit_value(json_t *v)
{
	json_t *n = json_object_get(v, "rights");

	if (json_is_integer(n))
		(void)json_object_set_new(v, "roles", rights_json(
		    (unsigned)json_integer_value(n)));
	(void)json_object_del(v, "rights");
	n = json_object_get(v, "expires_ms");
	if (json_is_integer(n))
		(void)json_object_set_new(v, "expires", json_date_or_null(
		    json_integer_value(n)));
	(void)json_object_del(v, "expires_ms");
}

static int
audit_append(void *arg, int64_t ms, json_t *line)
{
	struct audit_list *l = audit_list_of(arg);
	json_t *o = json_pack("{s:o, s:s}", "at", json_date(ms),
	    "organization", l->query.org);

	audit_value(json_object_get(line, "before"));
	audit_value(json_object_get(line, "after"));
	(void)json_object_update(o, line);
	return (json_array_append_new(l->items, o));
}

static enum store_status
audit_read(struct store *st, struct store_read *r)
{
	return (store_audit_each(st, &audit_list_of(r)->query));
}

static void
audit_done(struct store_job *job)
{
	struct audit_list *l = audit_list_of(job);
	const struct store_audit *q = &l->query;
	struct call *c = CAST_OBJ(job->arg, CALL_MAGIC);
	json_t *o;

	if (job->status == STORE_OK) {
		o = json_pack("{s:O}", "items", l->items);
		if (q->n > 0 && q->n == q->limit)
			(void)json_object_set_new(o, "cursor", json_sprintf(
			    "%" PRId64 "-%" PRId64 "-%" PRId64, q->last_ms,
			    q->last_id, q->last_line));
		reply_json(c, 200, o);
	} else
		reply_store(c, job->status, "audit log");
	json_decref(l->items);
	call_job_over(job);
}

/* Reads the cursor, which names the list that it belongs to. */
static bool
audit_cursor(struct call *c, struct store_audit *q)
{
	char *at = call_query(c, "cursor"), end;
	bool good;

	if (at == NULL)
		at = call_query(c, "offset");
	good = at == NULL || *at == '\0' || (sscanf(at, "%" SCNd64 "-%"
	    SCNd64 "-%" SCNd64 "%c", &q->after_ms, &q->after_id,
	    &q->after_line, &end) == 3 && q->after_ms >= 0 &&
	    q->after_id > 0 && q->after_line >= 0);
	free(at);
	if (!good)
		reply_error(c, 400, "cursor: is not a cursor of this list.");
	return (good);
}

static bool
audit_order(struct call *c, bool *oldest_first)
{
	char *order = call_query(c, "order");
	bool good = order == NULL || strcmp(order, "asc") == 0 ||
	    strcmp(order, "desc") == 0;

	*oldest_first = order != NULL && strcmp(order, "asc") == 0;
	free(order);
	if (!good)
		reply_error(c, 400, "order: must be \"desc\", the newest "
		    "first, or \"asc\".");
	return (good);
}

static void
audit_list(struct call *c)
{
	struct store_audit q = { .n = 0 };
	struct audit_list *l;

	if (!call_query_number(c, "limit", LIMIT_MAX, LIMIT, &q.limit) ||
	    !call_query_date(c, "from", 0, &q.from_ms) ||
	    !call_query_date(c, "to", INT64_MAX, &q.to_ms) ||
	    !audit_order(c, &q.oldest_first) || !audit_cursor(c, &q) ||
	    (l = call_job(c, sizeof *l, audit_done)) == NULL)
		return;
	l->magic = AUDIT_LIST_MAGIC;
	l->query = q;
	text_copy(l->query.org, sizeof l->query.org,
	    call_param(c, "organization"));
	l->query.func = audit_append;
	l->query.arg = l;
	l->items = json_array();
	l->read.read = audit_read;
	store_read_submit(c->api->store, &l->read);
}

const struct endpoint endpoint_audit_list = {
	.rights = RIGHT_ADMIN | RIGHT_ADMIN_READ, .handle = audit_list,
};
