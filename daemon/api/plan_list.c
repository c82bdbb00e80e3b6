/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of planned changes: of an alias, of an organization, of sets. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/alias.h"
#include "api/endpoints.h"
#include "api/plan.h"

#define PAGE		100
#define PAGE_MAX	1000

struct plan_list {
	unsigned	magic;
#define PLAN_LIST_MAGIC	0xa0c3b1f4
	struct call	*c;
	const char	*alias;		/* NULL: of any */
	bool		sets;
	json_t		*items;
	unsigned	limit;
	int64_t		last;
	bool		more;
};

static const struct store_plan_item *
list_item(const struct plan_list *l, const struct store_plan_item *items,
    size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (l->alias == NULL || strcmp(items[i].alias, l->alias) == 0)
			return (&items[i]);
	return (NULL);
}

static int
list_append(void *arg, const struct store_plan *p)
{
	struct plan_list *l = CAST_OBJ(arg, PLAN_LIST_MAGIC);
	struct store_plan_item *items = NULL;
	size_t n = 0;

	if (json_array_size(l->items) == l->limit) {
		l->more = true;
		return (1);
	}
	l->last = p->id;
	if (l->sets)
		return (json_array_append_new(l->items,
		    plan_set_json(p, NULL, 0)));
	/* Of a set in the list of all, only how many. */
	if (l->alias != NULL || *p->name == '\0')
		(void)store_plan_items(l->c->api->store, p->id, &items, &n);
	(void)json_array_append_new(l->items, plan_json(p,
	    list_item(l, items, n)));
	free(items);
	return (0);
}

static bool
list_state(struct call *c, int *state)
{
	char *text = call_query(c, "state");
	int i;

	*state = -1;
	for (i = 0; text != NULL && *text != '\0' && i < PLAN_STATES; i++)
		if (strcmp(text, store_plan_states[i]) == 0)
			*state = i;
	if (text == NULL || *text == '\0' || *state >= 0) {
		free(text);
		return (true);
	}
	free(text);
	reply_error(c, 400, "state: must be draft, pending, active, done or "
	    "failed.");
	return (false);
}

static void
list_reply(struct call *c, const char *alias, bool sets)
{
	struct plan_list l = { .magic = PLAN_LIST_MAGIC, .c = c,
	    .alias = alias, .sets = sets };
	struct store_plan_query q = {
		.org = call_param(c, "organization"), .alias = alias,
		.sets = sets
	};
	enum store_status st;
	unsigned after;
	json_t *o;

	if (!list_state(c, &q.state) ||
	    !call_query_date(c, "from", 0, &q.from_ms) ||
	    !call_query_date(c, "to", INT64_MAX, &q.to_ms) ||
	    !call_query_number(c, "limit", PAGE_MAX, PAGE, &l.limit) ||
	    !call_query_number(c, "offset", UINT32_MAX, 0, &after))
		return;
	q.after = after;
	q.limit = l.limit + 1;
	l.items = json_array();
	st = store_plan_each(c->api->store, &q, list_append, &l);
	o = json_pack("{s:o}", "items", l.items);
	if (st != STORE_OK) {
		json_decref(o);
		reply_store(c, st, "such organization");
		return;
	}
	if (l.more && l.limit > 0)
		(void)json_object_set_new(o, "cursor", json_sprintf("%" PRId64,
		    l.last));
	reply_json(c, 200, o);
}

static void
plan_list(struct call *c)
{
	list_reply(c, NULL, false);
}

const struct endpoint endpoint_plan_list = {
	.rights = RIGHT_SOURCE_READ, .handle = plan_list,
};

static void
plan_list_alias(struct call *c)
{
	const char *name = alias_param(c);

	if (name != NULL)
		list_reply(c, name, false);
}

const struct endpoint endpoint_plan_list_alias = {
	.rights = RIGHT_SOURCE_READ, .handle = plan_list_alias,
};

static void
set_list(struct call *c)
{
	list_reply(c, NULL, true);
}

const struct endpoint endpoint_set_list = {
	.rights = RIGHT_SOURCE_READ, .handle = set_list,
};
