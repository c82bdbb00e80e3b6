/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each organization has, and whether it may have more. The writer counts in
 * memory, in the transaction of what it counts: a job that fails gives back what
 * it took, and each organization that changed is written once before a commit.
 */
#include "config.h"

#include <glib.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_priv.h"

/* Rows of the history that one write over the quota looks at, and removes. */
#define TRIM_LOOK	512
#define TRIM_ROWS	2

static const char *const usage_names[USE_N] = {
	[USE_IMAGES] = "images", [USE_BYTES] = "bytes",
	[USE_ALIASES] = "aliases", [USE_STACKS] = "stacks",
	[USE_KEYS] = "keys", [USE_HISTORY] = "history"
};

struct usage_row {
	char		org[ORG_MAX + 1];
	int64_t		n[USE_N];
	int64_t		gone_ms;	/* rows of the history up to it may be */
	/* of both, when the job that touched it last began */
	int64_t		before[USE_N], gone_before;
	uint64_t	job;		/* its number */
	int64_t		limit[USE_N];	/* by its options; -1: the default */
	bool		known;		/* limit[] is */
	bool		dirty;		/* to be written by this transaction */
	int64_t		trimmed;	/* history up to this id holds none */
};

/* The writer's. */
struct usage {
	GHashTable	*rows;		/* by the organization's name */
	GPtrArray	*dirty;
	uint64_t	job;		/* that runs */
};

const char *
store_usage_name(enum store_use what)
{

	return (usage_names[what]);
}

int
usage_open(struct store *st)
{

	st->usage = calloc(1, sizeof *st->usage);
	if (st->usage == NULL)
		return (-1);
	st->usage->rows = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
	    free);
	st->usage->dirty = g_ptr_array_new();
	return (0);
}

void
usage_close(struct store *st)
{

	if (st->usage == NULL)
		return;
	g_hash_table_destroy(st->usage->rows);
	(void)g_ptr_array_free(st->usage->dirty, TRUE);
	free(st->usage);
	st->usage = NULL;
}

/* The limits that the options of an organization name; -1 for the others. */
static void
usage_limits(const char *options, int64_t limit[USE_N])
{
	char name[32];
	json_t *all, *v;
	int i;

	all = strstr(options, "\"quota_") != NULL ?
	    json_loads(options, 0, NULL) : NULL;
	for (i = 0; i < USE_N; i++) {
		(void)snprintf(name, sizeof name, "quota_%s", usage_names[i]);
		v = json_object_get(all, name);
		limit[i] = json_is_integer(v) ? json_integer_value(v) : -1;
	}
	json_decref(all);
}

static void
usage_columns(sqlite3_stmt *s, int64_t n[USE_N], int64_t limit[USE_N])
{
	const char *options;
	int i;

	for (i = 0; i < USE_N; i++)
		n[i] = sqlite3_column_int64(s, i);
	options = (const char *)sqlite3_column_text(s, USE_N);
	usage_limits(options != NULL ? options : "", limit);
}

static int
usage_load(struct db *db, struct usage_row *r, bool limits)
{
	int64_t n[USE_N];
	sqlite3_stmt *s;
	int rc;

	s = db_row(db, &rc, ST_USAGE_GET, r->org);
	if (s == NULL)
		return (-1);
	usage_columns(s, n, r->limit);
	if (!limits) {
		memcpy(r->n, n, sizeof n);
		r->gone_ms = sqlite3_column_int64(s, USE_N + 1);
	}
	r->known = true;
	db_reset(s);
	return (0);
}

