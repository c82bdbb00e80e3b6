/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The writer: takes all waiting jobs, runs each in a savepoint of one
 * transaction, commits, publishes, and only then hands the jobs back to the
 * loop. Commit, publish, ban, answer: never in another order.
 */
#include "config.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "log.h"
#include "store_priv.h"
#include "terms.h"

/* Pages in the log after which it is written back into the database. */
#define WAL_PAGES	2000
/* Changes that end a transaction: a job has 1000 of them at most. */
#define BATCH_CHANGES	4000

void
writer_submit(struct store *st, struct store_job *j, job_run_f *run,
    job_settle_f *settle)
{

	j->run = run;
	j->settle = settle;
	j->unsynced = false;
	writer_enqueue(st, j);
}

void
writer_submit_unsynced(struct store *st, struct store_job *j, job_run_f *run)
{

	j->run = run;
	j->settle = NULL;
	j->unsynced = true;
	writer_enqueue(st, j);
}

void
writer_enqueue(struct store *st, struct store_job *j)
{

	(void)pthread_mutex_lock(&st->mtx);
	job_list_append(&st->queue, j);
	(void)pthread_cond_signal(&st->cond);
	(void)pthread_mutex_unlock(&st->mtx);
}

/*
 * Waits for work. False when there is none and none will come.
 */
static bool
writer_take(struct store *st, struct job_list *batch)
{
	struct store_job *j;
	unsigned n;

	job_list_init(batch);
	(void)pthread_mutex_lock(&st->mtx);
	while (st->queue.first == NULL && !st->stop)
		(void)pthread_cond_wait(&st->cond, &st->mtx);
	for (n = 0; n < STORE_BATCH && st->queue.first != NULL; n++) {
		j = job_list_take(&st->queue);
		job_list_append(batch, j);
	}
	(void)pthread_mutex_unlock(&st->mtx);
	return (batch->first != NULL);
}

/*
 * What a job has done to several aliases is seen at once, by whoever looks them
 * up in the map.
 */
static void
writer_join(struct store_tx *tx, size_t from)
{
	const struct store_change *first = NULL;
	struct store_change *c;
	size_t i;

	for (i = from; i < tx->n; i++) {
		c = &tx->changes[i];
		if (c->kind != CHANGE_ALIAS)
			continue;
		if (first == NULL)
			first = c;
		else if (strcmp(c->key, first->key) != 0 ||
		    strcmp(c->org, first->org) != 0) {
			c->together = true;
			return;
		}
	}
}

/*
 * Runs one job. It fails alone, unless SQLite gave up the whole transaction
 * (disk full, I/O): -1.
 */
static int
writer_run(struct store_tx *tx, struct store_job *j)
{
	size_t changes = tx->n, dropped = tx->ndropped;
	bool banned = tx->banned;

	if (db_run(tx->db, ST_SAVEPOINT) < 0)
		return (-1);
	usage_begin_job(tx);
	audit_begin_job(tx);
	tx->actor = j->actor;
	j->status = j->run(tx, j);
	if (sqlite3_get_autocommit(tx->db->h) || tx->event_failed)
		return (-1);
	/* A refusal by quota has written nothing but mended stamps. */
	if (j->status != STORE_OK && j->status != STORE_CREATED &&
	    j->status != STORE_QUOTA) {
		tx->n = changes;
		tx->ndropped = dropped;
		tx->banned = banned;
		usage_undo_job(tx);
		if (db_run(tx->db, ST_ROLLBACK_TO) < 0)
			return (-1);
	} else {
		writer_join(tx, changes);
		audit_end_job(tx);
	}
	return (db_run(tx->db, ST_RELEASE) < 0 ? -1 : 0);
}

