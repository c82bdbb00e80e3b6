/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * POST /sourceimages/{organization}/{hash}/aliases: all aliases that show this
 * image, or those with a prefix, with a tag, or those named, to another one; all
 * or none.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/alias.h"
#include "api/alias_body.h"
#include "api/endpoints.h"
#include "api/source.h"
#include "store/store_repoint.h"

static void
repoint_answer(struct call *c, const struct store_repoint *p)
{
	json_t *changed = json_array();
	char hex[HASH_HEX + 1];

	for (size_t i = 0; i < p->n; i++)
		(void)json_array_append_new(changed, json_string(p->names[i]));
	hash_to_hex(&p->new, hex);
	reply_json(c, 200, json_pack("{s:I, s:s, s:b, s:b, s:o}", "total",
	    (json_int_t)p->n, "hash", hex, "dryRun", (int)p->dry_run,
	    "deletedPrevious", (int)(p->delete_previous && !p->dry_run),
	    "changed", changed));
}

static void
repoint_refuse(struct call *c, const struct store_repoint *p)
{
	switch (p->why) {
	case REPOINT_MANY:
		reply_error(c, 400, "More than %d aliases point at the image; "
		    "select fewer by prefix, tag or only.",
		    STORE_REPOINT_MAX);
		return;
	case REPOINT_SAME:
		reply_error(c, 400, "hash: is the image itself; name another "
		    "one.");
		return;
	case REPOINT_NOT_SHOWN:
		reply_error(c, 409, "only: the alias \"%s\" does not point at "
		    "this image; nothing was changed.", p->alias);
		return;
	case REPOINT_SHOWN:
		reply_error(c, 409, "deletePrevious: the alias \"%s\" would "
		    "still point at the image; nothing was changed.",
		    p->alias);
		return;
	default:
		reply_store(c, STORE_PRECONDITION, "list of aliases");
	}
}

static void
repoint_done(struct store_job *job)
{
	struct store_repoint *p = CAST_OBJ(job, STORE_REPOINT_MAGIC);
	struct call *c = CAST_OBJ(job->arg, CALL_MAGIC);

	if (job->status == STORE_OK)
		repoint_answer(c, p);
	else if (job->status == STORE_PRECONDITION)
		repoint_refuse(c, p);
	else if (job->status == STORE_NOT_FOUND)
		source_refuse(c, STORE_NOT_FOUND);
	else
		reply_store(c, job->status, "list of aliases");
	store_repoint_clear(p);
	free(p->only);
	call_job_over(job);
}

static int
name_compare(const void *a, const void *b)
{
	return (strcmp(*(const char *const *)a, *(const char *const *)b));
}

/* "only", in order and each once. False after an answer. */
static bool
repoint_only(struct call *c, const json_t *body, struct store_repoint *p)
{
	const json_t *list = json_object_get(body, "only");
	size_t n = json_array_size(list), i;

	if (list == NULL)
		return (true);
	if (*p->prefix != '\0' || *p->tag != '\0' || n < 1 ||
	    n > STORE_REPOINT_MAX) {
		reply_error(c, 400, "only: must be an array of 1 to %d names, "
		    "without prefix and tag.", STORE_REPOINT_MAX);
		return (false);
	}
	p->only = calloc(n, sizeof *p->only);
	for (i = 0; i < n && p->only != NULL; i++) {
		p->only[i] = json_string_value(json_array_get(list, i));
		if (p->only[i] == NULL || !name_is_alias(p->only[i])) {
			reply_error(c, 400, "only[%zu]: must be a text of "
			    "letters, digits and underscores.", i);
			return (false);
		}
	}
	if (p->only == NULL) {
		reply_store(c, STORE_ERROR, "");
		return (false);
	}
	qsort(p->only, n, sizeof *p->only, name_compare);
	for (i = 0; i < n; i++)
		if (p->n_only == 0 ||
		    strcmp(p->only[p->n_only - 1], p->only[i]) != 0)
			p->only[p->n_only++] = p->only[i];
	return (true);
}

static bool
repoint_read(struct call *c, const json_t *body, struct store_repoint *p)
{
	static const char *const fields[] = {
		"hash", "prefix", "tag", "only", "comment", "dryRun",
		"deletePrevious", NULL
	};

	return (body_only(c, body, fields) &&
	    body_hash(c, body, "hash", &p->to) &&
	    body_choice(c, body, p->prefix, p->tag) &&
	    body_comment(c, body, &p->comment) &&
	    body_bool(c, body, "dryRun", &p->dry_run) &&
	    body_bool(c, body, "deletePrevious", &p->delete_previous) &&
	    repoint_only(c, body, p));
}

static void
alias_repoint(struct call *c)
{
	struct store_repoint how = { .n = 0 }, *p = NULL;
	const json_t *body;

	if (!source_param(c, &how.from) || (body = body_object(c)) == NULL)
		return;
	if (repoint_read(c, body, &how))
		p = call_job(c, sizeof *p, repoint_done);
	if (p == NULL) {
		free(how.only);
		return;
	}
	how.job = p->job;
	*p = how;
	text_copy(p->org, sizeof p->org, call_param(c, "organization"));
	p->purge = c->api->conf->overwrite_purges != 0;
	store_repoint(c->api->store, p);
}

const struct endpoint endpoint_alias_repoint = {
	.rights = RIGHT_SOURCE_WRITE, .body = BODY_JSON,
	.handle = alias_repoint,
};
