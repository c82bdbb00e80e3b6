/* SPDX-License-Identifier: BSD-2-Clause */
/* Plans are made, changed, published, withdrawn and deleted. */
#include "config.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plans.h"
#include "sources.h"

static enum store_status
resolve(struct store_tx *tx, const char *org, const struct hash_prefix *from,
    struct hash *to)
{
	enum store_status status;

	status = source_resolve(tx->db, org, from, false, to);
	return (status == STORE_NOT_FOUND ? STORE_NO_SOURCE : status);
}

/* The whole hashes; of a condition also that of an image that is deleted. */
static enum store_status
items_resolve(struct store_tx *tx, struct store_plan_change *c)
{
	const char *org = c->plan.org;
	enum store_status status = STORE_OK;
	struct store_plan_item *it;

	for (c->failed = 0; c->failed < c->n; c->failed++) {
		it = &c->items[c->failed];
		if (!it->remove)
			status = resolve(tx, org, &it->target, &it->hash);
		if (status == STORE_OK && it->conditional)
			status = resolve(tx, org, &it->condition,
			    &it->only_if);
		if (status != STORE_OK)
			return (status);
	}
	return (STORE_OK);
}

static int
is_overlapped(struct store_tx *tx, const struct store_plan *p,
    const char *alias)
{
	sqlite3_stmt *s;
	int rc;

	s = db_row(tx->db, &rc, ST_PLAN_OVERLAP, p->org, alias, p->at_ms,
	    p->until_ms > p->at_ms ? p->until_ms : p->at_ms, p->id);
	if (s != NULL)
		db_reset(s);
	return (rc);
}

/* Two plans of an alias may follow each other, but not meet. */
static enum store_status
items_fit(struct store_tx *tx, struct store_plan_change *c,
    const struct store_plan_item *items, size_t n)
{
	int rc;

	for (c->failed = 0; c->failed < n; c->failed++) {
		rc = is_overlapped(tx, &c->plan, items[c->failed].alias);
		if (rc != 0)
			return (rc > 0 ? STORE_EXISTS : db_failure(tx->db));
		if (plan_is_crowded(tx, c->plan.org, items[c->failed].alias))
			return (STORE_LIMIT);
	}
	return (STORE_OK);
}

struct counts {
	int64_t		sets, pending;
};

static int
plans_count(struct store_tx *tx, const char *org, struct counts *n)
{
	sqlite3_stmt *s;
	int rc;

	*n = (struct counts){ 0, 0 };
	s = db_row(tx->db, &rc, ST_PLAN_COUNT, org);
	if (s == NULL)
		return (rc);
	n->sets = sqlite3_column_int64(s, 1);
	n->pending = sqlite3_column_int64(s, 2);
	db_reset(s);
	return (0);
}

/* The event of what the audit log calls *action*. */
static const char *
plan_event_of(const char *action, const struct store_plan *p)
{
	static const struct { const char *action, *event; } events[] = {
		{ "alias.schedule", "plan.created" },
		{ "alias.unschedule", "plan.deleted" },
		{ "set.put", "set.changed" }, { "set.delete", "set.deleted" },
		{ "set.publish", "set.published" },
		{ "set.withdraw", "set.withdrawn" },
	};
	size_t i = 0;

	if (strcmp(action, "set.publish") == 0 && p->state == PLAN_PENDING)
		return ("set.scheduled");
	while (strcmp(events[i].action, action) != 0)
		i++;
	return (events[i].event);
}

static void
plan_audit(struct store_tx *tx, const struct store_plan_change *c,
    const char *action)
{
	const struct store_plan *p = &c->plan;
	const char *object = *p->name != '\0' ? p->name : c->items[0].alias;

	plan_event(tx, p, plan_event_of(action, p), c->items, c->n);
	tx_audit_json(tx, p->org, action, object, NULL,
	    json_pack("{s:I, s:s, s:I, s:I, s:I}", "plan",
	    (json_int_t)p->id, "state", store_plan_states[p->state],
	    "at_ms", (json_int_t)p->at_ms, "until_ms",
	    (json_int_t)p->until_ms, "aliases", (json_int_t)c->n));
}

/* Keeps the plan as it is now, and when its aliases change next. */
static enum store_status
change_close(struct store_tx *tx, struct store_plan_change *c,
    const char *action)
{
	struct store_plan *p = &c->plan;

	if (plan_save(tx, p) != 0 ||
	    plan_due(tx, p->org, c->items, c->n) != 0 ||
	    plan_show(tx, p, c->items, c->n) != 0)
		return (db_failure(tx->db));
	plan_audit(tx, c, action);
	return (STORE_OK);
}

