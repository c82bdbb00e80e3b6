/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /sourceimages/{organization}/alias/{alias}/schedule: what an alias will point
 * at, from when on, and perhaps until when.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/alias.h"
#include "api/endpoints.h"
#include "api/plan.h"

static json_t *
plan_hash(const struct hash *h)
{
	char hex[HASH_HEX + 1];

	if (hash_is_none(h))
		return (json_null());
	hash_to_hex(h, hex);
	return (json_string(hex));
}

json_t *
plan_item_json(const struct store_plan_item *it)
{
	return (json_pack("{s:s, s:o, s:o}", "alias", it->alias,
	    "hash", plan_hash(&it->hash), "only_if", plan_hash(&it->only_if)));
}

/* What all plans have. */
static void
plan_describe(json_t *o, const struct store_plan *p)
{
	(void)json_object_set_new(o, "state",
	    json_string(store_plan_states[p->state]));
	(void)json_object_set_new(o, "at", json_date_or_null(p->at_ms));
	(void)json_object_set_new(o, "until", json_date_or_null(p->until_ms));
	(void)json_object_set_new(o, "comment", json_string(p->comment));
	(void)json_object_set_new(o, "by", *p->by != '\0' ?
	    json_string(p->by) : json_null());
	(void)json_object_set_new(o, "created", json_date(p->created_ms));
	(void)json_object_set_new(o, "updated", json_date(p->updated_ms));
	(void)json_object_set_new(o, "ended", json_date_or_null(p->ended_ms));
	(void)json_object_set_new(o, "reason", *p->reason != '\0' ?
	    json_string(p->reason) : json_null());
}

json_t *
plan_json(const struct store_plan *p, const struct store_plan_item *it)
{
	json_t *o = json_pack("{s:I, s:s}", "id", (json_int_t)p->id,
	    "organization", p->org);

	if (*p->name != '\0')
		(void)json_object_set_new(o, "set", json_string(p->name));
	if (it != NULL)
		(void)json_object_update_new(o, plan_item_json(it));
	else
		(void)json_object_set_new(o, "total",
		    json_integer((json_int_t)p->n));
	plan_describe(o, p);
	return (o);
}

json_t *
plan_set_json(const struct store_plan *p,
    const struct store_plan_item *items, size_t n)
{
	json_t *o, *list;

	o = json_pack("{s:s, s:s, s:I}", "organization", p->org, "set",
	    p->name, "total", (json_int_t)(items != NULL ? n : p->n));
	plan_describe(o, p);
	if (items == NULL)
		return (o);
	list = json_array();
	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(list, plan_item_json(&items[i]));
	(void)json_object_set_new(o, "items", list);
	return (o);
}

static bool
read_hash(const json_t *v, struct hash_prefix *h)
{
	return (json_is_string(v) && hash_prefix_from_hex(h,
	    json_string_value(v), json_string_length(v)));
}

const char *
plan_item_read(const json_t *in, struct store_plan_item *it)
{
	const json_t *hash = json_object_get(in, "hash");
	const json_t *only = json_object_get(in, "only_if");

	it->remove = json_is_null(hash);
	it->conditional = only != NULL && !json_is_null(only);
	if (!it->remove && !read_hash(hash, &it->target))
		return ("hash: must be 6 to 40 lower-case hex digits, or null "
		    "to delete");
	if (it->conditional && !read_hash(only, &it->condition))
		return ("only_if: must be 6 to 40 lower-case hex digits");
	return (NULL);
}

bool
plan_times(struct call *c, const json_t *body, bool must,
    struct store_plan *p)
{
	if (!body_date(c, body, "at", PLAN_YEARS_MAX, &p->at_ms) ||
	    !body_date(c, body, "until", PLAN_YEARS_MAX, &p->until_ms))
		return (false);
	if (p->at_ms == 0 && must) {
		reply_error(c, 400, "at: must be a date and time, such as "
		    "2029-12-10T11:13:24Z.");
		return (false);
	}
	if (p->until_ms == 0 || p->until_ms > p->at_ms)
		return (true);
	reply_error(c, 400, "until: must be later than at.");
	return (false);
}

bool
plan_comment(struct call *c, const json_t *body, struct store_plan *p)
{
	const char *comment = body_text_or(c, body, "comment",
	    PLAN_COMMENT_MAX, "");

	if (comment == NULL)
		return (false);
	text_copy(p->comment, sizeof p->comment, comment);
	return (true);
}

static const char *
plan_what(const struct store_plan_change *op)
{
	if (op->failed < op->n)
		return (op->items[op->failed].alias);
	return (*op->plan.name != '\0' ? op->plan.name : "");
}

