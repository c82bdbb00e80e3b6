/* SPDX-License-Identifier: BSD-2-Clause */
/* /stacks/{organization}/{stack} */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/endpoints.h"
#include "recipe/recipe.h"
#include "store/store_stack.h"

static json_t *
stack_json(const struct store_stack *s)
{
	json_t *o = json_pack("{s:s, s:s, s:o}", "name", s->name,
	    "organization", s->org, "created", json_date(s->created_ms));
	json_t *def = json_loads(s->definition, 0, NULL);

	if (o != NULL && def != NULL)
		(void)json_object_update(o, def);
	json_decref(def);
	return (o);
}

static void
stack_refuse(struct call *c, enum store_status st, const char *name)
{
	char what[NAME_MAX_LEN + 16];

	(void)snprintf(what, sizeof what, "stack \"%s\"", name);
	reply_store(c, st, what);
}

static bool
stack_is_protected(const char *definition)
{
	json_t *def = json_loads(definition, 0, NULL);
	bool yes = json_is_true(json_object_get(json_object_get(def,
	    "stack_options"), "protected"));

	json_decref(def);
	return (yes);
}

/* What an open stack has shown lies in caches, which ask for no signature. */
static bool
stack_may_follow(const char *old, const char *new)
{
	return (stack_is_protected(old) || !stack_is_protected(new));
}

static void
stack_put_done(struct store_job *job)
{
	struct store_stack_put *op = CAST_OBJ(job, STORE_STACK_PUT_MAGIC);
	struct call *c = CAST_OBJ(job->arg, CALL_MAGIC);

	if (job->status == STORE_OK || job->status == STORE_CREATED)
		reply_json(c, job->status == STORE_CREATED ? 201 : 200,
		    stack_json(&op->stack));
	else if (job->status == STORE_PRECONDITION)
		reply_error(c, 400, "options.protected: an open stack cannot "
		    "become protected; make one of another name.");
	else
		stack_refuse(c, job->status, op->stack.name);
	store_stack_clear(&op->stack);
	call_job_over(job);
}

static bool
stack_name_free(struct call *c, const char *name)
{
	if (!name_is_stack(name))
		reply_error(c, 400, "stack: the name must be 1 to %d of a-z, "
		    "0-9, _ and -.", NAME_MAX_LEN);
	else if (name_is_reserved(name))
		reply_error(c, 400, "stack: \"%s\" is a reserved name.", name);
	else
		return (true);
	return (false);
}

static bool
stack_base_there(struct call *c, const json_t *def)
{
	const char *base = json_string_value(json_object_get(
	    json_object_get(def, "stack_options"), "basestack"));
	struct store_stack s = { .definition = NULL };
	enum store_status st;

	if (base == NULL)
		return (true);
	st = store_stack_get(c->api->store, call_param(c, "organization"),
	    base, &s);
	store_stack_clear(&s);
	if (st != STORE_OK)
		reply_error(c, 400, "options.basestack: there is no stack "
		    "\"%s\".", base);
	return (st == STORE_OK);
}

#define SHOWN	"stack_"

/*
 * A stack as answers show it may be put as it is: clients made of the hosted
 * service's own description name the parts so, and a copy is one line of curl.
 * What it says of the stack it was is passed over. A new reference.
 */
static json_t *
stack_input(json_t *body)
{
	static const char *const parts[] = { SHOWN "operations",
	    SHOWN "options", SHOWN "expressions", SHOWN "variables" };
	static const char *const about[] = { "name", "organization", "created",
	    "link" };
	json_t *in, *v;

	if (json_object_get(body, SHOWN "operations") == NULL)
		return (json_incref(body));
	in = json_copy(body);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		const char *plain = parts[i] + strlen(SHOWN);

		v = json_object_get(body, parts[i]);
		/* Both: the one that is left is refused by its name. */
		if (v == NULL || json_object_get(body, plain) != NULL)
			continue;
		(void)json_object_set(in, plain, v);
		(void)json_object_del(in, parts[i]);
	}
	for (size_t i = 0; i < sizeof about / sizeof *about; i++)
		(void)json_object_del(in, about[i]);
	return (in);
}

