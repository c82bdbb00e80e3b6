/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cache/cache.h"
#include "vsha256.h"

#include "folder.h"
#include "planned.h"

#define BLOCK	64	/* of SHA-256 */

static const char not_valid[] =
    "The token of the preview is not valid: ask for another one.";
static const char ended[] = "The preview has ended: ask for another one.";
static const char no_set[] = "The set of the preview was deleted.";
static const char no_map[] =
    "A preview needs the map of the aliases, which is not there now.";

static void
digest(const uint8_t pad[BLOCK], const struct url_span *parts, size_t n,
    uint8_t out[VSHA256_LEN])
{
	struct VSHA256Context c;
	size_t i;

	VSHA256_Init(&c);
	VSHA256_Update(&c, pad, BLOCK);
	for (i = 0; i < n; i++)
		VSHA256_Update(&c, parts[i].p, parts[i].len);
	VSHA256_Final(out, &c);
}

/* HMAC-SHA256 with *key*; its first bytes count. */
static void
authenticate(const uint8_t key[HASH_LEN], const struct url_span *parts,
    size_t n, uint8_t out[VSHA256_LEN])
{
	uint8_t inner[BLOCK], outer[BLOCK];
	struct url_span first;
	size_t i;

	for (i = 0; i < BLOCK; i++) {
		inner[i] = (i < HASH_LEN ? key[i] : 0) ^ 0x36;
		outer[i] = (i < HASH_LEN ? key[i] : 0) ^ 0x5c;
	}
	digest(inner, parts, n, out);
	first = (struct url_span){ (const char *)out, VSHA256_LEN };
	digest(outer, &first, 1, out);
}

/* All bytes are looked at, wherever the first one differs. */
static bool
is_signed_by(const uint8_t key[HASH_LEN], const char *org,
    struct url_span token, const struct url_preview *p)
{
	const struct url_span parts[] = {
		url_text(org), url_text(" "), { token.p, p->signed_len }
	};
	volatile uint8_t differ = 0;
	uint8_t mac[VSHA256_LEN];
	size_t i;

	authenticate(key, parts, sizeof parts / sizeof *parts, mac);
	for (i = 0; i < HASH_LEN; i++)
		differ |= mac[i] ^ p->mac.b[i];
	return (differ == 0);
}

static enum map_answer
find_key(const struct folder *f, const char *org, uint64_t id,
    struct map_value *val)
{
	char digits[21];
	int len = snprintf(digits, sizeof digits, "%" PRIu64, id);

	return (visit_find(f, MAP_KIND_PREVIEW, org, digits, (size_t)len,
	    val));
}

static enum map_answer
find_planned(const struct folder *f, const char *org, bool is_set, uint64_t n,
    const char *alias, size_t len, struct map_value *val)
{
	char owner[MAP_OWNER_MAX + 1];

	if (is_set)
		(void)map_scope_set(owner, org, n);
	else
		(void)map_scope_nth(owner, org, (unsigned)n);
	return (visit_find(f, MAP_KIND_PLAN, owner, alias, len, val));
}

/* Fills in *p*, or says why not. */
static const char *
verify(VRT_CTX, const struct folder *f, struct visit *v,
    struct url_span token, struct url_preview *p)
{
	struct map_value val;
	enum map_answer a;

	v->attached = true;
	if (!url_preview_parse(token, p))
		return (not_valid);
	a = find_key(f, v->org, p->key, &val);
	v->attached = a != MAP_UNATTACHED;
	if (a == MAP_UNATTACHED)
		return (no_map);
	if (a == MAP_ABSENT || !val.has_shown ||
	    !is_signed_by(val.shown, v->org, token, p))
		return (not_valid);
	if ((double)p->expires <= ctx->now || (val.due_ms != 0 &&
	    (double)val.due_ms / 1000 <= ctx->now))
		return (ended);
	if (p->is_set && find_planned(f, v->org, true, p->what, "", 0,
	    &val) != MAP_FOUND)
		return (no_set);
	return (NULL);
}

