/* SPDX-License-Identifier: BSD-2-Clause */
/* What goes away by itself. Epochs stay: see the schema. */
#include "config.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hooks.h"
#include "log.h"
#include "orgs.h"
#include "plans.h"
#include "terms.h"

#define DAY_MS		(24 * (int64_t)HOUR_MS)
#define SOURCE_MS	(30 * DAY_MS)	/* the time to restore an image */
#define PURGE_MS	(30 * DAY_MS)
#define STACK_MS	(3 * DAY_MS)	/* of _preview stacks */
/*
 * Longer than any cache may keep a picture, which is a year: what an alias
 * showed, and what a Varnish that cannot be reached has not heard.
 */
#define CACHED_MS	(400 * DAY_MS)

#define SOURCES_AT_ONCE	500
#define STACKS_AT_ONCE	100
#define EVERY_S		600

/* In the loop's thread. */
struct housekeep {
	struct store_job job;
	struct event	*timer;
	bool		busy;
};

struct expired {
	int64_t		id;
	struct hash	content;
	int64_t		size;
	char		org[ORG_MAX + 1];
};

static int
expired_sources(struct store_tx *tx, struct expired *e)
{
	sqlite3_stmt *s;
	int n = 0, rc;

	s = db_bind(tx->db, ST_SOURCE_EXPIRED, tx->now_ms - SOURCE_MS,
	    SOURCES_AT_ONCE);
	while ((rc = db_step(tx->db, s)) > 0) {
		e[n].id = sqlite3_column_int64(s, 0);
		(void)db_hash(s, 1, &e[n].content);
		e[n].size = sqlite3_column_int64(s, 2);
		db_text(s, 3, e[n].org, sizeof e[n].org);
		n++;
	}
	return (rc < 0 ? -1 : n);
}

static int
housekeep_sources(struct store_tx *tx)
{
	struct expired e[SOURCES_AT_ONCE];
	int i, n;

	n = expired_sources(tx, e);
	for (i = 0; i < n; i++) {
		if (db_run(tx->db, ST_SOURCE_REMOVE, e[i].id) < 0)
			return (-1);
		(void)usage_add(tx, e[i].org, USE_IMAGES, -1);
		(void)usage_add(tx, e[i].org, USE_BYTES, -e[i].size);
		tx_drop(tx, &e[i].content);
	}
	if (n > 0)
		log_info("housekeep", KV("images", n));
	return (n < 0 ? -1 : 0);
}

static int
housekeep_history(struct store_tx *tx)
{
	int64_t before = tx->now_ms - CACHED_MS;
	char org[ORG_MAX + 1];
	sqlite3_stmt *s;
	int rc;

	s = db_bind(tx->db, ST_HISTORY_EXPIRED, before);
	while ((rc = db_step(tx->db, s)) > 0) {
		db_text(s, 0, org, sizeof org);
		usage_history_expired(tx, org, sqlite3_column_int64(s, 1),
		    sqlite3_column_int64(s, 2));
	}
	if (rc == 0 && db_run(tx->db, ST_HISTORY_EXPIRE, before) < 0)
		rc = -1;
	return (rc);
}

/* Previews are in no cache, but what stands on one may be. */
static int
housekeep_stacks(struct store_tx *tx)
{
	char org[STACKS_AT_ONCE][ORG_MAX + 1];
	char name[STACKS_AT_ONCE][NAME_MAX_LEN + 1];
	sqlite3_stmt *s;
	int i, n = 0, rc;

	s = db_bind(tx->db, ST_STACK_EXPIRED, tx->now_ms - STACK_MS,
	    STACKS_AT_ONCE);
	while ((rc = db_step(tx->db, s)) > 0) {
		db_text(s, 0, org[n], sizeof org[n]);
		db_text(s, 1, name[n], sizeof name[n]);
		n++;
	}
	for (i = 0; rc == 0 && i < n; i++)
		if (tx_stack_delete(tx, org[i], name[i]) != STORE_OK)
			rc = -1;
	return (rc);
}

static enum store_status
housekeep_run(struct store_tx *tx, struct store_job *job)
{

	(void)job;
	if (db_run(tx->db, ST_BAN_EXPIRE, tx->now_ms - CACHED_MS) < 0 ||
	    db_run(tx->db, ST_PURGE_EXPIRE, tx->now_ms - PURGE_MS) < 0 ||
	    db_run(tx->db, ST_ACKED_EXPIRE) < 0)
		return (db_failure(tx->db));
	tx->acked = true;		/* a ban that expired is owed no more */
	return (audit_expire(tx) == 0 && terms_sweep(tx->db) == 0 &&
	    housekeep_history(tx) == 0 && sessions_expire(tx) == 0 &&
	    plans_expire(tx) == 0 && hooks_expire(tx) == 0 &&
	    housekeep_sources(tx) == 0 && housekeep_stacks(tx) == 0 ?
	    STORE_OK : db_failure(tx->db));
}

void
store_housekeep(struct store *st, struct store_job *j)
{

	days_flush(st);
	writer_submit(st, j, housekeep_run, NULL);
}

static void
housekeep_done(struct store_job *j)
{
	struct store *st = CAST_OBJ(j->arg, STORE_MAGIC);

	st->housekeep->busy = false;
}

static void
housekeep_event(evutil_socket_t fd, short what, void *arg)
{
	struct store *st = CAST_OBJ(arg, STORE_MAGIC);
	struct housekeep *k = st->housekeep;

	(void)fd;
	(void)what;
	if (k->busy)
		return;
	k->busy = true;
	k->job.done = housekeep_done;
	k->job.arg = st;
	store_housekeep(st, &k->job);
}

int
housekeep_start(struct store *st, char *err, size_t err_len)
{
	static const struct timeval every = { .tv_sec = EVERY_S };

	st->housekeep = calloc(1, sizeof *st->housekeep);
	if (st->housekeep != NULL)
		st->housekeep->timer = event_new(st->conf.base, -1, EV_PERSIST,
		    housekeep_event, st);
	if (st->housekeep != NULL && st->housekeep->timer != NULL &&
	    event_add(st->housekeep->timer, &every) == 0)
		return (0);
	(void)snprintf(err, err_len, "out of memory");
	return (-1);
}

/* The timer; the job may still be with the writer. */
void
housekeep_stop(struct store *st)
{

	if (st->housekeep != NULL && st->housekeep->timer != NULL) {
		event_free(st->housekeep->timer);
		st->housekeep->timer = NULL;
	}
}
