/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signing keys. What was signed with one is public to whoever has the URL, and
 * caches keep it: to take a key away withdraws all that the organization shows.
 * No picture is kept for longer than the key that signed it is valid, so the
 * end of a key needs no purge when it comes; setting one does.
 */
#include "config.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orgs.h"
#include "plans.h"
#include "purges.h"

static void
sign_row(sqlite3_stmt *s, struct store_sign_key *k)
{

	k->id = sqlite3_column_int64(s, 0);
	db_text(s, 1, k->key, sizeof k->key);
	k->created_ms = sqlite3_column_int64(s, 2);
	k->expires_ms = sqlite3_column_int64(s, 3);
	k->used_ms = sqlite3_column_int64(s, 4);
	k->preview = sqlite3_column_int(s, 5) != 0;
}

/* Those that have not ended. *last*: the highest id there is, or NULL. */
static enum store_status
sign_load(struct db *db, const char *org, int64_t now_ms,
    struct store_sign_keys *out, int64_t *last)
{
	struct store_sign_key k;
	sqlite3_stmt *s;
	int rc;

	memset(out, 0, sizeof *out);
	s = db_bind(db, ST_SIGN_EACH, org);
	while ((rc = db_step(db, s)) > 0) {
		sign_row(s, &k);
		if (last != NULL && k.id > *last)
			*last = k.id;
		if (out->n < SIGN_KEYS_MAX &&
		    (k.expires_ms == 0 || k.expires_ms > now_ms))
			out->key[out->n++] = k;
	}
	return (rc == 0 ? STORE_OK : db_failure(db));
}

enum store_status
sign_keys_load(struct db *db, const char *org, int64_t now_ms,
    struct store_sign_keys *out)
{

	return (sign_load(db, org, now_ms, out, NULL));
}

enum store_status
store_sign_keys(struct store *st, const char *org,
    struct store_sign_keys *out)
{
	enum store_status status;
	char id[24];
	unsigned i;

	status = sign_load(store_db(st), org, store_now(st), out, NULL);
	for (i = 0; i < out->n; i++) {
		(void)snprintf(id, sizeof id, "%lld",
		    (long long)out->key[i].id);
		out->key[i].used_ms = use_last(st, org, id,
		    out->key[i].used_ms);
	}
	return (status);
}

static int
sign_insert(struct store_tx *tx, const char *org, struct store_sign_key *k)
{

	random_text(k->key, SIGN_KEY_LEN, 36);
	k->created_ms = tx->now_ms;
	k->used_ms = 0;
	k->preview = false;
	return (db_run(tx->db, ST_SIGN_INSERT, org, k->id, k->key,
	    k->created_ms, k->expires_ms));
}

int
sign_first(struct store_tx *tx, const char *org)
{
	struct store_sign_key k = { .id = 1 };

	return (sign_insert(tx, org, &k) < 0 ? -1 : 0);
}

static void
sign_audit(struct store_tx *tx, const char *org, const char *action,
    int64_t id, json_t *before, json_t *after)
{
	char name[24];

	(void)snprintf(name, sizeof name, "%lld", (long long)id);
	tx_audit_json(tx, org, action, name, before, after);
}

static json_t *
sign_end(int64_t ms)
{

	return (json_pack("{s:I}", "expires_ms", (json_int_t)ms));
}

/* Those that have ended would grow in number. */
static int
sign_sweep(struct store_tx *tx, const char *org)
{
	struct store_sign_key k;
	sqlite3_stmt *s;
	int rc;

	s = db_bind(tx->db, ST_SIGN_EACH, org);
	while ((rc = db_step(tx->db, s)) > 0) {
		sign_row(s, &k);
		if (k.expires_ms == 0 || k.expires_ms > tx->now_ms ||
		    preview_follow(tx, org, &k, true) == 0)
			continue;
		db_reset(s);
		return (-1);
	}
	if (rc == 0)
		rc = db_run(tx->db, ST_SIGN_SWEEP, org, tx->now_ms);
	return (rc < 0 ? -1 : 0);
}