/* NULL: there is no such organization. */
static struct usage_row *
usage_row(struct store_tx *tx, const char *org)
{
	struct usage *u = tx->store->usage;
	struct usage_row *r;

	r = g_hash_table_lookup(u->rows, org);
	if (r == NULL) {
		r = calloc(1, sizeof *r);
		if (r == NULL)
			return (NULL);
		(void)snprintf(r->org, sizeof r->org, "%s", org);
		if (usage_load(tx->db, r, false) != 0) {
			free(r);
			return (NULL);
		}
		(void)g_hash_table_insert(u->rows, r->org, r);
	}
	if (!r->known)
		(void)usage_load(tx->db, r, true);
	if (r->job != u->job) {
		r->job = u->job;
		memcpy(r->before, r->n, sizeof r->n);
		r->gone_before = r->gone_ms;
	}
	if (!r->dirty) {
		r->dirty = true;
		g_ptr_array_add(u->dirty, r);
	}
	return (r);
}

static int64_t
usage_limit(const struct store_tx *tx, const struct usage_row *r,
    enum store_use what)
{

	return (r->limit[what] >= 0 ? r->limit[what] : tx->quota[what]);
}

enum store_status
usage_add(struct store_tx *tx, const char *org, enum store_use what, int64_t n)
{
	struct usage_row *r = usage_row(tx, org);
	int64_t limit;

	/* Nothing is added to what is not there: the statement says so. */
	if (r == NULL)
		return (STORE_OK);
	limit = usage_limit(tx, r, what);
	if (n > 0 && limit > 0 && r->n[what] + n > limit)
		return (STORE_LIMIT);
	r->n[what] += n;
	if (r->n[what] < 0)
		r->n[what] = 0;
	/* Ids may come again. */
	if (what == USE_HISTORY)
		r->trimmed = 0;
	return (STORE_OK);
}

static void
usage_gone(struct usage_row *r, int64_t ms)
{

	if (ms > r->gone_ms)
		r->gone_ms = ms;
}

/* Removes some of the oldest rows of the history; how many, or -1. */
static int
usage_trim(struct store_tx *tx, struct usage_row *r)
{
	int64_t first = 0, last = 0, end;
	sqlite3_stmt *s;
	int n = 0, rc;

	s = db_row(tx->db, &rc, ST_HISTORY_ENDS);
	if (s == NULL)
		return (rc);
	first = sqlite3_column_int64(s, 0);
	last = sqlite3_column_int64(s, 1);
	db_reset(s);
	/* Ids begin anew when all of them are gone. */
	if (r->trimmed < first - 1 || r->trimmed > last)
		r->trimmed = first - 1;
	end = last - r->trimmed > TRIM_LOOK ? r->trimmed + TRIM_LOOK : last;
	s = db_bind(tx->db, ST_HISTORY_TRIM, r->org, r->trimmed, end,
	    TRIM_ROWS);
	for (; (rc = db_step(tx->db, s)) > 0; n++)
		usage_gone(r, sqlite3_column_int64(s, 0));
	/* There are others' rows only: look further the next time. */
	if (rc == 0 && n < TRIM_ROWS)
		r->trimmed = end;
	return (rc < 0 ? -1 : n);
}

/*
 * The history is never a reason to refuse: over the quota its oldest rows go,
 * more than come, until it is within.
 */
int
usage_history(struct store_tx *tx, const char *org)
{
	struct usage_row *r = usage_row(tx, org);
	int64_t limit;
	int n;

	if (r == NULL)
		return (0);
	limit = usage_limit(tx, r, USE_HISTORY);
	if (limit > 0 && r->n[USE_HISTORY] >= limit) {
		n = usage_trim(tx, r);
		if (n < 0)
			return (-1);
		r->n[USE_HISTORY] -= n;
	}
	r->n[USE_HISTORY]++;
	return (0);
}

void
usage_history_expired(struct store_tx *tx, const char *org, int64_t n,
    int64_t last_ms)
{
	struct usage_row *r;

	(void)usage_add(tx, org, USE_HISTORY, -n);
	r = usage_row(tx, org);
	if (r != NULL)
		usage_gone(r, last_ms);
}

int64_t
usage_history_gone(struct store_tx *tx, const char *org)
{
	const struct usage_row *r = usage_row(tx, org);

	return (r != NULL ? r->gone_ms : 0);
}

