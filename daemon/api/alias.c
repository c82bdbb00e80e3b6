/* SPDX-License-Identifier: BSD-2-Clause */
/* /sourceimages/{organization}/alias/{alias} */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "api/alias.h"
#include "api/alias_note.h"
#include "api/endpoints.h"
#include "etag.h"
#include "store/store_alias.h"

static int
alias_add_texts(void *o, const struct store_alias *a)
{
	(void)json_object_set_new(o, "description",
	    a->description != NULL ? json_string(a->description) :
	    json_null());
	(void)json_object_set_new(o, "tags", alias_tags_json(a->tags));
	return (0);
}

json_t *
alias_json(struct store *st, const struct store_alias *a)
{
	char hex[HASH_HEX + 1];
	json_t *o;

	hash_to_hex(&a->hash, hex);
	o = json_pack("{s:s, s:s, s:s, s:o, s:o}",
	    "organization", a->org, "alias", a->name, "hash", hex,
	    "created", json_date(a->created_ms),
	    "updated", json_date(a->updated_ms));
	/* It may be gone by now, and then has none. */
	if (!a->described || a->description != NULL || a->tags != NULL ||
	    store_alias_show(st, a->org, a->name, alias_add_texts, o) !=
	    STORE_OK)
		(void)alias_add_texts(o, a);
	return (o);
}

/* Names outside the pattern do not exist: 404, as the hosted service says. */
const char *
alias_param(struct call *c)
{
	const char *name = call_param(c, "alias");

	if (name_is_alias(name))
		return (name);
	reply_error(c, 404, "alias: the name must be 1 to %d letters, digits "
	    "or underscores.", NAME_MAX_LEN);
	return (NULL);
}

void
alias_refuse(struct call *c, enum store_status st, const char *name)
{
	char what[NAME_MAX_LEN + 16];

	(void)snprintf(what, sizeof what, "alias \"%s\"", name);
	reply_store(c, st, what);
}

#define TAG_LEN	24

/* The version of an alias as an entity tag. */
static void
alias_tag(const struct store_alias *a, char tag[TAG_LEN])
{
	(void)snprintf(tag, TAG_LEN, "\"%llu\"", (unsigned long long)a->seq);
}

void
alias_etag(struct call *c, const struct store_alias *a)
{
	char tag[TAG_LEN];

	alias_tag(a, tag);
	http_add_header(c->req, "ETag", tag);
}

uint64_t
alias_match(struct call *c, const char *name, const char *list)
{
	struct store_alias a;
	char tag[TAG_LEN];

	if (store_alias_get(c->api->store, call_param(c, "organization"), name,
	    &a) != STORE_OK)
		return (UINT64_MAX);
	alias_tag(&a, tag);
	return (etag_listed(list, tag, ETAG_STRONG) ? a.seq : UINT64_MAX);
}

static bool
alias_condition_good(struct call *c)
{
	const char *none = http_header(c->req, "If-None-Match");

	if (none == NULL || strcmp(none, "*") == 0)
		return (true);
	reply_error(c, 400, "If-None-Match: must be \"*\" here.");
	return (false);
}

/* The conditions of RFC 9110; they say more than overwrite=true does. */
static void
alias_conditions(struct call *c, struct store_alias_put *op)
{
	const char *match = http_header(c->req, "If-Match");
	const char *none = http_header(c->req, "If-None-Match");

	if (match != NULL) {
		op->overwrite = true;
		if (strcmp(match, "*") == 0)
			op->if_exists = true;
		else
			op->if_match = alias_match(c, op->alias.name, match);
	}
	if (none != NULL)
		op->if_absent = true;
}

static void
alias_put_done(struct store_job *job)
{
	struct store_alias_put *op = CAST_OBJ(job, STORE_ALIAS_PUT_MAGIC);
	struct call *c = CAST_OBJ(job->arg, CALL_MAGIC);

	if (job->status == STORE_OK || job->status == STORE_CREATED) {
		alias_etag(c, &op->alias);
		reply_json(c, job->status == STORE_CREATED ? 201 : 200,
		    alias_json(c->api->store, &op->alias));
	} else
		alias_refuse(c, job->status, op->alias.name);
	call_job_over(job);
}

