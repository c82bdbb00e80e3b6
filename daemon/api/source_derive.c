/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Protection and dynamic metadata of a source image. Both are part of its
 * identity: the answer to a change is another image of the same bytes.
 */
#include "config.h"

#include "api/dynamic.h"
#include "api/endpoints.h"
#include "api/source.h"
#include "store/store_source.h"

/* Keeps what the job points to; freed with it. */
struct derive {
	struct store_source_derive op;
	char			name[24];	/* "": protection */
};

/* Browsers keep what they were told is immutable. */
#define KEPT	"299 - \"Browsers keep pictures by hash for up to a year\""

static void
derive_headers(struct call *c, const struct store_source_derive *op)
{
	char hex[HASH_HEX + 1];

	hash_to_hex(&op->source.hash, hex);
	http_add_headerf(c->req, "Location", "/sourceimages/%s/%s",
	    op->source.org, hex);
	if (op->keep_hash && op->changed)
		http_add_header(c->req, "Warning", KEPT);
	if (op->delete_previous || op->move_aliases)
		http_add_headerf(c->req, "X-Moniker-Aliases", "%u",
		    op->aliases);
}

/*
 * The answer that the hosted service gives, which has no link. Another image is
 * 201 even if it existed before, since clients accept 201 and 204 only.
 */
static void
derive_reply_dynamic(struct call *c, const struct store_source_derive *op)
{
	json_t *o;

	if (!op->changed) {
		reply_empty(c, 204);
		return;
	}
	o = source_json(&op->source);
	(void)json_object_del(o, "link");
	reply_json(c, 201, o);
}

static void
derive_done(struct store_job *job)
{
	struct derive *d = CAST_OBJ(job, STORE_SOURCE_DERIVE_MAGIC);
	struct call *c = CAST_OBJ(job->arg, CALL_MAGIC);

	if (job->status == STORE_PRECONDITION)
		reply_error(c, 409, "The image has more than %d aliases, which "
		    "cannot be moved at once: point them at another image "
		    "first, by POST to /sourceimages/%s/alias.", STORE_FOLLOW,
		    d->op.org);
	else if (job->status != STORE_OK && job->status != STORE_CREATED)
		source_refuse(c, job->status);
	else {
		derive_headers(c, &d->op);
		if (d->op.name != NULL)
			derive_reply_dynamic(c, &d->op);
		else
			reply_json(c, job->status == STORE_CREATED ? 201 : 200,
			    source_json(&d->op.source));
	}
	store_source_clear(&d->op.source);
	json_decref(d->op.value);
	call_job_over(job);
}

/* What becomes of the image and its aliases. */
struct derive_how {
	bool	delete_previous, move_aliases, keep_hash;
};

/* False after an answer, as all of the following. */
static bool
derive_query(struct call *c, struct derive_how *how)
{
	return (call_query_bool(c, "deletePrevious", &how->delete_previous) &&
	    call_query_bool(c, "moveAliases", &how->move_aliases));
}

/* *name* NULL: its protection. Takes *value* over. */
static void
derive_submit(struct call *c, const struct derive_how *how, const char *name,
    json_t *value, bool protected)
{
	struct hash_prefix hash;
	struct derive *d = source_param(c, &hash) ?
	    call_job(c, sizeof *d, derive_done) : NULL;

	if (d == NULL) {
		json_decref(value);
		return;
	}
	text_copy(d->op.org, sizeof d->op.org,
	    call_param(c, "organization"));
	d->op.hash = hash;
	if (name != NULL) {
		text_copy(d->name, sizeof d->name, name);
		d->op.name = d->name;
	}
	d->op.value = value;
	d->op.protected = protected;
	d->op.delete_previous = how->delete_previous;
	d->op.move_aliases = how->move_aliases;
	d->op.keep_hash = how->keep_hash;
	store_source_derive(c->api->store, &d->op);
}

static void
source_protected(struct call *c)
{
	struct derive_how how = { .keep_hash = false };
	bool protected;

	if (body_flag(c, "protected", &protected) && derive_query(c, &how))
		derive_submit(c, &how, NULL, NULL, protected);
}

const struct endpoint endpoint_source_protected = {
	.rights = RIGHT_SOURCE_WRITE, .body = BODY_JSON,
	.handle = source_protected,
};

/*--------------------------------------------------------------------
 * Dynamic metadata
 */

/* rokka.js sends the options of a DELETE as its body. */
static bool
body_option(struct call *c, const char *name, bool *flag)
{
	const json_t *v = json_object_get(c->body, name);
	const char *text = json_string_value(v);
	bool said = json_is_true(v);

	if (v != NULL && !json_is_boolean(v) &&
	    (text == NULL || !text_bool(text, &said))) {
		reply_error(c, 400, "%s: must be true or false.", name);
		return (false);
	}
	*flag = *flag || said;
	return (true);
}

static bool
body_options(struct call *c, struct derive_how *how)
{
	static const char *const fields[] = { "deletePrevious", "keepHash",
	    "moveAliases", NULL };

	if (c->body == NULL || (json_is_array(c->body) &&
	    json_array_size(c->body) == 0))
		return (true);
	return (body_object(c) != NULL && body_only(c, c->body, fields) &&
	    body_option(c, fields[0], &how->delete_previous) &&
	    body_option(c, fields[1], &how->keep_hash) &&
	    body_option(c, fields[2], &how->move_aliases));
}

static bool
how_good(struct call *c, const struct derive_how *how)
{
	if (!how->keep_hash || (!how->delete_previous && !how->move_aliases))
		return (true);
	reply_error(c, 400, "keepHash makes no other image: leave %s "
	    "out.", how->delete_previous ? "deletePrevious" :
	    "moveAliases");
	return (false);
}

/* The path's name; NULL after an answer. */
static const char *
dynamic_name(struct call *c)
{
	const char *name = call_param(c, "name");
	char err[256];
	int status = dynamic_refused(name, err, sizeof err);

	if (status == 0)
		return (name);
	reply_error(c, status, "%s.", err);
	return (NULL);
}

static void
dynamic_put(struct call *c)
{
	const char *name = dynamic_name(c);
	struct store_source s = { .size = 0 };
	struct derive_how how;
	char err[256] = "out of memory";
	json_t *v;

	if (name == NULL || !derive_query(c, &how) ||
	    !call_query_bool(c, "keepHash", &how.keep_hash) ||
	    !how_good(c, &how))
		return;
	if (source_find(c, false, &s)) {
		v = dynamic_object(name, c->body, s.width, s.height, err,
		    sizeof err);
		if (v != NULL)
			derive_submit(c, &how, name, v, false);
		else
			reply_error(c, 400, "%s.", err);
	}
	store_source_clear(&s);
}

const struct endpoint endpoint_dynamic_put = {
	.rights = RIGHT_SOURCE_WRITE, .body = BODY_JSON,
	.handle = dynamic_put,
};

static void
dynamic_delete(struct call *c)
{
	const char *name = dynamic_name(c);
	struct derive_how how;

	if (name != NULL && derive_query(c, &how) &&
	    call_query_bool(c, "keepHash", &how.keep_hash) &&
	    body_options(c, &how) && how_good(c, &how))
		derive_submit(c, &how, name, NULL, false);
}

const struct endpoint endpoint_dynamic_delete = {
	.rights = RIGHT_SOURCE_WRITE, .body = BODY_JSON,
	.handle = dynamic_delete,
};
