/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The image that an organization shows for what is not there. A Varnish with
 * the map knows of it, and asks for it by its hash, with X-Moniker-Source; who
 * else asks gets it here.
 */
#include "config.h"

#include <string.h>

#include "api/image_find.h"
#include "api/kept.h"
#include "api/metrics.h"
#include "store/store_org.h"

static bool
missing_read(struct call *c, const char *org, struct store_fallback *f)
{
	struct store_org o;
	json_t *options;
	bool there;

	if (store_org_get(c->api->store, org, &o) != STORE_OK)
		return (false);
	options = kept_options(c->api->kept, &o);
	there = store_fallback_read(options, f);
	json_decref(options);
	return (there);
}

/* Its hash; false: there is none for what is asked for. */
static bool
missing_hash(struct call *c, const char *org, bool by_hash,
    struct store_fallback *f, struct hash *hash)
{
	return (missing_read(c, org, f) &&
	    (!by_hash || (f->how & STORE_FALLBACK_ALL) != 0) &&
	    store_fallback_image(c->api->store, org, f, hash) == STORE_OK);
}

bool
image_missing_is(struct call *c, const char *org, const struct hash *shown,
    bool by_hash)
{
	struct store_fallback f;
	struct hash hash;

	return (missing_hash(c, org, by_hash, &f, &hash) &&
	    hash_equal(&hash, shown));
}

/* Whether the client can show one, or is for Varnish to answer. */
static bool
missing_wanted(const struct call *c, const struct image_find *f)
{
	const char *accept = http_header(c->req, "Accept");
	char stack[NAME_MAX_LEN + 1];

	if (accept != NULL && strstr(accept, "application/json") != NULL &&
	    strstr(accept, "image/") == NULL)
		return (false);
	return (http_header(c->req, "X-Moniker-Source") == NULL &&
	    http_header(c->req, "X-Moniker-Missing") == NULL &&
	    url_decode(f->url.stack, stack, sizeof stack) > 0 &&
	    !name_is_preview(stack));
}

bool
image_missing(struct call *c, struct image_find *f, const char *why)
{
	struct store_fallback fallback;
	struct hash_prefix whole;
	struct hash hash;

	/* What Varnish goes by, if it has the map. */
	http_add_header(c->req, "X-Moniker-Missing", "image");
	if (f->missing != NULL || !missing_wanted(c, f) ||
	    !missing_hash(c, f->org, f->url.kind != URL_ALIAS, &fallback,
	    &hash))
		return (false);
	whole = hash_prefix_whole(&hash);
	store_source_clear(&f->source);
	if (store_source_get(c->api->store, f->org, &whole, false,
	    &f->source) != STORE_OK)
		return (false);
	hash_to_hex(&f->source.hash, f->hash);
	f->missing = why;
	f->missing_status = fallback.how & STORE_FALLBACK_FOUND ? 200 : 404;
	c->missing = f->url.kind == URL_ALIAS ?
	    "There is no alias of this name." :
	    "There is no such source image.";
	return (true);
}

void
image_missing_tell(struct call *c, const char *org, const char *why)
{
	http_add_header(c->req, "X-Moniker-Fallback", why);
	http_add_header(c->req, "X-Moniker-Error", c->missing);
	metrics_fallback(c->api->metrics, org, why);
}
