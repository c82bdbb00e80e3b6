/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * POST /sourceimages/{organization}/rollback: all aliases, or those with a prefix
 * or a tag, back to what they were at a moment; all or none. What was made since
 * then is deleted, and what was deleted is made anew.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "api/alias.h"
#include "api/endpoints.h"
#include "api/alias_body.h"

struct many {
	struct store_rollback	op;
	unsigned		magic;
#define MANY_MAGIC		0x88d0c7f1
	bool			dry_run;
};

/* Of its job, as a read and as a write. */
static struct many *
many_of(struct store_job *job, unsigned magic)
{
	struct many *m = CAST_OBJ(job, magic);

	CHECK_OBJ(m, MANY_MAGIC);
	return (m);
}

static json_t *
hash_or_null(const struct hash *h)
{
	char hex[HASH_HEX + 1];

	hash_to_hex(h, hex);
	return (hash_is_none(h) ? json_null() : json_string(hex));
}

static void
many_answer(struct call *c, const struct many *m)
{
	json_t *items = json_array();

	for (size_t i = 0; i < m->op.n; i++) {
		const struct store_rolled *r = &m->op.rolled[i];

		(void)json_array_append_new(items, json_pack(
		    "{s:s, s:o, s:o, s:b}", "alias", r->name,
		    "hash", hash_or_null(&r->to), "rolled_back_from",
		    hash_or_null(&r->from), "deleted",
		    (int)(r->deleted && m->dry_run)));
	}
	reply_json(c, 200, json_pack("{s:I, s:b, s:o}", "total",
	    (json_int_t)m->op.n, "dryRun", (int)m->dry_run, "items", items));
}

static void
many_over(struct many *m)
{
	store_rollback_clear(&m->op);
	call_job_over(&m->op.read.job);
}

static void
many_refuse(struct call *c, const struct many *m, enum store_status st)
{
	if (!rollback_refuse(c, &m->op.refusal, st))
		reply_store(c, st, "rollback");
}

static void
many_end(struct call *c, struct many *m, enum store_status st)
{

	if (st == STORE_OK)
		many_answer(c, m);
	else
		many_refuse(c, m, st);
	many_over(m);
}

static void
many_done(struct store_job *job)
{

	many_end(CAST_OBJ(job->arg, CALL_MAGIC),
	    many_of(job, STORE_ROLLBACK_JOB_MAGIC), job->status);
}

static void
many_looked(struct store_job *job)
{
	struct many *m = many_of(job, STORE_READ_MAGIC);
	struct call *c = CAST_OBJ(job->arg, CALL_MAGIC);

	if (job->status == STORE_OK && !m->dry_run) {
		job->done = many_done;
		store_rollback(c->api->store, &m->op);
	} else
		many_end(c, m, job->status);
}

static void
rollback_many(struct call *c)
{
	static const char *const fields[] = {
		"at", "prefix", "tag", "comment", "restore", "dryRun", NULL
	};
	struct many how = { .magic = MANY_MAGIC }, *m;
	const json_t *body = body_object(c);

	if (body == NULL || !body_only(c, body, fields) ||
	    !body_moment(c, body, "at", &how.op.at_ms) ||
	    !body_choice(c, body, how.op.prefix, how.op.tag) ||
	    !body_comment(c, body, &how.op.comment) ||
	    !body_bool(c, body, "restore", &how.op.restore) ||
	    !body_bool(c, body, "dryRun", &how.dry_run) ||
	    (m = call_job(c, sizeof *m, many_looked)) == NULL)
		return;
	how.op.read.job = m->op.read.job;
	*m = how;
	text_copy(m->op.org, sizeof m->op.org, call_param(c, "organization"));
	m->op.purge = c->api->conf->overwrite_purges != 0;
	store_rollback_look(c->api->store, &m->op);
}

const struct endpoint endpoint_rollback_many = {
	.rights = RIGHT_SOURCE_WRITE, .body = BODY_JSON,
	.handle = rollback_many,
};
