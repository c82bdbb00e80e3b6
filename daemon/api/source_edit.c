/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changes of a source image: name, lock, user metadata. An image that is
 * locked refuses them; to lock and unlock has a role of its own.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoints.h"
#include "api/metadata.h"
#include "api/source.h"
#include "store/store_source.h"

/* Keeps what the job points to; freed with it. */
struct edit {
	struct store_source_edit op;
	char			*field;
	bool			show;		/* answer the object */
};

static void
edit_done(struct store_job *job)
{
	struct edit *e = CAST_OBJ(job, STORE_SOURCE_EDIT_MAGIC);
	struct call *c = CAST_OBJ(job->arg, CALL_MAGIC);

	if (job->status == STORE_OK && e->show)
		reply_json(c, 200, source_json(&e->op.source));
	else if (job->status == STORE_OK)
		reply_empty(c, 204);
	else if (job->status == STORE_NOT_FOUND && e->field != NULL)
		reply_error(c, 404, "No source image found, or it has no field "
		    "\"%s\".", e->field);
	else
		source_refuse(c, job->status);
	store_source_clear(&e->op.source);
	json_decref(e->op.value);
	free(e->field);
	call_job_over(job);
}

/* Takes *value* over. */
static void
edit_submit(struct call *c, enum store_edit what, json_t *value,
    const char *field)
{
	struct hash_prefix hash;
	struct edit *e = source_param(c, &hash) ?
	    call_job(c, sizeof *e, edit_done) : NULL;

	if (e == NULL) {
		json_decref(value);
		return;
	}
	text_copy(e->op.org, sizeof e->op.org, call_param(c, "organization"));
	e->op.hash = hash;
	e->op.what = what;
	e->op.value = value;
	e->op.field = e->field = field != NULL ? strdup(field) : NULL;
	e->show = what == EDIT_LOCKED;
	store_source_edit(c->api->store, &e->op);
}

/*--------------------------------------------------------------------
 * Name: a JSON text, or as some clients send it, the bare text.
 */

static char *
raw_text(struct call *c, size_t max)
{
	size_t len;
	const char *p = http_body(c->req, &len);
	char *text = NULL;
	json_t *v;

	if (len == 0 || len > max)
		reply_error(c, 400, "The body must be a string of 1 to %zu "
		    "bytes.", max);
	else if ((v = json_stringn(p, len)) == NULL)
		reply_error(c, 400, "The body is neither JSON nor UTF-8 "
		    "text.");
	else {
		text = strdup(json_string_value(v));
		json_decref(v);
	}
	return (text);
}

static bool
name_good(struct call *c, const char *name)
{
	size_t n = strlen(name);
	json_t *clean;
	bool good;

	clean = json_clean_string(name);
	good = n > 0 && n < sizeof(((struct store_source *)0)->name) &&
	    clean != NULL && strcmp(json_string_value(clean), name) == 0;
	json_decref(clean);
	if (!good)
		reply_error(c, 400, "name: must be 1 to %zu bytes without "
		    "control characters.",
		    sizeof(((struct store_source *)0)->name) - 1);
	return (good);
}

static void
source_name(struct call *c)
{
	size_t len;
	const char *p = http_body(c->req, &len);
	char *name;

	if (c->body == NULL && len > 0 && *p == '"') {
		reply_error(c, 400, "name: must be a JSON string, or text "
		    "without quotes.");
		return;
	}
	if (c->body == NULL)
		name = raw_text(c, 255);
	else if (json_is_string(c->body))
		name = strdup(json_string_value(c->body));
	else {
		reply_error(c, 400, "name: must be a string.");
		return;
	}
	if (name != NULL && name_good(c, name))
		edit_submit(c, EDIT_NAME, json_string(name), NULL);
	free(name);
}

const struct endpoint endpoint_source_name = {
	.rights = RIGHT_SOURCE_WRITE, .body = BODY_RAW, .handle = source_name,
};

/*--------------------------------------------------------------------
 * Locked
 */

static void
source_locked(struct call *c)
{
	bool locked;

	if (body_flag(c, "locked", &locked))
		edit_submit(c, EDIT_LOCKED, json_boolean(locked), NULL);
}

const struct endpoint endpoint_source_locked = {
	.rights = RIGHT_ADMIN | RIGHT_UNLOCK, .body = BODY_JSON,
	.handle = source_locked,
};

/*--------------------------------------------------------------------
 * User metadata
 */

/* PHP writes an empty map as [], or sends no body. */
static bool
body_is_empty(const struct call *c)
{
	return (c->body == NULL || (json_is_array(c->body) &&
	    json_array_size(c->body) == 0));
}

