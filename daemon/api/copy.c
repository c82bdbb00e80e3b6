/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Source images to another organization: COPY, POST .../copy, and the same for
 * up to a hundred; .../move deletes them here.
 *
 * A key is of one organization. What it may do in the other is said there: by a
 * key of that one, which comes along, or by its option copy_from.
 */
#include "config.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/auth.h"
#include "api/endpoints.h"
#include "api/kept.h"
#include "api/source.h"
#include "store/store_source.h"

#define COPIES_MAX	100

struct copy {
	struct store_source_copy	op;
	bool				single;
	struct store_source_copied	items[COPIES_MAX];
};

/*--------------------------------------------------------------------
 * The other organization
 */

static bool
copy_is_welcome(struct call *c, const struct store_org *to)
{
	json_t *options = kept_options(c->api->kept, to);
	bool listed = store_org_lists(options, "copy_from",
	    call_param(c, "organization"));

	json_decref(options);
	return (listed && (c->rights & RIGHT_SOURCE_WRITE) != 0);
}

/* Whether the caller may; to a wrong key an unknown organization is as any. */
static bool
copy_allowed(struct call *c, const struct store_org *to, bool there)
{
	const char *key = http_header(c->req, "Destination-Api-Key");
	unsigned rights;

	if (there && key == NULL && copy_is_welcome(c, to))
		return (true);
	if (key != NULL) {
		if (!call_other_key(c, key, to->name, &rights))
			return (false);
		if ((rights & RIGHT_SOURCE_WRITE) != 0)
			return (true);
	}
	reply_error(c, 403, key != NULL ? "Destination-Api-Key: lacks the role "
	    "sourceimages:write in \"%s\"." : "Destination: this key may not "
	    "write to \"%s\"; send a key of that organization as "
	    "Destination-Api-Key, or have its option copy_from list this one.",
	    to->name);
	return (false);
}

/* The organization to copy to; false after an answer. */
static bool
copy_destination(struct call *c, struct store_org *to)
{
	const char *name = http_header(c->req, "Destination");
	bool local = http_listener(c->req) == LISTEN_LOCAL;
	enum store_status st;

	if (name == NULL || !name_is_org(name)) {
		reply_error(c, 400, "Destination: this header must have the "
		    "name of another organization.");
		return (false);
	}
	if (strcmp(name, call_param(c, "organization")) == 0) {
		reply_error(c, 400, "Destination: the image is in this "
		    "organization already.");
		return (false);
	}
	st = store_org_get(c->api->store, name, to);
	text_copy(to->name, sizeof to->name, name);
	if (st == STORE_NOT_FOUND && (local ||
	    http_header(c->req, "Destination-Api-Key") == NULL))
		reply_error(c, 400, "Destination: unknown organization "
		    "\"%s\".", name);
	else if (st != STORE_OK && st != STORE_NOT_FOUND)
		reply_store(c, st, "");
	else
		return (local || copy_allowed(c, to, st == STORE_OK));
	return (false);
}

/* "F", as in WebDAV; true where it is not said. */
static bool
copy_overwrite(struct call *c, bool *overwrite)
{
	const char *v = http_header(c->req, "Overwrite");

	*overwrite = v == NULL || strcasecmp(v, "T") == 0;
	if (*overwrite || strcasecmp(v, "F") == 0)
		return (true);
	reply_error(c, 400, "Overwrite: must be T or F.");
	return (false);
}

/*--------------------------------------------------------------------
 * Answers
 */

static void
copy_refuse(struct call *c, const struct copy *p)
{
	static const char *const whys[] = {
		[COPY_PROTECTED] = "is protected, and the API key lacks the "
		    "role sourceimages:download:protected",
		[COPY_ALIASED] = "cannot be moved, as an alias points at it: "
		    "point that elsewhere, or copy the image",
		[COPY_AMBIGUOUS] = "is how several hashes begin; give more "
		    "digits",
		[COPY_RETURNS] = "was taken away from the destination so "
		    "often within the hour that it may not come back yet",
	};
	static const int statuses[] = {
		[COPY_PROTECTED] = 403, [COPY_ALIASED] = 409,
		[COPY_AMBIGUOUS] = 400, [COPY_RETURNS] = 429,
	};
	const struct hash_prefix *h = &p->items[p->op.failed].hash;
	enum store_status st = p->op.job.status;
	char hex[HASH_HEX + 1];

	if (st == STORE_LIMIT) {
		reply_error(c, 403, "Destination: a quota of \"%s\" is used "
		    "up; nothing was copied.", p->op.to);
		return;
	}
	if (p->op.failed == p->op.n || (p->op.why == COPY_BY_STATUS &&
	    st != STORE_LOCKED)) {
		reply_store(c, st, "source image");
		return;
	}
	hash_to_hex(&h->lowest, hex);
	if (p->op.why == COPY_RETURNS)
		http_add_header(c->req, "Retry-After", "3600");
	reply_error(c, st == STORE_LOCKED ? 403 : statuses[p->op.why],
	    "%.*s: %s; nothing was copied.", (int)h->digits, hex,
	    st == STORE_LOCKED ? "is locked" : whys[p->op.why]);
}

