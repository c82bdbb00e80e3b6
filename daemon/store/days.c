/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an organization had and was sent, by day. A write for each picture would
 * cost more than most pictures: bytes are counted in memory, and written with
 * the housekeeping. A day on which nothing changed has no row: it had what the
 * day before had.
 */
#include "config.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orgs.h"

#define DAY_MS		(24 * (int64_t)HOUR_MS)

struct sent {
	char		org[ORG_MAX + 1];
	int64_t		day;
	int64_t		bytes;
};

/* The loop's thread: organizations that exist only, so there is a bound. */
struct days {
	GHashTable	*sent;		/* since the last flush */
};

struct days_flush {
	struct store_job job;
#define DAYS_FLUSH_MAGIC 0x7d3a9c21
	struct store	*store;
	GHashTable	*sent;
	int64_t		today;
};

static guint
sent_hash(gconstpointer p)
{
	const struct sent *s = p;

	return (g_str_hash(s->org) ^ (guint)s->day);
}

static gboolean
sent_equal(gconstpointer a, gconstpointer b)
{
	const struct sent *s = a, *t = b;

	return (s->day == t->day && strcmp(s->org, t->org) == 0);
}

static GHashTable *
sent_table(void)
{

	return (g_hash_table_new_full(sent_hash, sent_equal, NULL, free));
}

int
days_open(struct store *st)
{

	st->days = calloc(1, sizeof *st->days);
	if (st->days == NULL)
		return (-1);
	st->days->sent = sent_table();
	return (0);
}

void
days_close(struct store *st)
{

	if (st->days == NULL)
		return;
	g_hash_table_destroy(st->days->sent);
	free(st->days);
	st->days = NULL;
}

static void
sent_add(struct store *st, const struct sent *more)
{
	struct sent *s = g_hash_table_lookup(st->days->sent, more);

	if (s != NULL) {
		s->bytes += more->bytes;
		return;
	}
	s = malloc(sizeof *s);
	if (s == NULL)
		return;
	*s = *more;
	(void)g_hash_table_add(st->days->sent, s);
}

int64_t
store_today(struct store *st)
{

	return (store_now(st) / DAY_MS);
}

void
store_sent(struct store *st, const char *org, int64_t bytes)
{
	struct sent s = { .day = store_today(st), .bytes = bytes };

	(void)snprintf(s.org, sizeof s.org, "%s", org);
	sent_add(st, &s);
}

/*--------------------------------------------------------------------*/

static enum store_status
days_flush_run(struct store_tx *tx, struct store_job *job)
{
	struct days_flush *f = CAST_OBJ(job, DAYS_FLUSH_MAGIC);
	GHashTableIter i;
	gpointer p;

	g_hash_table_iter_init(&i, f->sent);
	while (g_hash_table_iter_next(&i, &p, NULL)) {
		const struct sent *s = p;

		if (db_run(tx->db, ST_DAY_SENT, s->org, s->day,
		    s->bytes) < 0)
			return (db_failure(tx->db));
	}
	return (db_run(tx->db, ST_DAY_LEVELS, f->today) < 0 ||
	    db_run(tx->db, ST_DAY_EXPIRE, f->today - STORE_DAYS) < 0 ?
	    db_failure(tx->db) : STORE_OK);
}

/* What could not be written is added to what has come since. */
static void
days_flush_done(struct store_job *job)
{
	struct days_flush *f = CAST_OBJ(job, DAYS_FLUSH_MAGIC);
	GHashTableIter i;
	gpointer p;

	g_hash_table_iter_init(&i, f->sent);
	while (job->status != STORE_OK && f->store->days != NULL &&
	    g_hash_table_iter_next(&i, &p, NULL))
		sent_add(f->store, p);
	g_hash_table_destroy(f->sent);
	free(f);
}

void
days_flush(struct store *st)
{
	struct days_flush *f;

	f = calloc(1, sizeof *f);
	if (f == NULL)
		return;
	f->job.magic = DAYS_FLUSH_MAGIC;
	f->job.done = days_flush_done;
	f->store = st;
	f->sent = st->days->sent;
	f->today = store_today(st);
	st->days->sent = sent_table();
	writer_submit_unsynced(st, &f->job, days_flush_run);
}

/* Only while there is a writer. */
void
days_stop(struct store *st)
{

	if (st->started)
		days_flush(st);
}

/*--------------------------------------------------------------------
 * Reading
 */

static int64_t
sent_unwritten(struct store *st, const char *org, int64_t day)
{
	struct sent key = { .day = day };
	const struct sent *s;

	(void)snprintf(key.org, sizeof key.org, "%s", org);
	s = g_hash_table_lookup(st->days->sent, &key);
	return (s != NULL ? s->bytes : 0);
}

/* What it has now; its day is set already. */
static enum store_status
day_now(struct store *st, const char *org, struct store_day *d)
{
	struct db *db = store_db(st);
	sqlite3_stmt *s;
	int rc;

	s = db_row(db, &rc, ST_DAY_NOW, org);
	if (s == NULL)
		return (rc < 0 ? db_failure(db) : STORE_NOT_FOUND);
	d->bytes = sqlite3_column_int64(s, 0);
	d->files = sqlite3_column_int64(s, 1);
	db_reset(s);
	return (STORE_OK);
}

/* Appends the days before *until*, which were as the last of *all*. */
static void
days_repeat(struct store_days *all, int64_t until)
{
	struct store_day d;

	while (all->n > 0 && all->n < STORE_DAYS) {
		d = all->day[all->n - 1];
		if (++d.day >= until)
			return;
		d.sent = 0;
		all->day[all->n++] = d;
	}
}

/* Those before *from* only say how it was then. */
static enum store_status
days_read(struct store *st, const char *org, int64_t from, int64_t to,
    struct store_days *all)
{
	struct db *db = store_db(st);
	struct store_day d;
	sqlite3_stmt *s;
	int rc;

	s = db_bind(db, ST_DAY_EACH, org, from, to);
	while ((rc = db_step(db, s)) > 0) {
		d.day = sqlite3_column_int64(s, 0);
		d.bytes = sqlite3_column_int64(s, 1);
		d.files = sqlite3_column_int64(s, 2);
		d.sent = d.day < from ? 0 : sqlite3_column_int64(s, 3);
		if (d.day < from)
			d.day = from;
		/* The row of the first day takes the place of an older one. */
		if (all->n > 0 && all->day[all->n - 1].day == d.day)
			all->n--;
		days_repeat(all, d.day);
		if (all->n < STORE_DAYS)
			all->day[all->n++] = d;
	}
	if (rc < 0)
		return (db_failure(db));
	days_repeat(all, to + 1);
	return (STORE_OK);
}

enum store_status
store_days(struct store *st, const char *org, int64_t from, int64_t to,
    struct store_days *all)
{
	struct store_day now = { .day = store_today(st) };
	enum store_status status = day_now(st, org, &now);
	unsigned i;

	all->n = 0;
	if (to > now.day)
		to = now.day;
	if (from <= to - STORE_DAYS)
		from = to - STORE_DAYS + 1;
	if (status == STORE_OK && from <= to)
		status = days_read(st, org, from, to, all);
	if (status != STORE_OK || from > to)
		return (status);
	if (to == now.day) {
		if (all->n > 0 && all->day[all->n - 1].day == to)
			now.sent = all->day[--all->n].sent;
		all->day[all->n++] = now;
	}
	for (i = 0; i < all->n; i++)
		all->day[i].sent += sent_unwritten(st, org, all->day[i].day);
	return (STORE_OK);
}
