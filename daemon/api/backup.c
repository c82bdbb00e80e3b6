/* SPDX-License-Identifier: BSD-2-Clause */
/* POST /backup, on the local socket: a copy of all data while in use. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "api/endpoints.h"

struct backup {
	struct store_backup	op;
	char			to[4096];
};

static void
backup_done(struct store_job *job)
{
	struct backup *b = CAST_OBJ(job, STORE_BACKUP_MAGIC);
	struct call *c = CAST_OBJ(job->arg, CALL_MAGIC);

	if (job->status == STORE_OK)
		reply_json(c, 201, json_pack("{s:s, s:I}", "to", b->to,
		    "images", (json_int_t)b->op.images));
	else if (job->status == STORE_EXISTS)
		reply_error(c, 409, "to: %s", b->op.err);
	else if (job->status == STORE_FULL)
		reply_error(c, 507, "to: %s", b->op.err);
	else
		reply_error(c, 500, "to: %s", b->op.err);
	call_job_over(job);
}

static void
backup_post(struct call *c)
{
	static const char *const fields[] = { "to", NULL };
	const json_t *body = body_object(c);
	struct backup *b;
	const char *to;

	if (body == NULL || !body_only(c, body, fields) ||
	    (to = body_text(c, body, "to", sizeof b->to - 1)) == NULL)
		return;
	if (*to != '/') {
		reply_error(c, 400, "to: must be an absolute path.");
		return;
	}
	b = call_job(c, sizeof *b, backup_done);
	if (b == NULL)
		return;
	text_copy(b->to, sizeof b->to, to);
	b->op.to = b->to;
	store_backup(c->api->store, &b->op);
}

const struct endpoint endpoint_backup = {
	.rights = RIGHT_ADMIN, .seen = SEEN_LOCAL, .body = BODY_JSON,
	.handle = backup_post,
};