/* An empty span if there is none; without memory it counts as not valid. */
static struct url_span
take_token(VRT_CTX, struct visit *v, struct url *u)
{
	struct url_span token = { NULL, 0 };
	char *stripped;

	if (u->query.len > 0 &&
	    strstr(u->query.p, URL_PREVIEW_NAME "=") != NULL) {
		stripped = visit_alloc(ctx, v, strlen(v->original) + 1);
		if (stripped == NULL)
			return (url_text("-"));
		token = url_preview_strip(v->original, stripped);
		v->original = stripped;
		v->kind = url_parse(stripped, strlen(stripped), u);
	}
	return (token.len > 0 || v->cookie == NULL ? token :
	    (struct url_span){ v->cookie, strcspn(v->cookie, "; \t") });
}

bool
planned_look(VRT_CTX, const struct folder *f, struct visit *v, struct url *u)
{
	struct url_span token = take_token(ctx, v, u);
	struct url_preview p;
	struct planned *planned;

	/* What has no alias is the same for all; a second look is of the first. */
	if (v->kind != URL_ALIAS || (token.len == 0 && v->planned == NULL))
		return (true);
	v->guarded = true;
	if (v->planned != NULL)
		return (true);
	v->refusal = verify(ctx, f, v, token, &p);
	planned = v->refusal != NULL ? NULL : WS_Alloc(ctx->ws,
	    sizeof *planned);
	if (planned == NULL) {
		if (v->refusal == NULL)
			v->refusal = not_valid;
		FOLDER_COUNT(f, previews_refused);
		return (false);
	}
	planned->is_set = p.is_set;
	planned->what = p.what;
	v->planned = planned;
	FOLDER_COUNT(f, previews);
	return (true);
}

static enum map_answer
become(struct map_value *val, const struct map_value *plan)
{

	if (!plan->has_shown)
		return (MAP_ABSENT);
	(void)memcpy(val->hash, plan->shown, sizeof val->hash);
	return (MAP_FOUND);
}

/* The last change that comes no later. */
static enum map_answer
find_at(const struct folder *f, const struct visit *v, const char *alias,
    size_t len, enum map_answer live, struct map_value *val)
{
	const struct map_value now = *val;
	enum map_answer a = live;
	struct map_value next;
	unsigned n;

	for (n = 0; n < MAP_NTH_MAX; n++) {
		if (find_planned(f, v->org, false, n, alias, len,
		    &next) != MAP_FOUND || next.due_ms > v->planned->what)
			break;
		if (next.revoked) {
			*val = now;
			a = live;
		} else
			a = become(val, &next);
	}
	return (a);
}

enum map_answer
planned_find(const struct folder *f, const struct visit *v,
    const char *alias, size_t len, enum map_answer live,
    struct map_value *val)
{
	struct map_value plan;

	val->has_shown = val->has_previous = false;
	if (live == MAP_UNATTACHED)
		return (live);
	if (!v->planned->is_set)
		return (find_at(f, v, alias, len, live, val));
	if (find_planned(f, v->org, true, v->planned->what, alias, len,
	    &plan) != MAP_FOUND)
		return (live);
	return (become(val, &plan));
}

const char *
planned_cookie(VRT_CTX, const struct folder *f, struct visit *v,
    const char *url)
{
	struct url_span token;
	struct url_preview p;
	double left = 0;
	char *buf;

	buf = WS_Alloc(ctx->ws, (unsigned)strlen(url) + 1);
	if (buf == NULL || visit_org(ctx, v) == NULL)
		return (NULL);
	token = url_preview_strip(url, buf);
	if (token.len > 0) {
		v->refusal = verify(ctx, f, v, token, &p);
		if (v->refusal != NULL)
			return (NULL);
		left = (double)p.expires - ctx->now;
	}
	return (WS_Printf(ctx->ws, URL_PREVIEW_NAME "=%.*s; Path=/; "
	    "Max-Age=%.0f; HttpOnly; SameSite=Lax", (int)token.len,
	    token.len > 0 ? token.p : "", left));
}

void
planned_deliver(struct http *hp, const struct visit *v)
{

	http_Unset(hp, H_Cache_Control);
	http_SetHeader(hp, "Cache-Control: private, no-store");
	if (v->planned != NULL)
		http_SetHeader(hp, v->planned->is_set ?
		    "X-Moniker-Preview: set" : "X-Moniker-Preview: time");
}
