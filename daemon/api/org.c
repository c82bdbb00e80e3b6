/* SPDX-License-Identifier: BSD-2-Clause */
/* Organizations and their keys. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/endpoints.h"
#include "api/roles.h"

static json_t *
org_json(const struct store_org *o)
{
	json_t *options = json_loads(o->options, 0, NULL);

	return (json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:o, s:[{s:s}]}",
	    "id", o->id, "name", o->name, "display_name", o->display_name,
	    "billing_email", o->billing_email,
	    "created", json_date(o->created_ms),
	    "master_organization", o->name,
	    "options", options != NULL ? options : json_object(),
	    "signing_keys", "key", o->signing_key));
}

static void
org_put_done(struct store_job *job)
{
	struct store_org_put *op = (struct store_org_put *)job;
	struct call *c = job->arg;

	if (job->status == STORE_OK || job->status == STORE_CREATED)
		reply_json(c, job->status == STORE_CREATED ? 201 : 200,
		    org_json(&op->org));
	else
		reply_store(c, job->status, "organization");
	call_release(c);
	free(op);
}

/* The first is made on the local socket; later ones there too. */
static void
org_put(struct call *c)
{
	static const char *const fields[] = {
		"display_name", "billing_email", NULL
	};
	const char *name = call_param(c, "organization");
	const char *display, *email;
	struct store_org_put *op;
	const json_t *body = body_object(c);

	if (body == NULL || !body_only(c, body, fields) ||
	    (display = body_text_or(c, body, "display_name",
	    sizeof op->org.display_name - 1, name)) == NULL ||
	    (email = body_text_or(c, body, "billing_email",
	    sizeof op->org.billing_email - 1, "")) == NULL)
		return;
	op = calloc(1, sizeof *op);
	if (op == NULL) {
		reply_store(c, STORE_ERROR, "");
		return;
	}
	(void)strcpy(op->org.name, name);
	(void)strcpy(op->org.display_name, display);
	(void)strcpy(op->org.billing_email, email);
	op->job.done = org_put_done;
	op->job.arg = call_hold(c);
	store_org_put(c->api->store, op);
}

const struct endpoint endpoint_org_put = {
	.rights = RIGHT_ADMIN, .body = BODY_JSON, .local = true,
	.handle = org_put,
};

static void
org_get(struct call *c)
{
	struct store_org o;
	enum store_status st;

	st = store_org_get(c->api->store, call_param(c, "organization"), &o);
	if (st == STORE_OK)
		reply_json(c, 200, org_json(&o));
	else
		reply_store(c, st, "such organization");
}

const struct endpoint endpoint_org_get = {
	.rights = RIGHT_READ | RIGHT_SOURCE_READ | RIGHT_UPLOAD,
	.handle = org_get,
};

/*--------------------------------------------------------------------*/

static json_t *
key_json(const struct store_key *k)
{
	return (json_pack("{s:s, s:s, s:o, s:o}", "id", k->id, "comment",
	    k->comment, "roles", rights_json(k->rights), "created",
	    json_date(k->created_ms)));
}

static void
key_new_done(struct store_job *job)
{
	struct store_key_new *op = (struct store_key_new *)job;
	struct call *c = job->arg;
	json_t *o;

	if (job->status == STORE_OK || job->status == STORE_CREATED) {
		o = key_json(&op->key);
		(void)json_object_set_new(o, "api_key",
		    json_string(op->secret));
		reply_json(c, 201, o);
	} else
		reply_store(c, job->status, "such organization");
	call_release(c);
	explicit_bzero(op->secret, sizeof op->secret);
	free(op);
}

static void
key_new(struct call *c)
{
	static const char *const fields[] = { "comment", "roles", NULL };
	const json_t *body = body_object(c), *roles;
	struct store_key_new *op;
	const char *comment, *bad = "";
	unsigned rights = RIGHT_WRITE;

	if (body == NULL || !body_only(c, body, fields) ||
	    (comment = body_text_or(c, body, "comment",
	    sizeof op->key.comment - 1, "")) == NULL)
		return;
	roles = json_object_get(body, "roles");
	if (roles != NULL && (rights = rights_parse(roles, &bad)) == 0) {
		reply_error(c, 400, "roles: must be an array of role names; "
		    "\"%s\" is none.", bad);
		return;
	}
	op = calloc(1, sizeof *op);
	if (op == NULL) {
		reply_store(c, STORE_ERROR, "");
		return;
	}
	(void)strcpy(op->key.org, call_param(c, "organization"));
	(void)strcpy(op->key.comment, comment);
	op->key.rights = rights;
	op->job.done = key_new_done;
	op->job.arg = call_hold(c);
	store_key_new(c->api->store, op);
}

const struct endpoint endpoint_key_new = {
	.rights = RIGHT_ADMIN, .body = BODY_JSON, .handle = key_new,
};

static int
key_append(void *list, const struct store_key *k)
{
	return (json_array_append_new(list, key_json(k)));
}

static void
key_list(struct call *c)
{
	json_t *list = json_array();
	enum store_status st;

	st = store_key_each(c->api->store, call_param(c, "organization"),
	    key_append, list);
	if (st != STORE_OK) {
		json_decref(list);
		reply_store(c, st, "such organization");
		return;
	}
	reply_json(c, 200, json_pack("{s:I, s:o}", "total",
	    (json_int_t)json_array_size(list), "items", list));
}

const struct endpoint endpoint_key_list = {
	.rights = RIGHT_ADMIN, .handle = key_list,
};

static void
key_delete_done(struct store_job *job)
{
	struct call *c = job->arg;

	if (job->status == STORE_OK)
		reply_empty(c, 204);
	else
		reply_store(c, job->status, "such key");
	call_release(c);
	free(job);
}

static void
key_delete(struct call *c)
{
	struct store_key_delete *op;
	const char *id = call_param(c, "key");

	if (strlen(id) >= sizeof op->id) {
		reply_store(c, STORE_NOT_FOUND, "such key");
		return;
	}
	op = calloc(1, sizeof *op);
	if (op == NULL) {
		reply_store(c, STORE_ERROR, "");
		return;
	}
	(void)strcpy(op->org, call_param(c, "organization"));
	(void)strcpy(op->id, id);
	op->job.done = key_delete_done;
	op->job.arg = call_hold(c);
	store_key_delete(c->api->store, op);
}

const struct endpoint endpoint_key_delete = {
	.rights = RIGHT_ADMIN, .handle = key_delete,
};
