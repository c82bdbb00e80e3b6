/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists of aliases, which the hosted service does not have: those of an
 * organization, those of a source image, and what one pointed at before.
 */
#include "config.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/alias.h"
#include "api/endpoints.h"
#include "api/source.h"
#include "store/store_alias.h"
#include "store/store_source.h"

#define PAGE		100
#define PAGE_MAX	1000

struct alias_list {
	unsigned	magic;
#define ALIAS_LIST_MAGIC	0xfff2e88c
	struct store	*store;
	json_t		*items;
	unsigned	limit;
	/* of the last that fits, when there are more */
	char		last[NAME_MAX_LEN + 1];
	uint64_t	last_seq;
	bool		more;
	bool		images;		/* tell of each what it points at */
	bool		newest;		/* the last change first */
};

/* What a list shows of the image, which may have been deleted. */
static json_t *
alias_image(struct store *store, const struct store_alias *a)
{
	struct store_source s = { .size = 0 };
	struct hash_prefix hash;
	char hex[HASH_HEX + 1];
	bool deleted;
	json_t *o = NULL;

	hash_to_hex(&a->hash, hex);
	(void)hash_prefix_from_hex(&hash, hex, HASH_HEX);
	deleted = store_source_get(store, a->org, &hash, false, &s) !=
	    STORE_OK;
	if (!deleted || store_source_get(store, a->org, &hash, true, &s) ==
	    STORE_OK)
		o = json_pack("{s:s, s:s, s:I, s:I, s:I, s:b, s:b}",
		    "name", s.name, "format", s.format,
		    "size", (json_int_t)s.size, "width", (json_int_t)s.width,
		    "height", (json_int_t)s.height,
		    "protected", s.protected, "deleted", deleted);
	store_source_clear(&s);
	return (o != NULL ? o : json_null());
}

static int
alias_append(void *arg, const struct store_alias *a)
{
	struct alias_list *l = CAST_OBJ(arg, ALIAS_LIST_MAGIC);
	json_t *o;

	if (json_array_size(l->items) == l->limit) {
		l->more = true;
		return (1);
	}
	text_copy(l->last, sizeof l->last, a->name);
	l->last_seq = a->seq;
	o = alias_json(l->store, a);
	if (l->images) {
		(void)json_object_set_new(o, "version",
		    json_sprintf("%" PRIu64, a->seq));
		(void)json_object_set_new(o, "image",
		    alias_image(l->store, a));
	}
	return (json_array_append_new(l->items, o));
}

/* ?expand= and ?sort=; false after an answer 400. */
static bool
alias_list_asked(struct call *c, struct alias_list *l)
{
	char *expand = call_query(c, "expand"), *sort = call_query(c, "sort");
	bool good = false;

	if (expand != NULL && strcmp(expand, "image") != 0)
		reply_error(c, 400, "expand: must be image.");
	else if (sort != NULL && strcmp(sort, "name") != 0 &&
	    strcmp(sort, "-updated") != 0)
		reply_error(c, 400, "sort: must be name or -updated.");
	else
		good = true;
	l->images = expand != NULL;
	l->newest = sort != NULL && strcmp(sort, "-updated") == 0;
	free(expand);
	free(sort);
	return (good);
}

static bool
is_asked(struct call *c, const char *name)
{
	char *v = call_query(c, name);
	bool asked = v != NULL && *v != '\0';

	free(v);
	return (asked);
}

static enum store_status
alias_read(struct call *c, struct alias_list *l, const struct hash *hash)
{
	char *after = call_query(c, "offset"), *prefix, *tag;
	const char *org = call_param(c, "organization");
	enum store_status st;

	prefix = call_query(c, "prefix");
	tag = hash == NULL ? call_query(c, "tag") : NULL;
	if (tag != NULL)
		st = store_alias_tagged(l->store, org, tag, prefix, after,
		    l->limit + 1, alias_append, l);
	else
		st = store_alias_each(l->store, org, hash, prefix, after,
		    l->limit + 1, alias_append, l);
	free(after);
	free(prefix);
	free(tag);
	return (st);
}

static void
alias_answer(struct call *c, struct alias_list *l, enum store_status st,
    bool all)
{
	json_t *o = json_pack("{s:o}", "items", l->items);
	struct store_usage u;

	if (st == STORE_OK && all)
		st = store_usage_get(c->api->store,
		    call_param(c, "organization"), &u);
	if (st != STORE_OK) {
		json_decref(o);
		reply_store(c, st, "such organization");
		return;
	}
	if (all)
		(void)json_object_set_new(o, "total",
		    json_integer(u.used[USE_ALIASES]));
	if (l->more && l->limit > 0)
		(void)json_object_set_new(o, "cursor", l->newest ?
		    json_sprintf("%" PRIu64, l->last_seq) :
		    json_string(l->last));
	reply_json(c, 200, o);
}