static enum store_status
plan_insert(struct store_tx *tx, struct store_plan *p)
{

	if (tx->actor != NULL)
		(void)snprintf(p->by, sizeof p->by, "%s", tx->actor->key);
	p->created_ms = tx->now_ms;
	if (db_run(tx->db, ST_PLAN_INSERT, p->org, *p->name != '\0' ?
	    p->name : NULL, tx->now_ms, p->by) < 1)
		return (db_failure(tx->db));
	p->id = sqlite3_last_insert_rowid(tx->db->h);
	return (STORE_OK);
}

static int
items_insert(struct store_tx *tx, const struct store_plan_change *c)
{
	const struct store_plan_item *it;

	for (size_t i = 0; i < c->n; i++) {
		it = &c->items[i];
		if (db_run(tx->db, ST_PLAN_ITEM_PUT, c->plan.org, c->plan.id,
		    it->alias, hash_or_null(&it->hash),
		    hash_or_null(&it->only_if)) < 0)
			return (-1);
	}
	return (0);
}

static enum store_status
put_single(struct store_tx *tx, struct store_plan_change *c)
{
	struct store_plan *p = &c->plan;
	enum store_status status;
	struct counts n;

	if (plans_count(tx, p->org, &n) != 0)
		return (db_failure(tx->db));
	c->failed = c->n;
	if (n.pending >= PLANS_MAX)
		return (STORE_LIMIT);
	p->state = PLAN_PENDING;
	p->next_ms = p->at_ms;
	status = items_resolve(tx, c);
	if (status == STORE_OK)
		status = items_fit(tx, c, c->items, c->n);
	if (status == STORE_OK)
		status = plan_insert(tx, p);
	if (status != STORE_OK)
		return (status);
	if (items_insert(tx, c) != 0)
		return (db_failure(tx->db));
	status = change_close(tx, c, "alias.schedule");
	return (status == STORE_OK ? STORE_CREATED : status);
}

/* A new set, or the one that is there, whose items go. */
static enum store_status
set_open(struct store_tx *tx, struct store_plan_change *c)
{
	char comment[PLAN_COMMENT_MAX + 1];
	struct store_plan *p = &c->plan;
	enum store_status status;
	struct counts n;

	(void)snprintf(comment, sizeof comment, "%s", p->comment);
	status = plan_load(tx->db, p->org, 0, c->plan.name, p);
	if (status == STORE_OK && p->state == PLAN_ACTIVE)
		return (STORE_LOCKED);
	if (status == STORE_NOT_FOUND) {
		if (plans_count(tx, p->org, &n) != 0)
			return (db_failure(tx->db));
		if (n.sets >= SETS_MAX)
			return (STORE_LIMIT);
		p->state = PLAN_DRAFT;
		status = plan_insert(tx, p);
		if (status == STORE_OK)
			status = STORE_CREATED;
	} else if (status == STORE_OK && p->state != PLAN_PENDING) {
		p->state = PLAN_DRAFT;
		p->at_ms = p->until_ms = p->ended_ms = 0;
		*p->reason = '\0';
	}
	(void)snprintf(p->comment, sizeof p->comment, "%s", comment);
	return (status);
}

static enum store_status
put_set(struct store_tx *tx, struct store_plan_change *c)
{
	struct store_plan *p = &c->plan;
	struct store_plan_item *old = NULL;
	enum store_status status, opened;
	size_t n_old = 0;

	c->failed = c->n;
	opened = set_open(tx, c);
	if (opened != STORE_OK && opened != STORE_CREATED)
		return (opened);
	status = items_resolve(tx, c);
	if (status == STORE_OK && p->state == PLAN_PENDING)
		status = items_fit(tx, c, c->items, c->n);
	if (status == STORE_OK)
		status = plan_items(tx->db, p->id, &old, &n_old);
	if (status == STORE_OK && (
	    db_run(tx->db, ST_PLAN_ITEMS_DELETE, p->id) < 0 ||
	    items_insert(tx, c) != 0 || plan_save(tx, p) != 0 ||
	    plan_hide(tx, p, old, n_old, false) != 0 ||
	    plan_show(tx, p, c->items, c->n) != 0 ||
	    (p->state == PLAN_PENDING && (
	    plan_due(tx, p->org, old, n_old) != 0 ||
	    plan_due(tx, p->org, c->items, c->n) != 0))))
		status = db_failure(tx->db);
	free(old);
	if (status != STORE_OK)
		return (status);
	plan_audit(tx, c, "set.put");
	return (opened);
}

/* Loads the plan of a change, and its items. */
static enum store_status
change_open(struct store_tx *tx, struct store_plan_change *c,
    struct store_plan *was)
{
	enum store_status status;

