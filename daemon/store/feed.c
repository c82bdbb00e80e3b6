/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The change feed: every change draws a number from the one counter, goes to
 * the publisher after the commit, and is kept for followers that fell behind.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aliases.h"
#include "plans.h"

uint64_t
tx_seq(struct store_tx *tx)
{

	/* A rolled back job leaves a hole, which is nobody's business. */
	return (++tx->store->wr_seq);
}

/* Its hash stands in the place of a key. */
static bool
is_by_hash(const struct store_change *c)
{

	return (c->kind == CHANGE_SOURCE || c->kind == CHANGE_FALLBACK);
}

/* The form that the tables keep. */
static const char *
change_key(const struct store_change *c, char hex[HASH_HEX + 1])
{

	if (!is_by_hash(c))
		return (c->key);
	hash_to_hex(&c->hash, hex);
	return (hex);
}

int
tx_change(struct store_tx *tx, const struct store_change *c)
{
	char hex[HASH_HEX + 1];
	struct store_change *p;
	size_t room;

	if (tx->n == tx->room) {
		room = tx->room > 0 ? tx->room * 2 : STORE_BATCH;
		p = realloc(tx->changes, room * sizeof *p);
		if (p == NULL)
			return (-1);
		tx->changes = p;
		tx->room = room;
	}
	if (db_run(tx->db, ST_CHANGE_INSERT, c->seq, c->kind, c->org,
	    change_key(c, hex), is_by_hash(c) ? NULL :
	    hash_or_null(&c->hash), c->epoch, c->revoked,
	    c->gone, c->soft, hash_or_null(&c->shown),
	    hash_or_null(&c->previous), c->due_ms) < 0)
		return (-1);
	tx->changes[tx->n++] = *c;
	return (0);
}

void
tx_drop(struct store_tx *tx, const struct hash *content)
{
	struct hash *p;

	/* What does not fit in is left to the sweep of a later start. */
	p = realloc(tx->dropped, (tx->ndropped + 1) * sizeof *p);
	if (p == NULL)
		return;
	tx->dropped = p;
	p[tx->ndropped++] = *content;
}

/* What is kept, as a change without a number; 0 or -1. */
static int
epoch_load(struct db *db, const struct epoch_of *of, struct store_change *c)
{
	char hex[HASH_HEX + 1];
	sqlite3_stmt *s;
	int rc;

	*c = (struct store_change){ .kind = of->kind };
	(void)snprintf(c->org, sizeof c->org, "%s", of->org);
	(void)snprintf(c->key, sizeof c->key, "%s", of->key);
	if (of->source != NULL)
		c->hash = *of->source;
	s = db_row(db, &rc, ST_EPOCH_GET, c->org, c->kind,
	    change_key(c, hex));
	if (s != NULL) {
		c->epoch = (uint64_t)sqlite3_column_int64(s, 0);
		c->revoked = sqlite3_column_int(s, 1) != 0;
		c->soft = (uint64_t)sqlite3_column_int64(s, 2);
		db_reset(s);
	}
	return (rc < 0 ? -1 : 0);
}

int
epoch_get(struct db *db, const struct epoch_of *of, uint64_t *epoch,
    bool *revoked)
{
	struct store_change c;
	int rc;

	rc = epoch_load(db, of, &c);
	*epoch = c.epoch;
	*revoked = c.revoked;
	return (rc);
}

static int
epoch_save(struct store_tx *tx, const struct store_change *c)
{
	char hex[HASH_HEX + 1];

	if (db_run(tx->db, ST_EPOCH_SET, c->org, c->kind,
	    change_key(c, hex), c->epoch, c->revoked, c->soft) < 0)
		return (-1);
	/* An alias publishes its epoch together with its target. */
	return (c->kind == CHANGE_ALIAS ? 0 : tx_change(tx, c));
}

int
tx_epoch(struct store_tx *tx, const struct epoch_of *of, const bool *revoked,
    uint64_t *epoch)
{
	struct store_change c;

	if (epoch_load(tx->db, of, &c) != 0)
		return (-1);
	if (revoked != NULL)
		c.revoked = *revoked;
	c.seq = c.epoch = *epoch = tx_seq(tx);
	return (epoch_save(tx, &c));
}

int
tx_epoch_soft(struct store_tx *tx, const struct epoch_of *of)
{
	struct store_change c;

	if (epoch_load(tx->db, of, &c) != 0)
		return (-1);
	c.seq = c.soft = tx_seq(tx);
	return (epoch_save(tx, &c));
}

