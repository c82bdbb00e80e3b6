/* SPDX-License-Identifier: BSD-2-Clause */
/* Which pictures need a signed URL, and whether the one at hand is. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/image_find.h"
#include "api/remote.h"
#include "api/sign.h"
#include "store/store_alias.h"
#include "store/store_org.h"

/*
 * Milliseconds. Varnish may have looked an alias up this long before it moved,
 * so that the request is for the picture it stood for then.
 */
#define ALIAS_GRACE	10000
#define ALIAS_MOVES	8

/* *why* becomes the sentence for a URL without a signature. */
static bool
guard_needed(struct call *c, struct image_find *f,
    const struct store_org *org, char *why, size_t len)
{
	const json_t *options = json_object_get(f->stack, "stack_options");

	return (!image_is_open(c, f, org, why, len) || f->source.protected ||
	    json_is_true(json_object_get(options, "protected")));
}

/*--------------------------------------------------------------------
 * What the client sent. Varnish, when it has rewritten the URL, says it in
 * X-Moniker-Url. That is believed only if it leads to this very request:
 * whoever else reaches the socket could name a URL that was signed for another
 * picture.
 */

struct moved {
	unsigned	magic;
#define MOVED_MAGIC	0xa07ccd3d
	struct hash	hash;
	int64_t		since_ms;
	bool		found;
};

static int
moved_lately(void *arg, const struct store_alias_past *past)
{
	struct moved *m = CAST_OBJ(arg, MOVED_MAGIC);

	m->found |= past->to_ms >= m->since_ms &&
	    hash_equal(&past->hash, &m->hash);
	return (m->found);
}

static bool
guard_same_remote(struct call *c, const struct image_find *f,
    const struct url *u)
{
	struct image_find sent = { .stack = f->stack, .url = *u };
	char url[FETCH_URL_MAX + 1], why[256];
	struct hash hash;

	text_copy(sent.org, sizeof sent.org, f->org);
	return (remote_target(c->api, &sent, url, why, sizeof why) &&
	    store_remote_get(c->api->store, f->org, url, &hash) == STORE_OK &&
	    hash_equal(&hash, &f->source.hash));
}

/* Whether *u* is of what is not there, and *f* of what is shown instead. */
static bool
guard_fallback(struct call *c, const struct image_find *f,
    const struct url *u)
{
	struct store_source s = { .size = 0 };
	struct hash_prefix hash;
	struct store_alias a;
	bool there = true;

	if (u->kind != URL_ALIAS)
		(void)hash_prefix_from_hex(&hash, u->image.p, u->image.len);
	else if (store_alias_get(c->api->store, f->org, u->alias, &a) ==
	    STORE_OK)
		hash = hash_prefix_whole(&a.hash);
	else
		there = false;
	there = there && store_source_get(c->api->store, f->org, &hash, false,
	    &s) == STORE_OK;
	store_source_clear(&s);
	return (!there && image_missing_is(c, f->org, &f->source.hash,
	    u->kind != URL_ALIAS));
}

/*
 * Of a signed alias Varnish may show a variant, which it names; that is the alias
 * to compare then. The signature allows each of them.
 */
static bool
guard_variant(struct call *c, struct url *u)
{
	const char *variant = http_header(c->req, "X-Moniker-Variant");
	char name[NAME_MAX_LEN + 1];
	int len;

	if (variant == NULL || u->kind != URL_ALIAS)
		return (true);
	len = snprintf(name, sizeof name, "%s" NAME_VARIANT "%s", u->alias,
	    variant);
	if (len < 0 || (size_t)len >= sizeof name || !name_is_alias(name) ||
	    name_variant_of(name, (size_t)len) != u->alias_len)
		return (false);
	text_copy(u->alias, sizeof u->alias, name);
	u->alias_len = (size_t)len;
	return (true);
}

/* Whether *u* means the image that *f* has found. */
static bool
guard_same_image(struct call *c, const struct image_find *f,
    const struct url *u)
{
	const char *org = f->source.org;	/* f->org, or its lender */
	struct store *store = c->api->store;
	struct moved m = {
		.magic = MOVED_MAGIC,
		.hash = f->source.hash,
		.since_ms = (int64_t)time(NULL) * 1000 - ALIAS_GRACE,
	};
	struct store_source s = { .size = 0 };
	struct hash_prefix hash;
	struct store_alias a;
	bool same;

	if (u->kind == URL_ALIAS) {
		/* A sticky Varnish asks for what it shows. */
		if (store_alias_get(store, org, u->alias, &a) == STORE_OK &&
		    (hash_equal(&a.hash, &m.hash) ||
		    hash_equal(&a.shown, &m.hash)))
			return (true);
		(void)store_alias_history(store, org, u->alias, INT64_MAX,
		    ALIAS_MOVES, moved_lately, &m);
		return (m.found || guard_fallback(c, f, u));
	}
	if (u->kind == URL_REMOTE)
		return (guard_same_remote(c, f, u));
	same = hash_prefix_from_hex(&hash, u->image.p, u->image.len) &&
	    store_source_get(store, org, &hash, false, &s) == STORE_OK &&
	    hash_equal(&s.hash, &f->source.hash);
	store_source_clear(&s);
	return (same || guard_fallback(c, f, u));
}

