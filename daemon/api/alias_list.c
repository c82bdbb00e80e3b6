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
	json_t		*items;
	struct store	*store;
	unsigned	limit;
	/* of the last that fits, when there are more */
	char		last[NAME_MAX_LEN + 1];
	bool		more;
};

static int
alias_append(void *arg, const struct store_alias *a)
{
	struct alias_list *l = CAST_OBJ(arg, ALIAS_LIST_MAGIC);

	if (json_array_size(l->items) == l->limit) {
		l->more = true;
		return (1);
	}
	(void)snprintf(l->last, sizeof l->last, "%s", a->name);
	return (json_array_append_new(l->items, alias_json(l->store, a)));
}

/* *hash*: NULL for all of the organization. */
static void
alias_collect(struct call *c, const struct hash *hash)
{
	struct alias_list l = { .magic = ALIAS_LIST_MAGIC,
	    .store = c->api->store };
	char *after, *prefix, *tag;
	enum store_status st;
	json_t *o;

	if (!call_query_number(c, "limit", PAGE_MAX, PAGE, &l.limit))
		return;
	after = call_query(c, "offset");
	prefix = call_query(c, "prefix");
	tag = hash == NULL ? call_query(c, "tag") : NULL;
	l.items = json_array();
	if (tag != NULL)
		st = store_alias_tagged(l.store, call_param(c, "organization"),
		    tag, prefix, after, l.limit + 1, alias_append, &l);
	else
		st = store_alias_each(l.store, call_param(c, "organization"),
		    hash, prefix, after, l.limit + 1, alias_append, &l);
	free(after);
	free(prefix);
	free(tag);
	o = json_pack("{s:o}", "items", l.items);
	if (st != STORE_OK) {
		json_decref(o);
		reply_store(c, st, "such organization");
		return;
	}
	if (l.more && l.limit > 0)
		(void)json_object_set_new(o, "cursor", json_string(l.last));
	reply_json(c, 200, o);
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

static bool
past_offset(struct call *c, uint64_t *before)
{
	char *text = call_query(c, "offset");
	int n = 0;
	bool good = true;

	*before = 0;
	if (text != NULL && *text != '\0')
		good = isdigit((unsigned char)*text) &&
		    sscanf(text, "%" SCNu64 "%n", before, &n) == 1 &&
		    text[n] == '\0';
	if (!good)
		reply_error(c, 400, "offset: is not a cursor of this list.");
	free(text);
	return (good);
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

	if (name == NULL || !past_offset(c, &before) ||
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
