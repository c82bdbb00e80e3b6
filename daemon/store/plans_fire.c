/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The time of a plan comes. A timer of the loop waits for the next one, but no
 * longer than a second, since the clock of the wall may be set meanwhile. All plans
 * of an organization for one instant are one job, so one transaction. Those that
 * were missed come one instant after the other, in their order.
 */
#include "config.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "plans.h"

#define LOOK_MS		1000
#define RETRY_MS	1000		/* after a full disk, say */
#define KEEP_MS		(30 * (int64_t)24 * HOUR_MS)
#define EXPIRE_AT_ONCE	500

/* In the loop's thread; the job is the writer's while it is busy. */
struct plans {
	struct store_job job;
#define PLANS_MAGIC	0x5e1f30c2
	struct event	*timer;
	bool		busy;
	bool		purge;
	struct store_plan_stats stats;
	uint64_t	fired, failed;	/* of the job */
};

static void
fire_log(const struct store_plan *p, bool back, bool failed)
{

	if (failed)
		log_warn("plan", "a planned change could not be made: plan "
		    "it again", KV("organization", p->org),
		    KV("id", p->id), KV("set", p->name),
		    KV("reason", p->reason));
	else
		log_info("plan", KV("organization", p->org),
		    KV("id", p->id), KV("set", p->name),
		    KV("back", back));
}

static const char *
fire_event(const struct store_plan *p, bool back)
{

	if (*p->name != '\0')
		return (p->state == PLAN_FAILED ? "set.failed" :
		    back ? "set.withdrawn" : "set.published");
	return (p->state == PLAN_FAILED ? "plan.failed" :
	    back ? "plan.ended" : "plan.done");
}

static void
fire_end(struct store_tx *tx, struct store_plan *p, bool back)
{

	if (!back && p->until_ms != 0) {
		p->state = PLAN_ACTIVE;
		p->next_ms = p->until_ms;
		return;
	}
	p->next_ms = 0;
	p->state = !back && *p->name != '\0' ? PLAN_ACTIVE : PLAN_DONE;
	if (p->state == PLAN_DONE)
		p->ended_ms = tx->now_ms;
}

static enum store_status
fire_plan(struct store_tx *tx, struct plans *f, struct store_plan *p)
{
	struct store_actor actor = { .from = "schedule" };
	struct store_plan_item *items;
	enum store_status status;
	bool back = p->state == PLAN_ACTIVE;
	size_t n;

	status = plan_items(tx->db, p->id, &items, &n);
	if (status != STORE_OK)
		return (status);
	(void)snprintf(actor.key, sizeof actor.key, "%s", p->by);
	tx->actor = &actor;
	status = plan_apply(tx, p, items, n, back, f->purge);
	tx->actor = NULL;
	if (status == STORE_OK) {
		fire_end(tx, p, back);
		f->fired++;
	} else if (status == STORE_PRECONDITION) {
		p->state = PLAN_FAILED;
		p->next_ms = 0;
		p->ended_ms = tx->now_ms;
		f->failed++;
		status = STORE_OK;
	}
	if (status == STORE_OK && (plan_save(tx, p) != 0 ||
	    plan_due(tx, p->org, items, n) != 0 ||
	    plan_show(tx, p, items, n) != 0))
		status = db_failure(tx->db);
	if (status == STORE_OK) {
		fire_log(p, back, p->state == PLAN_FAILED);
		tx->actor = &actor;
		plan_event(tx, p, fire_event(p, back), items, n);
		tx->actor = NULL;
	}
	free(items);
	return (status);
}

static int
plans_next(struct db *db, int64_t *next_ms, uint64_t *pending)
{
	sqlite3_stmt *s;
	int rc;

	*next_ms = 0;
	*pending = 0;
	s = db_row(db, &rc, ST_PLAN_NEXT);
	if (s != NULL) {
		*next_ms = sqlite3_column_int64(s, 0);
		*pending = (uint64_t)sqlite3_column_int64(s, 1);
		db_reset(s);
	}
	return (rc < 0 ? -1 : 0);
}

