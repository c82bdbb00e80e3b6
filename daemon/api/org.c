/* SPDX-License-Identifier: BSD-2-Clause */
/* /organizations/{organization} */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/endpoints.h"
#include "api/org.h"
#include "store/store_org.h"

static json_t *
org_json(const struct call *c, const struct store_org *o)
{
	json_t *options = json_loads(o->options, 0, NULL);

	return (json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:o, s:o}",
	    "id", o->id, "name", o->name, "display_name", o->display_name,
	    "billing_email", o->billing_email,
	    "created", json_date(o->created_ms),
	    "master_organization", o->name,
	    "options", options != NULL ? options : json_object(),
	    "signing_keys", org_signing_keys(c, o->name)));
}

static void
org_put_done(struct store_job *job)
{
	struct store_org_put *op = CAST_OBJ(job, STORE_ORG_PUT_MAGIC);
	struct call *c = CAST_OBJ(job->arg, CALL_MAGIC);

	if (job->status == STORE_OK || job->status == STORE_CREATED)
		reply_json(c, job->status == STORE_CREATED ? 201 : 200,
		    org_json(c, &op->org));
	else
		reply_store(c, job->status, "organization");
	json_decref(op->options);
	call_job_over(job);
}

/*
 * Through a key there is always one: a key sees its own only. On the local
 * socket it may be new.
 */
static struct store_org_put *
org_job(struct call *c)
{
	struct store_org_put *op = call_job(c, sizeof *op, org_put_done);

	if (op != NULL)
		text_copy(op->org.name, sizeof op->org.name,
		    call_param(c, "organization"));
	return (op);
}

/* A text field, NULL when it is missing; false after an answer 400. */
static bool
org_text(struct call *c, const json_t *body, const char *field, size_t max,
    const char **out)
{
	*out = NULL;
	if (json_object_get(body, field) == NULL)
		return (true);
	*out = body_text_or(c, body, field, max, NULL);
	return (*out != NULL);
}

/*
 * The edge takes api.example.net for the API, and shows no picture there. One
 * that has the name already stays, and is warned of at the start.
 */
static bool
org_name_free(struct call *c)
{
	const char *name = call_param(c, "organization");
	struct store_org o;

	if (strcmp(name, ORG_UNREACHABLE) != 0 ||
	    store_org_get(c->api->store, name, &o) != STORE_NOT_FOUND)
		return (true);
	reply_error(c, 400, "organization: \"%s\" is the API's name in host "
	    "names, so no picture could be shown; choose another.", name);
	return (false);
}

void
org_change_options(struct call *c, json_t *changes)
{
	struct store_org_put *op = org_name_free(c) ? org_job(c) : NULL;

	if (op == NULL)
		return;
	op->options = json_incref(changes);
	store_org_put(c->api->store, op);
}

static void
org_put(struct call *c)
{
	static const char *const fields[] = {
		"display_name", "billing_email", NULL
	};
	const char *display, *email;
	struct store_org_put *op;
	const json_t *body = body_object(c);

	if (body == NULL || !body_only(c, body, fields) ||
	    !org_text(c, body, "display_name",
	    sizeof op->org.display_name - 1, &display) ||
	    !org_text(c, body, "billing_email",
	    sizeof op->org.billing_email - 1, &email) ||
	    !org_name_free(c) || (op = org_job(c)) == NULL)
		return;
	op->display_name = display;
	op->billing_email = email;
	store_org_put(c->api->store, op);
}

const struct endpoint endpoint_org_put = {
	.rights = RIGHT_ADMIN, .body = BODY_JSON, .handle = org_put,
};

static void
org_get(struct call *c)
{
	struct store_org o;
	enum store_status st;

	st = store_org_get(c->api->store, call_param(c, "organization"), &o);
	if (st == STORE_OK)
		reply_json(c, 200, org_json(c, &o));
	else
		reply_store(c, st, "such organization");
}

const struct endpoint endpoint_org_get = {
	.rights = RIGHT_READ | RIGHT_SOURCE_READ | RIGHT_UPLOAD,
	.handle = org_get,
};

#define ORG_LIST_MAX	1000

struct org_list {
	unsigned	magic;
#define ORG_LIST_MAGIC	0xe23e4651
	const struct call *c;
	json_t		*items;
	unsigned	limit;
	char		last[ORG_MAX + 1];
};

static int
org_append(void *arg, const struct store_org *o)
{
	struct org_list *l = CAST_OBJ(arg, ORG_LIST_MAGIC);

	text_copy(l->last, sizeof l->last, o->name);
	return (json_array_append_new(l->items, org_json(l->c, o)) != 0 ||
	    json_array_size(l->items) >= l->limit);
}

/* All there are is for who runs the server. */
static void
org_list(struct call *c)
{
	struct org_list l = { .magic = ORG_LIST_MAGIC, .c = c };
	enum store_status st;
	char *after;
	json_t *o;

	if (!call_query_number(c, "limit", ORG_LIST_MAX, ORG_LIST_MAX,
	    &l.limit))
		return;
	l.items = json_array();
	after = call_query(c, "offset");
	st = l.limit == 0 ? STORE_OK : store_org_each(c->api->store, after,
	    org_append, &l);
	free(after);
	o = json_pack("{s:o}", "items", l.items);
	if (st != STORE_OK) {
		json_decref(o);
		reply_store(c, st, "organizations");
		return;
	}
	if (l.limit > 0 && json_array_size(l.items) == l.limit)
		(void)json_object_set_new(o, "cursor", json_string(l.last));
	reply_json(c, 200, o);
}

const struct endpoint endpoint_org_list = {
	.rights = RIGHT_ADMIN, .seen = SEEN_LOCAL, .handle = org_list,
};

/*--------------------------------------------------------------------
 * What it has, of what it may have
 */

static void
org_quota(struct call *c)
{
	json_t *all = json_object(), *one;
	struct store_usage u;
	enum store_status st;

	st = store_usage_get(c->api->store, call_param(c, "organization"), &u);
	for (int i = 0; i < USE_N && st == STORE_OK; i++) {
		one = json_pack("{s:I, s:I}", "used", (json_int_t)u.used[i],
		    "limit", (json_int_t)u.limit[i]);
		(void)json_object_set_new(all,
		    store_usage_name((enum store_use)i), one);
	}
	if (st == STORE_OK)
		reply_json(c, 200, json_pack("{s:O}", "quota", all));
	else
		reply_store(c, st, "such organization");
	json_decref(all);
}

const struct endpoint endpoint_org_quota = {
	.rights = RIGHT_READ | RIGHT_SOURCE_READ | RIGHT_UPLOAD,
	.handle = org_quota,
};

/*--------------------------------------------------------------------*/

/* What a client asks first, to see whether its key is good. */
static void
root_get(struct call *c)
{
	reply_json(c, 200, json_pack("{s:[s,s,s,s,s,s], s:s}", "resources",
	    "/operations", "/organizations", "/sourceimages", "/stacks",
	    "/stackoptions", "/user", "environment", "production"));
}

const struct endpoint endpoint_root = {
	.rights = RIGHTS_ANY, .handle = root_get,
};
