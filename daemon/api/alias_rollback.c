/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * POST /sourceimages/{organization}/alias/{alias}/rollback: back to what the
 * alias pointed at some changes ago ("steps"), to an image that it pointed at
 * ("to"), or to what it was at a moment ("at").
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "api/alias.h"
#include "api/endpoints.h"
#include "api/alias_body.h"

#define STEPS_MAX	1000

static void
rollback_answer(struct call *c, const struct store_alias_rollback *p)
{
	char hex[HASH_HEX + 1];
	json_t *o;

	hash_to_hex(&p->from, hex);
	alias_etag(c, &p->alias);
	o = alias_json(c->api->store, &p->alias);
	(void)json_object_set_new(o, "rolled_back_from",
	    hash_is_none(&p->from) ? json_null() : json_string(hex));
	reply_json(c, p->job.status == STORE_CREATED ? 201 : 200, o);
}

static void
rollback_done(struct store_job *job)
{
	struct store_alias_rollback *p =
	    CAST_OBJ(job, STORE_ALIAS_ROLLBACK_MAGIC);
	struct call *c = CAST_OBJ(job->arg, CALL_MAGIC);

	if (job->status == STORE_OK || job->status == STORE_CREATED)
		rollback_answer(c, p);
	else if (job->status == STORE_NOT_FOUND)
		reply_error(c, 404, "The history of alias \"%s\" has no such "
		    "state.", p->alias.name);
	else if (job->status == STORE_AMBIGUOUS)
		reply_error(c, 400, "to: the alias pointed at several images "
		    "whose hashes begin so; give more digits.");
	else if (!rollback_refuse(c, &p->refusal, job->status))
		alias_refuse(c, job->status, p->alias.name);
	call_job_over(job);
}

/* Exactly one of the three ways; false after an answer 400. */
static bool
rollback_where(struct call *c, const json_t *body,
    struct store_alias_rollback *p)
{
	const json_t *steps = json_object_get(body, "steps");
	bool to = json_object_get(body, "to") != NULL;
	bool at = json_object_get(body, "at") != NULL;

	if ((steps != NULL) + to + at != 1) {
		reply_error(c, 400, "steps, to, at: exactly one of them must "
		    "be given.");
		return (false);
	}
	if (to)
		return (body_hash(c, body, "to", &p->to));
	if (at)
		return (body_moment(c, body, "at", &p->at_ms));
	if (json_integer_value(steps) < 1 ||
	    json_integer_value(steps) > STEPS_MAX) {
		reply_error(c, 400, "steps: must be a number from 1 to %d.",
		    STEPS_MAX);
		return (false);
	}
	p->steps = (unsigned)json_integer_value(steps);
	return (true);
}

static void
alias_rollback(struct call *c)
{
	static const char *const fields[] = {
		"steps", "to", "at", "comment", "restore", NULL
	};
	struct store_alias_rollback how = { .steps = 0 }, *p;
	const char *name = alias_param(c), *match;
	const json_t *body = name != NULL ? body_object(c) : NULL;

	if (body == NULL || !body_only(c, body, fields) ||
	    !rollback_where(c, body, &how) ||
	    !body_comment(c, body, &how.comment) ||
	    !body_bool(c, body, "restore", &how.restore) ||
	    (p = call_job(c, sizeof *p, rollback_done)) == NULL)
		return;
	how.job = p->job;
	*p = how;
	text_copy(p->alias.org, sizeof p->alias.org,
	    call_param(c, "organization"));
	text_copy(p->alias.name, sizeof p->alias.name, name);
	p->purge = c->api->conf->overwrite_purges != 0;
	match = http_header(c->req, "If-Match");
	if (match != NULL && strcmp(match, "*") == 0)
		p->if_exists = true;
	else if (match != NULL)
		p->if_match = alias_match(c, name, match);
	store_alias_rollback(c->api->store, p);
}

const struct endpoint endpoint_alias_rollback = {
	.rights = RIGHT_SOURCE_WRITE, .body = BODY_JSON,
	.handle = alias_rollback,
};
