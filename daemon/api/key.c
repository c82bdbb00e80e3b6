/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * API keys: /organizations/{organization}/keys, and the same by the paths that
 * the clients know, /user and /user/apikeys, where the organization is that of
 * the caller's key.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/endpoints.h"
#include "api/key_field.h"
#include "api/roles.h"
#include "store/store_org.h"

/* The path's organization, or the key's; NULL after an answer. */
static const char *
key_org(struct call *c)
{
	const char *org = route_param(&c->match, "organization");

	if (org != NULL)
		return (org);
	if (c->key.org[0] != '\0')
		return (c->key.org);
	reply_error(c, 400, "The local socket has no API key of its own: use "
	    "/organizations/{organization}/keys.");
	return (NULL);
}

static void
key_new_done(struct store_job *job)
{
	struct store_key_new *op = CAST_OBJ(job, STORE_KEY_NEW_MAGIC);
	struct call *c = CAST_OBJ(job->arg, CALL_MAGIC);
	json_t *o;

	if (job->status == STORE_OK || job->status == STORE_CREATED) {
		o = key_json(&op->key);
		(void)json_object_set_new(o, "api_key",
		    json_string(op->secret));
		reply_json(c, 201, o);
	} else
		reply_store(c, job->status, "such organization");
	explicit_bzero(op->secret, sizeof op->secret);
	call_job_over(job);
}

/* Without roles a new key gets those of its maker, locally those of "write". */
static bool
key_new_roles(struct call *c, const json_t *body, unsigned *rights)
{
	const json_t *roles = json_object_get(body, "roles");

	*rights = c->key.id[0] != '\0' ? c->key.rights : RIGHT_WRITE;
	return (roles == NULL || key_roles(c, roles, rights));
}

static void
key_new(struct call *c)
{
	static const char *const fields[] = {
		"comment", "roles", KEY_LIMITS, NULL
	};
	const char *org = key_org(c), *comment;
	const json_t *body;
	struct store_key_new *op;
	struct key_limits l;
	unsigned rights;

	if (org == NULL || (body = body_object(c)) == NULL ||
	    !body_only(c, body, fields) ||
	    (comment = body_text_or(c, body, "comment",
	    sizeof op->key.comment - 1, "")) == NULL ||
	    !key_new_roles(c, body, &rights) || !key_limits(c, body, &l) ||
	    (op = call_job(c, sizeof *op, key_new_done)) == NULL)
		return;
	text_copy(op->key.org, sizeof op->key.org, org);
	text_copy(op->key.comment, sizeof op->key.comment, comment);
	key_new_limits(&op->key, &l);
	op->key.rights = rights;
	store_key_new(c->api->store, op);
}

const struct endpoint endpoint_key_new = {
	.rights = RIGHT_ADMIN, .body = BODY_JSON, .handle = key_new,
};
const struct endpoint endpoint_user_key_new = {
	.rights = RIGHT_ADMIN, .body = BODY_JSON, .handle = key_new,
};

/*--------------------------------------------------------------------*/

static int
key_append(void *list, const struct store_key *k)
{
	return (json_array_append_new(list, key_json(k)));
}

static json_t *
key_collect(struct call *c, const char *org)
{
	json_t *list = json_array();
	enum store_status st;

	st = store_key_each(c->api->store, org, key_append, list);
	if (st == STORE_OK)
		return (list);
	json_decref(list);
	reply_store(c, st, "such organization");
	return (NULL);
}

static void
key_list(struct call *c)
{
	json_t *list = key_collect(c, call_param(c, "organization"));

	if (list != NULL)
		reply_json(c, 200, json_pack("{s:I, s:o}", "total",
		    (json_int_t)json_array_size(list), "items", list));
}

const struct endpoint endpoint_key_list = {
	.rights = RIGHT_ADMIN | RIGHT_ADMIN_READ, .handle = key_list,
};

static void
user_key_list(struct call *c)
{
	const char *org = key_org(c);
	json_t *list = org != NULL ? key_collect(c, org) : NULL;

	if (list != NULL)
		reply_json(c, 200, list);
}

const struct endpoint endpoint_user_key_list = {
	.rights = RIGHT_ADMIN | RIGHT_ADMIN_READ, .handle = user_key_list,
};

static void
user_key_current(struct call *c)
{
	if (key_org(c) != NULL)
		reply_json(c, 200, key_json(&c->key));
}

const struct endpoint endpoint_user_key_current = {
	.rights = RIGHTS_ANY, .handle = user_key_current,
};

/*
 * A key is a user of its organization. Who may not list the keys gets the id
 * alone.
 */
