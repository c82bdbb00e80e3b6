/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memberships, as clients of rokka know them: there are no users, so each key
 * of an organization is one, with the key's id, and without an address.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/endpoints.h"
#include "api/key_field.h"
#include "api/roles.h"
#include "store/store_org.h"

static bool
member_active(const struct store_key *k)
{
	return (k->expires_ms == 0 ||
	    k->expires_ms > (int64_t)time(NULL) * 1000);
}

static json_t *
member_json(const struct store_org *o, const struct store_key *k)
{
	return (json_pack("{s:n, s:s, s:s, s:s, s:o, s:b, s:o, s:o, s:s}",
	    "email", "user_id", k->id, "organization", o->name,
	    "organization_id", o->id, "roles", rights_json(k->rights),
	    "active", member_active(k), "created", json_date(k->created_ms),
	    "last_access", json_date_or_null(k->used_ms), "comment",
	    k->comment));
}

/* The organization of the path; false after an answer. */
static bool
member_org(struct call *c, const char *name, struct store_org *o)
{
	enum store_status st = store_org_get(c->api->store, name, o);

	if (st != STORE_OK)
		reply_store(c, st, "such organization");
	return (st == STORE_OK);
}

static void
member_reply(struct call *c, int status, const struct store_key *k,
    const char *secret)
{
	struct store_org o;
	json_t *m;

	if (!member_org(c, k->org, &o))
		return;
	m = member_json(&o, k);
	if (secret != NULL)
		(void)json_object_set_new(m, "api_key", json_string(secret));
	reply_json(c, status, m);
}

/*--------------------------------------------------------------------*/

struct members {
	unsigned	magic;
#define MEMBERS_MAGIC	0x6d656d62
	struct store_org org;
	json_t		*list;
};

static int
member_append(void *arg, const struct store_key *k)
{
	struct members *m = CAST_OBJ(arg, MEMBERS_MAGIC);

	return (json_array_append_new(m->list, member_json(&m->org, k)));
}

static void
member_list(struct call *c)
{
	struct members m = { .magic = MEMBERS_MAGIC };
	enum store_status st;

	if (!member_org(c, call_param(c, "organization"), &m.org))
		return;
	m.list = json_array();
	st = store_key_each(c->api->store, m.org.name, member_append, &m);
	if (st == STORE_OK)
		reply_json(c, 200, json_pack("{s:I, s:O}", "total",
		    (json_int_t)json_array_size(m.list), "items", m.list));
	else
		reply_store(c, st, "such organization");
	json_decref(m.list);
}

const struct endpoint endpoint_member_list = {
	.rights = RIGHT_ADMIN | RIGHT_ADMIN_READ, .handle = member_list,
};

/* Where the key of the call is a user: in its organization. */
static void
member_own(struct call *c)
{
	struct store_org o;
	json_t *m;

	if (c->key.id[0] == '\0') {
		reply_error(c, 400, "The local socket has no API key of its "
		    "own: use /organizations/{organization}/memberships.");
		return;
	}
	if (!member_org(c, c->key.org, &o))
		return;
	m = member_json(&o, &c->key);
	(void)json_object_set_new(m, "display_name",
	    json_string(o.display_name));
	reply_json(c, 200, json_pack("{s:i, s:[o]}", "total", 1, "items", m));
}

const struct endpoint endpoint_member_own = {
	.rights = RIGHTS_ANY, .handle = member_own,
};

static void
member_get(struct call *c)
{
	struct store_key k;
	enum store_status st;

	st = store_key_find(c->api->store, call_param(c, "user"), &k);
	if (st == STORE_OK && strcmp(k.org,
	    call_param(c, "organization")) != 0)
		st = STORE_NOT_FOUND;
	if (st == STORE_OK)
		member_reply(c, 200, &k, NULL);
	else
		reply_store(c, st, "such member");
}

const struct endpoint endpoint_member_get = {
	.rights = RIGHT_ADMIN | RIGHT_ADMIN_READ, .handle = member_get,
};

/*--------------------------------------------------------------------*/

static void
member_new_done(struct store_job *job)
{
	struct store_key_new *op = CAST_OBJ(job, STORE_KEY_NEW_MAGIC);

	if (job->status == STORE_OK || job->status == STORE_CREATED)
		member_reply(job->arg, 201, &op->key, op->secret);
	else
		reply_store(job->arg, job->status, "such organization");
	explicit_bzero(op->secret, sizeof op->secret);
	call_job_over(job);
}

/* "roles", or "role" alone: false after an answer 400. */
static bool
member_roles(struct call *c, const json_t *body, unsigned *rights)
{
	const json_t *roles = json_object_get(body, "roles");
	const json_t *role = json_object_get(body, "role");
	json_t *list = json_is_string(role) ? json_pack("[O]", role) : NULL;
	bool good = false;

	if (roles != NULL && role != NULL)
		reply_error(c, 400, "role: give either role or roles, not "
		    "both.");
	else
		good = key_roles(c, roles != NULL ? roles : list, rights);
	json_decref(list);
	return (good);
}

