/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What VCL sees. Nothing that comes from a map, a header or the disk may reach
 * an assertion here: one costs the whole cache.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cache/cache.h"
#include "vcl.h"

#include "deliver.h"
#include "folder.h"
#include "object.h"
#include "planned.h"
#include "tag.h"
#include "token.h"

VCL_VOID
vmod_map__init(VRT_CTX, struct vmod_moniker_map **mp, const char *name,
    VCL_STRING dir)
{
	struct vmod_moniker_map *m;

	CHECK_OBJ_NOTNULL(ctx, VRT_CTX_MAGIC);
	AN(mp);
	AZ(*mp);
	if (dir == NULL || *dir != '/') {
		VRT_fail(ctx, "moniker.map %s: the folder \"%s\" is not an"
		    " absolute path", name, dir == NULL ? "" : dir);
		return;
	}
	ALLOC_OBJ(m, VMOD_MONIKER_MAP_MAGIC);
	if (m != NULL)
		m->folder = folder_get(dir);
	if (m == NULL || m->folder == NULL) {
		VRT_fail(ctx, "moniker.map %s: out of memory", name);
		free(m);
		return;
	}
	*mp = m;
}

VCL_VOID
vmod_map__fini(struct vmod_moniker_map **mp)
{
	struct vmod_moniker_map *m;

	TAKE_OBJ_NOTNULL(m, mp, VMOD_MONIKER_MAP_MAGIC);
	folder_put(&m->folder);
	FREE_OBJ(m);
}

/*--------------------------------------------------------------------
 * Looking
 */

VCL_VOID
vmod_map_set_organization(VRT_CTX, struct vmod_moniker_map *m, VCL_STRING org)
{
	struct visit *v;

	v = object_visit(ctx, m, true);
	if (v != NULL)
		visit_set_org(ctx, v, org);
}

VCL_STRING
vmod_map_organization(VRT_CTX, struct vmod_moniker_map *m)
{
	struct visit *v;

	v = object_visit(ctx, m, true);
	return (v == NULL ? NULL : visit_org(ctx, v));
}

static const char *
look(VRT_CTX, struct vmod_moniker_map *m, const char *url, bool keep_alias)
{
	struct visit *v;

	/* req.url may not become empty, so there is always a URL to give. */
	if (url == NULL || *url == '\0')
		return ("/");
	v = object_visit(ctx, m, true);
	if (v == NULL)
		return (url);
	return (visit_url(ctx, m->folder, v, url, keep_alias));
}

VCL_STRING
vmod_map_url(VRT_CTX, struct vmod_moniker_map *m, VCL_STRING url)
{

	return (look(ctx, m, url, false));
}

VCL_STRING
vmod_map_alias_url(VRT_CTX, struct vmod_moniker_map *m, VCL_STRING url)
{

	return (look(ctx, m, url, true));
}

VCL_STRING
vmod_map_url_at(VRT_CTX, struct vmod_moniker_map *m, VCL_STRING url,
    VCL_STRING source)
{
	struct hash hash;

	CHECK_OBJ_NOTNULL(ctx, VRT_CTX_MAGIC);
	CHECK_OBJ_NOTNULL(m, VMOD_MONIKER_MAP_MAGIC);
	if (url == NULL || *url == '\0')
		return ("/");
	if (source == NULL || !hash_from_hex(&hash, source, strlen(source)))
		return (url);
	return (visit_url_at(ctx, url, source));
}

VCL_STRING
vmod_map_respell(VRT_CTX, struct vmod_moniker_map *m, VCL_STRING canonical)
{
	struct visit *v;

	v = object_visit(ctx, m, false);
	if (v == NULL || !v->looked)
		return ("/");
	if (v->kind == URL_OTHER || canonical == NULL)
		return (v->url);
	return (visit_respell(ctx, m->folder, v, canonical));
}

/*
 * A number of VCL's has 15 digits. To make a longer one into a string fails the
 * request, which no map may bring about.
 */
static VCL_INT
number(uint64_t n)
{

	return (n > VRT_INTEGER_MAX ? VRT_INTEGER_MAX : (VCL_INT)n);
}

/*--------------------------------------------------------------------
 * What was found: nothing, before .url() or in another task.
 */

#define FOUND(type, name, expr, none)					\
	type								\
	vmod_map_##name(VRT_CTX, struct vmod_moniker_map *m)		\
	{								\
		const struct visit *v;					\
									\
		v = object_visit(ctx, m, false);				\
		return (v == NULL || !v->looked ? none : (expr));	\
	}

