/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /organizations/{organization}/signing_keys: rotation. A new key signs from
 * now on, those before verify until they are removed or end.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/endpoints.h"
#include "api/org.h"
#include "store/store_org.h"

static json_t *
sign_key_json(const struct store_sign_key *k)
{
	return (json_pack("{s:I, s:s, s:o, s:o, s:o}", "id",
	    (json_int_t)k->id, "key", k->key, "created",
	    json_date(k->created_ms), "expires", json_date_or_null(
	    k->expires_ms), "accessed", json_date_or_null(k->used_ms)));
}

/* A signing key opens every protected picture. */
json_t *
org_signing_keys(const struct call *c, const char *org)
{
	json_t *list = json_array();
	struct store_sign_keys keys;

	if ((c->rights & RIGHT_DOWNLOAD_PROTECTED) == 0 ||
	    store_sign_keys(c->api->store, org, &keys) != STORE_OK)
		return (list);
	for (unsigned i = 0; i < keys.n; i++)
		(void)json_array_append_new(list, sign_key_json(&keys.key[i]));
	explicit_bzero(&keys, sizeof keys);
	return (list);
}

static void
sign_change_done(struct store_job *job)
{
	struct store_sign_change *op = CAST_OBJ(job, STORE_SIGN_CHANGE_MAGIC);
	struct call *c = CAST_OBJ(job->arg, CALL_MAGIC);

	switch (job->status) {
	case STORE_OK:
	case STORE_CREATED:
		if (strcmp(http_method(c->req), "DELETE") == 0)
			reply_empty(c, 204);
		else
			reply_json(c, job->status == STORE_OK ? 200 : 201,
			    sign_key_json(&op->key));
		break;
	case STORE_LIMIT:
		reply_error(c, 409, "There may be at most %d signing keys; "
		    "delete one first.", SIGN_KEYS_MAX);
		break;
	case STORE_LOCKED:
		reply_error(c, 409, "No signing key without an end would "
		    "be left; create one first.");
		break;
	default:
		reply_store(c, job->status, "such signing key");
	}
	explicit_bzero(&op->key, sizeof op->key);
	call_job_over(job);
}

/* With the id of the path, if there is one. NULL after an answer. */
static struct store_sign_change *
sign_change(struct call *c, int64_t expires_ms)
{
	const char *id = call_param(c, "signing_key");
	struct store_sign_change *op;

	if (strlen(id) > 18 || strspn(id, "0123456789") != strlen(id)) {
		reply_store(c, STORE_NOT_FOUND, "such signing key");
		return (NULL);
	}
	op = call_job(c, sizeof *op, sign_change_done);
	if (op == NULL)
		return (NULL);
	text_copy(op->org, sizeof op->org, call_param(c, "organization"));
	op->key.id = strtoll(id, NULL, 10);
	op->key.expires_ms = expires_ms;
	return (op);
}

static void
sign_key_list(struct call *c)
{
	json_t *list = org_signing_keys(c, call_param(c, "organization"));

	reply_json(c, 200, json_pack("{s:I, s:o}", "total",
	    (json_int_t)json_array_size(list), "items", list));
}

const struct endpoint endpoint_sign_key_list = {
	.rights = RIGHT_ADMIN | RIGHT_DOWNLOAD_PROTECTED,
	.handle = sign_key_list,
};

/* {"expires": a date, or null}; *must*: it has to be there. */
static bool
sign_expires(struct call *c, bool must, int64_t *ms)
{
	static const char *const fields[] = { "expires", NULL };
	const json_t *body;

	*ms = 0;
	if (c->body == NULL && !must)
		return (true);
	if ((body = body_object(c)) == NULL || !body_only(c, body, fields))
		return (false);
	if (must && json_object_get(body, "expires") == NULL) {
		reply_error(c, 400, "expires: the field is missing.");
		return (false);
	}
	return (body_expires(c, body, "expires", ms));
}

static void
sign_key_new(struct call *c)
{
	struct store_sign_change *op;
	int64_t ms;

	if (!sign_expires(c, false, &ms) || (op = sign_change(c, ms)) == NULL)
		return;
	store_sign_new(c->api->store, op);
}

const struct endpoint endpoint_sign_key_new = {
	.rights = RIGHT_ADMIN, .body = BODY_JSON, .handle = sign_key_new,
};

static void
sign_key_edit(struct call *c)
{
	struct store_sign_change *op;
	int64_t ms;

	if (!sign_expires(c, true, &ms) || (op = sign_change(c, ms)) == NULL)
		return;
	store_sign_expire(c->api->store, op);
}

const struct endpoint endpoint_sign_key_edit = {
	.rights = RIGHT_ADMIN, .body = BODY_JSON, .handle = sign_key_edit,
};

static void
sign_key_delete(struct call *c)
{
	struct store_sign_change *op = sign_change(c, 0);

	if (op != NULL)
		store_sign_delete(c->api->store, op);
}

const struct endpoint endpoint_sign_key_delete = {
	.rights = RIGHT_ADMIN, .handle = sign_key_delete,
};