static enum store_status
fire_run(struct store_tx *tx, struct store_job *job)
{
	struct plans *f = CAST_OBJ(job, PLANS_MAGIC);
	enum store_status status = STORE_OK;
	struct store_plan *due;
	uint64_t pending;
	sqlite3_stmt *s;
	int64_t next_ms;
	int i, n = 0, rc;

	f->fired = f->failed = 0;
	if (plans_next(tx->db, &next_ms, &pending) != 0)
		return (db_failure(tx->db));
	if (next_ms == 0 || next_ms > tx->now_ms)
		return (STORE_OK);
	due = calloc(PLANS_MAX, sizeof *due);
	if (due == NULL)
		return (STORE_ERROR);
	s = db_bind(tx->db, ST_PLAN_DUE, next_ms, PLANS_MAX);
	while ((rc = db_step(tx->db, s)) > 0)
		plan_row(s, &due[n++]);
	if (rc < 0)
		status = db_failure(tx->db);
	for (i = 0; i < n && status == STORE_OK; i++)
		status = fire_plan(tx, f, &due[i]);
	free(due);
	return (status);
}

static void
plans_wait(struct plans *f, int64_t ms)
{
	struct timeval tv;

	if (f->timer == NULL)
		return;
	if (ms < 0)
		ms = 0;
	tv = (struct timeval){ .tv_sec = ms / 1000,
	    .tv_usec = ms % 1000 * 1000 };
	(void)event_add(f->timer, &tv);
}

static void
fire_done(struct store_job *job)
{
	struct plans *f = CAST_OBJ(job, PLANS_MAGIC);
	struct store *st = CAST_OBJ(job->arg, STORE_MAGIC);

	f->busy = false;
	if (job->status != STORE_OK) {
		plans_wait(f, RETRY_MS);
		return;
	}
	f->stats.fired += f->fired;
	f->stats.failed += f->failed;
	plans_arm(st);
}

static void
plans_event(evutil_socket_t fd, short what, void *arg)
{
	struct store *st = CAST_OBJ(arg, STORE_MAGIC);

	(void)fd;
	(void)what;
	plans_arm(st);
}

void
plans_arm(struct store *st)
{
	struct plans *f = st->plans;
	int64_t left;

	if (f == NULL || f->timer == NULL || f->busy)
		return;
	(void)event_del(f->timer);
	if (plans_next(&st->rd, &f->stats.next_ms, &f->stats.pending) != 0) {
		plans_wait(f, RETRY_MS);
		return;
	}
	if (f->stats.next_ms == 0)
		return;
	left = f->stats.next_ms - store_now(st);
	if (left > 0) {
		plans_wait(f, left < LOOK_MS ? left : LOOK_MS);
		return;
	}
	f->busy = true;
	f->job.magic = PLANS_MAGIC;
	f->job.done = fire_done;
	f->job.arg = st;
	(void)pthread_mutex_lock(&st->mtx);
	f->purge = st->limits.overwrite_purges;
	(void)pthread_mutex_unlock(&st->mtx);
	writer_submit(st, &f->job, fire_run, NULL);
}

int
plans_start(struct store *st, char *err, size_t err_len)
{

	st->plans = calloc(1, sizeof *st->plans);
	if (st->plans != NULL)
		st->plans->timer = event_new(st->conf.base, -1, 0, plans_event,
		    st);
	if (st->plans == NULL || st->plans->timer == NULL) {
		(void)snprintf(err, err_len, "out of memory");
		return (-1);
	}
	/* When the loop runs: the map has to be there, and the settings. */
	plans_wait(st->plans, 0);
	return (0);
}

/* The timer; the job may still be with the writer. */
void
plans_stop(struct store *st)
{

	if (st->plans != NULL && st->plans->timer != NULL) {
		event_free(st->plans->timer);
		st->plans->timer = NULL;
	}
}

void
store_plan_stats(struct store *st, struct store_plan_stats *out)
{

	*out = st->plans->stats;
}

int
plans_expire(struct store_tx *tx)
{
	int64_t ids[EXPIRE_AT_ONCE];
	sqlite3_stmt *s;
	int i, n = 0, rc;

	s = db_bind(tx->db, ST_PLAN_ENDED, tx->now_ms - KEEP_MS,
	    EXPIRE_AT_ONCE);
	while ((rc = db_step(tx->db, s)) > 0)
		ids[n++] = sqlite3_column_int64(s, 0);
	for (i = 0; rc == 0 && i < n; i++)
		if (db_run(tx->db, ST_PLAN_ITEMS_DELETE, ids[i]) < 0 ||
		    db_run(tx->db, ST_PLAN_DELETE, ids[i]) < 0)
			rc = -1;
	return (rc);
}
