/* SPDX-License-Identifier: BSD-2-Clause */
/* The three purges: DELETE of an alias's, a stack's, a source image's cache. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/call.h"
#include "api/endpoints.h"

static void
quota_headers(struct call *c, const struct store_quota *q)
{
	time_t at = (time_t)((q->retry_ms + 999) / 1000), now = time(NULL);

	if (q->limit == 0)
		return;
	http_add_headerf(c->req, "X-RateLimit-Limit", "%u", q->limit);
	http_add_headerf(c->req, "X-RateLimit-Remaining", "%u", q->remaining);
	if (q->remaining > 0)
		return;
	http_add_headerf(c->req, "X-RateLimit-Retry-After", "%lld",
	    (long long)at);
	http_add_headerf(c->req, "Retry-After", "%lld",
	    (long long)(at > now ? at - now : 1));
}

static void
reply_quota(struct call *c, const struct store_quota *q)
{
	char text[160];

	quota_headers(c, q);
	(void)snprintf(text, sizeof text, "The %u purges of an hour are used "
	    "up; refused calls do not count.", q->limit);
	reply_json(c, 429, json_pack("{s:s, s:o, s:{s:i, s:s}}",
	    "status", "too many requests",
	    "X-RateLimit-Retry-After-readable", json_date(q->retry_ms),
	    "error", "code", 429, "message", text));
}

static void
purge_done(struct store_job *job)
{
	struct store_purge *op = (struct store_purge *)job;
	struct call *c = job->arg;
	json_t *sources;

	switch (job->status) {
	case STORE_OK:
		quota_headers(c, &op->quota);
		sources = op->sources != NULL ?
		    json_loads(op->sources, 0, NULL) : NULL;
		reply_json(c, 200, json_pack("{s:s, s:I, s:o}",
		    "status", "ok", "id", (json_int_t)op->id,
		    "items", sources != NULL ? sources : json_array()));
		break;
	case STORE_QUOTA:
		reply_quota(c, &op->quota);
		break;
	default:
		reply_store(c, job->status, "source image");
	}
	call_release(c);
	free(op->sources);
	free(op);
}

static void
purge_call(struct call *c, enum store_purge_kind kind, const char *key,
    unsigned limit)
{
	const char *org = call_param(c, "organization");
	struct store_purge *op;
	struct store_quota q;

	/* Clients repeat a refused call ten times: refuse before any work. */
	if (store_quota_get(c->api->store, org, kind, limit, &q) == STORE_OK &&
	    limit != 0 && q.remaining == 0) {
		reply_quota(c, &q);
		return;
	}
	op = calloc(1, sizeof *op);
	if (op == NULL) {
		reply_store(c, STORE_ERROR, "");
		return;
	}
	(void)strcpy(op->org, org);
	(void)strcpy(op->key, key);
	op->kind = kind;
	op->limit = limit;
	op->job.done = purge_done;
	op->job.arg = call_hold(c);
	store_purge(c->api->store, op);
}

static void
purge_alias(struct call *c)
{
	const char *name = call_param(c, "alias");

	if (!is_alias_name(name)) {
		reply_error(c, 404, "alias: the name must be 1 to %d letters, "
		    "digits or underscores.", NAME_MAX_LEN);
		return;
	}
	purge_call(c, PURGE_ALIAS, name, c->api->conf->purges_alias);
}

const struct endpoint endpoint_alias_purge = {
	.rights = RIGHT_SOURCE_WRITE, .handle = purge_alias,
};

static void
purge_stack(struct call *c)
{
	const char *name = call_param(c, "stack");

	if (strcmp(name, "*") != 0 && !is_stack_name(name)) {
		reply_error(c, 404, "stack: there is no stack \"%s\".", name);
		return;
	}
	purge_call(c, PURGE_STACK, name, c->api->conf->purges_stack);
}

const struct endpoint endpoint_stack_purge = {
	.rights = RIGHT_WRITE, .handle = purge_stack,
};

static void
purge_source(struct call *c)
{
	const char *hash = call_param(c, "hash");

	if (!is_hash(hash)) {
		reply_error(c, 404, "hash: there is no source image \"%s\".",
		    hash);
		return;
	}
	purge_call(c, PURGE_SOURCE, hash, c->api->conf->purges_source);
}

const struct endpoint endpoint_source_purge = {
	.rights = RIGHT_SOURCE_WRITE, .handle = purge_source,
};
