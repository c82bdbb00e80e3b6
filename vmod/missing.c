/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an organization shows for what is not there. The request goes on as one
 * for that image by its hash, so all missing names share an object a stack.
 */
#include "config.h"

#include <string.h>

#include "cache/cache.h"

#include "folder.h"
#include "visit_priv.h"

#define UNKNOWN_ALIAS	"unknown-alias"
#define UNKNOWN_HASH	"unknown-hash"
#define DELETED		"deleted"

/* What the map has for the organization, if that is there itself. */
static bool
find_fallback(const struct folder *f, const struct visit *v, bool by_hash,
    struct map_value *val)
{

	return (visit_find(f, MAP_KIND_FALLBACK, v->org, "", 0, val) ==
	    MAP_FOUND && val->has_shown &&
	    (!by_hash || (val->epoch & MAP_FALLBACK_ALL) != 0) &&
	    (v->source == NULL ||
	    memcmp(val->shown, v->hash.b, HASH_LEN) != 0) &&
	    !visit_is_revoked(f, v->org, val->shown));
}

/* From here on it is a request by hash. False without memory. */
static bool
become(VRT_CTX, const struct folder *f, struct visit *v,
    const struct map_value *val)
{
	char hex[HASH_HEX + 1];
	const char *source, *url;
	struct url u;

	(void)memcpy(v->hash.b, val->shown, sizeof v->hash.b);
	hash_to_hex(&v->hash, hex);
	source = visit_copy(ctx, v, hex, HASH_HEX);
	(void)url_parse(v->url, strlen(v->url), &u);
	url = visit_write_url(ctx, v, &u, hex, v->url);
	if (source == NULL || url == v->url)
		return (false);
	v->kind = URL_HASH;
	v->known = v->unknown = v->revoked = v->is_short = false;
	v->url = url;
	v->source = source;
	v->source_soft = 0;
	v->source_epoch = visit_find_epoch(f, v, MAP_KIND_SOURCE, v->hash.b,
	    sizeof v->hash.b, &v->source_soft);
	return (true);
}

bool
visit_stand_in(VRT_CTX, const struct folder *f, struct visit *v,
    const char *why)
{
	struct map_value val;

	if (v->missing != NULL || v->wants_json || visit_preview(v) ||
	    (v->kind != URL_ALIAS && v->kind != URL_HASH) ||
	    !find_fallback(f, v, v->alias == NULL, &val) ||
	    !become(ctx, f, v, &val))
		return (false);
	v->missing = why;
	v->missing_found = (val.epoch & MAP_FALLBACK_FOUND) != 0;
	FOLDER_COUNT(f, fallback_images);
	return (true);
}

/* A date cannot tell the picture from what the name means later. */
static void
drop_conditions(struct http *hp, bool found)
{

	http_Unset(hp, H_If_Modified_Since);
	if (found)
		return;
	http_Unset(hp, H_If_None_Match);
	http_Unset(hp, H_If_Range);
	http_Unset(hp, H_Range);
}

/* Why *v* has nothing to show, as the map or else the origin says; or NULL. */
static const char *
reason(const struct visit *v, bool absent)
{

	if (v->unknown || (absent && v->borrows && v->kind == URL_ALIAS &&
	    !v->known))
		return (UNKNOWN_ALIAS);
	if (v->revoked || (absent && v->known))
		return (DELETED);
	return (absent && v->kind == URL_HASH ? UNKNOWN_HASH : NULL);
}

bool
visit_use_fallback(VRT_CTX, const struct folder *f, struct visit *v,
    bool absent)
{
	const char *why = reason(v, absent);

	if (why == NULL || !visit_stand_in(ctx, f, v, why))
		return (false);
	if (ctx->http_req != NULL)
		drop_conditions(ctx->http_req, v->missing_found);
	return (true);
}