/* *hash*: NULL for all of the organization. */
static void
alias_collect(struct call *c, const struct hash *hash)
{
	struct alias_list l = { .magic = ALIAS_LIST_MAGIC,
	    .store = c->api->store };
	const char *org = call_param(c, "organization");
	bool narrow = hash != NULL || is_asked(c, "prefix") ||
	    is_asked(c, "tag");
	uint64_t before = 0;
	enum store_status st;

	if (!call_query_number(c, "limit", PAGE_MAX, PAGE, &l.limit) ||
	    !alias_list_asked(c, &l))
		return;
	if (l.newest && narrow) {
		reply_error(c, 400, "sort: -updated lists all aliases; leave "
		    "prefix and tag out.");
		return;
	}
	if (l.newest && !call_query_cursor(c, &before))
		return;
	l.items = json_array();
	st = l.newest ? store_alias_newest(c->api->store, org, before,
	    l.limit + 1, alias_append, &l) : alias_read(c, &l, hash);
	alias_answer(c, &l, st, !narrow);
}

static void
alias_list(struct call *c)
{
	alias_collect(c, NULL);
}

const struct endpoint endpoint_alias_list = {
	.rights = RIGHT_SOURCE_READ, .handle = alias_list,
};

/* Also of a deleted one: what still points at it is then of interest. */
static void
source_aliases(struct call *c)
{
	struct store_source s = { .size = 0 };
	struct hash_prefix hash;
	bool deleted;

	if (!source_param(c, &hash))
		return;
	deleted = store_source_get(c->api->store,
	    call_param(c, "organization"), &hash, false, &s) != STORE_OK;
	if (!deleted || source_find(c, true, &s))
		alias_collect(c, &s.hash);
	store_source_clear(&s);
}

const struct endpoint endpoint_source_aliases = {
	.rights = RIGHT_SOURCE_READ, .handle = source_aliases,
};

/*--------------------------------------------------------------------*/

struct alias_past {
	unsigned	magic;
#define ALIAS_PAST_MAGIC	0xd9c8fe54
	json_t		*items;
	unsigned	limit;
	uint64_t	last;
	bool		more;
};

static json_t *
past_json(const struct store_alias_past *p)
{
	char hex[HASH_HEX + 1];

	hash_to_hex(&p->hash, hex);
	return (json_pack("{s:s, s:o, s:o, s:s?, s:s?, s:s?, s:b}",
	    "hash", hex, "from", json_date(p->from_ms),
	    "to", json_date_or_null(p->to_ms), "by", p->actor,
	    "by_comment", p->actor_comment, "comment", p->comment,
	    "deleted", (int)p->deleted));
}

static int
past_present(void *o, const struct store_alias_past *p)
{
	return (json_object_set_new(o, "current", past_json(p)));
}

static int
past_append(void *arg, const struct store_alias_past *p)
{
	struct alias_past *l = CAST_OBJ(arg, ALIAS_PAST_MAGIC);

	if (json_array_size(l->items) == l->limit) {
		l->more = true;
		return (1);
	}
	l->last = p->to_seq;
	return (json_array_append_new(l->items, past_json(p)));
}

/* The present is not among the items: a deleted alias has a history too. */
static void
alias_history(struct call *c)
{
	struct alias_past l = { .magic = ALIAS_PAST_MAGIC };
	const char *name = alias_param(c), *org;
	char cursor[24];
	enum store_status st;
	uint64_t before;
	json_t *o;

	if (name == NULL || !call_query_cursor(c, &before) ||
	    !call_query_number(c, "limit", PAGE_MAX, PAGE, &l.limit))
		return;
	org = call_param(c, "organization");
	l.items = json_array();
	o = json_pack("{s:s, s:n, s:o}", "alias", name, "current", "items",
	    l.items);
	st = store_alias_present(c->api->store, org, name, past_present, o);
	if (st == STORE_OK || st == STORE_NOT_FOUND)
		st = store_alias_history(c->api->store, org, name, before,
		    l.limit + 1, past_append, &l);
	if (st != STORE_OK) {
		json_decref(o);
		alias_refuse(c, st, name);
		return;
	}
	if (l.more && l.limit > 0) {
		(void)snprintf(cursor, sizeof cursor, "%" PRIu64, l.last);
		(void)json_object_set_new(o, "cursor", json_string(cursor));
	}
	reply_json(c, 200, o);
}

const struct endpoint endpoint_alias_history = {
	.rights = RIGHT_SOURCE_READ, .handle = alias_history,
};