void
plan_refuse(struct call *c, const struct store_plan_change *op)
{
	const char *of = plan_what(op);

	switch (op->job.status) {
	case STORE_NOT_FOUND:
		reply_error(c, 404, *op->plan.name != '\0' ? "There is no set "
		    "\"%s\"." : "There is no such planned change%.0s.",
		    op->plan.name);
		break;
	case STORE_NO_SOURCE:
		reply_error(c, 404, "alias \"%s\": there is no such source "
		    "image; nothing was changed.", of);
		break;
	case STORE_AMBIGUOUS:
		reply_error(c, 400, "alias \"%s\": several source images begin "
		    "with this hash; give more digits.", of);
		break;
	case STORE_EXISTS:
		reply_error(c, 409, "alias \"%s\": another change is planned "
		    "for this time; delete that one, or choose another time.",
		    of);
		break;
	case STORE_LIMIT:
		reply_error(c, 409, "There are too many planned changes: an "
		    "organization may have %d, of them %d sets, and an alias "
		    "30; delete one first.", PLANS_MAX, SETS_MAX);
		break;
	case STORE_LOCKED:
		reply_error(c, 409, "set \"%s\": is %s; %s.", op->plan.name,
		    store_plan_states[op->plan.state],
		    op->what == PLAN_WITHDRAW ? "there is nothing to withdraw" :
		    "withdraw it first");
		break;
	case STORE_PRECONDITION:
		reply_error(c, 409, "Nothing was changed: %s.",
		    op->plan.reason);
		break;
	default:
		reply_store(c, op->job.status, "such planned change");
	}
}

struct plan_one {
	struct store_plan_change op;
	struct store_plan_item	item;
};

static void
plan_put_done(struct store_job *job)
{
	struct plan_one *o = CAST_OBJ(job, STORE_PLAN_CHANGE_MAGIC);
	struct call *c = CAST_OBJ(job->arg, CALL_MAGIC);

	if (job->status == STORE_CREATED)
		reply_json(c, 201, plan_json(&o->op.plan, &o->item));
	else
		plan_refuse(c, &o->op);
	call_job_over(job);
}

static void
plan_put(struct call *c)
{
	static const char *const fields[] = {
		"at", "until", "hash", "only_if", "comment", NULL
	};
	const char *why, *name = alias_param(c);
	struct plan_one in = { .op = { .what = PLAN_PUT } }, *o;
	const json_t *body;

	if (name == NULL || (body = body_object(c)) == NULL ||
	    !body_only(c, body, fields) ||
	    !plan_times(c, body, true, &in.op.plan) ||
	    !plan_comment(c, body, &in.op.plan))
		return;
	why = plan_item_read(body, &in.item);
	if (why != NULL) {
		reply_error(c, 400, "%s.", why);
		return;
	}
	o = call_job(c, sizeof *o, plan_put_done);
	if (o == NULL)
		return;
	o->op.plan = in.op.plan;
	o->item = in.item;
	o->op.items = &o->item;
	o->op.n = 1;
	text_copy(o->op.plan.org, sizeof o->op.plan.org,
	    call_param(c, "organization"));
	text_copy(o->item.alias, sizeof o->item.alias, name);
	store_plan_change(c->api->store, &o->op);
}

const struct endpoint endpoint_plan_put = {
	.rights = RIGHT_SOURCE_WRITE, .body = BODY_JSON, .handle = plan_put,
};

static void
plan_delete_done(struct store_job *job)
{
	struct store_plan_change *op = CAST_OBJ(job, STORE_PLAN_CHANGE_MAGIC);
	struct call *c = CAST_OBJ(job->arg, CALL_MAGIC);

	if (job->status == STORE_OK)
		reply_empty(c, 204);
	else
		plan_refuse(c, op);
	free(op->items);
	call_job_over(job);
}

static void
plan_delete(struct call *c)
{
	const char *id = call_param(c, "plan"), *name = alias_param(c);
	struct store_plan_change *op;

	if (name == NULL)
		return;
	if (strlen(id) > 18 || strspn(id, "0123456789") != strlen(id)) {
		reply_store(c, STORE_NOT_FOUND, "such planned change");
		return;
	}
	op = call_job(c, sizeof *op, plan_delete_done);
	if (op == NULL)
		return;
	op->what = PLAN_DELETE;
	op->plan.id = strtoll(id, NULL, 10);
	text_copy(op->plan.org, sizeof op->plan.org,
	    call_param(c, "organization"));
	op->alias = name;
	store_plan_change(c->api->store, op);
}

const struct endpoint endpoint_plan_delete = {
	.rights = RIGHT_SOURCE_WRITE, .handle = plan_delete,
};
