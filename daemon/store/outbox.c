/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The outbox: a row for each ban, and one for each target that owes it. Rows
 * go when they are acknowledged (and repeated, where that is asked for), so
 * that what is there is what is still to be done.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "hooks.h"
#include "purges.h"

enum store_status
tx_ban(struct store_tx *tx, int64_t purge, const char *org,
    const char *header, const char *value, bool soft)
{
	int64_t id;
	int n;

	if (db_run(tx->db, ST_BAN_INSERT, purge, tx->now_ms, header,
	    value, org, soft) < 0)
		return (db_failure(tx->db));
	id = sqlite3_last_insert_rowid(tx->db->h);
	n = db_run(tx->db, ST_DELIVERY_INSERT, id, soft, org);
	/* Owed by nobody: there is nothing to keep. */
	if (n == 0)
		n = db_run(tx->db, ST_BAN_SWEEP, id);
	if (n < 0)
		return (db_failure(tx->db));
	tx->banned = true;
	return (STORE_OK);
}

enum store_status
tx_ban_source(struct store_tx *tx, int64_t purge, const char *org,
    const char *hash, bool soft)
{
	enum store_status status;

	status = tx_ban(tx, purge, org, "x-moniker-source", hash, soft);
	if (status == STORE_OK && !soft)
		status = tx_ban(tx, purge, org, "x-moniker-secondary", hash,
		    false);
	return (status);
}

static bool
target_in(const char *name, const struct store_target *t, size_t n)
{

	while (n-- > 0)
		if (strcmp(t[n].name, name) == 0)
			return (true);
	return (false);
}

struct targets_job {
	struct store_job job;
#define TARGETS_JOB_MAGIC 0x19d291b0
	const struct store_target *targets;
	size_t		n;
};

#define GONE_MAX	64

/* Forgets GONE_MAX targets that *p* does not name; how many, or -1. */
static int
targets_forget(struct store_tx *tx, const struct targets_job *p)
{
	char name[NAME_MAX_LEN + 1];
	int64_t gone[GONE_MAX];
	sqlite3_stmt *s;
	int i, rc, n = 0;

	s = db_bind(tx->db, ST_TARGET_EACH);
	while ((rc = db_step(tx->db, s)) > 0) {
		db_text(s, 1, name, sizeof name);
		if (n < GONE_MAX && !target_in(name, p->targets, p->n))
			gone[n++] = sqlite3_column_int64(s, 0);
	}
	for (i = 0; rc == 0 && i < n; i++)
		if (db_run(tx->db, ST_TARGET_DELETE, gone[i]) < 0)
			rc = -1;
	return (rc < 0 ? -1 : n);
}

/* Targets that are no more configured owe nothing; new ones nothing older. */
static enum store_status
targets_run(struct store_tx *tx, struct store_job *job)
{
	struct targets_job *p = CAST_OBJ(job, TARGETS_JOB_MAGIC);
	size_t i;
	int rc;

	do
		rc = targets_forget(tx, p);
	while (rc == GONE_MAX);
	if (rc > 0)
		rc = 0;
	for (i = 0; rc == 0 && i < p->n; i++)
		if (db_run(tx->db, ST_TARGET_PUT, p->targets[i].name,
		    tx->now_ms, p->targets[i].soft, p->targets[i].org) < 0)
			rc = -1;
	tx->acked = true;
	if (rc != 0 || db_run(tx->db, ST_BAN_SWEEP_ALL) < 0)
		return (db_failure(tx->db));
	return (STORE_OK);
}

enum store_status
store_targets_set(struct store *st, const struct store_target *targets,
    size_t n)
{
	struct targets_job p = {
		.job.magic = TARGETS_JOB_MAGIC, .targets = targets, .n = n,
	};

	return (deliver_call(st, &p.job, targets_run));
}

static void
ban_row(sqlite3_stmt *s, struct store_ban *b)
{

	b->id = sqlite3_column_int64(s, 0);
	b->purge = sqlite3_column_int64(s, 1);
	b->created_ms = sqlite3_column_int64(s, 2);
	b->round = (unsigned)sqlite3_column_int(s, 3);
	db_text(s, 4, b->header, sizeof b->header);
	db_text(s, 5, b->value, sizeof b->value);
	db_text(s, 6, b->org, sizeof b->org);
	b->soft = sqlite3_column_int(s, 7) != 0;
}

