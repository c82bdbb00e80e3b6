/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "cache/cache.h"

#include "folder.h"
#include "planned.h"
#include "variant.h"
#include "visit_priv.h"

/* Enough for a URL of 100 bytes and what goes to the origin with it. */
#define VISIT_ROOM	1024

/* The map has a format of its own, but its names are these. */
_Static_assert(MAP_HASH_LEN == HASH_LEN && MAP_ORG_MAX == ORG_MAX &&
    MAP_NAME_MAX == NAME_MAX_LEN, "the map's limits differ");

static const struct vmod_priv_methods visit_methods[1] = {{
	.magic = VMOD_PRIV_METHODS_MAGIC,
	.type = "moniker visit"
}};

struct visit *
visit_get(VRT_CTX, const void *object, bool make)
{
	struct vmod_priv *p;
	struct visit *v;

	p = make ? VRT_priv_task(ctx, object) : VRT_priv_task_get(ctx, object);
	if (p == NULL)
		return (NULL);
	if (p->priv == NULL && make) {
		v = WS_Alloc(ctx->ws, sizeof *v + VISIT_ROOM);
		if (v == NULL)
			return (NULL);
		INIT_OBJ(v, VISIT_MAGIC);
		v->room = (char *)(v + 1);
		v->room_left = VISIT_ROOM;
		p->priv = v;
		p->methods = visit_methods;
	}
	if (p->priv == NULL)
		return (NULL);
	CAST_OBJ_NOTNULL(v, p->priv, VISIT_MAGIC);
	return (v);
}

void *
visit_alloc(VRT_CTX, struct visit *v, size_t len)
{
	char *p = v->room;

	if (len > v->room_left)
		return (WS_Alloc(ctx->ws, (unsigned)len));
	v->room += len;
	v->room_left -= len;
	return (p);
}

void
visit_trim(struct visit *v, const void *end, size_t len)
{

	if (v->room != end)
		return;		/* of the workspace, which keeps it */
	v->room -= len;
	v->room_left += len;
}

const char *
visit_copy(VRT_CTX, struct visit *v, const char *text, size_t len)
{
	char *p = visit_alloc(ctx, v, len + 1);

	if (p == NULL)
		return (NULL);
	(void)memcpy(p, text, len);
	p[len] = '\0';
	return (p);
}

bool
visit_preview(const struct visit *v)
{

	return (v->stack != NULL && name_is_preview(v->stack));
}

enum map_answer
visit_find(const struct folder *f, enum map_kind kind, const char *org,
    const void *name, size_t name_len, struct map_value *value)
{
	struct map_key key = {
		.kind = kind,
		.org = org,
		.org_len = strlen(org),
		.name = name,
		.name_len = name_len
	};

	return (map_find(folder_reader(f), &key, value));
}

bool
visit_is_revoked(const struct folder *f, const char *org,
    const uint8_t hash[HASH_LEN])
{
	struct map_value val;

	return (visit_find(f, MAP_KIND_SOURCE, org, hash, HASH_LEN,
	    &val) == MAP_FOUND && val.revoked);
}

enum map_answer
visit_find_alias(const struct folder *f, const struct visit *v,
    const char *name, size_t len, struct map_value *val)
{
	enum map_answer a;

	a = visit_find(f, MAP_KIND_ALIAS, v->org, name, len, val);
	return (v->planned == NULL ? a :
	    planned_find(f, v, name, len, a, val));
}

/*
 * True if the map knows the alias, whose source hash is put into *hash*: of
 * what was published last, where that is what is shown.
 */
static bool
find_alias(VRT_CTX, const struct folder *f, struct visit *v, struct url *u,
    struct hash *hash)
{
	struct map_value val;
	enum map_answer answer;
	bool shown;

