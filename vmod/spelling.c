/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Other spellings of a picture's URL. Only the origin, which has the stacks,
 * knows where they lead.
 */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "cache/cache.h"

#include "folder.h"
#include "spell.h"
#include "visit_priv.h"

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
	const char *image = ANY_IMAGE;

	/* For these kinds the image matters. */
	if (v->is_short || v->is_signed || u->kind == URL_REMOTE)
		image = NULL;
	else if (url_brackets(u->segments))
		image = v->source;
	if (url_canonical(u, image, url, SPELL_MAX) == 0)
		*url = '\0';
}

static void
spell_key(const struct visit *v, const struct url *u, const char *url,
    struct spell_key *k)
{

	k->org = v->org;
	k->url = url;
	k->epochs[0] = v->stack_epoch;
	k->epochs[1] = v->org_epoch;
	/* What an expression asks of the image is metadata, too. */
	k->epochs[2] = url_brackets(u->segments) ? v->source_epoch : 0;
}

static bool
is_daemon_down(const struct folder *f, double now)
{
	struct map_status st;

	map_reader_status(folder_reader(f), (uint64_t)(now * 1e3), &st);
	return (st.attached && !st.healthy);
}

/*
 * Whether *c* may be where *u* leads, which is the beginning of its hash, or a
 * remote image, of which only the origin knows.
 */
static bool
is_image_of(const struct url *u, const struct url *c)
{

	return (c->kind == URL_HASH && c->image.len == HASH_HEX &&
	    (u->kind == URL_REMOTE || (c->image.len > u->image.len &&
	    memcmp(c->image.p, u->image.p, u->image.len) == 0)));
}

void
visit_spelled(VRT_CTX, const struct folder *f, struct visit *v, struct url *u,
    const char *canonical)
{
	struct url c;

	if (url_parse(canonical, strlen(canonical), &c) != URL_HASH &&
	    c.kind != URL_ALIAS)
		return;
	if (v->is_short && is_image_of(u, &c)) {
		u->kind = URL_HASH;
		u->image = c.image;
		visit_find_image(ctx, f, v, u);
	} else if (u->kind == URL_REMOTE)
		return;
	u->segments = c.segments;
	u->version = c.version;
	u->format = c.format;
	u->query = c.query;
	v->is_signed = visit_is_signed(u);
	FOLDER_COUNT(f, respelled);
}

void
visit_spell(VRT_CTX, const struct folder *f, struct visit *v, struct url *u)
{
	char url[SPELL_MAX], found[SPELL_MAX];
	struct spell_key k;
	const char *copy;
	double at;

	if (is_plain(v, u))
		return;
	spell_url(v, u, url);
	spell_key(v, u, url, &k);
	if (!spell_find(folder_spellings(f), &k, found, &at))
		return;
	if (at + SPELL_TTL < ctx->now && (at + SPELL_GRACE < ctx->now ||
	    !is_daemon_down(f, ctx->now)))
		return;
	copy = visit_copy(ctx, v, found, strlen(found));
	if (copy != NULL)
		visit_spelled(ctx, f, v, u, copy);
}

const char *
visit_respell(VRT_CTX, struct folder *f, struct visit *v,
    const char *canonical)
{
	char url[SPELL_MAX], leads[SPELL_MAX];
	struct url u, c;
	struct spell_key k;
	const char *original = v->original;
	const char *missing = v->missing;
	bool keep_alias = v->keep_alias;

	CHECK_OBJ_NOTNULL(v, VISIT_MAGIC);
	canonical = visit_copy(ctx, v, canonical, strlen(canonical));
	if (canonical == NULL ||
	    url_parse(canonical, strlen(canonical), &c) == URL_OTHER)
		return (v->url);
	(void)url_parse(original, strlen(original), &u);
	spell_url(v, &u, url);
	spell_key(v, &u, url, &k);
	if (*url != '\0' && url_canonical(&c, v->is_short ? NULL : ANY_IMAGE,
	    leads, sizeof leads) > 0)
		spell_put(folder_spellings(f), &k, leads, ctx->now);
	visit_reset(v);
	v->looked = true;
	v->keep_alias = keep_alias;
	v->url = v->original = original;
	visit_look(ctx, f, v, canonical);
	if (missing != NULL)
		(void)visit_stand_in(ctx, f, v, missing);
	return (v->url);
}