static int
writer_feed(struct store_tx *tx)
{
	struct store *st = tx->store;
	uint64_t floor;

	if (st->wr_seq == atomic_load(&st->seq))
		return (0);
	if (db_run(tx->db, ST_META_SET_INT, "seq", st->wr_seq) < 0)
		return (-1);
	/* Now and then, for a sixteenth at once. */
	if (st->wr_seq < st->wr_floor + st->conf.feed_keep / 16 * 17)
		return (0);
	floor = st->wr_seq - st->conf.feed_keep;
	if (db_run(tx->db, ST_CHANGE_PRUNE, floor) < 0 ||
	    db_run(tx->db, ST_META_SET_INT, "floor", floor) < 0)
		return (-1);
	st->wr_floor = floor;
	return (0);
}

/*
 * Whether the commit of *batch* syncs the log: the next one that does syncs
 * what was left, and the order of commits stays.
 */
static int
writer_set_sync(struct store *st, const struct job_list *batch)
{
	bool unsynced = true;
	struct store_job *j;

	for (j = batch->first; j != NULL; j = j->next)
		unsynced &= j->unsynced;
	if (unsynced == st->wr_unsynced)
		return (0);
	if (db_exec(&st->wr, unsynced ? "PRAGMA synchronous=NORMAL" :
	    "PRAGMA synchronous=FULL") != 0)
		return (-1);
	st->wr_unsynced = unsynced;
	return (0);
}

/* Ends *batch* with *last*: what came after it is the next to be taken. */
static void
writer_cut(struct store *st, struct job_list *batch, struct store_job *last)
{

	if (last->next == NULL)
		return;
	(void)pthread_mutex_lock(&st->mtx);
	*batch->last = st->queue.first;
	if (st->queue.first == NULL)
		st->queue.last = batch->last;
	st->queue.first = last->next;
	(void)pthread_mutex_unlock(&st->mtx);
	last->next = NULL;
	batch->last = &last->next;
}

static enum store_status
writer_transaction(struct store_tx *tx, struct job_list *batch)
{
	uint64_t floor = tx->store->wr_floor;
	enum store_status status;
	struct store_job *j;

	if (writer_set_sync(tx->store, batch) != 0 ||
	    db_run(tx->db, ST_BEGIN) < 0)
		return (db_failure(tx->db));
	for (j = batch->first; j != NULL; j = j->next) {
		if (writer_run(tx, j) != 0)
			break;
		if (tx->n >= BATCH_CHANGES)
			writer_cut(tx->store, batch, j);
	}
	if (j == NULL && terms_keep(tx->db) == 0 && usage_write(tx) == 0 &&
	    audit_write(tx) == 0 && writer_feed(tx) == 0 &&
	    db_run(tx->db, ST_COMMIT) >= 0)
		return (STORE_OK);
	status = db_failure(tx->db);
	if (!sqlite3_get_autocommit(tx->db->h))
		(void)db_run(tx->db, ST_ROLLBACK);
	tx->store->wr_floor = floor;
	return (status);
}

static void
writer_count(struct store *st, struct job_list *batch, int64_t us,
    enum store_status status)
{
	struct store_job *j;

	st->stats.batches++;
	st->stats.commit_us += (uint64_t)us;
	st->stats.failed_batches += status != STORE_OK;
	st->stats.failing = status != STORE_OK;
	st->stats.full = status == STORE_FULL;
	for (j = batch->first; j != NULL; j = j->next)
		st->stats.jobs++;
}

void
store_stats(struct store *st, struct store_stats *out)
{
	struct statvfs fs;

	(void)pthread_mutex_lock(&st->mtx);
	*out = st->stats;
	(void)pthread_mutex_unlock(&st->mtx);
	if (fstatvfs(st->dir_fd, &fs) == 0)
		out->disk_free = (fs.f_flag & ST_RDONLY) != 0 ? 0 :
		    (uint64_t)fs.f_bavail * fs.f_frsize;
}