	FOLDER_COUNT(f, lookups);
	if (v->variants != NULL)
		answer = variant_find(ctx, f, v, u, &val);
	else
		answer = visit_find_alias(f, v, u->alias, u->alias_len,
		    &val);
	switch (answer) {
	case MAP_FOUND:
		FOLDER_COUNT(f, hits);
		shown = v->keep_alias && val.has_shown &&
		    !visit_is_revoked(f, v->org, val.shown);
		(void)memcpy(hash->b, shown ? val.shown : val.hash,
		    sizeof hash->b);
		v->alias_epoch = val.epoch;
		v->due_ms = val.due_ms;
		v->known = true;
		break;
	case MAP_ABSENT:
		FOLDER_COUNT(f, unknown);
		v->unknown = true;
		break;
	case MAP_UNATTACHED:
	default:
		FOLDER_COUNT(f, unattached);
		v->attached = false;
	}
	return (v->known);
}

uint64_t
visit_find_epoch(const struct folder *f, struct visit *v, enum map_kind kind,
    const void *name, size_t name_len, uint64_t *soft)
{
	struct map_value val;
	enum map_answer a;

	a = visit_find(f, kind, v->org, name, name_len, &val);
	if (a == MAP_UNATTACHED)
		v->attached = false;
	if (a != MAP_FOUND)
		return (0);
	if (kind == MAP_KIND_SOURCE && val.revoked) {
		FOLDER_COUNT(f, revoked);
		v->revoked = true;
	}
	if (kind == MAP_KIND_ORGANIZATION && val.revoked)
		v->borrows = true;
	if (val.soft > *soft)
		*soft = val.soft;
	return (val.epoch);
}

/* *s* without its escapes; NULL if that is not possible. */
static const char *
decode(VRT_CTX, struct visit *v, struct url_span s)
{
	char *p = visit_alloc(ctx, v, s.len + 1);
	long n;

	if (p == NULL)
		return (NULL);
	n = url_decode(s, p, s.len + 1);
	return (n < 1 || n > NAME_MAX_LEN ? NULL : p);
}

void
visit_find_image(VRT_CTX, const struct folder *f, struct visit *v,
    struct url *u)
{
	char hex[HASH_HEX + 1];
	struct hash hash;
	const char *source = NULL;

	if (u->kind == URL_ALIAS) {
		if (find_alias(ctx, f, v, u, &hash)) {
			hash_to_hex(&hash, hex);
			source = hex;
		}
		v->alias = visit_copy(ctx, v, u->alias, u->alias_len);
	} else {
		FOLDER_COUNT(f, passed);
		if (u->kind == URL_HASH &&
		    hash_from_hex(&hash, u->image.p, u->image.len))
			source = u->image.p;
	}
	if (source != NULL) {
		v->hash = hash;
		v->source_epoch = visit_find_epoch(f, v, MAP_KIND_SOURCE,
		    hash.b, sizeof hash.b, &v->source_soft);
		v->source = visit_copy(ctx, v, source, HASH_HEX);
	}
}

/* Everything that the map has to say about *u*. */
static void
find_all(VRT_CTX, const struct folder *f, struct visit *v, struct url *u)
{

	v->attached = true;
	v->stack = decode(ctx, v, u->stack);
	visit_find_image(ctx, f, v, u);
	if (v->stack != NULL)
		v->stack_epoch = visit_find_epoch(f, v, MAP_KIND_STACK,
		    v->stack, strlen(v->stack), &v->shared_soft);
	v->org_epoch = visit_find_epoch(f, v, MAP_KIND_ORGANIZATION, "", 0,
	    &v->shared_soft);
	if (v->borrows)
		v->unknown = false;
}

const char *
visit_write_url(VRT_CTX, struct visit *v, const struct url *u,
    const char *hash, const char *url)
{
	/* The canonical form is longer by the hash at most. */
	size_t len, used, room = strlen(url) + HASH_HEX + 8;
	char *p = visit_alloc(ctx, v, room);

	if (p == NULL)
		return (url);
	len = url_canonical(u, hash, p, room);
	used = len == 0 || strcmp(p, url) == 0 ? 0 : len + 1;
	visit_trim(v, p + room, room - used);
	return (used == 0 ? url : p);
}

const char *
visit_url_at(VRT_CTX, const char *url, const char *source)
{
	const size_t room = strlen(url) + HASH_HEX + 8;
	struct url u;
	char *p;

	if (url_parse(url, strlen(url), &u) != URL_ALIAS ||
	    (p = WS_Alloc(ctx->ws, (unsigned)room)) == NULL)
		return (url);
	return (url_canonical(&u, source, p, room) == 0 ? url : p);
}