	status = plan_load(tx->db, c->plan.org, c->plan.id, c->plan.name, was);
	if (status != STORE_OK)
		return (status);
	return (plan_items(tx->db, was->id, &c->items, &c->n));
}

static enum store_status
plan_delete(struct store_tx *tx, struct store_plan_change *c)
{
	enum store_status status;
	struct store_plan p;

	status = change_open(tx, c, &p);
	if (status != STORE_OK)
		return (status);
	if (*p.name == '\0' && (c->n == 0 || c->alias == NULL ||
	    strcmp(c->alias, c->items[0].alias) != 0))
		return (STORE_NOT_FOUND);
	c->plan = p;
	if (db_run(tx->db, ST_PLAN_ITEMS_DELETE, p.id) < 0 ||
	    db_run(tx->db, ST_PLAN_DELETE, p.id) < 0 ||
	    plan_hide(tx, &p, c->items, c->n, true) != 0 ||
	    (p.next_ms != 0 && plan_due(tx, p.org, c->items, c->n) != 0))
		return (db_failure(tx->db));
	tx->planned = true;
	plan_audit(tx, c, *p.name != '\0' ? "set.delete" :
	    "alias.unschedule");
	return (STORE_OK);
}

static enum store_status
publish_later(struct store_tx *tx, struct store_plan_change *c)
{
	struct store_plan *p = &c->plan;
	struct counts n;

	if (plans_count(tx, p->org, &n) != 0)
		return (db_failure(tx->db));
	c->failed = c->n;
	if (n.pending >= PLANS_MAX && p->next_ms == 0)
		return (STORE_LIMIT);
	p->state = PLAN_PENDING;
	p->next_ms = p->at_ms;
	return (items_fit(tx, c, c->items, c->n));
}

static enum store_status
publish_now(struct store_tx *tx, struct store_plan_change *c)
{
	struct store_plan *p = &c->plan;
	enum store_status status = STORE_OK;

	p->at_ms = tx->now_ms;
	if (p->until_ms != 0)
		status = items_fit(tx, c, c->items, c->n);
	c->failed = c->n;
	if (status == STORE_OK)
		status = plan_apply(tx, p, c->items, c->n, false, c->purge);
	p->state = PLAN_ACTIVE;
	p->next_ms = p->until_ms;
	return (status);
}

static enum store_status
set_publish(struct store_tx *tx, struct store_plan_change *c)
{
	const int64_t at_ms = c->plan.at_ms, until_ms = c->plan.until_ms;
	struct store_plan *p = &c->plan;
	enum store_status status;
	struct store_plan was;

	status = change_open(tx, c, &was);
	if (status != STORE_OK)
		return (status);
	*p = was;
	if (p->state == PLAN_ACTIVE)
		return (STORE_LOCKED);
	p->at_ms = at_ms;
	p->until_ms = until_ms;
	p->ended_ms = 0;
	*p->reason = '\0';
	if (tx->actor != NULL)
		(void)snprintf(p->by, sizeof p->by, "%s", tx->actor->key);
	status = at_ms != 0 ? publish_later(tx, c) : publish_now(tx, c);
	if (status != STORE_OK)
		return (status);
	return (change_close(tx, c, "set.publish"));
}

static enum store_status
set_withdraw(struct store_tx *tx, struct store_plan_change *c)
{
	struct store_plan *p = &c->plan;
	enum store_status status;
	struct store_plan was;

	status = change_open(tx, c, &was);
	if (status != STORE_OK)
		return (status);
	*p = was;
	if (p->state != PLAN_ACTIVE && p->state != PLAN_PENDING)
		return (STORE_LOCKED);
	c->failed = c->n;
	if (p->state == PLAN_ACTIVE)
		status = plan_apply(tx, p, c->items, c->n, true, c->purge);
	if (status != STORE_OK)
		return (status);
	p->state = PLAN_DRAFT;
	p->at_ms = p->until_ms = p->next_ms = 0;
	return (change_close(tx, c, "set.withdraw"));
}

static enum store_status
change_run(struct store_tx *tx, struct store_job *job)
{
	struct store_plan_change *c = CAST_OBJ(job, STORE_PLAN_CHANGE_MAGIC);

	switch (c->what) {
	case PLAN_PUT:
		return (*c->plan.name != '\0' ? put_set(tx, c) :
		    put_single(tx, c));
	case PLAN_DELETE:
		return (plan_delete(tx, c));
	case PLAN_PUBLISH:
		return (set_publish(tx, c));
	case PLAN_WITHDRAW:
	default:
		return (set_withdraw(tx, c));
	}
}

void
store_plan_change(struct store *st, struct store_plan_change *c)
{

	c->job.magic = STORE_PLAN_CHANGE_MAGIC;
	writer_submit(st, &c->job, change_run, NULL);
}