enum store_status
store_ban_each(struct store *st, const char *target, int64_t after_id,
    unsigned limit, store_ban_f *func, void *arg)
{
	int64_t now = store_now(st);
	struct store_ban b;
	sqlite3_stmt *s;
	int rc;

	/* What is due later than anything can be was noted by a wrong clock. */
	s = db_bind(store_db(st), ST_DELIVERY_EACH, target, after_id,
	    now, limit, now + STORE_REPEAT_MAX);
	while ((rc = db_step(store_db(st), s)) > 0) {
		ban_row(s, &b);
		if (func(arg, &b) == 0)
			continue;
		db_reset(s);
		return (STORE_OK);
	}
	return (rc == 0 ? STORE_OK : db_failure(store_db(st)));
}

enum store_status
store_ban_due(struct store *st, const char *target, int64_t *due_ms)
{
	int64_t now = store_now(st);
	sqlite3_stmt *s;
	int rc;

	*due_ms = INT64_MAX;
	s = db_row(store_db(st), &rc, ST_DELIVERY_DUE, target);
	if (s == NULL)
		return (db_failure(store_db(st)));
	if (sqlite3_column_type(s, 0) != SQLITE_NULL)
		*due_ms = sqlite3_column_int64(s, 0);
	db_reset(s);
	/* As above. */
	if (*due_ms != INT64_MAX && *due_ms > now + STORE_REPEAT_MAX)
		*due_ms = now;
	return (STORE_OK);
}

enum store_status
store_ban_count(struct store *st, const char *target, unsigned *pending,
    int64_t *oldest_ms)
{
	sqlite3_stmt *s;
	int rc;

	*pending = 0;
	*oldest_ms = 0;
	s = db_row(store_db(st), &rc, ST_DELIVERY_COUNT, target);
	if (s == NULL)
		return (db_failure(store_db(st)));
	*pending = (unsigned)sqlite3_column_int64(s, 0);
	*oldest_ms = sqlite3_column_int64(s, 1);
	db_reset(s);
	return (STORE_OK);
}

/* The purge that a ban is of; *id* 0: of none. */
struct ban_of {
	int64_t		id;
	char		org[ORG_MAX + 1];
	enum store_purge_kind kind;
	char		key[NAME_MAX_LEN + 1];
};

static int
ban_purge(struct store_tx *tx, int64_t ban, struct ban_of *of)
{
	sqlite3_stmt *s;
	int rc;

	s = db_row(tx->db, &rc, ST_BAN_PURGE, ban);
	if (s == NULL)
		return (rc);
	of->id = sqlite3_column_int64(s, 0);
	db_text(s, 1, of->org, sizeof of->org);
	of->kind = (enum store_purge_kind)sqlite3_column_int(s, 2);
	db_text(s, 3, of->key, sizeof of->key);
	db_reset(s);
	return (0);
}

/* *first*: it was not sent before. */
static int
ban_ack_row(struct store_tx *tx, const struct store_ban_ack *p, int64_t id,
    bool *first)
{
	int n;

	*first = p->repeat_ms == 0;
	if (p->repeat_ms > 0) {
		n = db_run(tx->db, ST_DELIVERY_REPEAT, p->target, id,
		    tx->now_ms + p->repeat_ms);
		*first = n > 0;
		if (n != 0)
			return (n < 0 ? n : db_run(tx->db, ST_ACKED, p->target,
			    id, tx->now_ms));
	}
	if (db_run(tx->db, ST_DELIVERY_DELETE, p->target, id) < 0 ||
	    db_run(tx->db, ST_ACKED, p->target, id, tx->now_ms) < 0)
		return (-1);
	return (db_run(tx->db, ST_BAN_SWEEP, id));
}

static int
ban_ack_one(struct store_tx *tx, const struct store_ban_ack *p, int64_t id)
{
	struct ban_of of = { .id = 0 };
	bool first;

	if ((tx_hooks(tx) && ban_purge(tx, id, &of) != 0) ||
	    ban_ack_row(tx, p, id, &first) < 0)
		return (-1);
	if (of.id != 0 && first)
		tx_purge_acked(tx, of.id, of.org, of.kind, of.key);
	return (0);
}

static enum store_status
ban_ack_run(struct store_tx *tx, struct store_job *job)
{
	struct store_ban_ack *p = CAST_OBJ(job, STORE_BAN_ACK_MAGIC);
	size_t i;

	for (i = 0; i < p->n; i++)
		if (ban_ack_one(tx, p, p->ids[i]) < 0)
			return (db_failure(tx->db));
	tx->acked = true;
	return (STORE_OK);
}

/*
 * Not synced: the next purge would have to wait for it. After a power cut the
 * bans are sent once more, and a ban twice is a ban.
 */
void
store_ban_ack(struct store *st, struct store_ban_ack *p)
{

	p->job.magic = STORE_BAN_ACK_MAGIC;
	writer_submit_unsynced(st, &p->job, ban_ack_run);
}