void
usage_options(struct store_tx *tx, const char *org)
{
	struct usage_row *r;

	r = g_hash_table_lookup(tx->store->usage->rows, org);
	if (r != NULL)
		r->known = false;
}

void
usage_begin_job(struct store_tx *tx)
{

	tx->store->usage->job++;
}

void
usage_undo_job(struct store_tx *tx)
{
	struct usage *u = tx->store->usage;
	struct usage_row *r;
	guint i;

	for (i = 0; i < u->dirty->len; i++) {
		r = g_ptr_array_index(u->dirty, i);
		if (r->job != u->job)
			continue;
		memcpy(r->n, r->before, sizeof r->n);
		r->gone_ms = r->gone_before;
		/* The options and the trimmed rows may have been rolled back. */
		r->known = false;
		r->trimmed = 0;
	}
}

static int
usage_put(struct db *db, const struct usage_row *r)
{
	const int64_t *n = r->n;
	int changed;

	changed = db_run(db, ST_USAGE_SET, r->org, n[USE_IMAGES], n[USE_BYTES],
	    n[USE_ALIASES], n[USE_STACKS], n[USE_KEYS], n[USE_HISTORY],
	    r->gone_ms);
	if (changed != 0)
		return (changed);
	return (db_run(db, ST_USAGE_NEW, r->org, n[USE_IMAGES], n[USE_BYTES],
	    n[USE_ALIASES], n[USE_STACKS], n[USE_KEYS], n[USE_HISTORY],
	    r->gone_ms));
}

int
usage_write(struct store_tx *tx)
{
	struct usage *u = tx->store->usage;
	guint i;

	for (i = 0; i < u->dirty->len; i++)
		if (usage_put(tx->db, g_ptr_array_index(u->dirty, i)) < 0)
			return (-1);
	return (0);
}

/* After a commit; after a rollback what is counted is read again. */
void
usage_end(struct store_tx *tx, bool committed)
{
	struct usage *u = tx->store->usage;
	guint i;

	for (i = 0; i < u->dirty->len; i++)
		((struct usage_row *)g_ptr_array_index(u->dirty, i))->dirty =
		    false;
	g_ptr_array_set_size(u->dirty, 0);
	if (!committed)
		g_hash_table_remove_all(u->rows);
}

/*--------------------------------------------------------------------
 * Reading
 */

static void
usage_out(struct store *st, const int64_t n[USE_N],
    const int64_t limit[USE_N], struct store_usage *out)
{
	int i;

	(void)pthread_mutex_lock(&st->mtx);
	for (i = 0; i < USE_N; i++) {
		out->used[i] = n[i];
		out->limit[i] = limit[i] >= 0 ? limit[i] : st->limits.quota[i];
	}
	(void)pthread_mutex_unlock(&st->mtx);
}

enum store_status
store_usage_get(struct store *st, const char *org, struct store_usage *out)
{
	struct db *db = store_db(st);
	int64_t n[USE_N], limit[USE_N];
	sqlite3_stmt *s;
	int rc;

	s = db_row(db, &rc, ST_USAGE_GET, org);
	if (s == NULL)
		return (rc == 0 ? STORE_NOT_FOUND : db_failure(db));
	usage_columns(s, n, limit);
	db_reset(s);
	(void)snprintf(out->org, sizeof out->org, "%s", org);
	usage_out(st, n, limit, out);
	return (STORE_OK);
}

enum store_status
store_usage_each(struct store *st, store_usage_f *func, void *arg)
{
	struct db *db = store_db(st);
	int64_t n[USE_N], limit[USE_N];
	struct store_usage u;
	sqlite3_stmt *s;
	int rc;

	s = db_bind(db, ST_USAGE_EACH);
	while ((rc = db_step(db, s)) > 0) {
		usage_columns(s, n, limit);
		db_text(s, USE_N + 1, u.org, sizeof u.org);
		usage_out(st, n, limit, &u);
		func(arg, &u);
	}
	return (rc == 0 ? STORE_OK : db_failure(db));
}