static void
user_get(struct call *c)
{
	json_t *user, *list;

	if (key_org(c) == NULL)
		return;
	user = json_pack("{s:s}", "user_id", c->key.id);
	if ((c->rights & (RIGHT_ADMIN | RIGHT_ADMIN_READ)) != 0) {
		list = key_collect(c, c->key.org);
		if (list == NULL) {
			json_decref(user);
			return;
		}
		(void)json_object_set_new(user, "email", json_null());
		(void)json_object_set_new(user, "api_keys", list);
	}
	reply_json(c, 200, user);
}

const struct endpoint endpoint_user_get = {
	.rights = RIGHTS_ANY, .handle = user_get,
};

/*--------------------------------------------------------------------*/

static void
key_delete_done(struct store_job *job)
{
	if (job->status == STORE_OK)
		reply_empty(job->arg, 204);
	else
		reply_store(job->arg, job->status, "such key");
	call_job_over(job);
}

static void
key_delete(struct call *c)
{
	const char *id = call_param(c, "key"), *org = key_org(c);
	struct store_key_delete *op;

	if (org == NULL)
		return;
	if (strlen(id) >= sizeof op->id) {
		reply_store(c, STORE_NOT_FOUND, "such key");
		return;
	}
	/* A client with only this key could not undo it. */
	if (strcmp(id, c->key.id) == 0) {
		reply_error(c, 400, "key: the key of this call cannot delete "
		    "itself.");
		return;
	}
	op = call_job(c, sizeof *op, key_delete_done);
	if (op == NULL)
		return;
	text_copy(op->org, sizeof op->org, org);
	text_copy(op->id, sizeof op->id, id);
	store_key_delete(c->api->store, op);
}

const struct endpoint endpoint_key_delete = {
	.rights = RIGHT_ADMIN, .handle = key_delete,
};
const struct endpoint endpoint_user_key_delete = {
	.rights = RIGHT_ADMIN, .handle = key_delete,
};

/*--------------------------------------------------------------------*/

/* An edit of a key, with the texts that it refers to. */
struct key_edit {
	struct store_key_edit	edit;
	struct key_limits	limits;
	char			comment[256];
};

static void
key_edit_done(struct store_job *job)
{
	struct key_edit *op = CAST_OBJ(job, STORE_KEY_EDIT_MAGIC);

	if (job->status == STORE_OK)
		reply_json(job->arg, 200, key_json(&op->edit.key));
	else
		reply_store(job->arg, job->status, "such key");
	call_job_over(job);
}

static void
key_edit_store(struct call *c, const char *org, const char *comment,
    const struct key_limits *l)
{
	const char *id = call_param(c, "key");
	struct key_edit *op;

	if (strlen(id) >= sizeof op->edit.key.id) {
		reply_store(c, STORE_NOT_FOUND, "such key");
		return;
	}
	op = call_job(c, sizeof *op, key_edit_done);
	if (op == NULL)
		return;
	text_copy(op->edit.key.org, sizeof op->edit.key.org, org);
	text_copy(op->edit.key.id, sizeof op->edit.key.id, id);
	if (comment != NULL) {
		text_copy(op->comment, sizeof op->comment, comment);
		op->edit.comment = op->comment;
	}
	op->limits = *l;
	if (l->allowed != NULL)
		op->edit.allowed = op->limits.text;
	op->edit.expires_ms = l->expires_ms;
	store_key_edit(c->api->store, &op->edit);
}

static void
key_edit(struct call *c)
{
	static const char *const fields[] = { "comment", KEY_LIMITS, NULL };
	const char *org = key_org(c), *comment = NULL;
	const json_t *body;
	struct key_limits l;

	if (org == NULL || (body = body_object(c)) == NULL ||
	    !body_only(c, body, fields))
		return;
	if (json_object_get(body, "comment") != NULL &&
	    (comment = body_text_or(c, body, "comment",
	    sizeof ((struct key_edit *)0)->comment - 1, NULL)) == NULL)
		return;
	if (!key_limits(c, body, &l))
		return;
	/* A client with only this key could not undo it. */
	if (l.allowed != NULL && strcmp(call_param(c, "key"), c->key.id) == 0 &&
	    !key_comes_from(c, l.allowed))
		reply_error(c, 400, "allowed_ips: they would shut out the key "
		    "of this call, where it comes from.");
	else
		key_edit_store(c, org, comment, &l);
}

const struct endpoint endpoint_key_edit = {
	.rights = RIGHT_ADMIN, .body = BODY_JSON, .handle = key_edit,
};
const struct endpoint endpoint_user_key_edit = {
	.rights = RIGHT_ADMIN, .body = BODY_JSON, .handle = key_edit,
};
