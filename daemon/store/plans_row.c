/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of plans and their items. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plans.h"

const char *const store_plan_states[PLAN_STATES] = {
	[PLAN_DRAFT] = "draft",
	[PLAN_PENDING] = "pending",
	[PLAN_ACTIVE] = "active",
	[PLAN_DONE] = "done",
	[PLAN_FAILED] = "failed",
};

void
plan_row(sqlite3_stmt *s, struct store_plan *p)
{
	int state = sqlite3_column_int(s, 3);

	memset(p, 0, sizeof *p);
	p->id = sqlite3_column_int64(s, 0);
	db_text(s, 1, p->org, sizeof p->org);
	db_text(s, 2, p->name, sizeof p->name);
	/* A damaged row is for --fsck to show. */
	p->state = state >= 0 && state < PLAN_STATES ?
	    (enum store_plan_state)state : PLAN_FAILED;
	p->at_ms = sqlite3_column_int64(s, 4);
	p->until_ms = sqlite3_column_int64(s, 5);
	p->next_ms = sqlite3_column_int64(s, 6);
	p->created_ms = sqlite3_column_int64(s, 7);
	p->updated_ms = sqlite3_column_int64(s, 8);
	p->ended_ms = sqlite3_column_int64(s, 9);
	db_text(s, 10, p->by, sizeof p->by);
	db_text(s, 11, p->comment, sizeof p->comment);
	db_text(s, 12, p->reason, sizeof p->reason);
	p->n = (size_t)sqlite3_column_int64(s, 13);
}

enum store_status
plan_load(struct db *db, const char *org, int64_t id, const char *name,
    struct store_plan *p)
{
	sqlite3_stmt *s;
	int rc;

	if (*name != '\0')
		s = db_row(db, &rc, ST_PLAN_BY_NAME, org, name);
	else
		s = db_row(db, &rc, ST_PLAN_BY_ID, org, id);
	if (s == NULL)
		return (rc == 0 ? STORE_NOT_FOUND : db_failure(db));
	plan_row(s, p);
	db_reset(s);
	return (STORE_OK);
}

static bool
items_grow(struct store_plan_item **items, size_t *room)
{
	size_t n = *room > 0 ? *room * 4 : 1;
	struct store_plan_item *p = realloc(*items, n * sizeof *p);

	if (p == NULL)
		return (false);
	*items = p;
	*room = n;
	return (true);
}

enum store_status
plan_items(struct db *db, int64_t id, struct store_plan_item **items,
    size_t *n)
{
	struct store_plan_item *it;
	sqlite3_stmt *s;
	size_t room = 0;
	int rc;

	*n = 0;
	*items = NULL;
	s = db_bind(db, ST_PLAN_ITEMS, id);
	while ((rc = db_step(db, s)) > 0) {
		if (*n == room && !items_grow(items, &room))
			break;
		it = &(*items)[(*n)++];
		memset(it, 0, sizeof *it);
		db_text(s, 0, it->alias, sizeof it->alias);
		(void)db_hash(s, 1, &it->hash);
		(void)db_hash(s, 2, &it->only_if);
		(void)db_hash(s, 3, &it->before);
	}
	if (rc == 0)
		return (STORE_OK);
	db_reset(s);
	free(*items);
	*items = NULL;
	*n = 0;
	return (rc > 0 ? STORE_ERROR : db_failure(db));
}

enum store_status
store_plan_get(struct store *st, const char *org, int64_t id,
    const char *name, struct store_plan *p)
{

	return (plan_load(store_db(st), org, id, name, p));
}

enum store_status
store_plan_items(struct store *st, int64_t id,
    struct store_plan_item **items, size_t *n)
{

	return (plan_items(store_db(st), id, items, n));
}

enum store_status
store_plan_each(struct store *st, const struct store_plan_query *q,
    store_plan_f *func, void *arg)
{
	struct db *db = store_db(st);
	struct store_plan p;
	sqlite3_stmt *s;
	int rc;

	if (q->alias != NULL)
		s = db_bind(db, ST_PLAN_EACH_ALIAS, q->org, q->alias, q->state,
		    q->from_ms, q->to_ms, q->after, q->limit);
	else
		s = db_bind(db, ST_PLAN_EACH, q->org, q->sets, q->state,
		    q->from_ms, q->to_ms, q->after, q->limit);
	while ((rc = db_step(db, s)) > 0) {
		plan_row(s, &p);
		if (func(arg, &p) == 0)
			continue;
		db_reset(s);
		return (STORE_OK);
	}
	return (rc == 0 ? STORE_OK : db_failure(db));
}
