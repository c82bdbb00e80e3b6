/* SPDX-License-Identifier: BSD-2-Clause */
/* /organizations/{organization} */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/endpoints.h"
#include "api/purge_state.h"

/* Purges an hour that an organization may be given. */
#define PURGES_MAX	1000000

/* Who has the signing key sees every protected picture. */
static json_t *
org_signing_keys(const struct call *c, const struct store_org *o)
{
	if ((c->rights & RIGHT_DOWNLOAD_PROTECTED) == 0)
		return (json_array());
	return (json_pack("[{s:s}]", "key", o->signing_key));
}

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
	    "signing_keys", org_signing_keys(c, o)));
}

static void
org_put_done(struct store_job *job)
{
	struct store_org_put *op = (struct store_org_put *)job;
	struct call *c = job->arg;

	quota_forget();
	if (job->status == STORE_OK || job->status == STORE_CREATED)
		reply_json(c, job->status == STORE_CREATED ? 201 : 200,
		    org_json(c, &op->org));
	else
		reply_store(c, job->status, "organization");
	call_job_over(job);
}

/*
 * A job that begins with the organization as it is, or as a new one. Through a
 * key there is always one: a key sees its own only.
 */
static struct store_org_put *
org_job(struct call *c)
{
	const char *name = call_param(c, "organization");
	struct store_org_put *op;
	enum store_status st;

	op = call_job(c, sizeof *op, org_put_done);
	if (op == NULL)
		return (NULL);
	st = store_org_get(c->api->store, name, &op->org);
	if (st == STORE_OK)
		return (op);
	if (st == STORE_NOT_FOUND && http_listener(c->req) == LISTEN_LOCAL) {
		text_copy(op->org.name, sizeof op->org.name, name);
		text_copy(op->org.display_name, sizeof op->org.display_name,
		    name);
		text_copy(op->org.options, sizeof op->org.options, "{}");
		return (op);
	}
	reply_store(c, st, "such organization");
	call_job_over(&op->job);
	return (NULL);
}

/* Changes the caller's own; makes new ones on the local socket. */
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
	    (op = org_job(c)) == NULL)
		return;
	display = body_text_or(c, body, "display_name",
	    sizeof op->org.display_name - 1, op->org.display_name);
	email = display == NULL ? NULL : body_text_or(c, body,
	    "billing_email", sizeof op->org.billing_email - 1,
	    op->org.billing_email);
	if (email == NULL) {
		call_job_over(&op->job);
		return;
	}
	(void)memmove(op->org.display_name, display, strlen(display) + 1);
	(void)memmove(op->org.billing_email, email, strlen(email) + 1);
	/* As they are then, should another call change them meanwhile. */
	op->org.options[0] = '\0';
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

/*--------------------------------------------------------------------
 * Options. Those of the hosted service that need what we do not have (remote
 * images) are refused by name.
 */

static bool
is_purge_limit(const char *name)
{
	return (strcmp(name, "purges_alias") == 0 ||
	    strcmp(name, "purges_stack") == 0 ||
	    strcmp(name, "purges_source") == 0);
}

/* Limits are set by who runs the server, not by those whom they limit. */
static bool
purge_limit_good(struct call *c, const char *name, const json_t *v)
{
	if (http_listener(c->req) != LISTEN_LOCAL)
		reply_error(c, 403, "%s: is set on the server's local socket "
		    "only.", name);
	else if (!json_is_integer(v) || json_integer_value(v) < 0 ||
	    json_integer_value(v) > PURGES_MAX)
		reply_error(c, 400, "%s: must be a number from 0, which is no "
		    "limit, to %d.", name, PURGES_MAX);
	else
		return (true);
	return (false);
}

static bool
org_option_good(struct call *c, const char *name, const json_t *v)
{
	if (is_purge_limit(name))
		return (purge_limit_good(c, name, v));
	if (strcmp(name, "protect_dynamic_stack") != 0)
		reply_error(c, 400, "%s: there is no such option of an "
		    "organization.", name);
	else if (!json_is_boolean(v))
		reply_error(c, 400, "%s: must be true or false.", name);
	else
		return (true);
	return (false);
}

static void
org_options_store(struct call *c, const json_t *changes)
{
	struct store_org_put *op = org_job(c);
	json_t *options;
	char *text;

	if (op == NULL)
		return;
	options = json_loads(op->org.options, 0, NULL);
	text = options != NULL && json_object_update(options,
	    (json_t *)(uintptr_t)changes) == 0 ?
	    json_dumps(options, JSON_COMPACT) : NULL;
	json_decref(options);
	if (text == NULL || strlen(text) >= sizeof op->org.options) {
		reply_store(c, STORE_ERROR, "");
		call_job_over(&op->job);
	} else {
		text_copy(op->org.options, sizeof op->org.options, text);
		store_org_put(c->api->store, op);
	}
	free(text);
}

static void
org_options_put(struct call *c)
{
	const json_t *body = body_object(c);
	const char *name;
	json_t *v;

	if (body == NULL)
		return;
	json_object_foreach((json_t *)(uintptr_t)body, name, v)
		if (!org_option_good(c, name, v))
			return;
	org_options_store(c, body);
}

const struct endpoint endpoint_org_options_put = {
	.rights = RIGHT_ADMIN, .body = BODY_JSON, .handle = org_options_put,
};

static void
org_option_put(struct call *c)
{
	const char *name = call_param(c, "option");
	json_t *change;

	if (c->body == NULL) {
		reply_error(c, 400, "The body is empty, but must be the JSON "
		    "value of the option.");
		return;
	}
	if (!org_option_good(c, name, c->body))
		return;
	change = json_pack("{s:O}", name, c->body);
	org_options_store(c, change);
	json_decref(change);
}

const struct endpoint endpoint_org_option_put = {
	.rights = RIGHT_ADMIN, .body = BODY_JSON, .handle = org_option_put,
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