/* The object of "api_key", which may be missing: NULL after an answer 400. */
static const json_t *
member_key(struct call *c, const json_t *body)
{
	static const char *const fields[] = { "comment", KEY_LIMITS, NULL };
	const json_t *key = json_object_get(body, "api_key");

	if (key == NULL || json_is_null(key))
		return (body);
	if (!json_is_object(key)) {
		reply_error(c, 400, "api_key: must be an object.");
		return (NULL);
	}
	return (body_only(c, key, fields) ? key : NULL);
}

static void
member_new(struct call *c)
{
	static const char *const fields[] = {
		"roles", "role", "comment", "api_key", NULL
	};
	const json_t *body, *key;
	const char *comment, *other;
	struct store_key_new *op;
	struct key_limits l;
	unsigned rights;

	if ((body = body_object(c)) == NULL || !body_only(c, body, fields) ||
	    !member_roles(c, body, &rights) ||
	    (key = member_key(c, body)) == NULL ||
	    (other = body_text_or(c, key, "comment",
	    sizeof op->key.comment - 1, "")) == NULL ||
	    (comment = body_text_or(c, body, "comment",
	    sizeof op->key.comment - 1, other)) == NULL ||
	    !key_limits(c, key, &l) ||
	    (op = call_job(c, sizeof *op, member_new_done)) == NULL)
		return;
	text_copy(op->key.org, sizeof op->key.org,
	    call_param(c, "organization"));
	text_copy(op->key.comment, sizeof op->key.comment, comment);
	key_new_limits(&op->key, &l);
	op->key.rights = rights;
	store_key_new(c->api->store, op);
}

const struct endpoint endpoint_member_new = {
	.rights = RIGHT_ADMIN, .body = BODY_JSON, .handle = member_new,
};

/*--------------------------------------------------------------------*/

struct member_edit {
	struct store_key_edit	edit;
	char			comment[256];
};

static void
member_last(struct call *c)
{
	reply_error(c, 409, "The organization would be without an admin; make "
	    "another member one first.");
}

static void
member_put_done(struct store_job *job)
{
	struct member_edit *op = CAST_OBJ(job, STORE_KEY_EDIT_MAGIC);

	if (job->status == STORE_LOCKED)
		member_last(job->arg);
	else if (job->status != STORE_OK)
		reply_store(job->arg, job->status, "such member; POST to "
		    "/organizations/{organization}/memberships makes one");
	else if (op->edit.changed)
		member_reply(job->arg, 200, &op->edit.key, NULL);
	else
		reply_empty(job->arg, 204);
	call_job_over(job);
}

static void
member_put(struct call *c)
{
	static const char *const fields[] = {
		"roles", "role", "comment", NULL
	};
	const char *id = call_param(c, "user"), *comment;
	const json_t *body;
	struct member_edit *op;
	unsigned rights;

	if ((body = body_object(c)) == NULL || !body_only(c, body, fields) ||
	    !member_roles(c, body, &rights))
		return;
	comment = body_text_or(c, body, "comment", sizeof op->comment - 1, "");
	if (comment == NULL ||
	    (op = call_job(c, sizeof *op, member_put_done)) == NULL)
		return;
	text_copy(op->edit.key.org, sizeof op->edit.key.org,
	    call_param(c, "organization"));
	/* One that is too long is nobody's, cut or not. */
	text_copy(op->edit.key.id, sizeof op->edit.key.id,
	    strlen(id) < sizeof op->edit.key.id ? id : "");
	if (json_is_string(json_object_get(body, "comment"))) {
		text_copy(op->comment, sizeof op->comment, comment);
		op->edit.comment = op->comment;
	}
	op->edit.rights = rights;
	op->edit.expires_ms = -1;
	store_key_edit(c->api->store, &op->edit);
}

const struct endpoint endpoint_member_put = {
	.rights = RIGHT_ADMIN, .body = BODY_JSON, .handle = member_put,
};

static void
member_delete_done(struct store_job *job)
{
	if (job->status == STORE_OK)
		reply_empty(job->arg, 204);
	else if (job->status == STORE_LOCKED)
		member_last(job->arg);
	else
		reply_store(job->arg, job->status, "such member");
	call_job_over(job);
}

static void
member_delete(struct call *c)
{
	const char *id = call_param(c, "user");
	struct store_key_delete *op;

	if (strcmp(id, c->key.id) == 0) {
		reply_error(c, 409, "user: the key of this call cannot delete "
		    "itself.");
		return;
	}
	op = call_job(c, sizeof *op, member_delete_done);
	if (op == NULL)
		return;
	text_copy(op->org, sizeof op->org, call_param(c, "organization"));
	text_copy(op->id, sizeof op->id, strlen(id) < sizeof op->id ? id : "");
	op->not_last = true;
	store_key_delete(c->api->store, op);
}

const struct endpoint endpoint_member_delete = {
	.rights = RIGHT_ADMIN, .handle = member_delete,
};
