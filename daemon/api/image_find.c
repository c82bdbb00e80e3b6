/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/image_find.h"
#include "store/store_alias.h"
#include "store/store_source.h"
#include "store/store_stack.h"

/* A stack may stand on another, and so on. */
#define BASE_STACKS		5

/*
 * Varnish says which organization it found; else the host names it, by the same
 * rule.
 */
static bool
find_org(struct call *c, char org[ORG_MAX + 1])
{
	const char *name = http_header(c->req, "X-Moniker-Organization");
	const char *host = http_header(c->req, "Host");

	if (name != NULL && name_is_org_shown(name)) {
		text_copy(org, ORG_MAX + 1, name);
		return (true);
	}
	if (name == NULL && host != NULL && name_host_org(host, org))
		return (true);
	image_refuse(c, 404, "organization: the host name does not begin with "
	    "the name of one.");
	return (false);
}

/*
 * The image that an alias shows: to a Varnish which is sticky, and has no map
 * to know it by, what it showed at its last purge, as long as that is there.
 */
static void
find_shown(struct call *c, const struct store_alias *a,
    char hash[HASH_HEX + 1])
{
	struct store_source s = { .size = 0 };

	text_copy(hash, HASH_HEX + 1, a->hash);
	if (a->shown[0] == '\0' ||
	    http_header(c->req, "X-Moniker-Sticky") == NULL)
		return;
	if (store_source_get(c->api->store, a->org, a->shown, false, &s) ==
	    STORE_OK)
		text_copy(hash, HASH_HEX + 1, a->shown);
	store_source_clear(&s);
}

/* By its hash or by an alias. */
static bool
image_find_source(struct call *c, struct image_find *f)
{
	struct store_alias a;
	char hash[HASH_HEX + 1];

	if (f->url.kind == URL_ALIAS) {
		if (store_alias_get(c->api->store, f->org, f->url.alias, &a) !=
		    STORE_OK) {
			image_refuse(c, 404, "There is no alias \"%s\".",
			    f->url.alias);
			return (false);
		}
		http_add_header(c->req, "X-Moniker-Alias", a.name);
		find_shown(c, &a, hash);
	} else
		(void)snprintf(hash, sizeof hash, "%.*s",
		    (int)f->url.image.len, f->url.image.p);
	if (store_source_get(c->api->store, f->org, hash, false, &f->source) ==
	    STORE_OK)
		return (true);
	image_refuse(c, 404, "There is no source image %s.", hash);
	return (false);
}

/*--------------------------------------------------------------------
 * Stacks
 */

/* *seq becomes the number of its last change, if that is higher. */
static json_t *
stack_definition(struct call *c, const char *org, const char *name,
    uint64_t *seq)
{
	struct store_stack s = { .definition = NULL };
	json_t *def = NULL;

	if (name_is_stack(name) &&
	    store_stack_get(c->api->store, org, name, &s) == STORE_OK)
		def = json_loads(s.definition, 0, NULL);
	if (s.seq > *seq)
		*seq = s.seq;
	store_stack_clear(&s);
	return (def);
}

/* Puts *key* of the base under or before that of *def*. */
static void
stack_inherit(json_t *def, const json_t *base, const char *key)
{
	json_t *lower = json_deep_copy(json_object_get(base, key));
	json_t *upper = json_object_get(def, key);

	if (json_is_array(lower))
		(void)json_array_extend(lower, upper);
	else if (json_is_object(lower))
		(void)json_object_update(lower, upper);
	if (lower != NULL)
		(void)json_object_set_new(def, key, lower);
}

/*
 * The operations of a base stack run before those of its own, its options and
 * variables are the defaults of its own.
 */
static bool
stack_on_base(struct call *c, const char *org, json_t *def, uint64_t *seq)
{
	for (int i = 0; i < BASE_STACKS; i++) {
		json_t *options = json_object_get(def, "stack_options");
		const char *name = json_string_value(json_object_get(options,
		    "basestack"));
		json_t *base;

		if (name == NULL)
			return (true);
		base = stack_definition(c, org, name, seq);
		if (base == NULL) {
			image_refuse(c, 404, "There is no base stack \"%s\".",
			    name);
			return (false);
		}
		(void)json_object_del(options, "basestack");
		stack_inherit(def, base, "stack_operations");
		stack_inherit(def, base, "stack_options");
		stack_inherit(def, base, "stack_variables");
		json_decref(base);
	}
	image_refuse(c, 400, "basestack: more than %d stacks stand on each "
	    "other.", BASE_STACKS);
	return (false);
}

static bool
find_stack(struct call *c, struct image_find *f)
{
	char name[NAME_MAX_LEN + 1];

	(void)snprintf(name, sizeof name, "%.*s", (int)f->url.stack.len,
	    f->url.stack.p);
	http_add_header(c->req, "X-Moniker-Stack", name);
	if (strcmp(name, STACK_DYNAMIC) == 0)
		return (true);
	f->preview = name_is_preview(name);
	if (f->url.stack.len <= NAME_MAX_LEN)
		f->stack = stack_definition(c, f->org, name, &f->stack_seq);
	if (f->stack == NULL) {
		image_refuse(c, 404, "There is no stack \"%s\".", name);
		return (false);
	}
	return (stack_on_base(c, f->org, f->stack, &f->stack_seq));
}

bool
image_find(struct call *c, struct image_find *f)
{
	if (!find_org(c, f->org) || !image_find_source(c, f))
		return (false);
	http_add_header(c->req, "X-Moniker-Org", f->org);
	http_add_header(c->req, "X-Moniker-Source", f->source.hash);
	return (find_stack(c, f) && image_guard(c, f));
}

void
image_find_clear(struct image_find *f)
{
	json_decref(f->stack);
	free(f->segments);
	store_source_clear(&f->source);
}