static void
writer_batch(struct store *st, struct store_tx *tx, struct job_list *batch)
{
	enum store_status status;
	struct store_job *j;
	int64_t start, publish = 0;
	size_t i;

	tx->n = tx->ndropped = 0;
	tx->banned = tx->acked = tx->planned = tx->hooked = false;
	tx->event_failed = false;
	tx->now_ms = store_now(st);
	(void)pthread_mutex_lock(&st->mtx);
	memcpy(tx->quota, st->limits.quota, sizeof tx->quota);
	tx->audit_days = st->limits.audit_days;
	tx->audit_max = st->limits.audit_max;
	tx->hook_queue = st->limits.hook_queue;
	(void)pthread_mutex_unlock(&st->mtx);
	start = clock_us();
	status = writer_transaction(tx, batch);
	usage_end(tx, status == STORE_OK);
	audit_end(tx, status == STORE_OK);
	start = clock_us() - start;
	if (status == STORE_OK) {
		atomic_store(&st->seq, st->wr_seq);
		publish = clock_us();
		if (tx->n > 0 && st->conf.publish != NULL)
			st->conf.publish(st->conf.publish_arg, tx->changes,
			    tx->n, st->wr_seq);
		publish = clock_us() - publish;
	} else {
		tx->ndropped = 0;
		st->hooks_known = false;
		for (j = batch->first; j != NULL; j = j->next)
			j->status = status;
	}
	for (j = batch->first; j != NULL; j = j->next)
		if (j->settle != NULL)
			j->settle(tx, j);
	(void)pthread_mutex_lock(&st->mtx);
	writer_count(st, batch, start, status);
	st->stats.publish_us += (uint64_t)publish;
	st->banned |= tx->banned && status == STORE_OK;
	st->acked |= tx->acked;
	st->planned |= tx->planned;
	st->hooked |= tx->hooked;
	job_list_move(&st->finished, batch);
	(void)pthread_mutex_unlock(&st->mtx);
	deliver_wake(st);
	for (i = 0; i < tx->ndropped; i++)
		blob_drop(st, &tx->dropped[i]);
}

static int
writer_wal_hook(void *arg, sqlite3 *h, const char *name, int pages)
{
	struct store *st = CAST_OBJ(arg, STORE_MAGIC);

	(void)h;
	(void)name;
	st->wr_wal = pages;
	return (SQLITE_OK);
}

/*
 * Writes the log back into the database, after the answers have left. A long
 * read (a backup) keeps the log from beginning anew: then only what came since
 * is worth another round.
 */
static void
writer_checkpoint(struct store *st)
{

	if (st->wr_wal < st->wr_wal_done)
		st->wr_wal_done = 0;
	if (st->wr_wal - st->wr_wal_done < WAL_PAGES)
		return;
	(void)sqlite3_wal_checkpoint_v2(st->wr.h, NULL,
	    SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	st->wr_wal_done = st->wr_wal;
}

static void *
writer_main(void *arg)
{
	struct store *st = CAST_OBJ(arg, STORE_MAGIC);
	struct store_tx tx = { .store = st, .db = &st->wr };
	struct job_list batch;

	(void)pthread_setname_np(pthread_self(), "store-writer");
	(void)sqlite3_wal_hook(st->wr.h, writer_wal_hook, st);
	while (writer_take(st, &batch)) {
		writer_batch(st, &tx, &batch);
		writer_checkpoint(st);
	}
	free(tx.changes);
	free(tx.dropped);
	return (NULL);
}

int
writer_start(struct store *st, char *err, size_t err_len)
{
	int rc = ENOMEM;

	st->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (st->event_fd >= 0)
		st->event = event_new(st->conf.base, st->event_fd,
		    EV_READ | EV_PERSIST, deliver_event, st);
	if (st->event != NULL && event_add(st->event, NULL) == 0)
		rc = pthread_create(&st->writer, NULL, writer_main, st);
	st->started = rc == 0;
	if (rc == 0)
		return (0);
	(void)snprintf(err, err_len, "cannot start the store's thread: %s",
	    strerror(rc));
	return (-1);
}

void
writer_stop(struct store *st)
{

	if (st->started) {
		(void)pthread_mutex_lock(&st->mtx);
		st->stop = true;
		(void)pthread_cond_signal(&st->cond);
		(void)pthread_mutex_unlock(&st->mtx);
		(void)pthread_join(st->writer, NULL);
		deliver_all(st);
	}
	if (st->event != NULL)
		event_free(st->event);
	if (st->event_fd >= 0)
		(void)close(st->event_fd);
	st->started = false;
}
