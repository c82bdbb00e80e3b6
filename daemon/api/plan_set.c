/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /sourceimages/{organization}/sets/{set}: changes of several aliases that are
 * prepared together, and put live or withdrawn at once.
 *
 *	{"items": [{"alias": "a", "hash": "1a2b3c"}, ...], "comment": "..."}
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoints.h"
#include "api/plan.h"

struct set_put {
	struct store_plan_change op;
	struct store_plan_item	items[];
};

/* The path's name, or NULL after an answer. */
static const char *
set_param(struct call *c)
{
	const char *name = call_param(c, "set");

	if (name_is_alias(name) && strlen(name) <= 100)
		return (name);
	reply_error(c, 400, "set: the name must be 1 to 100 letters, digits "
	    "or underscores.");
	return (NULL);
}

static void
set_put_done(struct store_job *job)
{
	struct set_put *s = CAST_OBJ(job, STORE_PLAN_CHANGE_MAGIC);
	struct call *c = CAST_OBJ(job->arg, CALL_MAGIC);

	if (job->status == STORE_OK || job->status == STORE_CREATED)
		reply_json(c, job->status == STORE_OK ? 200 : 201,
		    plan_set_json(&s->op.plan, s->items, s->op.n));
	else
		plan_refuse(c, &s->op);
	call_job_over(job);
}

static const char *
set_item(const json_t *in, struct store_plan_item *it)
{
	static const char *const fields[] = { "alias", "hash", "only_if", NULL };
	const char *name = json_string_value(json_object_get(in, "alias"));

	if (!json_is_object(in))
		return ("must be an object");
	if (json_other(in, fields) != NULL)
		return ("may have only alias, hash, only_if");
	if (name == NULL || !name_is_alias(name))
		return ("alias: must be a text of letters, digits and _");
	text_copy(it->alias, sizeof it->alias, name);
	return (plan_item_read(in, it));
}

/* Each alias once: what would come of two is anybody's guess. */
static bool
set_is_unique(struct call *c, const json_t *items)
{
	json_t *seen = json_object(), *in;
	const char *name = "";
	bool good = true;
	size_t i;

	json_array_foreach(items, i, in) {
		name = json_string_value(json_object_get(in, "alias"));
		good = json_object_get(seen, name) == NULL;
		if (!good)
			break;
		(void)json_object_set_new(seen, name, json_true());
	}
	if (!good)
		reply_error(c, 400, "items[%zu]: alias \"%s\" is given more "
		    "than once.", i, name);
	json_decref(seen);
	return (good);
}

static bool
set_fill(struct call *c, const json_t *items, struct set_put *s)
{
	const char *why;
	size_t i;
	json_t *in;

	json_array_foreach(items, i, in) {
		why = set_item(in, &s->items[i]);
		if (why != NULL) {
			reply_error(c, 400, "items[%zu]: %s.", i, why);
			return (false);
		}
	}
	return (set_is_unique(c, items));
}

static void
set_put(struct call *c)
{
	static const char *const fields[] = { "items", "comment", NULL };
	const char *name = set_param(c);
	const json_t *body, *items;
	struct set_put *s;
	size_t n;

	if (name == NULL || (body = body_object(c)) == NULL ||
	    !body_only(c, body, fields))
		return;
	items = json_object_get(body, "items");
	n = json_array_size(items);
	if (n < 1 || n > SET_ITEMS_MAX) {
		reply_error(c, 400, "items: must be an array of 1 to %d "
		    "changes.", SET_ITEMS_MAX);
		return;
	}
	s = call_job(c, sizeof *s + n * sizeof *s->items, set_put_done);
	if (s == NULL)
		return;
	if (!plan_comment(c, body, &s->op.plan) || !set_fill(c, items, s)) {
		call_job_over(&s->op.job);
		return;
	}
	s->op.what = PLAN_PUT;
	s->op.items = s->items;
	s->op.n = n;
	text_copy(s->op.plan.org, sizeof s->op.plan.org,
	    call_param(c, "organization"));
	text_copy(s->op.plan.name, sizeof s->op.plan.name, name);
	store_plan_change(c->api->store, &s->op);
}

const struct endpoint endpoint_set_put = {
	.rights = RIGHT_SOURCE_WRITE, .body = BODY_JSON, .handle = set_put,
};

static void
set_get(struct call *c)
{
	const char *name = set_param(c);
	struct store_plan_item *items = NULL;
	enum store_status st;
	struct store_plan p;
	size_t n = 0;

	if (name == NULL)
		return;
	st = store_plan_get(c->api->store, call_param(c, "organization"), 0,
	    name, &p);
	if (st == STORE_OK)
		st = store_plan_items(c->api->store, p.id, &items, &n);
	if (st == STORE_OK)
		reply_json(c, 200, plan_set_json(&p, items, n));
	else
		reply_store(c, st, "such set");
	free(items);
}

const struct endpoint endpoint_set_get = {
	.rights = RIGHT_SOURCE_READ, .handle = set_get,
};

static void
set_change_done(struct store_job *job)
{
	struct store_plan_change *op = CAST_OBJ(job, STORE_PLAN_CHANGE_MAGIC);
	struct call *c = CAST_OBJ(job->arg, CALL_MAGIC);

	if (job->status != STORE_OK)
		plan_refuse(c, op);
	else if (op->what == PLAN_DELETE)
		reply_empty(c, 204);
	else
		reply_json(c, 200, plan_set_json(&op->plan, op->items, op->n));
	free(op->items);
	call_job_over(job);
}

static void
set_change(struct call *c, enum store_plan_what what,
    const struct store_plan *times)
{
	const char *name = set_param(c);
	struct store_plan_change *op;

	if (name == NULL ||
	    (op = call_job(c, sizeof *op, set_change_done)) == NULL)
		return;
	op->what = what;
	if (times != NULL)
		op->plan = *times;
	op->purge = c->api->conf->overwrite_purges != 0;
	text_copy(op->plan.org, sizeof op->plan.org,
	    call_param(c, "organization"));
	text_copy(op->plan.name, sizeof op->plan.name, name);
	store_plan_change(c->api->store, op);
}

static void
set_delete(struct call *c)
{
	set_change(c, PLAN_DELETE, NULL);
}

const struct endpoint endpoint_set_delete = {
	.rights = RIGHT_SOURCE_WRITE, .handle = set_delete,
};

static void
set_publish(struct call *c)
{
	static const char *const fields[] = { "at", "until", NULL };
	struct store_plan times = { .at_ms = 0 };
	const json_t *body;

	if (c->body != NULL && ((body = body_object(c)) == NULL ||
	    !body_only(c, body, fields) ||
	    !plan_times(c, body, false, &times)))
		return;
	set_change(c, PLAN_PUBLISH, &times);
}

const struct endpoint endpoint_set_publish = {
	.rights = RIGHT_SOURCE_WRITE, .body = BODY_JSON,
	.handle = set_publish,
};

static void
set_withdraw(struct call *c)
{
	set_change(c, PLAN_WITHDRAW, NULL);
}

const struct endpoint endpoint_set_withdraw = {
	.rights = RIGHT_SOURCE_WRITE, .handle = set_withdraw,
};