static void
stack_put(struct call *c)
{
	const char *name = call_param(c, "stack");
	struct store_stack_put *op;
	char err[256], *text;
	bool overwrite;
	json_t *in, *def;

	if (!stack_name_free(c, name) ||
	    !call_query_bool(c, "overwrite", &overwrite))
		return;
	if (c->body == NULL) {
		reply_error(c, 400, "The body is empty, but must be a JSON "
		    "object.");
		return;
	}
	in = stack_input(c->body);
	def = stack_normalize(in, err, sizeof err);
	json_decref(in);
	if (def == NULL) {
		reply_error(c, 400, "%s", err);
		return;
	}
	if (!stack_base_there(c, def)) {
		json_decref(def);
		return;
	}
	text = json_dumps(def, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(def);
	if (text == NULL) {
		reply_store(c, STORE_ERROR, "");
		return;
	}
	op = call_job(c, sizeof *op, stack_put_done);
	if (op == NULL) {
		free(text);
		return;
	}
	op->stack.definition = text;
	text_copy(op->stack.org, sizeof op->stack.org,
	    call_param(c, "organization"));
	text_copy(op->stack.name, sizeof op->stack.name, name);
	op->overwrite = overwrite;
	op->may_follow = stack_may_follow;
	store_stack_put(c->api->store, op);
}

const struct endpoint endpoint_stack_put = {
	.rights = RIGHT_WRITE, .body = BODY_JSON, .handle = stack_put,
};

static void
stack_get(struct call *c)
{
	const char *org = call_param(c, "organization");
	const char *name = call_param(c, "stack");
	struct store_stack s = { .definition = NULL };
	enum store_status st;
	json_t *o;

	st = store_stack_get(c->api->store, org, name, &s);
	if (st != STORE_OK) {
		stack_refuse(c, st, name);
		return;
	}
	o = stack_json(&s);
	(void)json_object_set_new(o, "link", json_sprintf("/stacks/%s/%s",
	    s.org, s.name));
	reply_json(c, 200, o);
	store_stack_clear(&s);
}

const struct endpoint endpoint_stack_get = {
	.rights = RIGHT_READ, .handle = stack_get,
};

static void
stack_delete_done(struct store_job *job)
{
	struct store_stack_delete *op = CAST_OBJ(job, STORE_STACK_DELETE_MAGIC);
	struct call *c = CAST_OBJ(job->arg, CALL_MAGIC);

	if (job->status == STORE_OK)
		reply_empty(c, 204);
	else
		stack_refuse(c, job->status, op->name);
	call_job_over(job);
}

static void
stack_delete(struct call *c)
{
	const char *name = call_param(c, "stack");
	struct store_stack_delete *op;

	if (!name_is_stack(name)) {
		stack_refuse(c, STORE_NOT_FOUND, name);
		return;
	}
	op = call_job(c, sizeof *op, stack_delete_done);
	if (op == NULL)
		return;
	text_copy(op->org, sizeof op->org, call_param(c, "organization"));
	text_copy(op->name, sizeof op->name, name);
	store_stack_delete(c->api->store, op);
}

const struct endpoint endpoint_stack_delete = {
	.rights = RIGHT_WRITE, .handle = stack_delete,
};

struct stack_list {
	unsigned	magic;
#define STACK_LIST_MAGIC	0x39ad978f
	json_t		*items;
	char		last[NAME_MAX_LEN + 1];
};

static int
stack_append(void *arg, const struct store_stack *s)
{
	struct stack_list *l = CAST_OBJ(arg, STACK_LIST_MAGIC);

	text_copy(l->last, sizeof l->last, s->name);
	return (json_array_append_new(l->items, stack_json(s)));
}

#define STACK_LIST_MAX	1000

static void
stack_list(struct call *c)
{
	struct stack_list l = { .magic = STACK_LIST_MAGIC };
	char *after;
	unsigned limit;
	enum store_status st;
	json_t *o;

	if (!call_query_number(c, "limit", STACK_LIST_MAX, STACK_LIST_MAX,
	    &limit))
		return;
	l.items = json_array();
	after = call_query(c, "offset");
	st = store_stack_each(c->api->store, call_param(c, "organization"),
	    after, limit, stack_append, &l);
	free(after);
	o = json_pack("{s:o}", "items", l.items);
	if (st != STORE_OK) {
		json_decref(o);
		reply_store(c, st, "such organization");
		return;
	}
	if (limit > 0 && json_array_size(l.items) == limit)
		(void)json_object_set_new(o, "cursor", json_string(l.last));
	reply_json(c, 200, o);
}

const struct endpoint endpoint_stack_list = {
	.rights = RIGHT_READ, .handle = stack_list,
};

/*--------------------------------------------------------------------*/

static void
operations_get(struct call *c)
{
	reply_json(c, 200, operations_json());
}

const struct endpoint endpoint_operations = { .handle = operations_get };

static void
stackoptions_get(struct call *c)
{
	reply_json(c, 200, stackoptions_json());
}

const struct endpoint endpoint_stackoptions = { .handle = stackoptions_get };