FOUND(VCL_BOOL, is_image, v->kind != URL_OTHER, 0)
FOUND(VCL_BOOL, is_alias, v->kind == URL_ALIAS, 0)
FOUND(VCL_BOOL, is_short, v->is_short, 0)
FOUND(VCL_BOOL, is_preview, visit_preview(v), 0)
FOUND(VCL_BOOL, is_known, v->known, 0)
FOUND(VCL_BOOL, is_unknown, v->unknown, 0)
FOUND(VCL_BOOL, is_revoked, v->revoked, 0)
FOUND(VCL_BOOL, is_signed, v->is_signed, 0)
FOUND(VCL_BOOL, is_attached, v->attached, 0)
FOUND(VCL_BOOL, is_fallback, v->fallen, 0)
FOUND(VCL_BOOL, is_fallback_image, v->missing != NULL, 0)
FOUND(VCL_BOOL, is_planned, v->planned != NULL, 0)
FOUND(VCL_STRING, planned_error, v->refusal, NULL)
FOUND(VCL_STRING, fallback_url, v->fallen || v->missing != NULL ? v->url : NULL,
    NULL)
FOUND(VCL_STRING, alias, v->alias, NULL)
FOUND(VCL_STRING, source, v->source, NULL)
FOUND(VCL_STRING, stack, v->stack, NULL)
FOUND(VCL_STRING, original, v->original, NULL)
/* Text, since VCL refuses to print an INT of more than 15 digits. */
FOUND(VCL_STRING, alias_epoch, WS_Printf(ctx->ws, "%ju",
    (uintmax_t)v->alias_epoch), "0")
FOUND(VCL_STRING, source_epoch, WS_Printf(ctx->ws, "%ju",
    (uintmax_t)v->source_epoch), "0")
#undef FOUND

VCL_STRING
vmod_map_planned_cookie(VRT_CTX, struct vmod_moniker_map *m, VCL_STRING url)
{
	struct visit *v;

	v = object_visit(ctx, m, true);
	return (v == NULL || url == NULL ? NULL :
	    planned_cookie(ctx, m->folder, v, url));
}

VCL_BOOL
vmod_map_falls_back(VRT_CTX, struct vmod_moniker_map *m)
{
	struct visit *v;

	v = object_visit(ctx, m, false);
	return (v != NULL && v->looked && visit_fall(ctx, m->folder, v));
}

VCL_BOOL
vmod_map_use_fallback_image(VRT_CTX, struct vmod_moniker_map *m)
{
	struct visit *v;

	v = object_visit(ctx, m, false);
	return (v != NULL && v->looked && visit_use_fallback(ctx, m->folder,
	    v, ctx->method == VCL_MET_DELIVER));
}

VCL_VOID
vmod_map_deliver(VRT_CTX, struct vmod_moniker_map *m)
{

	deliver_answer(ctx, m->folder, object_visit(ctx, m, false));
}

/*--------------------------------------------------------------------
 * Questions to the map that are not about the request's URL
 */

VCL_STRING
vmod_map_resolve(VRT_CTX, struct vmod_moniker_map *m, VCL_STRING org,
    VCL_STRING name)
{
	struct map_value val;
	char hex[HASH_HEX + 1];
	struct hash hash;

	CHECK_OBJ_NOTNULL(ctx, VRT_CTX_MAGIC);
	CHECK_OBJ_NOTNULL(m, VMOD_MONIKER_MAP_MAGIC);
	if (org == NULL || name == NULL || !name_is_org(org) ||
	    !name_is_alias(name))
		return (NULL);
	folder_tick(m->folder, ctx->now);
	if (visit_find(m->folder, MAP_KIND_ALIAS, org, name, strlen(name),
	    &val) != MAP_FOUND)
		return (NULL);
	(void)memcpy(hash.b, val.hash, sizeof hash.b);
	hash_to_hex(&hash, hex);
	return (WS_Copy(ctx->ws, hex, -1));
}

/* True if the map knows *source* of the request's organization. */
static bool
find_source(VRT_CTX, const struct vmod_moniker_map *m, struct visit *v,
    const char *source, struct map_value *val)
{
	const char *org;
	struct hash hash;

	org = v == NULL ? NULL : visit_org(ctx, v);
	return (org != NULL && source != NULL &&
	    hash_from_hex(&hash, source, strlen(source)) &&
	    visit_find(m->folder, MAP_KIND_SOURCE, org, hash.b,
	    sizeof hash.b, val) == MAP_FOUND);
}

/* What is not a number is older than any. */
static uint64_t
parse_epoch(const char *text)
{
	uint64_t n;
	char *end;

	if (text == NULL || *text < '0' || *text > '9')
		return (0);
	errno = 0;
	n = strtoull(text, &end, 10);
	return (*end == '\0' && errno == 0 ? n : 0);
}

/* One part of a list: see the manual. *epoch*: when the object was made. */
static bool
part_is_current(VRT_CTX, const struct vmod_moniker_map *m, struct visit *v,
    const struct tag *t, uint64_t epoch)
{
	const char *org = v == NULL ? NULL : visit_org(ctx, v);
	struct map_value val;
	enum map_answer answer;

	if (org == NULL)
		return (true);
	answer = visit_find(m->folder, t->kind, org, t->name, t->len, &val);
	if (answer != MAP_FOUND)
		return (t->kind != MAP_KIND_ALIAS || answer != MAP_ABSENT);
	return (!val.revoked && epoch >= val.epoch &&
	    (t->kind != MAP_KIND_ALIAS ||
	    memcmp(val.hash, t->hash.b, sizeof val.hash) == 0));
}

