/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What will be: the planned changes of an alias in their order. A change back is to
 * what the alias will have been just before the change that it undoes.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "aliases.h"
#include "plans.h"

/* Of one alias: two for each plan. */
#define EVENTS_MAX	64

struct event_at {
	int64_t		at_ms;
	struct hash	hash;		/* from then on; none: it is deleted */
	bool		now;		/* what it points at now */
};

struct foresight {
	struct event_at	events[EVENTS_MAX];
	unsigned	n;
};

/* The last at one time counts. */
static void
foresee_add(struct foresight *f, int64_t at_ms, const struct event_at *to)
{

	if (f->n > 0 && f->events[f->n - 1].at_ms == at_ms)
		f->n--;
	if (f->n == EVENTS_MAX)
		return;
	f->events[f->n] = *to;
	f->events[f->n++].at_ms = at_ms;
}

/* Plans of an alias do not overlap, so the one before has ended. 0 or -1. */
static int
foresee(struct db *db, const char *org, const char *alias,
    struct foresight *f)
{
	struct event_at is = { .now = true }, before, to;
	int64_t until_ms;
	sqlite3_stmt *s;
	int rc;

	f->n = 0;
	s = db_bind(db, ST_PLAN_EVENTS, org, alias);
	while ((rc = db_step(db, s)) > 0) {
		to = (struct event_at){ .now = false };
		before = is;
		until_ms = sqlite3_column_int64(s, 2);
		if (sqlite3_column_int(s, 0) == PLAN_ACTIVE) {
			before = to;
			(void)db_hash(s, 4, &before.hash);
		} else {
			(void)db_hash(s, 3, &to.hash);
			foresee_add(f, sqlite3_column_int64(s, 1), &to);
			is = to;
		}
		if (until_ms != 0) {
			foresee_add(f, until_ms, &before);
			is = before;
		}
	}
	return (rc);
}

/* The next planned change of a variant of *alias*, which Varnish may show. */
static int
plan_due_variants(struct store_tx *tx, const char *org, const char *alias,
    int64_t *due_ms)
{
	sqlite3_stmt *s;
	int64_t at_ms;
	int rc;

	s = db_row(tx->db, &rc, ST_PLAN_VARIANTS, org, alias);
	if (s == NULL)
		return (rc);
	at_ms = sqlite3_column_int64(s, 0);
	db_reset(s);
	if (at_ms != 0 && (*due_ms == 0 || at_ms < *due_ms))
		*due_ms = at_ms;
	return (0);
}

static struct store_change
event_change(const char *org, const char *alias, const struct event_at *e,
    unsigned n)
{
	struct store_change c = { .kind = CHANGE_PLAN, .soft = n };

	(void)snprintf(c.org, sizeof c.org, "%s", org);
	(void)snprintf(c.key, sizeof c.key, "%s", alias);
	c.gone = e == NULL;
	if (e != NULL) {
		c.hash = e->hash;
		c.revoked = e->now;
		c.due_ms = e->at_ms;
	}
	return (c);
}

/* Tells the map what is to come, for those who look at it before. */
static int
foresight_publish(struct store_tx *tx, const char *org, const char *alias,
    const struct foresight *f)
{
	struct store_change c;
	unsigned i;

	for (i = 0; i <= f->n; i++) {
		c = event_change(org, alias, i < f->n ? &f->events[i] : NULL,
		    i);
		c.seq = tx_seq(tx);
		if (tx_change(tx, &c) != 0)
			return (-1);
	}
	return (0);
}

int
foresight_each(struct db *db, uint64_t seq, store_publish_f *publish,
    void *arg)
{
	char org[ORG_MAX + 1], alias[NAME_MAX_LEN + 1];
	struct store_change c;
	struct foresight f;
	sqlite3_stmt *s;
	int rc;

	s = db_bind(db, ST_PLAN_EACH_NEXT);
	while ((rc = db_step(db, s)) > 0) {
		db_text(s, 0, org, sizeof org);
		db_text(s, 1, alias, sizeof alias);
		if (foresee(db, org, alias, &f) != 0) {
			db_reset(s);
			return (-1);
		}
		for (unsigned i = 0; i < f.n; i++) {
			c = event_change(org, alias, &f.events[i], i);
			c.seq = seq;
			publish(arg, &c, 1, seq);
		}
	}
	return (rc);
}

static int
plan_due_one(struct store_tx *tx, const char *org, const char *alias,
    struct foresight *f)
{
	enum store_status found;
	struct store_alias a;
	int64_t due_ms;

	found = alias_load(tx->db, org, alias, &a);
	if (found != STORE_OK && found != STORE_NOT_FOUND)
		return (-1);
	if (foresee(tx->db, org, alias, f) != 0)
		return (-1);
	due_ms = f->n > 0 ? f->events[0].at_ms : 0;
	if (plan_due_variants(tx, org, alias, &due_ms) != 0)
		return (-1);
	if (found == STORE_NOT_FOUND || a.due_ms == due_ms)
		return (0);
	a.due_ms = due_ms;
	if (db_run(tx->db, ST_ALIAS_DUE, org, alias, due_ms) < 0)
		return (-1);
	return (alias_publish(tx, &a, tx_seq(tx), false));
}

/*
 * Tells an alias when its next change is, and *f* all of them. A variant that is
 * not there yet has no record in the map; the plain alias says for all of them
 * when to look again.
 */
static int
plan_due_alias(struct store_tx *tx, const char *org, const char *alias,
    struct foresight *f)
{
	size_t len = name_variant_of(alias, strlen(alias));
	char plain[NAME_MAX_LEN + 1];

	(void)snprintf(plain, sizeof plain, "%.*s", (int)len, alias);
	if (len > 0 && plan_due_one(tx, org, plain, f) != 0)
		return (-1);
	return (plan_due_one(tx, org, alias, f));
}

int
plan_due(struct store_tx *tx, const char *org,
    const struct store_plan_item *items, size_t n)
{
	struct foresight f;

	for (size_t i = 0; i < n; i++)
		if (plan_due_alias(tx, org, items[i].alias, &f) != 0 ||
		    foresight_publish(tx, org, items[i].alias, &f) != 0)
			return (-1);
	return (0);
}

int
plan_follow(struct store_tx *tx, const char *org, const char *alias)
{
	struct foresight f;
	sqlite3_stmt *s;
	int rc;

	s = db_row(tx->db, &rc, ST_PLAN_ANY, org, alias);
	if (s == NULL)
		return (rc);
	db_reset(s);
	return (plan_due_alias(tx, org, alias, &f));
}

bool
plan_is_crowded(struct store_tx *tx, const char *org, const char *alias)
{
	struct foresight f;

	return (foresee(tx->db, org, alias, &f) != 0 ||
	    f.n + 2 > EVENTS_MAX);
}

enum store_status
store_plan_foresee(struct store *st, const char *org, const char *alias,
    int64_t at_ms, struct hash *hash)
{
	struct db *db = store_db(st);
	enum store_status found;
	struct store_alias a;
	struct foresight f;
	unsigned i;

	found = alias_load(db, org, alias, &a);
	if (found != STORE_OK && found != STORE_NOT_FOUND)
		return (found);
	*hash = a.hash;
	if (foresee(db, org, alias, &f) != 0)
		return (db_failure(db));
	for (i = 0; i < f.n && f.events[i].at_ms <= at_ms; i++)
		*hash = f.events[i].now ? a.hash : f.events[i].hash;
	return (STORE_OK);
}
