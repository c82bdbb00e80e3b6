/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * API keys. Each call asks whose key it has got, and a transaction for that
 * would cost more than the rest of most calls: the keys that were asked for
 * last are kept in memory, with the digests that the file has, no secrets.
 */
#include "config.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "orgs.h"

#define KEY_PART	32		/* of identity, and of secret */
#define KEY_DIGEST	32
#define CACHE_SLOTS	256
/* For how long, should somebody else write to the file. */
#define CACHE_SECONDS	1

/* Direct mapped, the loop's thread; only keys that exist are in it. */
struct key_cache {
	struct key_slot {
		struct store_key key;
		uint8_t		digest[KEY_DIGEST];
		unsigned	changes; /* as the store's, when read */
		time_t		until;		/* CLOCK_MONOTONIC */
	}		slot[CACHE_SLOTS];
};

int
keys_open(struct store *st)
{

	st->keys = calloc(1, sizeof *st->keys);
	return (st->keys != NULL ? 0 : -1);
}

void
keys_close(struct store *st)
{

	free(st->keys);
	st->keys = NULL;
}

/*
 * BLAKE2b of the secret is enough: it has 190 bits, so that there is nothing
 * to guess which a slow hash would protect.
 */
static void
key_digest(const char *secret, uint8_t out[KEY_DIGEST])
{
	static const uint8_t context[] = "moniker api key 1";

	(void)crypto_generichash(out, KEY_DIGEST, (const uint8_t *)secret,
	    KEY_PART, context, sizeof context - 1);
}

static json_t *
key_audit(const struct store_key *k)
{

	return (json_pack("{s:s, s:i, s:I, s:s*}", "comment", k->comment,
	    "rights", (int)k->rights, "expires_ms", (json_int_t)k->expires_ms,
	    "allowed_ips", k->allowed[0] != '\0' ? k->allowed : NULL));
}

static enum store_status
key_new_run(struct store_tx *tx, struct store_job *job)
{
	struct store_key_new *p = CAST_OBJ(job, STORE_KEY_NEW_MAGIC);
	uint8_t digest[KEY_DIGEST];
	enum store_status status;
	int n;

	status = usage_add(tx, p->key.org, USE_KEYS, 1);
	if (status != STORE_OK)
		return (status);
	random_text(p->secret, KEY_PART, 36);
	memcpy(p->key.id, p->secret, sizeof p->key.id);
	random_text(p->secret + KEY_PART, KEY_PART, 62);
	key_digest(p->secret + KEY_PART, digest);
	p->key.created_ms = tx->now_ms;
	p->key.used_ms = 0;
	n = db_run(tx->db, ST_KEY_INSERT, p->key.org, p->key.id,
	    p->key.comment, p->key.rights, p->key.created_ms,
	    &(struct db_blob){ digest, sizeof digest }, p->key.expires_ms,
	    p->key.allowed);
	if (n < 0)
		return (db_failure(tx->db));
	if (n == 0)
		return (STORE_NOT_FOUND);
	tx_audit_json(tx, p->key.org, "key.create", p->key.id, NULL,
	    key_audit(&p->key));
	return (STORE_CREATED);
}

void
store_key_new(struct store *st, struct store_key_new *p)
{

	p->job.magic = STORE_KEY_NEW_MAGIC;
	writer_submit(st, &p->job, key_new_run, NULL);
}

/* Committed: from now on what memory has of it is not valid. */
static void
key_settle(struct store_tx *tx, struct store_job *job)
{

	(void)job;
	(void)atomic_fetch_add(&tx->store->key_changes, 1);
}

static void
key_row(sqlite3_stmt *s, struct store_key *k)
{

	db_text(s, 0, k->id, sizeof k->id);
	db_text(s, 1, k->org, sizeof k->org);
	db_text(s, 2, k->comment, sizeof k->comment);
	k->rights = (unsigned)sqlite3_column_int(s, 3);
	k->created_ms = sqlite3_column_int64(s, 4);
	k->expires_ms = sqlite3_column_int64(s, 5);
	k->used_ms = sqlite3_column_int64(s, 6);
	db_text(s, 7, k->allowed, sizeof k->allowed);
}