static enum store_status
sign_new_run(struct store_tx *tx, struct store_job *job)
{
	struct store_sign_change *p = CAST_OBJ(job, STORE_SIGN_CHANGE_MAGIC);
	struct store_sign_keys keys;
	enum store_status status;
	int64_t last = 0;
	int n;

	/* Adding and removing in turn would purge without end. */
	status = tx_may_return(tx, PURGE_STACK, p->org, "*");
	if (status == STORE_OK)
		status = sign_load(tx->db, p->org, tx->now_ms, &keys, &last);
	if (status != STORE_OK)
		return (status);
	if (keys.n == SIGN_KEYS_MAX)
		return (STORE_LIMIT);
	if (sign_sweep(tx, p->org) != 0)
		return (db_failure(tx->db));
	p->key.id = last + 1;
	n = sign_insert(tx, p->org, &p->key);
	if (n < 0)
		return (db_failure(tx->db));
	if (n == 0)
		return (STORE_NOT_FOUND);
	sign_audit(tx, p->org, "signing_key.create", p->key.id, NULL,
	    sign_end(p->key.expires_ms));
	return (STORE_CREATED);
}

void
store_sign_new(struct store *st, struct store_sign_change *p)
{

	p->job.magic = STORE_SIGN_CHANGE_MAGIC;
	writer_submit(st, &p->job, sign_new_run, NULL);
}

/* The key that *p* names; LOCKED if no other without an end would stay. */
static enum store_status
sign_find(struct store_tx *tx, const struct store_sign_change *p,
    struct store_sign_key *found)
{
	struct store_sign_keys keys;
	enum store_status status;
	bool other = false;
	unsigned i;

	*found = (struct store_sign_key){ .id = 0 };
	status = sign_load(tx->db, p->org, tx->now_ms, &keys, NULL);
	for (i = 0; i < keys.n; i++)
		if (keys.key[i].id == p->key.id)
			*found = keys.key[i];
		else
			other |= keys.key[i].expires_ms == 0;
	if (status == STORE_OK && found->id == 0)
		status = STORE_NOT_FOUND;
	if (status == STORE_OK && !other)
		status = STORE_LOCKED;
	return (status);
}

static enum store_status
sign_expire_run(struct store_tx *tx, struct store_job *job)
{
	struct store_sign_change *p = CAST_OBJ(job, STORE_SIGN_CHANGE_MAGIC);
	int64_t end = p->key.expires_ms;
	struct store_sign_key k;
	enum store_status status;

	status = sign_find(tx, p, &k);
	if (status == STORE_LOCKED && end == 0)
		status = STORE_OK;
	if (status != STORE_OK)
		return (status);
	p->key = k;
	p->key.expires_ms = end;
	if (end == k.expires_ms)
		return (STORE_OK);
	if (k.expires_ms != 0)
		status = tx_may_return(tx, PURGE_STACK, p->org, "*");
	if (status == STORE_OK && end != 0 &&
	    (k.expires_ms == 0 || end < k.expires_ms))
		status = tx_withdraw_org(tx, p->org);
	if (status != STORE_OK)
		return (status);
	sign_audit(tx, p->org, "signing_key.update", k.id,
	    sign_end(k.expires_ms), sign_end(end));
	return (db_run(tx->db, ST_SIGN_EXPIRES, p->org, k.id, end) < 0 ||
	    preview_follow(tx, p->org, &p->key, false) != 0 ?
	    db_failure(tx->db) : STORE_OK);
}

void
store_sign_expire(struct store *st, struct store_sign_change *p)
{

	p->job.magic = STORE_SIGN_CHANGE_MAGIC;
	writer_submit(st, &p->job, sign_expire_run, NULL);
}

static enum store_status
sign_delete_run(struct store_tx *tx, struct store_job *job)
{
	struct store_sign_change *p = CAST_OBJ(job, STORE_SIGN_CHANGE_MAGIC);
	struct store_sign_key k;
	enum store_status status;

	status = sign_find(tx, p, &k);
	if (status != STORE_OK)
		return (status);
	p->key = k;
	sign_audit(tx, p->org, "signing_key.delete", k.id,
	    sign_end(k.expires_ms), NULL);
	if (db_run(tx->db, ST_SIGN_DELETE, p->org, k.id) < 0 ||
	    preview_follow(tx, p->org, &k, true) != 0)
		return (db_failure(tx->db));
	return (tx_withdraw_org(tx, p->org));
}

void
store_sign_delete(struct store *st, struct store_sign_change *p)
{

	p->job.magic = STORE_SIGN_CHANGE_MAGIC;
	writer_submit(st, &p->job, sign_delete_run, NULL);
}