static void
feed_row(sqlite3_stmt *s, struct store_change *c)
{

	c->seq = (uint64_t)sqlite3_column_int64(s, 0);
	c->kind = (enum store_change_kind)sqlite3_column_int(s, 1);
	db_text(s, 2, c->org, sizeof c->org);
	db_text(s, 3, c->key, sizeof c->key);
	(void)db_hash(s, 4, &c->hash);
	/* A damaged key stays for --fsck to show; the map refuses it. */
	if (is_by_hash(c)) {
		if (hash_from_text(&c->hash, c->key))
			*c->key = '\0';
		else
			c->hash = (struct hash){ .b = { 0 } };
	}
	c->epoch = (uint64_t)sqlite3_column_int64(s, 5);
	c->revoked = sqlite3_column_int(s, 6) != 0;
	c->gone = sqlite3_column_int(s, 7) != 0;
	c->soft = (uint64_t)sqlite3_column_int64(s, 8);
	(void)db_hash(s, 9, &c->shown);
	(void)db_hash(s, 10, &c->previous);
	c->due_ms = sqlite3_column_int64(s, 11);
}

/* Gives the rows of *s* in chunks; *seq* 0: to each chunk its own last. */
static int
feed_stream(struct db *db, sqlite3_stmt *s, uint64_t seq,
    store_publish_f *publish, void *arg)
{
	struct store_change *c;
	size_t n = 0;
	int rc;

	if (s == NULL)
		return (-1);
	c = calloc(FEED_CHUNK, sizeof *c);
	if (c == NULL) {
		db_reset(s);
		return (-1);
	}
	while ((rc = db_step(db, s)) > 0) {
		feed_row(s, &c[n++]);
		if (n < FEED_CHUNK)
			continue;
		publish(arg, c, n, seq != 0 ? seq : c[n - 1].seq);
		n = 0;
	}
	if (rc == 0 && n > 0)
		publish(arg, c, n, seq != 0 ? seq : c[n - 1].seq);
	free(c);
	return (rc);
}

enum store_status
store_replay(struct store *st, uint64_t seq, store_publish_f *publish,
    void *arg)
{

	if (feed_stream(&st->rd, db_bind(&st->rd, ST_CHANGE_AFTER, seq), 0,
	    publish, arg) != 0)
		return (db_failure(&st->rd));
	return (STORE_OK);
}

bool
store_replay_has_gap(struct store *st, uint64_t seq)
{
	uint64_t floor, last;

	(void)db_meta(&st->rd, "floor", &floor);
	(void)db_meta(&st->rd, "seq", &last);
	/* Ahead of us: it followed a database that is gone. */
	return (seq < floor || seq > last);
}

static enum store_status
feed_snapshot(struct db *db, uint64_t *expected, store_publish_f *publish,
    void *arg)
{
	enum store_status status = STORE_OK;
	sqlite3_stmt *s;
	uint64_t seq;
	int rc;

	*expected = 0;
	if (db_run(db, ST_BEGIN_READ) < 0)
		return (db_failure(db));
	(void)db_meta(db, "seq", &seq);
	s = db_row(db, &rc, ST_SNAP_COUNT);
	if (s != NULL) {
		*expected = (uint64_t)sqlite3_column_int64(s, 0);
		db_reset(s);
	}
	if (publish != NULL && (feed_stream(db, db_bind(db, ST_SNAP_ALIAS),
	    seq, publish, arg) != 0 || feed_stream(db, db_bind(db,
	    ST_SNAP_EPOCH), seq, publish, arg) != 0 ||
	    fallback_each(db, seq, publish, arg) != 0 ||
	    plan_each(db, seq, publish, arg) != 0 ||
	    preview_each(db, seq, publish, arg) != 0))
		status = db_failure(db);
	(void)db_run(db, ST_COMMIT);
	return (status);
}

enum store_status
store_snapshot(struct store *st, uint64_t *expected, store_publish_f *publish,
    void *arg)
{

	return (feed_snapshot(&st->rd, expected, publish, arg));
}

int
store_scan(const char *dir, store_publish_f *publish, void *arg, char *err,
    size_t err_len)
{
	struct db db;
	char path[4096];
	uint64_t expected;
	enum store_status st;

	(void)snprintf(path, sizeof path, "%s/moniker.db", dir);
	if (db_open(&db, path, true, err, err_len) != 0)
		return (-1);
	st = feed_snapshot(&db, &expected, publish, arg);
	if (st != STORE_OK)
		(void)snprintf(err, err_len, "%s: cannot be read", path);
	db_close(&db);
	return (st == STORE_OK ? 0 : -1);
}
