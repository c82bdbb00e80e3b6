/* SPDX-License-Identifier: BSD-2-Clause */
/* The three purges: DELETE of an alias's, a stack's, a source image's cache. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/alias.h"
#include "api/alias_body.h"
#include "api/endpoints.h"
#include "api/metrics.h"
#include "api/purge_report.h"
#include "api/purge_quota.h"
#include "api/source.h"

static void
reply_quota(struct call *c, enum store_purge_kind kind,
    const struct store_quota *q)
{
	json_t *when = json_date(q->retry_ms);
	char text[160];

	metrics_purge(c->api->metrics, call_param(c, "organization"), kind,
	    false);
	purge_quota_headers(c->req, q);
	purge_quota_retry(c->req, q);
	(void)snprintf(text, sizeof text, "The %u purges of an hour are used "
	    "up; the next is free at %s. Refused calls do not count.",
	    q->limit, json_string_value(when));
	reply_json(c, 429, json_pack("{s:s, s:o, s:{s:i, s:s}}",
	    "status", "too many requests",
	    "X-RateLimit-Retry-After-readable", when,
	    "error", "code", 429, "message", text));
}

/* One pattern a thing purged, "*" being any text. */
static json_t *
purge_items(const struct store_purge *op)
{
	json_t *list = json_array();
	char hex[HASH_HEX + 1];

	if (op->kind == PURGE_STACK)
		(void)json_array_append_new(list, strcmp(op->key, "*") == 0 ?
		    json_string("/*") : json_sprintf("/%s/*", op->key));
	for (size_t i = 0; i < op->n; i++)
		(void)json_array_append_new(list,
		    json_sprintf("/*/-_%s_-*", op->names[i]));
	if (op->kind == PURGE_ALIAS && op->n == 0)
		(void)json_array_append_new(list,
		    json_sprintf("/*/-_%s_-*", op->key));
	for (size_t i = 0; i < op->nsources; i++) {
		hash_to_hex(&op->sources[i], hex);
		(void)json_array_append_new(list, json_sprintf("/*/%s*", hex));
	}
	return (list);
}

struct purge_op {
	struct store_purge	op;
	unsigned		wait;
};

static void
purge_done(struct store_job *job)
{
	struct purge_op *p = CAST_OBJ(job, STORE_PURGE_MAGIC);
	struct store_purge *op = &p->op;
	struct call *c = CAST_OBJ(job->arg, CALL_MAGIC);

	switch (job->status) {
	case STORE_OK:
		metrics_purge(c->api->metrics, op->org, op->kind, true);
		purge_quota_headers(c->req, &op->quota);
		purge_report(c, op->id, p->wait,
		    json_pack("{s:o}", "items", purge_items(op)));
		break;
	case STORE_QUOTA:
		reply_quota(c, op->kind, &op->quota);
		break;
	case STORE_PRECONDITION:
		reply_error(c, 400, "More than %d aliases have this prefix or "
		    "tag, or are variants of it; select fewer.",
		    STORE_PURGE_MAX);
		break;
	default:
		reply_store(c, job->status, op->kind == PURGE_ALIAS ?
		    "alias with this prefix or tag" : "source image");
	}
	free(op->sources);
	free(op->names);
	call_job_over(job);
}

/* ?soft=; false after an answer 400. */
static bool
purge_soft(struct call *c, enum store_purge_kind kind, bool *soft)
{
	if (!call_query_bool(c, "soft", soft))
		return (false);
	if (*soft && kind == PURGE_ALIAS) {
		reply_error(c, 400, "soft: only stacks and source images can "
		    "be purged softly; what an alias showed may be wrong.");
		return (false);
	}
	return (true);
}

/* *choice*: what else to set, or NULL. */
static void
purge_call(struct call *c, enum store_purge_kind kind, const char *key,
    const struct store_purge *choice)
{
	const char *org = call_param(c, "organization");
	struct purge_op *p;
	unsigned wait;
	bool soft;

	if (!purge_soft(c, kind, &soft) ||
	    !call_query_number(c, "wait", PURGE_WAIT_MAX, 0, &wait) ||
	    (p = call_job(c, sizeof *p, purge_done)) == NULL)
		return;
	p->wait = wait;
	text_copy(p->op.org, sizeof p->op.org, org);
	text_copy(p->op.key, sizeof p->op.key, key);
	if (choice != NULL) {
		p->op.source = choice->source;
		memcpy(p->op.prefix, choice->prefix, sizeof p->op.prefix);
		memcpy(p->op.tag, choice->tag, sizeof p->op.tag);
		p->op.variants = choice->variants;
	}
	p->op.kind = kind;
	p->op.limit = purge_quota_limit(c->api, org, kind);
	p->op.soft = soft;
	store_purge(c->api->store, &p->op);
}

static void
alias_purge(struct call *c)
{
	struct store_purge choice = { .kind = PURGE_ALIAS };
	const char *name = call_param(c, "alias");

	if (!name_is_alias(name))
		reply_error(c, 404, "alias: the name must be 1 to %d letters, "
		    "digits or underscores.", NAME_MAX_LEN);
	else if (call_query_bool(c, "variants", &choice.variants))
		purge_call(c, PURGE_ALIAS, name, &choice);
}

const struct endpoint endpoint_alias_purge = {
	.rights = RIGHT_SOURCE_WRITE, .handle = alias_purge,
};

bool
purge_aliases(struct call *c)
{
	struct store_purge choice = { .kind = PURGE_ALIAS };
	char *prefix = call_query(c, "prefix"), *tag = call_query(c, "tag");
	bool asked = prefix != NULL || tag != NULL;

	if (asked && choice_good(c, prefix, tag)) {
		text_copy(choice.prefix, sizeof choice.prefix,
		    prefix != NULL ? prefix : "");
		text_copy(choice.tag, sizeof choice.tag,
		    tag != NULL ? tag : "");
		purge_call(c, PURGE_ALIAS, "", &choice);
	}
	free(prefix);
	free(tag);
	return (asked);
}

static void
stack_purge(struct call *c)
{
	const char *name = call_param(c, "stack");

	if (strcmp(name, "*") != 0 && !name_is_stack(name)) {
		reply_error(c, 404, "stack: there is no stack \"%s\".", name);
		return;
	}
	purge_call(c, PURGE_STACK, name, NULL);
}

const struct endpoint endpoint_stack_purge = {
	.rights = RIGHT_WRITE, .handle = stack_purge,
};

static void
source_purge(struct call *c)
{
	const char *hash = call_param(c, "hash");
	struct store_purge choice = { .kind = PURGE_SOURCE };

	if (!hash_prefix_from_hex(&choice.source, hash, strlen(hash))) {
		source_refuse(c, STORE_NOT_FOUND);
		return;
	}
	purge_call(c, PURGE_SOURCE, "", &choice);
}

const struct endpoint endpoint_source_purge = {
	.rights = RIGHT_SOURCE_WRITE, .handle = source_purge,
};
