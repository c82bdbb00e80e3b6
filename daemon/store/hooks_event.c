/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events for webhooks, written in the transaction of their change: an event once,
 * and a row in the queue of each webhook that wants it. A queue is bounded. What
 * does not fit in is counted, and the place where it is missing has an event of its
 * own, so that a receiver knows that it has to look for itself.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "hooks.h"

#define VALUE_BYTES	8192		/* each of "before" and "after" */
#define HOOKS_AT_ONCE	100

void
hooks_changed(struct store_tx *tx)
{

	tx->store->hooks_known = false;
}

/* Whether any webhook is on; asked once, until some are changed. */
bool
tx_hooks(struct store_tx *tx)
{
	struct store *st = tx->store;
	sqlite3_stmt *s;
	int rc;

	if (st->hooks_known)
		return (st->hooks);
	s = db_row(tx->db, &rc, ST_HOOK_ANY);
	if (s != NULL)
		db_reset(s);
	st->hooks = s != NULL;
	st->hooks_known = rc >= 0;
	return (st->hooks);
}

/* "alias.created" of "*", "alias.*" or itself, between commas. */
static bool
is_wanted(const char *events, const char *type)
{
	size_t n, family = strcspn(type, ".") + 1;

	for (; *events != '\0'; events += n + (events[n] == ',')) {
		n = strcspn(events, ",");
		if (n == 1 && *events == '*')
			return (true);
		if (n == family + 1 && events[n - 1] == '*' &&
		    strncmp(events, type, family) == 0)
			return (true);
		if (n == strlen(type) && strncmp(events, type, n) == 0)
			return (true);
	}
	return (false);
}

/* Takes *data* over. */
static char *
event_body(const struct store_tx *tx, const char *type, json_t *data)
{
	char day[DATE_SIZE] = "";
	json_t *o;
	char *text;

	(void)date_text(tx->now_ms, day);
	o = json_pack("{s:s, s:o, s:o}", "type", type, "timestamp",
	    json_sprintf("%s.%03dZ", day, (int)(tx->now_ms % 1000)), "data",
	    data);
	text = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	return (text);
}

/* Its row; takes *data* over. 0 or -1. */
static int
event_insert(struct store_tx *tx, const char *org, const char *type,
    json_t *data, int64_t *id)
{
	char *body = event_body(tx, type, data);
	int n = -1;

	if (body != NULL)
		n = db_run(tx->db, ST_HOOK_EVENT_INSERT, org, type,
		    tx->now_ms, body);
	free(body);
	*id = sqlite3_last_insert_rowid(tx->db->h);
	return (n < 0 ? -1 : 0);
}

static int
event_queue(struct store_tx *tx, int64_t hook, int64_t event)
{

	tx->hooked = true;
	return (db_run(tx->db, ST_HOOK_QUEUE, hook, event) < 0 ||
	    db_run(tx->db, ST_HOOK_PENDING, hook, tx->now_ms) < 0 ? -1 : 0);
}

int
hook_event_for(struct store_tx *tx, const struct store_hook *h,
    const char *type, json_t *data, int64_t *id)
{

	return (event_insert(tx, h->org, type, data, id) != 0 ? -1 :
	    event_queue(tx, h->id, *id));
}

struct wanting {
	int64_t		id, pending;
};

/* The webhooks that want it; how many, or -1. */
static int
event_hooks(struct store_tx *tx, const char *org, const char *type,
    struct wanting *w)
{
	sqlite3_stmt *s = db_bind(tx->db, ST_HOOK_FOR, org);
	const char *events;
	int n = 0, rc;

	while ((rc = db_step(tx->db, s)) > 0) {
		events = (const char *)sqlite3_column_text(s, 1);
		if (n == HOOKS_AT_ONCE || events == NULL ||
		    !is_wanted(events, type))
			continue;
		w[n].id = sqlite3_column_int64(s, 0);
		w[n++].pending = sqlite3_column_int64(s, 2);
	}
	return (rc < 0 ? -1 : n);
}