static void
meta_change(struct call *c, enum store_edit what)
{
	char err[256] = "out of memory";
	json_t *norm;

	if (body_is_empty(c))
		norm = json_object();
	else if (body_object(c) == NULL)
		return;
	else
		norm = metadata_normalize(c->body, what == EDIT_USER_PATCH,
		    err, sizeof err);
	if (norm == NULL) {
		reply_error(c, 400, "%s.", err);
		return;
	}
	if (json_dumpb(norm, NULL, 0, JSON_COMPACT) > STORE_METADATA_MAX) {
		reply_store(c, STORE_LARGE, "");
		json_decref(norm);
		return;
	}
	edit_submit(c, what, norm, NULL);
}

static void
meta_put(struct call *c)
{
	meta_change(c, EDIT_USER_PUT);
}

const struct endpoint endpoint_meta_put = {
	.rights = RIGHT_SOURCE_WRITE, .body = BODY_JSON, .handle = meta_put,
};

static void
meta_patch(struct call *c)
{
	meta_change(c, EDIT_USER_PATCH);
}

const struct endpoint endpoint_meta_patch = {
	.rights = RIGHT_SOURCE_WRITE, .body = BODY_JSON, .handle = meta_patch,
};

static void
meta_delete(struct call *c)
{
	edit_submit(c, EDIT_USER_DELETE, NULL, NULL);
}

const struct endpoint endpoint_meta_delete = {
	.rights = RIGHT_SOURCE_WRITE, .handle = meta_delete,
};

static void
meta_get(struct call *c)
{
	struct store_source s = { .size = 0 };
	json_t *o;

	if (source_find(c, false, &s)) {
		o = json_loads(s.user_metadata, 0, NULL);
		reply_json(c, 200, o != NULL ? o : json_object());
	}
	store_source_clear(&s);
}

const struct endpoint endpoint_meta_get = {
	.rights = RIGHT_SOURCE_READ, .handle = meta_get,
};

/*--------------------------------------------------------------------
 * One field
 */

/* The path's field by the name it is kept under, or NULL after a 404. */
static const char *
meta_field(struct call *c)
{
	const char *plain;
	char err[256];

	if (metadata_name(call_param(c, "field"), &plain, err, sizeof err))
		return (plain);
	reply_error(c, 404, "%s.", err);
	return (NULL);
}

static void
meta_field_get(struct call *c)
{
	struct store_source s = { .size = 0 };
	const char *field = meta_field(c);
	json_t *o, *v;

	if (field == NULL)
		return;
	if (source_find(c, false, &s)) {
		o = json_loads(s.user_metadata, 0, NULL);
		v = json_incref(json_object_get(o, field));
		json_decref(o);
		if (v != NULL)
			reply_json(c, 200, v);
		else
			reply_error(c, 404, "The source image has no field "
			    "\"%s\".", field);
	}
	store_source_clear(&s);
}

const struct endpoint endpoint_meta_field_get = {
	.rights = RIGHT_SOURCE_READ, .handle = meta_field_get,
};

/* rokka.js sends a text without quotes: what is no JSON is the text itself. */
static json_t *
meta_field_value(struct call *c)
{
	char *text;
	json_t *v;

	if (c->body != NULL)
		return (json_incref(c->body));
	text = raw_text(c, STORE_METADATA_MAX);
	if (text == NULL)
		return (NULL);
	v = json_string(text);
	free(text);
	return (v);
}

static void
meta_field_put(struct call *c)
{
	const char *field = meta_field(c);
	json_t *v = field != NULL ? meta_field_value(c) : NULL;
	json_t *one, *norm;
	char err[256] = "out of memory", *text;

	if (v == NULL)
		return;
	/* 42 without quotes, for a field of text, is a text. */
	if ((json_is_number(v) || json_is_boolean(v)) &&
	    strchr(field, ':') == NULL) {
		json_decref(v);
		text = raw_text(c, STORE_METADATA_MAX);
		v = json_string(text);
		free(text);
	}
	one = json_pack("{s:o}", field, v);
	norm = metadata_normalize(one, false, err, sizeof err);
	v = json_incref(json_object_get(norm, field));
	json_decref(one);
	json_decref(norm);
	if (v == NULL)
		reply_error(c, 400, "%s.", err);
	else
		edit_submit(c, EDIT_USER_FIELD, v, field);
}

const struct endpoint endpoint_meta_field_put = {
	.rights = RIGHT_SOURCE_WRITE, .body = BODY_RAW,
	.handle = meta_field_put,
};

static void
meta_field_delete(struct call *c)
{
	const char *field = meta_field(c);

	if (field != NULL)
		edit_submit(c, EDIT_USER_DELETE, NULL, field);
}

const struct endpoint endpoint_meta_field_delete = {
	.rights = RIGHT_SOURCE_WRITE, .handle = meta_field_delete,
};