/* The key of *org*. */
static enum store_status
key_of(struct db *db, const char *org, const char *id, struct store_key *k)
{
	sqlite3_stmt *s;
	int rc;

	s = db_row(db, &rc, ST_KEY_GET, id);
	if (s == NULL)
		return (rc < 0 ? db_failure(db) : STORE_NOT_FOUND);
	key_row(s, k);
	db_reset(s);
	return (strcmp(k->org, org) == 0 ? STORE_OK : STORE_NOT_FOUND);
}

/* OK, or LOCKED when *k* is an admin's, and no other that lives is. */
static enum store_status
key_may_go(struct store_tx *tx, const struct store_key *k)
{
	sqlite3_stmt *s;
	int rc;

	if ((k->rights & RIGHT_ADMIN) == 0)
		return (STORE_OK);
	s = db_row(tx->db, &rc, ST_KEY_OTHERS, k->org, k->id, RIGHT_ADMIN,
	    tx->now_ms);
	if (s == NULL)
		return (rc < 0 ? db_failure(tx->db) : STORE_LOCKED);
	db_reset(s);
	return (STORE_OK);
}

static enum store_status
key_delete_run(struct store_tx *tx, struct store_job *job)
{
	struct store_key_delete *p = CAST_OBJ(job, STORE_KEY_DELETE_MAGIC);
	struct store_key k = { .rights = 0 };
	enum store_status status;

	status = key_of(tx->db, p->org, p->id, &k);
	if (status == STORE_OK && p->not_last)
		status = key_may_go(tx, &k);
	if (status != STORE_OK)
		return (status);
	if (db_run(tx->db, ST_KEY_DELETE, p->org, p->id) < 0)
		return (db_failure(tx->db));
	tx_audit(tx, p->org, "key.delete", p->id, NULL, NULL);
	return (usage_add(tx, p->org, USE_KEYS, -1));
}

void
store_key_delete(struct store *st, struct store_key_delete *p)
{

	p->job.magic = STORE_KEY_DELETE_MAGIC;
	writer_submit(st, &p->job, key_delete_run, key_settle);
}

/* Takes over into *k* what the edit says. */
static void
key_change(const struct store_key_edit *p, struct store_key *k)
{

	if (p->comment != NULL)
		(void)snprintf(k->comment, sizeof k->comment, "%s",
		    p->comment);
	if (p->allowed != NULL)
		(void)snprintf(k->allowed, sizeof k->allowed, "%s",
		    p->allowed);
	if (p->expires_ms >= 0)
		k->expires_ms = p->expires_ms;
	if (p->rights != 0)
		k->rights = p->rights;
}

static enum store_status
key_edit_run(struct store_tx *tx, struct store_job *job)
{
	struct store_key_edit *p = CAST_OBJ(job, STORE_KEY_EDIT_MAGIC);
	struct store_key k = { .rights = 0 };
	enum store_status status;
	json_t *was, *is;

	status = key_of(tx->db, p->key.org, p->key.id, &k);
	if (status == STORE_OK && p->rights != 0 &&
	    (p->rights & RIGHT_ADMIN) == 0)
		status = key_may_go(tx, &k);
	if (status != STORE_OK)
		return (status);
	was = key_audit(&k);
	key_change(p, &k);
	is = key_audit(&k);
	p->changed = !json_equal(was, is);
	p->key = k;
	tx_audit_json(tx, k.org, "key.update", k.id, was, is);
	return (db_run(tx->db, ST_KEY_UPDATE, k.org, k.id, k.comment,
	    k.expires_ms, k.rights, k.allowed) < 0 ? db_failure(tx->db) :
	    STORE_OK);
}

void
store_key_edit(struct store *st, struct store_key_edit *p)
{

	p->job.magic = STORE_KEY_EDIT_MAGIC;
	writer_submit(st, &p->job, key_edit_run, key_settle);
}

