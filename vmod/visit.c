/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cache/cache.h"

#include "folder.h"
#include "spell.h"
#include "visit.h"

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
		v = WS_Alloc(ctx->ws, sizeof *v);
		if (v == NULL)
			return (NULL);
		INIT_OBJ(v, VISIT_MAGIC);
		p->priv = v;
		p->methods = visit_methods;
	}
	if (p->priv == NULL)
		return (NULL);
	CAST_OBJ_NOTNULL(v, p->priv, VISIT_MAGIC);
	return (v);
}

bool
visit_preview(const struct visit *v)
{

	return (v->stack != NULL && name_is_preview(v->stack));
}

const char *
visit_org(VRT_CTX, struct visit *v)
{
	const struct http *hp;
	const char *host;
	char org[ORG_MAX + 1];

	if (v->org_set)
		return (v->org);
	hp = ctx->http_req != NULL ? ctx->http_req : ctx->http_bereq;
	if (hp != NULL && http_GetHdr(hp, H_Host, &host) &&
	    name_host_org(host, org))
		v->org = WS_Copy(ctx->ws, org, -1);
	v->org_set = true;
	return (v->org);
}

void
visit_set_org(VRT_CTX, struct visit *v, const char *org)
{

	if (org != NULL && !name_is_org_shown(org))
		org = NULL;
	/* A restart sets what is set already. */
	if (v->org_set && (org == NULL || v->org == NULL ? org == v->org :
	    strcmp(org, v->org) == 0))
		return;
	v->org_set = true;
	v->org = org == NULL ? NULL : WS_Copy(ctx->ws, org, -1);
	v->looked = false;
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

static bool
is_revoked(const struct folder *f, const char *org,
    const uint8_t hash[HASH_LEN])
{
	struct map_value val;

	return (visit_find(f, MAP_KIND_SOURCE, org, hash, HASH_LEN, &val) == MAP_FOUND && val.revoked);
}

/*
 * True if the map knows the alias, whose source hash is put into *hash*: of
 * what was published last, where that is what is shown.
 */
static bool
find_alias(const struct folder *f, struct visit *v, const struct url *u,
    struct hash *hash)
{
	struct map_value val;
	bool shown;

	FOLDER_COUNT(f, lookups);
	switch (visit_find(f, MAP_KIND_ALIAS, v->org, u->alias, u->alias_len,
	    &val)) {
	case MAP_FOUND:
		FOLDER_COUNT(f, hits);
		shown = v->keep_alias && val.has_shown &&
		    !is_revoked(f, v->org, val.shown);
		(void)memcpy(hash->b, shown ? val.shown : val.hash,
		    sizeof hash->b);
		v->alias_epoch = val.epoch;
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

/* The epoch; a soft one that is above *soft* takes its place. */
static uint64_t
find_epoch(const struct folder *f, struct visit *v, enum map_kind kind,
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
	if (val.soft > *soft)
		*soft = val.soft;
	return (val.epoch);
}

static const char *
copy_span(VRT_CTX, struct url_span s)
{
	char buf[NAME_MAX_LEN + 1];

	if (url_decode(s, buf, sizeof buf) < 1)
		return (NULL);
	return (WS_Copy(ctx->ws, buf, -1));
}

/* What the map has to say about the image of *u*. */
static void
find_image(VRT_CTX, const struct folder *f, struct visit *v,
    const struct url *u)
{
	char hex[HASH_HEX + 1];
	struct hash hash;
	bool has_hash;

	if (u->kind == URL_ALIAS) {
		has_hash = find_alias(f, v, u, &hash);
		v->alias = WS_Copy(ctx->ws, u->alias, -1);
	} else {
		FOLDER_COUNT(f, passed);
		has_hash = u->kind == URL_HASH &&
		    hash_from_hex(&hash, u->image.p, u->image.len);
	}
	if (has_hash) {
		v->source_epoch = find_epoch(f, v, MAP_KIND_SOURCE,
		    hash.b, sizeof hash.b, &v->source_soft);
		hash_to_hex(&hash, hex);
		v->source = WS_Copy(ctx->ws, hex, -1);
	}
}

/* Everything that the map has to say about *u*. */
static void
find_all(VRT_CTX, const struct folder *f, struct visit *v, const struct url *u)
{

	v->attached = true;
	v->stack = copy_span(ctx, u->stack);
	find_image(ctx, f, v, u);
	if (v->stack != NULL)
		v->stack_epoch = find_epoch(f, v, MAP_KIND_STACK, v->stack,
		    strlen(v->stack), &v->shared_soft);
	v->org_epoch = find_epoch(f, v, MAP_KIND_ORGANIZATION, "", 0,
	    &v->shared_soft);
}

static const char *
write_url(VRT_CTX, const struct url *u, const char *hash, const char *url)
{
	unsigned room;
	size_t len;

	/* The canonical form is longer by the hash at most. */
	room = (unsigned)strlen(url) + HASH_HEX + 8;
	if (WS_ReserveSize(ctx->ws, room) == 0)
		return (url);
	len = url_canonical(u, hash, WS_Reservation(ctx->ws), room);
	if (len == 0 || strcmp(WS_Reservation(ctx->ws), url) == 0) {
		WS_Release(ctx->ws, 0);
		return (url);
	}
	url = WS_Reservation(ctx->ws);
	WS_Release(ctx->ws, (unsigned)len + 1);
	return (url);
}

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
	return (!is_revoked(f, v->org, hash->b));
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
	    (source = WS_Copy(ctx->ws, hex, -1)) == NULL)
		return (false);
	u.image = (struct url_span){ source, HASH_HEX };
	url = write_url(ctx, &u, NULL, v->url);
	if (strcmp(url, v->url) == 0)
		return (false);
	v->url = url;
	v->source = source;
	v->source_soft = 0;
	v->source_epoch = find_epoch(f, v, MAP_KIND_SOURCE, hash.b,
	    sizeof hash.b, &v->source_soft);
	v->fallen = true;
	FOLDER_COUNT(f, fallbacks);
	return (true);
}

const char *
visit_url_at(VRT_CTX, const char *url, const char *source)
{
	struct url u;

	if (url_parse(url, strlen(url), &u) != URL_ALIAS)
		return (url);
	return (write_url(ctx, &u, source, url));
}

/* Once for each request by alias, so without the cost of a format. */
static void
visit_log(VRT_CTX, const struct visit *v)
{
	static const char head[] = "moniker:";
	char line[sizeof head + NAME_MAX_LEN + HASH_HEX + 1];
	const char *tail;
	char *p;

	if (v->alias == NULL || ctx->vsl == NULL)
		return;
	tail = v->source != NULL ? v->source : v->unknown ? "unknown" : "-";
	p = stpcpy(line, head);
	p = stpcpy(p, v->alias);
	*p++ = ' ';
	p = stpcpy(p, tail);
	VSLbt(ctx->vsl, SLT_VCL_Log, (txt){ line, p });
}

/* Forgets the URL but not the organization and the client. */
static void
visit_reset(struct visit *v)
{
	const struct visit was = *v;

	INIT_OBJ(v, VISIT_MAGIC);
	v->org = was.org;
	v->org_set = was.org_set;
	v->received = was.received;
	v->wants_picture = was.wants_picture;
}

/*--------------------------------------------------------------------
 * Other spellings of a picture's URL. Only the origin, which has the stacks,
 * knows where they lead.
 */

/* Seconds for which it is not asked again, and when it cannot be. */
#define SPELL_TTL	10
#define SPELL_GRACE	86400

/* Stands for every image, since a spelling is the same for all of them. */
#define ANY_IMAGE	"0000000000000000000000000000000000000000"

/* "jpeg" and "heic" have another, canonical name. */
static bool
is_plain_format(struct url_span f)
{

	return (f.len != 4 || (strncasecmp(f.p, "jpeg", 4) != 0 &&
	    strncasecmp(f.p, "heic", 4) != 0));
}

/* Whether a URL can only be its own spelling. */
static bool
is_plain(const struct visit *v, const struct url *u)
{

	return (u->segments.len <= 1 && u->version.len == 0 &&
	    u->query.len == 0 && !v->is_short && is_plain_format(u->format));
}

/* "" if there is none. */
static void
spell_url(const struct visit *v, const struct url *u, char url[SPELL_MAX])
{
	/* Of these the image matters. */
	bool own = v->is_short || v->is_signed || u->kind == URL_REMOTE;

	if (url_canonical(u, own ? NULL : ANY_IMAGE, url, SPELL_MAX) == 0)
		*url = '\0';
}

static void
spell_key(const struct visit *v, const char *url, struct spell_key *k)
{

	k->org = v->org;
	k->url = url;
	k->epochs[0] = v->stack_epoch;
	k->epochs[1] = v->org_epoch;
}

static bool
is_daemon_down(const struct folder *f, double now)
{
	struct map_status st;

	map_reader_status(folder_reader(f), (uint64_t)(now * 1e3), &st);
	return (st.attached && !st.healthy);
}

/* An empty one is none. The origin has to see two, whatever their values. */
static bool
is_signed(const struct url *u)
{
	struct url_span sig;

	return (url_query(u, "sig", &sig) || url_count(u, "sig") > 1 ||
	    url_count(u, "sigopts") > 1);
}

/* Has *u*, and what is known of it, be as *canonical* says. */
static void
spell_apply(VRT_CTX, const struct folder *f, struct visit *v, struct url *u,
    const char *canonical)
{
	struct url c;

	if (url_parse(canonical, strlen(canonical), &c) != URL_HASH &&
	    c.kind != URL_ALIAS)
		return;
	if (v->is_short && c.kind == URL_HASH &&
	    c.image.len == HASH_HEX && c.image.len > u->image.len &&
	    memcmp(c.image.p, u->image.p, u->image.len) == 0) {
		u->image = c.image;
		find_image(ctx, f, v, u);
	}
	u->segments = c.segments;
	u->version = c.version;
	u->format = c.format;
	u->query = c.query;
	v->is_signed = is_signed(u);
	FOLDER_COUNT(f, respelled);
}

static void
spell_look(VRT_CTX, const struct folder *f, struct visit *v, struct url *u)
{
	char url[SPELL_MAX], found[SPELL_MAX];
	struct spell_key k;
	const char *copy;
	double at;

	if (is_plain(v, u))
		return;
	spell_url(v, u, url);
	spell_key(v, url, &k);
	if (!spell_find(folder_spellings(f), &k, found, &at))
		return;
	if (at + SPELL_TTL < ctx->now && (at + SPELL_GRACE < ctx->now ||
	    !is_daemon_down(f, ctx->now)))
		return;
	copy = WS_Copy(ctx->ws, found, -1);
	if (copy != NULL)
		spell_apply(ctx, f, v, u, copy);
}

/* Looks at v->original; *canonical* (NULL: not known) is where it leads. */
static void
visit_look(VRT_CTX, struct folder *f, struct visit *v, const char *canonical)
{
	struct url u;

	v->kind = url_parse(v->original, strlen(v->original), &u);
	if (v->kind == URL_OTHER || visit_org(ctx, v) == NULL) {
		v->kind = URL_OTHER;
		FOLDER_COUNT(f, passed);
		return;
	}
	v->is_signed = is_signed(&u);
	v->is_short = v->kind == URL_HASH && u.image.len < HASH_HEX;
	find_all(ctx, f, v, &u);
	if (canonical != NULL)
		spell_apply(ctx, f, v, &u, canonical);
	else
		spell_look(ctx, f, v, &u);
	v->url = write_url(ctx, &u,
	    v->known && !v->keep_alias ? v->source : NULL, v->original);
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
	v->url = v->original = WS_Copy(ctx->ws, url, -1);
	if (v->url == NULL) {
		v->looked = false;
		return (url);
	}
	visit_look(ctx, f, v, NULL);
	visit_log(ctx, v);
	return (v->url);
}

const char *
visit_respell(VRT_CTX, struct folder *f, struct visit *v,
    const char *canonical)
{
	char url[SPELL_MAX], leads[SPELL_MAX];
	struct url u, c;
	struct spell_key k;
	const char *original = v->original;
	bool keep_alias = v->keep_alias;

	CHECK_OBJ_NOTNULL(v, VISIT_MAGIC);
	canonical = WS_Copy(ctx->ws, canonical, -1);
	if (canonical == NULL ||
	    url_parse(canonical, strlen(canonical), &c) == URL_OTHER)
		return (v->url);
	(void)url_parse(original, strlen(original), &u);
	spell_url(v, &u, url);
	spell_key(v, url, &k);
	if (*url != '\0' && url_canonical(&c, v->is_short ? NULL : ANY_IMAGE,
	    leads, sizeof leads) > 0)
		spell_put(folder_spellings(f), &k, leads, ctx->now);
	visit_reset(v);
	v->looked = true;
	v->keep_alias = keep_alias;
	v->url = v->original = original;
	visit_look(ctx, f, v, canonical);
	return (v->url);
}