/* The canonical form of *u*, by the hash of the image; NULL: no memory. */
static char *
guard_form(const struct url *u, const char *hash, size_t len)
{
	size_t size = len + HASH_HEX + 16;
	char *form = malloc(size);

	if (form != NULL && url_canonical(u, hash, form, size) == 0)
		*form = '\0';
	return (form);
}

static bool
guard_leads_here(struct call *c, const struct image_find *f, const char *sent)
{
	const size_t len = strlen(sent);
	struct url u;
	char *here, *there;
	bool same;

	if (url_parse(sent, len, &u) == URL_OTHER)
		return (false);
	there = guard_form(&u, f->hash, len);
	here = guard_form(&f->url, f->hash,
	    strlen(http_target(c->req)));
	same = here != NULL && there != NULL && *here != '\0' &&
	    strcmp(here, there) == 0 && guard_variant(c, &u) &&
	    guard_same_image(c, f, &u);
	free(here);
	free(there);
	return (same);
}

static bool
guard_believes(struct call *c, const struct image_find *f, const char *sent)
{
	if (sent == NULL || guard_leads_here(c, f, sent))
		return (true);
	image_refuse(c, 403, "X-Moniker-Url: is not a URL of the picture "
	    "that is asked for.");
	return (false);
}

/*--------------------------------------------------------------------*/

static bool
guard_refuse(struct call *c, enum sign_status status, const char *why)
{
	switch (status) {
	case SIGN_NONE:
		image_refuse(c, 403, "%s", why);
		break;
	case SIGN_EXPIRED:
		image_refuse(c, 403, "The URL's signature has expired.");
		break;
	default:
		image_refuse(c, 403, "The URL's signature is wrong.");
	}
	return (false);
}

/*
 * All keys are tried, so that the time tells nothing of which. No picture lives
 * longer than the key that signed it: no purge has to come when that ends.
 */
static bool
guard_pass(struct call *c, struct image_find *f, const char *target,
    const char *why)
{
	const struct store_sign_key *by = NULL;
	struct store_sign_keys keys;
	enum sign_status got, best = sign_given(target) ? SIGN_BAD : SIGN_NONE;
	int64_t until;

	if (store_sign_keys(c->api->store, f->org, &keys) != STORE_OK) {
		image_refuse(c, 503, "The database cannot be read; try "
		    "again.");
		return (false);
	}
	for (unsigned i = 0; i < keys.n; i++) {
		got = sign_check(target, keys.key[i].key,
		    (int64_t)time(NULL) * 1000, &until);
		if (got == SIGN_BAD)
			continue;
		best = got;
		by = &keys.key[i];
		f->until_ms = until;
	}
	if (best != SIGN_GOOD || by == NULL)
		return (guard_refuse(c, best, why));
	if (by->expires_ms != 0 &&
	    (f->until_ms == 0 || by->expires_ms < f->until_ms))
		f->until_ms = by->expires_ms;
	store_sign_used(c->api->store, f->org, by->id);
	return (true);
}

/*
 * With two, one of them may be anything, and each pair would be a URL of its
 * own that is signed well.
 */
static bool
guard_signed_once(struct call *c, const char *target)
{
	static const char *const names[] = { "sig", "sigopts" };
	struct url u = { .kind = URL_OTHER };
	const char *query = strchr(target, '?');

	if (query != NULL)
		u.query = url_text(query + 1);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (url_count(&u, names[i]) > 1) {
			image_refuse(c, 400, "%s: given more than once in "
			    "the URL.", names[i]);
			return (false);
		}
	return (true);
}

/* What is signed: *sent* by Varnish, or the request's own target. */
static bool
guard_target(struct call *c, struct image_find *f, const char *why)
{
	const char *sent = http_header(c->req, "X-Moniker-Url");
	const char *target = sent != NULL ? sent : http_target(c->req);

	return (guard_signed_once(c, target) &&
	    (*f->hash == '\0' || guard_believes(c, f, sent)) &&
	    (!f->guarded || guard_pass(c, f, target, why)));
}

/* A remote image that is not here yet: its size and options count later. */
bool
image_guard(struct call *c, struct image_find *f)
{
	struct store_org org;
	char why[256];

	if (store_org_get(c->api->store, f->org, &org) != STORE_OK) {
		image_refuse(c, 404, "There is no organization \"%s\".",
		    f->org);
		return (false);
	}
	f->guarded = guard_needed(c, f, &org, why, sizeof why);
	return (guard_target(c, f, why));
}

bool
image_guard_more(struct call *c, struct image_find *f, const char *why)
{
	if (f->guarded)
		return (true);
	f->guarded = true;
	return (guard_target(c, f, why));
}