VCL_BOOL
vmod_map_is_current(VRT_CTX, struct vmod_moniker_map *m, VCL_STRING source,
    VCL_STRING epoch)
{
	struct visit *v;
	struct tag t;

	v = object_visit(ctx, m, true);
	if (epoch == NULL || source == NULL)
		return (1);
	while (tag_next(&source, &t))
		if (!part_is_current(ctx, m, v, &t, parse_epoch(epoch)))
			return (0);
	return (1);
}

/*
 * Of *source*, which an object may show though its alias has come to mean
 * another one.
 */
static uint64_t
soft_of(VRT_CTX, const struct vmod_moniker_map *m, struct visit *v,
    const char *source)
{
	struct map_value val;

	if (source == NULL ||
	    (v->source != NULL && strcmp(source, v->source) == 0))
		return (v->source_soft);
	return (find_source(ctx, m, v, source, &val) ? val.soft : 0);
}

VCL_BOOL
vmod_map_is_older(VRT_CTX, struct vmod_moniker_map *m, VCL_STRING source,
    VCL_STRING soft_epoch)
{
	struct visit *v;
	uint64_t soft;

	v = object_visit(ctx, m, false);
	if (v == NULL || !v->looked || !v->attached)
		return (0);
	soft = soft_of(ctx, m, v, source);
	if (v->shared_soft > soft)
		soft = v->shared_soft;
	return (soft != 0 && parse_epoch(soft_epoch) < soft);
}

static void
status(VRT_CTX, const struct vmod_moniker_map *m, struct map_status *st)
{
	uint64_t now_ms;

	CHECK_OBJ_NOTNULL(ctx, VRT_CTX_MAGIC);
	CHECK_OBJ_NOTNULL(m, VMOD_MONIKER_MAP_MAGIC);
	now_ms = (uint64_t)(ctx->now * 1e3);
	map_reader_tick(folder_reader(m->folder), now_ms);
	map_reader_status(folder_reader(m->folder), now_ms, st);
}

/* Never negative: clocks may differ by a little, or the map may lie. */
static VCL_DURATION
heartbeat_age(VRT_CTX, uint64_t heartbeat_ms)
{
	double age;

	age = ctx->now - (double)heartbeat_ms / 1e3;
	return (heartbeat_ms == 0 || age < 0 ? 0 : age);
}

#define STATUS(type, name, expr)					\
	type								\
	vmod_map_##name(VRT_CTX, struct vmod_moniker_map *m)		\
	{								\
		struct map_status st;					\
									\
		status(ctx, m, &st);					\
		return (expr);						\
	}

STATUS(VCL_BOOL, healthy, st.healthy)
STATUS(VCL_INT, entries, number(st.entries[MAP_KIND_ALIAS]))
STATUS(VCL_INT, generation, number(st.generation))
STATUS(VCL_STRING, reason, WS_Copy(ctx->ws, st.reason, -1))
STATUS(VCL_DURATION, heartbeat_age, heartbeat_age(ctx, st.heartbeat_ms))
#undef STATUS

/*--------------------------------------------------------------------
 * Functions
 */

VCL_STRING
vmod_organization(VRT_CTX, VCL_STRING host)
{
	char org[ORG_MAX + 1];

	CHECK_OBJ_NOTNULL(ctx, VRT_CTX_MAGIC);
	if (host == NULL || !name_host_org(host, org))
		return (NULL);
	return (WS_Copy(ctx->ws, org, -1));
}

VCL_STRING
vmod_accept(VRT_CTX, VCL_STRING accept)
{
	char buf[URL_ACCEPT_MAX];

	CHECK_OBJ_NOTNULL(ctx, VRT_CTX_MAGIC);
	if (url_accept(accept, buf) == 0)
		return ("");
	return (WS_Copy(ctx->ws, buf, -1));
}

/* Why it cannot match is for the log, not for the client. */
VCL_BOOL
vmod_token_matches(VRT_CTX, VCL_STRING file, VCL_STRING given)
{
	const char *why;
	bool ok;

	CHECK_OBJ_NOTNULL(ctx, VRT_CTX_MAGIC);
	ok = token_matches(file, given, &why);
	if (why != NULL && ctx->vsl != NULL)
		VSLb(ctx->vsl, SLT_Error, "moniker: the token file \"%.256s\" %s",
		    file == NULL ? "" : file, why);
	return (ok);
}

VCL_BOOL
vmod_is_overflowed(VRT_CTX)
{

	CHECK_OBJ_NOTNULL(ctx, VRT_CTX_MAGIC);
	return (WS_Overflowed(ctx->ws));
}
