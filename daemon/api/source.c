/* SPDX-License-Identifier: BSD-2-Clause */
/* /sourceimages/{organization}/{hash} */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "api/absent.h"
#include "api/endpoints.h"
#include "api/source.h"
#include "api/text.h"
#include "render/render.h"
#include "store/store_source.h"

/* An object that is absent when it is empty, as recorded. */
static void
source_add_metadata(json_t *o, const char *key, const char *text)
{
	json_t *v = text != NULL ? json_loads(text, 0, NULL) : NULL;

	if (v != NULL && json_object_size(v) > 0)
		(void)json_object_set(o, key, v);
	json_decref(v);
}

void
source_take_probe(struct store_source *s, const struct probe_result *p)
{
	text_copy(s->format, sizeof s->format, p->format);
	text_copy(s->mimetype, sizeof s->mimetype, p->mimetype);
	s->width = p->width;
	s->height = p->height;
	s->opaque = p->opaque;
	s->animated = p->frames > 1;
	s->static_metadata = strdup(p->metadata);
}

json_t *
source_json(const struct store_source *s)
{
	char hex[HASH_HEX + 1], binary[HASH_HEX + 1];
	json_t *o;

	hash_to_hex(&s->hash, hex);
	hash_to_hex(&s->binary_hash, binary);
	o = json_pack("{s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:I, s:I, "
	    "s:I, s:s, s:b, s:b, s:b}",
	    "hash", hex, "short_hash", s->short_hash,
	    "binary_hash", binary, "created", json_date(s->created_ms),
	    "name", s->name, "mimetype", s->mimetype, "format", s->format,
	    "size", (json_int_t)s->size, "width", (json_int_t)s->width,
	    "height", (json_int_t)s->height, "organization", s->org,
	    "protected", s->protected, "locked", s->locked,
	    "opaque", s->opaque);
	if (o == NULL)
		return (NULL);
	(void)json_object_set_new(o, "link", json_sprintf(
	    "/sourceimages/%s/%s", s->org, hex));
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

void
source_refuse(struct call *c, enum store_status st)
{
	/* Clients tell it from other 404 by these words. */
	if (st == STORE_NOT_FOUND)
		reply_error(c, 404, "hash: No source image found for \"%s\".",
		    call_param(c, "hash"));
	else
		reply_store(c, st, "source image");
}

bool
source_param(struct call *c, struct hash_prefix *hash)
{
	const char *text = call_param(c, "hash");

	if (hash_prefix_from_hex(hash, text, strlen(text)))
		return (true);
	if (!absent_refused(c))
		source_refuse(c, STORE_NOT_FOUND);
	return (false);
}

bool
source_find(struct call *c, bool deleted, struct store_source *s)
{
	struct hash_prefix hash;
	enum store_status st;

	if (!source_param(c, &hash))
		return (false);
	st = store_source_get(c->api->store, call_param(c, "organization"),
	    &hash, deleted, s);
	if (st == STORE_OK)
		return (true);
	source_refuse(c, st);
	return (false);
}

bool
source_find_any(struct call *c, struct store_source *s)
{
	struct hash_prefix hash;

	if (!source_param(c, &hash))
		return (false);
	return (store_source_get(c->api->store, call_param(c, "organization"),
	    &hash, false, s) == STORE_OK || source_find(c, true, s));
}

static void
source_get(struct call *c)
{
	struct store_source s = { .size = 0 };
	char *which = call_query(c, "deleted");
	bool any = which != NULL && strcmp(which, "any") == 0, deleted = false;

	free(which);
	if (!any && !call_query_bool(c, "deleted", &deleted))
		return;
	if (any ? source_find_any(c, &s) : source_find(c, deleted, &s))
		reply_json(c, 200, source_json(&s));
	store_source_clear(&s);
}

const struct endpoint endpoint_source_get = {
	.rights = RIGHT_SOURCE_READ, .handle = source_get,
};

static void
source_delete_done(struct store_job *job)
{
	struct store_source_delete *op = CAST_OBJ(job, STORE_SOURCE_DELETE_MAGIC);
	struct call *c = CAST_OBJ(job->arg, CALL_MAGIC);
	json_t *o;

	if (job->status != STORE_OK)
		source_refuse(c, job->status);
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
	struct store_source_delete *op;
	struct hash_prefix hash;

	if (!source_param(c, &hash) ||
	    (op = call_job(c, sizeof *op, source_delete_done)) == NULL)
		return;
	text_copy(op->org, sizeof op->org, call_param(c, "organization"));
	op->hash = hash;
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
 * DELETE ?binaryHash=: all images of these bytes, which differ in protection
 * or dynamic metadata, or none of them.
 */

static void
binary_deleted(struct store_job *job)
{
	struct call *c = CAST_OBJ(job->arg, CALL_MAGIC);

	if (job->status == STORE_OK)
		reply_empty(c, 204);
	else if (job->status == STORE_LOCKED)
		reply_error(c, 403, "A source image with these bytes is "
		    "locked; none was deleted.");
	else if (job->status == STORE_NOT_FOUND)
		reply_error(c, 404, "binaryHash: No source image found with "
		    "these bytes.");
	else
		reply_store(c, job->status, "source image");
	call_job_over(job);
}

static void
source_delete_binary(struct call *c)
{
	char *hash = call_query(c, "binaryHash");
	struct store_source_delete_binary *op;
	struct hash whole;

	if (hash == NULL || !hash_from_hex(&whole, hash, strlen(hash)))
		reply_error(c, 400, "binaryHash: must be given, %d lower-case "
		    "hex digits.", HASH_HEX);
	else if ((op = call_job(c, sizeof *op, binary_deleted)) != NULL) {
		text_copy(op->org, sizeof op->org,
		    call_param(c, "organization"));
		op->binary_hash = whole;
		store_source_delete_binary(c->api->store, op);
	}
	free(hash);
}

const struct endpoint endpoint_source_delete_binary = {
	.rights = RIGHT_SOURCE_WRITE, .handle = source_delete_binary,
};
