/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * POST /sourceimages/{organization}/alias: many changes in one transaction, all
 * or nothing, in their order:
 *
 *	{"changes": [{"alias": "a", "hash": "1a2b3c", "tags": ["summer"]},
 *	             {"alias": "b", "hash": null}],
 *	 "comment": "of all of them"}
 *
 * A hash of null deletes. "version", the number of an ETag, is the condition
 * that If-Match is for one; "overwrite": false the one of If-None-Match.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/alias.h"
#include "api/alias_note.h"
#include "api/endpoints.h"
#include "store/store_alias.h"

#define CHANGES_MAX	1000

struct bulk {
	struct store_alias_bulk	op;
	struct store_alias_change changes[];
};

static void
bulk_answer(struct call *c, const struct bulk *b)
{
	json_t *items = json_array();

	for (size_t i = 0; i < b->op.n; i++) {
		const struct store_alias_change *ch = &b->changes[i];

		(void)json_array_append_new(items, ch->remove ?
		    json_pack("{s:s, s:s, s:n}", "organization",
		    ch->put.alias.org, "alias", ch->put.alias.name, "hash") :
		    alias_json(c->api->store, &ch->put.alias));
	}
	reply_json(c, 200, json_pack("{s:I, s:o}", "total",
	    (json_int_t)b->op.n, "items", items));
}

static const char *
bulk_why(enum store_status st)
{
	switch (st) {
	case STORE_NOT_FOUND:
		return ("there is no such alias");
	case STORE_NO_SOURCE:
		return ("there is no such source image");
	case STORE_AMBIGUOUS:
		return ("several source images begin with this hash");
	case STORE_EXISTS:
		return ("the alias exists already");
	default:
		return ("the alias is not of this version");
	}
}

static void
bulk_refuse(struct call *c, const struct bulk *b, enum store_status st)
{
	int status = st == STORE_EXISTS ? 409 : st == STORE_PRECONDITION ?
	    412 : st == STORE_AMBIGUOUS ? 400 : 404;

	if (st == STORE_FULL || st == STORE_ERROR || st == STORE_LIMIT ||
	    st == STORE_MAP_FULL ||
	    b->op.failed >= b->op.n) {
		reply_store(c, st, "list of changes");
		return;
	}
	reply_error(c, status, "changes[%zu]: alias \"%s\": %s; nothing was "
	    "changed.", b->op.failed,
	    b->changes[b->op.failed].put.alias.name, bulk_why(st));
}

static void
bulk_done(struct store_job *job)
{
	struct bulk *b = CAST_OBJ(job, STORE_ALIAS_BULK_MAGIC);

	if (job->status == STORE_OK || job->status == STORE_CREATED)
		bulk_answer(job->arg, b);
	else
		bulk_refuse(job->arg, b, job->status);
	call_job_over(job);
}

/* The texts, and the comment of all. */
static const char *
bulk_note(json_t *in, const char *comment, struct store_alias_change *ch)
{
	const char *why = alias_note_read(in, &ch->put.note);

	ch->put.note.comment = comment;
	if (why == NULL && ch->remove && (ch->put.note.description != NULL ||
	    ch->put.note.tags != NULL))
		why = "an alias that is deleted has no description or tags";
	return (why);
}

/* Fills in *ch*; a sentence without the index when it is wrong. */
static const char *
bulk_change(json_t *in, const char *comment, struct store_alias_change *ch)
{
	static const char *const fields[] = {
		"alias", "hash", "overwrite", "version", "description", "tags",
		NULL
	};
	const json_t *name = json_object_get(in, "alias");
	const json_t *hash = json_object_get(in, "hash");
	const json_t *overwrite = json_object_get(in, "overwrite");
	const json_t *version = json_object_get(in, "version");

	if (!json_is_object(in))
		return ("must be an object");
	if (json_other(in, fields) != NULL)
		return ("may have only alias, hash, overwrite, version, "
		    "description, tags");
	if (!json_is_string(name) || !name_is_alias(json_string_value(name)))
		return ("alias: must be a text of letters, digits and _");
	if (!json_is_null(hash) && (!json_is_string(hash) ||
	    !hash_prefix_from_hex(&ch->put.target, json_string_value(hash),
	    json_string_length(hash))))
		return ("hash: must be 6 to 40 lower-case hex digits, or null "
		    "to delete");
	if (overwrite != NULL && !json_is_boolean(overwrite))
		return ("overwrite: must be true or false");
	if (version != NULL && (!json_is_integer(version) ||
	    json_integer_value(version) < 1))
		return ("version: must be a number from 1");
	text_copy(ch->put.alias.name, sizeof ch->put.alias.name,
	    json_string_value(name));
	ch->remove = json_is_null(hash);
	ch->put.overwrite = !json_is_false(overwrite);
	ch->put.if_match = (uint64_t)json_integer_value(version);
	return (bulk_note(in, comment, ch));
}

static bool
bulk_fill(struct call *c, const json_t *changes, const char *comment,
    struct bulk *b)
{
	const char *why;
	size_t i;
	json_t *in;

	json_array_foreach(changes, i, in) {
		why = bulk_change(in, comment, &b->changes[i]);
		if (why != NULL) {
			reply_error(c, 400, "changes[%zu]: %s.", i, why);
			return (false);
		}
		b->changes[i].put.purge = c->api->conf->overwrite_purges != 0;
		text_copy(b->changes[i].put.alias.org,
		    sizeof b->changes[i].put.alias.org,
		    call_param(c, "organization"));
	}
	return (true);
}

static void
alias_bulk(struct call *c)
{
	static const char *const fields[] = { "changes", "comment", NULL };
	const json_t *body = body_object(c), *changes;
	const char *comment, *why;
	struct bulk *b;
	size_t n;

	if (body == NULL || !body_only(c, body, fields))
		return;
	changes = json_object_get(body, "changes");
	n = json_array_size(changes);
	if (n < 1 || n > CHANGES_MAX) {
		reply_error(c, 400, "changes: must be an array of 1 to %d "
		    "changes.", CHANGES_MAX);
		return;
	}
	why = alias_comment_read(body, &comment);
	if (why != NULL) {
		reply_error(c, 400, "%s.", why);
		return;
	}
	b = call_job(c, sizeof *b + n * sizeof *b->changes, bulk_done);
	if (b == NULL)
		return;
	if (!bulk_fill(c, changes, comment, b)) {
		call_job_over(&b->op.job);
		return;
	}
	b->op.changes = b->changes;
	b->op.n = n;
	store_alias_bulk(c->api->store, &b->op);
}

const struct endpoint endpoint_alias_bulk = {
	.rights = RIGHT_SOURCE_WRITE, .body = BODY_JSON,
	.handle = alias_bulk,
};