/* Identities are random text. */
static struct key_slot *
key_slot(struct store *st, const char *id)
{

	return (&st->keys->slot[((unsigned char)id[0] * 36U +
	    (unsigned char)id[1]) % CACHE_SLOTS]);
}

static bool
key_cached(struct store *st, const struct key_slot *c, const char *id)
{

	return (strcmp(c->key.id, id) == 0 && clock_coarse_ms() / 1000 < c->until &&
	    c->changes == atomic_load(&st->key_changes));
}

/* From the file into *c*. */
static enum store_status
key_load(struct store *st, const char *id, struct key_slot *c)
{
	struct db *db = store_db(st);
	sqlite3_stmt *s;
	bool found;
	int rc;

	/* Before it is read: a change from here on counts. */
	c->changes = atomic_load(&st->key_changes);
	c->until = clock_coarse_ms() / 1000 + CACHE_SECONDS;
	s = db_row(db, &rc, ST_KEY_GET, id);
	if (s == NULL)
		return (rc < 0 ? db_failure(db) : STORE_NOT_FOUND);
	key_row(s, &c->key);
	found = sqlite3_column_bytes(s, 8) == KEY_DIGEST;
	if (found)
		memcpy(c->digest, sqlite3_column_blob(s, 8), KEY_DIGEST);
	db_reset(s);
	return (found ? STORE_OK : STORE_NOT_FOUND);
}

/*
 * Finds the key of an id, in memory or in the file. *fresh* has room for one that
 * is not in memory; its digest is all zeros if there is no such key.
 */
static enum store_status
key_get(struct store *st, const char *id, struct key_slot *fresh,
    const struct key_slot **out)
{
	struct key_slot *c = key_slot(st, id);
	enum store_status found = STORE_OK;

	*out = c;
	if (key_cached(st, c, id))
		return (STORE_OK);
	found = key_load(st, id, fresh);
	if (found == STORE_OK)
		*c = *fresh;
	else
		*out = fresh;
	return (found);
}

enum store_status
store_key_check(struct store *st, const char *api_key, struct store_key *out)
{
	uint8_t digest[KEY_DIGEST];
	char id[KEY_PART + 1];
	struct key_slot fresh = { .until = 0 };
	const struct key_slot *c;
	enum store_status found;

	if (strlen(api_key) != KEY_LEN)
		return (STORE_NOT_FOUND);
	(void)snprintf(id, sizeof id, "%.*s", KEY_PART, api_key);
	key_digest(api_key + KEY_PART, digest);
	found = key_get(st, id, &fresh, &c);
	if (found != STORE_OK && found != STORE_NOT_FOUND)
		return (found);
	/* An unknown identity is compared too, with zeros. */
	if (sodium_memcmp(c->digest, digest, KEY_DIGEST) != 0)
		return (STORE_NOT_FOUND);
	*out = c->key;
	return (STORE_OK);
}

enum store_status
store_key_find(struct store *st, const char *id, struct store_key *out)
{
	struct key_slot fresh = { .until = 0 };
	const struct key_slot *c;
	enum store_status found;

	if (strlen(id) != KEY_PART)
		return (STORE_NOT_FOUND);
	found = key_get(st, id, &fresh, &c);
	if (found != STORE_OK)
		return (found);
	*out = c->key;
	out->used_ms = use_last(st, "", id, out->used_ms);
	return (STORE_OK);
}

enum store_status
store_key_each(struct store *st, const char *org, store_key_f *func,
    void *arg)
{
	struct store_key k;
	sqlite3_stmt *s;
	int rc;

	s = db_bind(store_db(st), ST_KEY_EACH, org);
	while ((rc = db_step(store_db(st), s)) > 0) {
		key_row(s, &k);
		k.used_ms = use_last(st, "", k.id, k.used_ms);
		if (func(arg, &k) != 0) {
			db_reset(s);
			return (STORE_OK);
		}
	}
	return (rc == 0 ? STORE_OK : db_failure(store_db(st)));
}