/* One does not fit in: the first of them leaves a note. */
static int
event_lose(struct store_tx *tx, const char *org, const struct wanting *w,
    int64_t most)
{
	struct store_hook h = { .id = w->id };
	int64_t id;

	(void)snprintf(h.org, sizeof h.org, "%s", org);
	if (db_run(tx->db, ST_HOOK_LOST, w->id) < 0)
		return (-1);
	return (w->pending > most ? 0 : hook_event_for(tx, &h, "webhook.lost",
	    json_pack("{s:s, s:I}", "organization", org, "webhook",
	    (json_int_t)w->id), &id));
}

static int
event_write(struct store_tx *tx, const char *org, const char *type,
    json_t *data)
{
	int64_t most = tx->hook_queue, id = 0;
	struct wanting w[HOOKS_AT_ONCE];
	int i, n, rc = 0;

	n = event_hooks(tx, org, type, w);
	for (i = 0; i < n && rc == 0; i++) {
		if (w[i].pending >= most) {
			rc = event_lose(tx, org, &w[i], most);
			continue;
		}
		if (id == 0)
			rc = event_insert(tx, org, type, json_incref(data),
			    &id);
		if (rc == 0)
			rc = event_queue(tx, w[i].id, id);
	}
	json_decref(data);
	return (n < 0 ? -1 : rc);
}

void
tx_event(struct store_tx *tx, const char *org, const char *type,
    json_t *data)
{

	if (!tx_hooks(tx)) {
		json_decref(data);
		return;
	}
	(void)json_object_set_new(data, "organization", json_string(org));
	if (tx->actor != NULL && *tx->actor->key != '\0')
		(void)json_object_set_new(data, "by",
		    json_string(tx->actor->key));
	if (event_write(tx, org, type, data) != 0)
		tx->event_failed = true;
}

/*--------------------------------------------------------------------
 * What the audit log is told
 */

static const struct {
	const char	*action, *type, *field;
} events[] = {
	{ "alias.create", "alias.created", "alias" },
	{ "alias.update", "alias.repointed", "alias" },
	{ "alias.delete", "alias.deleted", "alias" },
	{ "alias.describe", "alias.described", "alias" },
	{ "sourceimage.create", "source.created", "hash" },
	{ "sourceimage.update", "source.updated", "hash" },
	{ "sourceimage.protect", "source.replaced", "hash" },
	{ "sourceimage.dynamic", "source.replaced", "hash" },
	{ "sourceimage.delete", "source.deleted", "hash" },
	{ "sourceimage.restore", "source.restored", "hash" },
	{ "stack.create", "stack.created", "stack" },
	{ "stack.update", "stack.updated", "stack" },
	{ "stack.delete", "stack.deleted", "stack" },
};

static json_t *
event_value(const char *json)
{
	size_t n = strlen(json);

	if (n > VALUE_BYTES)
		return (json_pack("{s:I}", "bytes", (json_int_t)n));
	return (json_loadb(json, n, JSON_DECODE_ANY, NULL));
}

/* A rollback is whatever it came to. */
static const char *
action_of(const char *action, const char *before, const char *after)
{

	if (strcmp(action, "alias.rollback") != 0)
		return (action);
	return (before == NULL ? "alias.create" :
	    after == NULL ? "alias.delete" : "alias.update");
}

void
tx_event_audit(struct store_tx *tx, const char *org, const char *action,
    const char *object, const char *before, const char *after)
{
	json_t *data;
	size_t i;

	action = action_of(action, before, after);
	for (i = 0; i < sizeof events / sizeof *events; i++) {
		if (strcmp(events[i].action, action) != 0)
			continue;
		data = json_pack("{s:s}", events[i].field, object);
		if (before != NULL)
			(void)json_object_set_new(data, "before",
			    event_value(before));
		if (after != NULL)
			(void)json_object_set_new(data, "after",
			    event_value(after));
		tx_event(tx, org, events[i].type, data);
		return;
	}
}
