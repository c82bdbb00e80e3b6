/* SPDX-License-Identifier: BSD-2-Clause */
/* What an alias showed before, for when what it means cannot be fetched. */
#include "config.h"

#include <string.h>

#include "cache/cache.h"

#include "folder.h"
#include "visit_priv.h"

/* The hash that *v*'s alias had before the one it has; false: none to show. */
static bool
find_previous(const struct folder *f, const struct visit *v,
    struct hash *hash)
{
	struct map_value val;

	if (visit_find(f, MAP_KIND_ALIAS, v->org, v->alias, strlen(v->alias),
	    &val) != MAP_FOUND || (!val.has_previous && !val.has_shown))
		return (false);
	(void)memcpy(hash->b, val.has_previous ? val.previous : val.shown,
	    sizeof hash->b);
	return (!visit_is_revoked(f, v->org, hash->b));
}

bool
visit_fall(VRT_CTX, const struct folder *f, struct visit *v)
{
	struct map_settings s = { .alias_fallback = false };
	char hex[HASH_HEX + 1];
	struct hash hash;
	const char *source, *url;
	struct url u;

	(void)map_reader_settings(folder_reader(f), &s);
	if (!s.alias_fallback || v->fallen || v->keep_alias || !v->known ||
	    v->alias == NULL || v->revoked || visit_preview(v) ||
	    !find_previous(f, v, &hash) ||
	    url_parse(v->url, strlen(v->url), &u) != URL_HASH)
		return (false);
	hash_to_hex(&hash, hex);
	if (v->source == NULL || strcmp(hex, v->source) == 0 ||
	    (source = visit_copy(ctx, v, hex, HASH_HEX)) == NULL)
		return (false);
	u.image = (struct url_span){ source, HASH_HEX };
	url = visit_write_url(ctx, v, &u, NULL, v->url);
	if (strcmp(url, v->url) == 0)
		return (false);
	v->url = url;
	v->source = source;
	v->hash = hash;
	v->source_soft = 0;
	v->source_epoch = visit_find_epoch(f, v, MAP_KIND_SOURCE, hash.b,
	    sizeof hash.b, &v->source_soft);
	v->fallen = true;
	FOLDER_COUNT(f, fallbacks);
	return (true);
}
