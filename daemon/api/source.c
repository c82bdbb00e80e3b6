/* SPDX-License-Identifier: BSD-2-Clause */
/* /sourceimages/{organization}/{hash} */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "api/endpoints.h"
#include "api/source.h"
#include "api/source_query.h"

/* An object that is absent when it is empty, as recorded. */
static void
source_add_metadata(json_t *o, const char *key, const char *text)
{
	json_t *v = text != NULL ? json_loads(text, 0, NULL) : NULL;

	if (v != NULL && json_object_size(v) > 0)
		(void)json_object_set(o, key, v);
	json_decref(v);
}

json_t *
source_json(const struct store_source *s)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:I, s:I, "
	    "s:I, s:s, s:b, s:b, s:b}",
	    "hash", s->hash, "short_hash", s->short_hash,
	    "binary_hash", s->binary_hash, "created", json_date(s->created_ms),
	    "name", s->name, "mimetype", s->mimetype, "format", s->format,
	    "size", (json_int_t)s->size, "width", (json_int_t)s->width,
	    "height", (json_int_t)s->height, "organization", s->org,
	    "protected", s->protected, "locked", s->locked,
	    "opaque", s->opaque);

	if (o == NULL)
		return (NULL);
	(void)json_object_set_new(o, "link", json_sprintf(
	    "/sourceimages/%s/%s", s->org, s->hash));
	/* Strict clients know no "animated": only where it says something. */
	if (s->animated)
		(void)json_object_set_new(o, "animated", json_true());
	if (s->deleted_ms != 0)
		(void)json_object_set_new(o, "deleted", json_true());
	source_add_metadata(o, "user_metadata", s->user_metadata);
	source_add_metadata(o, "dynamic_metadata", s->dynamic_metadata);
	source_add_metadata(o, "static_metadata", s->static_metadata);
	return (o);
}

const char *
source_param(struct call *c)
{
	const char *hash = call_param(c, "hash");

	if (is_hash(hash))
		return (hash);
	reply_error(c, 404, "hash: there is no source image \"%s\".", hash);
	return (NULL);
}

bool
source_find(struct call *c, bool deleted, struct store_source *s)
{
	const char *hash = source_param(c);
	enum store_status st;

	if (hash == NULL)
		return (false);
	st = store_source_get(c->api->store, call_param(c, "organization"),
	    hash, deleted, s);
	if (st == STORE_OK)
		return (true);
	reply_store(c, st, "such source image");
	return (false);
}

static void
source_get(struct call *c)
{
	struct store_source s = { .size = 0 };
	bool deleted;

	if (!call_query_bool(c, "deleted", &deleted))
		return;
	if (source_find(c, deleted, &s))
		reply_json(c, 200, source_json(&s));
	store_source_clear(&s);
}

const struct endpoint endpoint_source_get = {
	.rights = RIGHT_SOURCE_READ, .handle = source_get,
};

static void
source_delete_done(struct store_job *job)
{
	struct store_source_delete *op = (struct store_source_delete *)job;
	struct call *c = job->arg;
	json_t *o;

	if (job->status != STORE_OK)
		reply_store(c, job->status, "such source image");
	else if (op->restore) {
		o = source_json(&op->source);
		(void)json_object_del(o, "link");
		(void)json_object_set_new(o, "deleted", json_false());
		reply_json(c, 200, o);
	} else
		reply_empty(c, 204);
	store_source_clear(&op->source);
	call_job_over(job);
}

static void
source_change(struct call *c, bool restore)
{
	const char *hash = source_param(c);
	struct store_source_delete *op;

	if (hash == NULL ||
	    (op = call_job(c, sizeof *op, source_delete_done)) == NULL)
		return;
	text_copy(op->org, sizeof op->org, call_param(c, "organization"));
	text_copy(op->hash, sizeof op->hash, hash);
	op->restore = restore;
	store_source_delete(c->api->store, op);
}

static void
source_delete(struct call *c)
{
	source_change(c, false);
}

const struct endpoint endpoint_source_delete = {
	.rights = RIGHT_SOURCE_WRITE, .handle = source_delete,
};

static void
source_restore(struct call *c)
{
	source_change(c, true);
}

const struct endpoint endpoint_source_restore = {
	.rights = RIGHT_SOURCE_WRITE, .handle = source_restore,
};

/*--------------------------------------------------------------------
 * DELETE ?binaryHash=: all images of these bytes, of which there may be a
 * protected and an open one.
 */

#define BINARY_MAX	16

struct binary {
	struct call		*call;
	struct store_query	query;
	char			hash[BINARY_MAX][HASH_HEX + 1];
	unsigned		n, waiting;
	enum store_status	failed;
};

static int
binary_found(void *arg, const struct store_source *s)
{
	struct binary *b = arg;

	text_copy(b->hash[b->n], sizeof b->hash[b->n], s->hash);
	return (++b->n == BINARY_MAX);
}

static void
binary_over(struct binary *b)
{
	struct call *c = b->call;

	if (b->failed == STORE_OK)
		reply_empty(c, 204);
	else
		reply_store(c, b->failed, "such source image");
	call_release(c);
	free(b);
}

static void
binary_deleted(struct store_job *job)
{
	struct binary *b = job->arg;

	/* Gone meanwhile is as good. */
	if (job->status != STORE_OK && job->status != STORE_NOT_FOUND)
		b->failed = job->status;
	store_source_clear(&((struct store_source_delete *)job)->source);
	free(job);
	if (--b->waiting == 0)
		binary_over(b);
}

static void
binary_delete(struct binary *b)
{
	struct store_source_delete *op;

	/* One more than there are, so that the last to end is this. */
	b->waiting = b->n + 1;
	for (unsigned i = 0; i < b->n; i++) {
		op = calloc(1, sizeof *op);
		if (op == NULL) {
			b->failed = STORE_ERROR;
			b->waiting--;
			continue;
		}
		text_copy(op->org, sizeof op->org, b->query.org);
		text_copy(op->hash, sizeof op->hash, b->hash[i]);
		op->job.done = binary_deleted;
		op->job.arg = b;
		store_source_delete(b->call->api->store, op);
	}
	if (--b->waiting == 0)
		binary_over(b);
}

static void
source_delete_binary(struct call *c)
{
	char *hash = call_query(c, "binaryHash"), err[200];
	struct binary *b = calloc(1, sizeof *b);

	if (b == NULL)
		reply_store(c, STORE_ERROR, "");
	else if (hash == NULL || strlen(hash) != HASH_HEX || !is_hash(hash) ||
	    !source_query_take(&b->query, "binaryHash", hash, err, sizeof err))
		reply_error(c, 400, "binaryHash: must be given, %d lower-case "
		    "hex digits.", HASH_HEX);
	else {
		b->call = call_hold(c);
		text_copy(b->query.org, sizeof b->query.org,
		    call_param(c, "organization"));
		b->query.limit = BINARY_MAX;
		b->failed = store_source_query(c->api->store, &b->query,
		    binary_found, b);
		if (b->failed == STORE_OK && b->n == 0)
			b->failed = STORE_NOT_FOUND;
		binary_delete(b);
		b = NULL;
	}
	free(b);
	free(hash);
}

const struct endpoint endpoint_source_delete_binary = {
	.rights = RIGHT_SOURCE_WRITE, .handle = source_delete_binary,
};
