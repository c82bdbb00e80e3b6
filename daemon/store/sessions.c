/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sessions of the dashboard. The secret is in the browser's cookie; what is kept
 * is its digest, and whose key it stands for. A link begins one session, once.
 */
#include "config.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orgs.h"

#define DIGEST		32
#define SESSIONS_MAX	50		/* of a key; the oldest end */
#define NOTE_MS		(5 * 60 * (int64_t)1000)

/* As with keys: there is nothing to guess that a slow hash would protect. */
static void
session_digest(const char *secret, uint8_t out[DIGEST])
{
	static const uint8_t context[] = "moniker session 1";

	(void)crypto_generichash(out, DIGEST, (const uint8_t *)secret,
	    strlen(secret), context, sizeof context - 1);
}

static bool
session_lives(const struct store_session *s, bool link, int64_t now)
{

	if (link)
		return (now - s->created_ms < SESSION_LINK_MS);
	return (now - s->created_ms < SESSION_MS &&
	    now - s->used_ms < SESSION_IDLE_MS);
}

/* OK or NOT_FOUND, as it is at *now*. */
static enum store_status
session_get(struct db *db, const char *secret, bool link, int64_t now,
    struct store_session *out)
{
	uint8_t digest[DIGEST];
	sqlite3_stmt *s;
	bool is_link;
	int rc;

	session_digest(secret, digest);
	s = db_row(db, &rc, ST_SESSION_GET,
	    &(struct db_blob){ digest, sizeof digest });
	if (s == NULL)
		return (rc < 0 ? db_failure(db) : STORE_NOT_FOUND);
	db_text(s, 0, out->key, sizeof out->key);
	out->created_ms = sqlite3_column_int64(s, 1);
	out->used_ms = sqlite3_column_int64(s, 2);
	is_link = sqlite3_column_int(s, 3) != 0;
	db_reset(s);
	return (is_link == link && session_lives(out, link, now) ? STORE_OK :
	    STORE_NOT_FOUND);
}

static int
session_delete(struct db *db, const char *secret)
{
	uint8_t digest[DIGEST];

	session_digest(secret, digest);
	return (db_run(db, ST_SESSION_END,
	    &(struct db_blob){ digest, sizeof digest }));
}

/* Whose key a link is for; it is used up. */
static enum store_status
link_use(struct store_tx *tx, struct store_session_new *p)
{
	struct store_session link;
	enum store_status status;

	status = session_get(tx->db, p->link, true, tx->now_ms, &link);
	if (status != STORE_OK)
		return (status);
	(void)snprintf(p->key, sizeof p->key, "%s", link.key);
	return (session_delete(tx->db, p->link) < 0 ? db_failure(tx->db) :
	    STORE_OK);
}

static enum store_status
session_new_run(struct store_tx *tx, struct store_job *job)
{
	struct store_session_new *p = CAST_OBJ(job, STORE_SESSION_NEW_MAGIC);
	enum store_status status = STORE_OK;
	uint8_t digest[DIGEST];
	int n;

	if (p->link[0] != '\0')
		status = link_use(tx, p);
	if (status != STORE_OK)
		return (status);
	random_text(p->secret, SESSION_LEN, 62);
	session_digest(p->secret, digest);
	n = db_run(tx->db, ST_SESSION_NEW,
	    &(struct db_blob){ digest, sizeof digest }, p->key, tx->now_ms,
	    p->as_link);
	if (n == 0)
		return (STORE_NOT_FOUND);
	if (n < 0 || db_run(tx->db, ST_SESSION_TRIM, p->key, p->as_link,
	    SESSIONS_MAX - 1) < 0)
		return (db_failure(tx->db));
	p->expires_ms = tx->now_ms +
	    (p->as_link ? SESSION_LINK_MS : SESSION_MS);
	return (STORE_CREATED);
}

void
store_session_new(struct store *st, struct store_session_new *p)
{

	p->job.magic = STORE_SESSION_NEW_MAGIC;
	writer_submit(st, &p->job, session_new_run, NULL);
}

/*--------------------------------------------------------------------
 * That it was used is written now and then.
 */

struct session_note {
	struct store_job job;
#define SESSION_NOTE_MAGIC 0x77c1e05b
	uint8_t		digest[DIGEST];
};

static enum store_status
session_note_run(struct store_tx *tx, struct store_job *job)
{
	struct session_note *n = CAST_OBJ(job, SESSION_NOTE_MAGIC);

	return (db_run(tx->db, ST_SESSION_USED,
	    &(struct db_blob){ n->digest, sizeof n->digest }, tx->now_ms) < 0 ?
	    db_failure(tx->db) : STORE_OK);
}

static void
session_note_done(struct store_job *job)
{

	free(CAST_OBJ(job, SESSION_NOTE_MAGIC));
}

static void
session_note(struct store *st, const char *secret)
{
	struct session_note *n = calloc(1, sizeof *n);

	if (n == NULL)
		return;
	session_digest(secret, n->digest);
	n->job.magic = SESSION_NOTE_MAGIC;
	n->job.done = session_note_done;
	writer_submit_unsynced(st, &n->job, session_note_run);
}

enum store_status
store_session_find(struct store *st, const char *secret,
    struct store_session *out)
{
	int64_t now = store_now(st);
	enum store_status status;

	status = session_get(store_db(st), secret, false, now, out);
	if (status == STORE_OK && now - out->used_ms >= NOTE_MS)
		session_note(st, secret);
	return (status);
}

static enum store_status
session_end_run(struct store_tx *tx, struct store_job *job)
{
	struct store_session_end *p = CAST_OBJ(job, STORE_SESSION_END_MAGIC);

	return (session_delete(tx->db, p->secret) < 0 ? db_failure(tx->db) :
	    STORE_OK);
}

void
store_session_end(struct store *st, struct store_session_end *p)
{

	p->job.magic = STORE_SESSION_END_MAGIC;
	writer_submit(st, &p->job, session_end_run, NULL);
}

int
sessions_expire(struct store_tx *tx)
{

	return (db_run(tx->db, ST_SESSION_EXPIRE, tx->now_ms - SESSION_MS,
	    tx->now_ms - SESSION_IDLE_MS, tx->now_ms - SESSION_LINK_MS) < 0 ?
	    -1 : 0);
}