static void
copy_answer_one(struct call *c, const struct copy *p)
{
	const struct store_source_copied *one = &p->items[0];
	char hex[HASH_HEX + 1];

	if (one->status == STORE_NOT_FOUND) {
		source_refuse(c, STORE_NOT_FOUND);
		return;
	}
	hash_to_hex(&one->copy, hex);
	if (one->status == STORE_EXISTS) {
		reply_error(c, 412, "Overwrite: the image is in \"%s\" "
		    "already.", p->op.to);
		return;
	}
	http_add_headerf(c->req, "Location", "/sourceimages/%s/%s", p->op.to,
	    hex);
	if (one->status == STORE_CREATED)
		reply_json(c, 201, json_object());
	else
		reply_empty(c, 204);
}

static void
copy_answer_all(struct call *c, const struct copy *p)
{
	json_t *created = json_array(), *existing = json_array();
	json_t *notfound = json_array();
	char hex[HASH_HEX + 1];

	for (size_t i = 0; i < p->op.n; i++) {
		const struct store_source_copied *one = &p->items[i];

		if (one->status == STORE_NOT_FOUND) {
			hash_to_hex(&one->hash.lowest, hex);
			hex[one->hash.digits] = '\0';
			(void)json_array_append_new(notfound,
			    json_string(hex));
			continue;
		}
		hash_to_hex(&one->copy, hex);
		(void)json_array_append_new(one->status == STORE_CREATED ?
		    created : existing, json_string(hex));
	}
	reply_json(c, 200, json_pack("{s:o, s:o, s:o}", "created", created,
	    "existing", existing, "notfound", notfound));
}

static void
copy_done(struct store_job *job)
{
	struct copy *p = CAST_OBJ(job, STORE_SOURCE_COPY_MAGIC);

	if (job->status != STORE_OK)
		copy_refuse(job->arg, p);
	else if (p->single)
		copy_answer_one(job->arg, p);
	else
		copy_answer_all(job->arg, p);
	call_job_over(job);
}

/*--------------------------------------------------------------------*/

static struct copy *
copy_new(struct call *c, bool move)
{
	struct store_org to;
	struct copy *p;
	bool overwrite;

	if (!copy_destination(c, &to) || !copy_overwrite(c, &overwrite) ||
	    (p = call_job(c, sizeof *p, copy_done)) == NULL)
		return (NULL);
	text_copy(p->op.org, sizeof p->op.org, call_param(c, "organization"));
	text_copy(p->op.to, sizeof p->op.to, to.name);
	p->op.overwrite = overwrite;
	p->op.guest = http_listener(c->req) != LISTEN_LOCAL &&
	    http_header(c->req, "Destination-Api-Key") == NULL;
	p->op.move = move;
	p->op.protected = (c->rights & RIGHT_DOWNLOAD_PROTECTED) != 0;
	p->op.items = p->items;
	return (p);
}

static void
copy_single(struct call *c, bool move)
{
	struct hash_prefix hash;
	struct copy *p;

	if (!source_param(c, &hash) || (p = copy_new(c, move)) == NULL)
		return;
	p->single = true;
	p->items[0].hash = hash;
	p->op.n = 1;
	store_source_copy(c->api->store, &p->op);
}

/* The array of the body; false after an answer. */
static bool
copy_fill(struct call *c, struct copy *p)
{
	json_t *v;
	size_t i;

	json_array_foreach(c->body, i, v) {
		const char *text = json_string_value(v);

		if (text == NULL || !hash_prefix_from_hex(&p->items[i].hash,
		    text, strlen(text))) {
			reply_error(c, 400, "[%zu]: must be the hash of a "
			    "source image.", i);
			return (false);
		}
	}
	p->op.n = i;
	return (true);
}

static void
copy_several(struct call *c, bool move)
{
	const size_t n = json_array_size(c->body);
	struct copy *p;

	if (n < 1 || n > COPIES_MAX) {
		reply_error(c, 400, "The body must be an array of 1 to %d "
		    "hashes.", COPIES_MAX);
		return;
	}
	if ((p = copy_new(c, move)) == NULL)
		return;
	if (copy_fill(c, p))
		store_source_copy(c->api->store, &p->op);
	else
		call_job_over(&p->op.job);
}

static void
source_copy(struct call *c)
{
	copy_single(c, false);
}

const struct endpoint endpoint_source_copy = {
	.rights = RIGHT_SOURCE_READ, .handle = source_copy,
};
/* What the hosted service's clients send, and what proxies let pass. */
const struct endpoint endpoint_source_copy_post = {
	.rights = RIGHT_SOURCE_READ, .handle = source_copy,
};

static void
source_move(struct call *c)
{
	copy_single(c, true);
}

const struct endpoint endpoint_source_move = {
	.rights = RIGHT_SOURCE_WRITE, .handle = source_move,
};

static void
source_copy_all(struct call *c)
{
	copy_several(c, false);
}

const struct endpoint endpoint_source_copy_all = {
	.rights = RIGHT_SOURCE_READ, .body = BODY_JSON,
	.handle = source_copy_all,
};

static void
source_move_all(struct call *c)
{
	copy_several(c, true);
}

const struct endpoint endpoint_source_move_all = {
	.rights = RIGHT_SOURCE_WRITE, .body = BODY_JSON,
	.handle = source_move_all,
};