static bool
alias_note(struct call *c, struct store_alias_note *note)
{
	const char *why = alias_note_read(c->body, note);

	if (why != NULL)
		reply_error(c, 400, "%s.", why);
	return (why == NULL);
}

static void
alias_put(struct call *c)
{
	static const char *const fields[] = {
		"hash", "comment", "description", "tags", NULL
	};
	struct store_alias_note note = { .comment = NULL };
	struct store_alias_put *op;
	struct hash_prefix hash;
	const char *name;
	const json_t *body;
	bool overwrite;

	if ((name = alias_param(c)) == NULL || !alias_condition_good(c) ||
	    !call_query_bool(c, "overwrite", &overwrite) ||
	    (body = body_object(c)) == NULL || !body_only(c, body, fields) ||
	    !body_hash(c, body, "hash", &hash) || !alias_note(c, &note) ||
	    (op = call_job(c, sizeof *op, alias_put_done)) == NULL)
		return;
	text_copy(op->alias.org, sizeof op->alias.org,
	    call_param(c, "organization"));
	text_copy(op->alias.name, sizeof op->alias.name, name);
	op->target = hash;
	op->note = note;
	op->overwrite = overwrite;
	op->purge = c->api->conf->overwrite_purges != 0;
	alias_conditions(c, op);
	store_alias_put(c->api->store, op);
}

const struct endpoint endpoint_alias_put = {
	.rights = RIGHT_SOURCE_WRITE, .body = BODY_JSON, .handle = alias_put,
};

static void
alias_get_at(struct call *c, const char *name, int64_t at_ms)
{
	enum store_status st;
	json_t *answer;

	st = alias_at_time(c, name, at_ms, &answer);
	if (st == STORE_OK)
		reply_json(c, 200, answer);
	else
		alias_refuse(c, st, name);
}

static void
alias_get(struct call *c)
{
	struct store_alias a;
	enum store_status st;
	const char *name = alias_param(c), *have;
	char tag[TAG_LEN];
	int64_t at_ms;

	if (name == NULL || !call_query_date(c, "at", 0, &at_ms))
		return;
	if (at_ms != 0) {
		alias_get_at(c, name, at_ms);
		return;
	}
	st = store_alias_get(c->api->store, call_param(c, "organization"),
	    name, &a);
	if (st != STORE_OK) {
		alias_refuse(c, st, name);
		return;
	}
	alias_etag(c, &a);
	alias_tag(&a, tag);
	have = http_header(c->req, "If-None-Match");
	if (have != NULL && etag_listed(have, tag, ETAG_WEAK))
		reply_empty(c, 304);
	else
		reply_json(c, 200, alias_json(c->api->store, &a));
}

const struct endpoint endpoint_alias_get = {
	.rights = RIGHT_SOURCE_READ, .handle = alias_get,
};

static void
alias_delete_done(struct store_job *job)
{
	struct store_alias_delete *op = CAST_OBJ(job, STORE_ALIAS_DELETE_MAGIC);
	struct call *c = CAST_OBJ(job->arg, CALL_MAGIC);

	if (job->status == STORE_OK)
		reply_empty(c, 204);
	else
		alias_refuse(c, job->status, op->name);
	call_job_over(job);
}

static void
alias_delete(struct call *c)
{
	struct store_alias_delete *op;
	const char *name = alias_param(c);
	const char *match = http_header(c->req, "If-Match");

	if (name == NULL || (strcmp(name, "cache") == 0 && purge_aliases(c)) ||
	    (op = call_job(c, sizeof *op, alias_delete_done)) == NULL)
		return;
	text_copy(op->org, sizeof op->org, call_param(c, "organization"));
	text_copy(op->name, sizeof op->name, name);
	if (match != NULL && strcmp(match, "*") != 0)
		op->if_match = alias_match(c, name, match);
	store_alias_delete(c->api->store, op);
}

const struct endpoint endpoint_alias_delete = {
	.rights = RIGHT_SOURCE_WRITE, .handle = alias_delete,
};
