/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One URL for each picture. Varnish asks where a URL leads before anything is
 * rendered, and looks there instead; so it keeps one object of a picture,
 * however many ways there are to ask for it.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/image_find.h"
#include "api/metrics.h"
#include "recipe/recipe.h"
#include "store/store_stack.h"

void
image_spell(struct image_find *f)
{
	if (!f->spelled)
		f->segments = recipe_spell(f->stack, &f->plain, &f->format);
	f->spelled = true;
}

/*
 * A version makes a client's cache ask anew. It changes the picture only where
 * ours may have one from before the stack was changed; then one version, that
 * of the stack, stands for all of them.
 */
static bool
spell_version(struct call *c, const struct image_find *f, const char *stack,
    char version[24])
{
	bool changed = false;

	*version = '\0';
	if (f->url.version.len == 0 || f->stack == NULL)
		return (true);
	if (store_stack_changed(c->api->store, f->org, stack, f->stack_seq,
	    &changed) != STORE_OK)
		return (false);
	if (changed)
		(void)snprintf(version, 24, "v%llu",
		    (unsigned long long)f->stack_seq);
	return (true);
}

/* f->url with all that the picture does not need taken out. */
static bool
spell_parts(struct call *c, const struct image_find *f, struct url *u,
    char version[24], char *query)
{
	char stack[NAME_MAX_LEN + 1];
	struct url_span v;

	if (url_decode(f->url.stack, stack, sizeof stack) < 1 ||
	    !spell_version(c, f, stack, version))
		return (false);
	*query = '\0';
	if (f->segments != NULL)
		u->segments = url_text(f->segments);
	else if (url_query(&f->url, "v", &v))
		(void)sprintf(query, "v=%.*s", (int)v.len, v.p);
	u->version = url_text(version);
	u->format = f->format;
	u->query = url_text(query);
	return (true);
}

/*
 * The canonical form of *u*, or NULL. A short hash is made whole, and a remote
 * image's is the hash that it has here.
 */
static char *
spell_form(const struct image_find *f, const struct url *u)
{
	const char *hash = u->kind == URL_ALIAS ? NULL : f->hash;
	size_t size = u->segments.len + u->query.len + 1024;
	char *form = malloc(size);

	if (form != NULL && url_canonical(u, hash, form, size) > 0)
		return (form);
	free(form);
	return (NULL);
}

/* Which must lead to itself. */
static bool
spell_is_good(const struct image_find *f, const char *form)
{
	struct url u;
	char *again;
	bool same;

	enum url_kind kind = f->url.kind == URL_REMOTE ? URL_HASH :
	    f->url.kind;

	if (url_parse(form, strlen(form), &u) != kind)
		return (false);
	again = spell_form(f, &u);
	same = again != NULL && strcmp(again, form) == 0;
	free(again);
	return (same);
}

/* A signature is over its own URL, in which only the hash can be made whole. */
static char *
spell_url(struct call *c, struct image_find *f)
{
	struct url u = f->url;
	char version[24], *query, *form = NULL;

	if (f->guarded)
		return (spell_form(f, &u));
	image_spell(f);
	query = malloc(u.query.len + 3);
	if (query != NULL && spell_parts(c, f, &u, version, query))
		form = spell_form(f, &u);
	free(query);
	return (form);
}

/*
 * Whether what the expressions of the URL gave holds for every client, and for
 * as long as the image is the same: what an alias points at may be of another
 * size tomorrow, and a variable of the stack may ask for Save-Data.
 */
static bool
spell_is_for_all(const struct image_find *f)
{
	return (f->url.kind != URL_ALIAS &&
	    !recipe_varies_by_save_data(f->stack));
}

bool
image_respell(struct call *c, struct image_find *f)
{
	char here[8192], *there;
	bool other;

	if (http_header(c->req, "X-Moniker-Spelling") == NULL || f->preview ||
	    f->missing != NULL ||
	    (f->computed != NULL && !spell_is_for_all(f)) ||
	    url_canonical(&f->url, NULL, here, sizeof here) == 0)
		return (false);
	there = spell_url(c, f);
	other = there != NULL && strcmp(here, there) != 0 &&
	    spell_is_good(f, there);
	if (other) {
		metrics_respelled(c->api->metrics);
		http_add_header(c->req, "X-Moniker-Canonical", there);
		http_add_header(c->req, "Location", there);
		http_add_header(c->req, "Cache-Control", "no-store");
		reply_empty(c, 307);
	}
	free(there);
	return (other);
}