/* Once for each request by alias, so without the cost of a format. */
static void
visit_log(VRT_CTX, const struct visit *v)
{
	static const char head[] = "moniker:";
	char line[sizeof head + NAME_MAX_LEN + HASH_HEX + 1];
	char *p = line + sizeof head - 1;
	const char *tail;
	size_t len;

	if (v->alias == NULL || ctx->vsl == NULL)
		return;
	tail = v->source != NULL ? v->source : v->unknown ? "unknown" : "-";
	(void)memcpy(line, head, sizeof head - 1);
	len = strlen(v->alias);
	(void)memcpy(p, v->alias, len);
	p += len;
	*p++ = ' ';
	len = strlen(tail);
	(void)memcpy(p, tail, len);
	p += len;
	VSLbt(ctx->vsl, SLT_VCL_Log, (txt){ line, p });
}

void
visit_reset(struct visit *v)
{
	const struct visit was = *v;

	INIT_OBJ(v, VISIT_MAGIC);
	v->org = was.org;
	v->org_set = was.org_set;
	v->received = was.received;
	v->wants_picture = was.wants_picture;
	v->wants_json = was.wants_json;
	v->variants = was.variants;
	v->planned = was.planned;
	v->cookie = was.cookie;
	v->room = was.room;
	v->room_left = was.room_left;
}

/* An empty one is none. The origin has to see two, whatever their values. */
bool
visit_is_signed(const struct url *u)
{
	struct url_span sig;

	return (u->query.len > 0 && (url_query(u, "sig", &sig) ||
	    url_count(u, "sig") > 1 || url_count(u, "sigopts") > 1));
}

/* The formats that monikerd saves, but for texts. */
static bool
is_packed(struct url_span format)
{
	static const char formats[][5] = { "jpg", "webp", "avif", "png", "gif",
	    "jxl", "heif" };
	size_t i;

	for (i = 0; i < sizeof formats / sizeof *formats; i++)
		if (strncasecmp(format.p, formats[i], format.len) == 0 &&
		    formats[i][format.len] == '\0')
			return (true);
	return (false);
}

void
visit_look(VRT_CTX, struct folder *f, struct visit *v, const char *canonical)
{
	struct url u;

	v->kind = url_parse(v->original, strlen(v->original), &u);
	if (v->kind == URL_OTHER || visit_org(ctx, v) == NULL) {
		v->kind = URL_OTHER;
		FOLDER_COUNT(f, passed);
		return;
	}
	if ((u.query.len > 0 || v->cookie != NULL || v->planned != NULL) &&
	    !planned_look(ctx, f, v, &u)) {
		v->url = v->original;
		return;
	}
	v->is_signed = visit_is_signed(&u);
	v->is_short = (v->kind == URL_HASH && u.image.len < HASH_HEX) ||
	    v->kind == URL_REMOTE;
	find_all(ctx, f, v, &u);
	if (canonical != NULL)
		visit_spelled(ctx, f, v, &u, canonical);
	else
		visit_spell(ctx, f, v, &u);
	v->is_packed = u.format.len < 5 && is_packed(u.format);
	v->url = visit_write_url(ctx, v, &u, v->known && (!v->keep_alias ||
	    v->planned != NULL) ? v->source : NULL, v->original);
	/* What is planned is cached by its hash alone. */
	if (v->planned != NULL && v->known) {
		v->kind = URL_HASH;
		v->known = false;
	}
}

const char *
visit_url(VRT_CTX, struct folder *f, struct visit *v, const char *url,
    bool keep_alias)
{

	CHECK_OBJ_NOTNULL(v, VISIT_MAGIC);
	if (v->looked && v->keep_alias == keep_alias &&
	    strcmp(url, v->url) == 0)
		return (v->url);
	folder_tick(f, ctx->now);
	visit_reset(v);
	v->looked = true;
	v->keep_alias = keep_alias;
	v->url = v->original = visit_copy(ctx, v, url, strlen(url));
	if (v->url == NULL) {
		v->looked = false;
		return (url);
	}
	visit_look(ctx, f, v, NULL);
	visit_log(ctx, v);
	return (v->url);
}
