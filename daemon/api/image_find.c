/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/borrow.h"
#include "api/image_find.h"
#include "api/kept.h"
#include "api/metrics.h"
#include "api/remote.h"
#include "store/store_alias.h"
#include "store/store_source.h"

/*
 * Varnish says which organization it found; else the host names it, by the same
 * rule.
 */
bool
image_find_org(struct call *c, char org[ORG_MAX + 1])
{
	const char *name = http_header(c->req, "X-Moniker-Organization");
	const char *host = http_header(c->req, "Host");

	if (name != NULL && name_is_org_shown(name)) {
		text_copy(org, ORG_MAX + 1, name);
		return (true);
	}
	if (name == NULL && host != NULL && name_host_org(host, org))
		return (true);
	image_refuse(c, 404, "organization: the host name does not begin with "
	    "the name of one.");
	return (false);
}

/*
 * The image that an alias shows: to a Varnish which is sticky, and has no map
 * to know it by, what it showed at its last purge, as long as that is there.
 */
static struct hash_prefix
find_shown(struct call *c, const struct store_alias *a)
{
	const struct hash_prefix now = hash_prefix_whole(&a->hash);
	const struct hash_prefix shown = hash_prefix_whole(&a->shown);
	struct store_source s = { .size = 0 };
	bool there;

	if (hash_is_none(&a->shown) ||
	    http_header(c->req, "X-Moniker-Sticky") == NULL)
		return (now);
	there = store_source_get(c->api->store, a->org, &shown, false, &s) ==
	    STORE_OK;
	store_source_clear(&s);
	return (there ? shown : now);
}

static bool
refuse_source(struct call *c, struct image_find *f,
    const struct hash_prefix *p)
{
	char hex[HASH_HEX + 1];

	if (image_missing(c, f, f->url.kind == URL_ALIAS ? "deleted" :
	    "unknown-hash"))
		return (true);
	hash_to_hex(&p->lowest, hex);
	image_refuse(c, 404, "There is no source image %.*s.", (int)p->digits,
	    hex);
	return (false);
}

static enum store_status
find_by_alias(struct call *c, struct image_find *f,
    struct hash_prefix *hash)
{
	struct store_alias a;

	*hash = (struct hash_prefix){ .digits = 0 };
	if (borrow_alias(c, f->org, f->url.alias, &a) != STORE_OK)
		return (STORE_NOT_FOUND);
	f->due_ms = a.due_ms;
	http_add_header(c->req, "X-Moniker-Alias", a.name);
	*hash = find_shown(c, &a);
	return (borrow_aliased(c, f->org, &a, hash, &f->source));
}

/* Finds the source image by hash or by alias. */
static bool
image_find_source(struct call *c, struct image_find *f)
{
	struct hash_prefix hash;
	enum store_status status;

	if (f->url.kind == URL_ALIAS)
		status = find_by_alias(c, f, &hash);
	else {
		(void)hash_prefix_from_hex(&hash, f->url.image.p,
		    f->url.image.len);
		status = borrow_source(c, f->org, &hash, &f->source);
	}
	if (status != STORE_OK && hash.digits == 0) {
		if (image_missing(c, f, "unknown-alias"))
			return (true);
		image_refuse(c, 404, "There is no alias \"%s\".",
		    f->url.alias);
		return (false);
	}
	if (status != STORE_OK)
		return (refuse_source(c, f, &hash));
	hash_to_hex(&f->source.hash, f->hash);
	if (strcmp(f->source.org, f->org) != 0)
		metrics_borrowed(c->api->metrics);
	return (true);
}

/*--------------------------------------------------------------------
 * Stacks
 */

static bool
refuse_stack(struct call *c, enum kept_status status, const char *name)
{
	if (status == KEPT_TOO_DEEP)
		image_refuse(c, 400, "basestack: more than %d stacks are "
		    "based on each other.", BASE_STACKS);
	else
		image_refuse(c, 404, "There is no %sstack \"%s\".",
		    status == KEPT_NO_BASE ? "base " : "", name);
	return (false);
}

bool
image_find_stack(struct call *c, struct image_find *f)
{
	struct kept_stack k = { .definition = NULL };
	enum kept_status status;

	if (url_decode(f->url.stack, k.name, sizeof k.name) < 1)
		return (refuse_stack(c, KEPT_NO_STACK, ""));
	if (http_listener(c->req) == LISTEN_IMAGE)
		http_add_header(c->req, "X-Moniker-Stack", k.name);
	if (strcmp(k.name, STACK_DYNAMIC) == 0)
		return (true);
	f->preview = name_is_preview(k.name);
	status = kept_stack(c->api->kept, c->api->store, f->org, &k);
	f->stack = k.definition;
	f->stack_seq = k.seq;
	f->based = k.based;
	return (status == KEPT_OK || refuse_stack(c, status, k.name));
}

bool
image_find_plain(struct call *c, struct image_find *f)
{
	const char *save = http_header(c->req, "Save-Data");
	struct recipe_image image;
	char err[256];

	f->save_data = save != NULL && strcmp(save, "on") == 0;
	f->plain = f->url;
	if (!recipe_is_computed(&f->url))
		return (true);
	image = image_facts(f);
	f->computed = recipe_compute(&image, f->stack, &f->url, err,
	    sizeof err);
	if (f->computed == NULL) {
		image_refuse(c, 400, "%s", err);
		return (false);
	}
	f->plain.segments = url_text(f->computed);
	return (true);
}

/*
 * Options of the stack say where it is. Nothing is fetched for a URL that has to
 * be signed and is not; what the image's own facts say counts afterwards.
 */
static bool
find_remote(struct call *c, struct image_find *f)
{
	f->plain = f->url;
	if (!image_find_stack(c, f) || !image_guard(c, f) ||
	    !remote_find(c, f, f->again))
		return (false);
	free(f->segments);
	f->segments = NULL;
	f->spelled = false;
	http_add_header(c->req, "X-Moniker-Org", f->org);
	http_add_header(c->req, "X-Moniker-Source", f->hash);
	return (image_find_plain(c, f) && image_guard(c, f));
}

bool
image_find(struct call *c, struct image_find *f)
{
	if (!image_find_org(c, f->org))
		return (false);
	if (f->url.kind == URL_REMOTE)
		return (find_remote(c, f));
	if (!image_find_source(c, f))
		return (false);
	http_add_header(c->req, "X-Moniker-Org", f->org);
	http_add_header(c->req, "X-Moniker-Source", f->hash);
	return (image_find_stack(c, f) && image_find_plain(c, f) &&
	    image_guard(c, f));
}

void
image_find_clear(struct image_find *f)
{
	json_decref(f->stack);
	free(f->segments);
	free(f->computed);
	store_source_clear(&f->source);
}
