/* SPDX-License-Identifier: BSD-2-Clause */
/* /sourceimages/{organization}/alias/{alias} */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "api/call.h"
#include "api/endpoints.h"

static json_t *
alias_json(const struct store_alias *a)
{
	return (json_pack("{s:s, s:s, s:s, s:o, s:o}",
	    "organization", a->org, "alias", a->name, "hash", a->hash,
	    "created", json_date(a->created_ms),
	    "updated", json_date(a->updated_ms)));
}

/* Names outside the pattern do not exist: 404, as the hosted service says. */
static const char *
alias_param(struct call *c)
{
	const char *name = call_param(c, "alias");

	if (is_alias_name(name))
		return (name);
	reply_error(c, 404, "alias: the name must be 1 to %d letters, digits "
	    "or underscores.", NAME_MAX_LEN);
	return (NULL);
}

static void
alias_refuse(struct call *c, enum store_status st, const char *name)
{
	char what[NAME_MAX_LEN + 16];

	(void)snprintf(what, sizeof what, "alias \"%s\"", name);
	reply_store(c, st, what);
}

/* Its version, which If-Match and If-None-Match compare. */
static void
alias_etag(struct call *c, const struct store_alias *a)
{
	http_add_headerf(c->req, "ETag", "\"%llu\"",
	    (unsigned long long)a->seq);
}

static void
alias_put_done(struct store_job *job)
{
	struct store_alias_put *op = (struct store_alias_put *)job;
	struct call *c = job->arg;

	if (job->status == STORE_OK || job->status == STORE_CREATED) {
		alias_etag(c, &op->alias);
		reply_json(c, job->status == STORE_CREATED ? 201 : 200,
		    alias_json(&op->alias));
	} else
		alias_refuse(c, job->status, op->alias.name);
	call_job_over(job);
}

static void
alias_put(struct call *c)
{
	static const char *const fields[] = { "hash", NULL };
	struct store_alias_put *op;
	const char *name, *hash;
	const json_t *body;
	bool overwrite;

	if ((name = alias_param(c)) == NULL ||
	    !call_query_bool(c, "overwrite", &overwrite) ||
	    (body = body_object(c)) == NULL || !body_only(c, body, fields) ||
	    (hash = body_hash(c, body, "hash")) == NULL ||
	    (op = call_job(c, sizeof *op, alias_put_done)) == NULL)
		return;
	(void)strcpy(op->alias.org, call_param(c, "organization"));
	(void)strcpy(op->alias.name, name);
	(void)strcpy(op->alias.hash, hash);
	op->overwrite = overwrite;
	store_alias_put(c->api->store, op);
}

const struct endpoint endpoint_alias_put = {
	.rights = RIGHT_SOURCE_WRITE, .body = BODY_JSON, .handle = alias_put,
};

static void
alias_get(struct call *c)
{
	struct store_alias a;
	enum store_status st;
	const char *name = alias_param(c);

	if (name == NULL)
		return;
	st = store_alias_get(c->api->store, call_param(c, "organization"),
	    name, &a);
	if (st == STORE_OK) {
		alias_etag(c, &a);
		reply_json(c, 200, alias_json(&a));
	} else
		alias_refuse(c, st, name);
}

const struct endpoint endpoint_alias_get = {
	.rights = RIGHT_SOURCE_READ, .handle = alias_get,
};

static void
alias_delete_done(struct store_job *job)
{
	struct store_alias_delete *op = (struct store_alias_delete *)job;
	struct call *c = job->arg;

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

	if (name == NULL ||
	    (op = call_job(c, sizeof *op, alias_delete_done)) == NULL)
		return;
	(void)strcpy(op->org, call_param(c, "organization"));
	(void)strcpy(op->name, name);
	store_alias_delete(c->api->store, op);
}

const struct endpoint endpoint_alias_delete = {
	.rights = RIGHT_SOURCE_WRITE, .handle = alias_delete,
};
