/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What webhooks have to send, and what became of it: the queue is the part of the
 * log that is pending. Events go when no webhook has them any more.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hooks.h"

#define LOG_KEPT	10000		/* delivered ones, of a webhook */
#define LOG_MS		(7 * (int64_t)24 * HOUR_MS)
#define EXPIRE_AT_ONCE	10000
/* Trimmed when so many more have come. */
#define TRIM_EVERY	256

const char *const store_hook_deliveries[DELIVERY_STATES] = {
	[DELIVERY_PENDING] = "pending", [DELIVERY_DONE] = "delivered",
	[DELIVERY_REFUSED] = "refused"
};

void
store_hook_event_name(const struct store_hook_event *e, char out[48])
{

	(void)snprintf(out, 48, "evt_%" PRId64 "_%" PRId64, e->created_ms,
	    e->id);
}

static void
event_row(sqlite3_stmt *s, struct store_hook_event *e)
{

	memset(e, 0, sizeof *e);
	e->id = sqlite3_column_int64(s, 0);
	db_text(s, 1, e->type, sizeof e->type);
	e->created_ms = sqlite3_column_int64(s, 2);
	e->state = (enum store_hook_delivery)sqlite3_column_int(s, 3);
	if ((unsigned)e->state >= DELIVERY_STATES)
		e->state = DELIVERY_REFUSED;
	e->tries = (unsigned)sqlite3_column_int(s, 4);
	e->tried_ms = sqlite3_column_int64(s, 5);
	e->code = (unsigned)sqlite3_column_int(s, 6);
	db_text(s, 7, e->error, sizeof e->error);
}

enum store_status
store_hook_event_get(struct store *st, int64_t hook, int64_t id,
    struct store_hook_event *e)
{
	struct db *db = store_db(st);
	sqlite3_stmt *s;
	int rc;

	e->body = NULL;
	s = id == 0 ? db_row(db, &rc, ST_HOOK_FIRST, hook) :
	    db_row(db, &rc, ST_HOOK_EVENT_GET, hook, id);
	if (s == NULL)
		return (rc < 0 ? db_failure(db) : STORE_NOT_FOUND);
	event_row(s, e);
	e->body = db_strdup(s, 8);
	db_reset(s);
	return (e->body != NULL ? STORE_OK : STORE_ERROR);
}

enum store_status
store_hook_log(struct store *st, int64_t hook, int state, uint64_t before,
    unsigned limit, store_hook_event_f *func, void *arg)
{
	struct db *db = store_db(st);
	const int64_t below = before == 0 || before > INT64_MAX ? INT64_MAX :
	    (int64_t)before;
	struct store_hook_event e;
	sqlite3_stmt *s;
	int rc;

	s = state < 0 ? db_bind(db, ST_HOOK_LOG, hook, below, limit) :
	    db_bind(db, ST_HOOK_LOG_STATE, hook, below, limit, state);
	while ((rc = db_step(db, s)) > 0) {
		event_row(s, &e);
		if (func(arg, &e) == 0)
			continue;
		db_reset(s);
		return (STORE_OK);
	}
	return (rc == 0 ? STORE_OK : db_failure(db));
}

/*--------------------------------------------------------------------
 * What is dropped
 */

int
hook_sweep(struct store_tx *tx, int64_t event)
{

	return (db_run(tx->db, ST_HOOK_EVENT_SWEEP, event) < 0 ? -1 : 0);
}

/* Runs a DELETE that gives events, and sweeps them: how many, or -1. */
static int
drop_events(struct store_tx *tx, sqlite3_stmt *s)
{
	int64_t *ids = NULL, *more;
	size_t n = 0, room = 0, i;
	int rc;

	while ((rc = db_step(tx->db, s)) > 0) {
		if (n == room) {
			room = room > 0 ? 2 * room : 512;
			more = realloc(ids, room * sizeof *ids);
			if (more == NULL) {
				db_reset(s);
				free(ids);
				return (-1);
			}
			ids = more;
		}
		ids[n++] = sqlite3_column_int64(s, 0);
	}
	for (i = 0; i < n && rc == 0; i++)
		rc = hook_sweep(tx, ids[i]);
	free(ids);
	return (rc != 0 ? -1 : (int)n);
}

int
hook_forget(struct store_tx *tx, int64_t hook)
{

	return (drop_events(tx, db_bind(tx->db, ST_HOOK_FORGET, hook)) < 0 ?
	    -1 : 0);
}

int
hook_trim(struct store_tx *tx, int64_t hook)
{

	return (drop_events(tx, db_bind(tx->db, ST_HOOK_TRIM, hook,
	    LOG_KEPT)) < 0 ? -1 : 0);
}

int
hooks_expire(struct store_tx *tx)
{
	int n = drop_events(tx, db_bind(tx->db, ST_HOOK_EXPIRE,
	    tx->now_ms - LOG_MS, EXPIRE_AT_ONCE));

	/* Those of a webhook that is off may have been pending. */
	return (n < 0 || (n > 0 &&
	    db_run(tx->db, ST_HOOK_RECOUNT) < 0) ? -1 : 0);
}

/*--------------------------------------------------------------------
 * Results
 */

/* The next one may be sent. */
static void
result_settled(struct store_hook *h, int64_t now_ms)
{

	h->failing_ms = 0;
	h->tries = 0;
	h->next_ms = now_ms;
}

static void
result_failed(struct store_hook_result *p, struct store_hook *h,
    int64_t now_ms)
{
	int64_t since;

	/* A clock that was set back would make it wait for the future. */
	if (h->failing_ms == 0 || h->failing_ms > now_ms)
		h->failing_ms = now_ms;
	h->tries++;
	h->next_ms = now_ms + p->wait_ms;
	since = now_ms - h->failing_ms;
	if (!p->gone && (since == 0 || since < p->give_up_ms))
		return;
	p->disabled = h->state == HOOK_ENABLED;
	h->state = HOOK_FAILED;
	(void)snprintf(h->reason, sizeof h->reason, p->gone ?
	    "the receiver answered 410: it wants no more%s" :
	    "it failed for too long: %.200s", p->gone ? "" : p->error);
}

static enum store_status
result_run(struct store_tx *tx, struct store_job *job)
{
	struct store_hook_result *p = CAST_OBJ(job, STORE_HOOK_RESULT_MAGIC);
	bool over = p->delivered || p->refused;
	struct store_hook h;
	sqlite3_stmt *s;
	int n, rc;

	tx->hooked = true;
	p->disabled = false;
	s = db_row(tx->db, &rc, ST_HOOK_BY_ID, p->hook);
	if (s == NULL)
		return (rc < 0 ? db_failure(tx->db) : STORE_NOT_FOUND);
	hook_row(s, &h);
	db_reset(s);
	n = db_run(tx->db, ST_HOOK_TRIED, p->hook, p->event,
	    p->delivered ? DELIVERY_DONE : p->refused ? DELIVERY_REFUSED :
	    DELIVERY_PENDING, tx->now_ms, p->code, p->error);
	if (over)
		result_settled(&h, tx->now_ms);
	else
		result_failed(p, &h, tx->now_ms);
	if (p->disabled)
		hooks_changed(tx);
	if (n < 0 || db_run(tx->db, ST_HOOK_RESULT, p->hook, n > 0 && over,
	    h.state, h.reason, p->delivered ? tx->now_ms : h.delivered_ms,
	    h.failing_ms, h.next_ms, h.tries) < 0 ||
	    (p->delivered && p->event % TRIM_EVERY == 0 &&
	    hook_trim(tx, p->hook) != 0))
		return (db_failure(tx->db));
	return (STORE_OK);
}

void
store_hook_result(struct store *st, struct store_hook_result *p)
{

	p->job.magic = STORE_HOOK_RESULT_MAGIC;
	writer_submit_unsynced(st, &p->job, result_run);
}
