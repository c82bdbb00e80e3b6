/* SPDX-License-Identifier: BSD-2-Clause */
/* Aliases: put, delete, get. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "aliases.h"
#include "plans.h"
#include "purges.h"
#include "sources.h"

/* Notes what the alias points at until now, under *seq*; *gone*: it ends. */
static int
alias_remember(struct store_tx *tx, const struct store_alias *a, uint64_t seq,
    bool gone)
{

	if (usage_history(tx, a->org) != 0)
		return (-1);
	return (db_run(tx->db, ST_HISTORY_ADD, a->org, a->name, tx->now_ms,
	    seq, gone) < 0 ? -1 : 0);
}

/* The key that changes it; NULL: it is not a key. */
static const char *
alias_actor(const struct store_tx *tx)
{

	return (tx->actor != NULL && *tx->actor->key != '\0' ?
	    tx->actor->key : NULL);
}

static void
alias_audit(struct store_tx *tx, const struct store_alias *a,
    const struct store_alias_note *note, const char *action,
    const struct hash *before, const struct hash *after)
{
	char was[HASH_HEX + 1], is[HASH_HEX + 1];

	if (note->action != NULL)
		action = note->action;
	if (note->comment == NULL) {
		tx_audit_hash(tx, a->org, action, a->name, before, after);
		return;
	}
	if (before != NULL)
		hash_to_hex(before, was);
	if (after != NULL)
		hash_to_hex(after, is);
	tx_audit_json(tx, a->org, action, a->name,
	    before != NULL ? json_pack("{s:s}", "hash", was) : NULL,
	    json_pack("{s:s*, s:s}", "hash", after != NULL ? is : NULL,
	    "comment", note->comment));
}

/* True if the name pointed anywhere before, which some cache may show. */
static bool
alias_had_life(struct db *db, const char *org, const char *name, int *rc)
{
	sqlite3_stmt *s;

	s = db_row(db, rc, ST_HISTORY_ANY, org, name);
	if (s != NULL)
		db_reset(s);
	return (s != NULL);
}

/*
 * A name that comes back has an epoch of its own: what sticky caches keep for it
 * is of its earlier life. That is not noted as a purge, which has still to reach
 * all that it showed since the last one.
 */
static enum store_status
alias_create(struct store_tx *tx, struct store_alias *a,
    const struct store_alias_note *note)
{
	enum store_status status;
	bool again, changed, revoked;
	int n, rc;

	if (atomic_load(&tx->store->map_full))
		return (STORE_MAP_FULL);
	status = usage_add(tx, a->org, USE_ALIASES, 1);
	if (status != STORE_OK)
		return (status);
	/* The name may have been purged in an earlier life. */
	again = alias_had_life(tx->db, a->org, a->name, &rc);
	if (rc < 0 || epoch_get(tx->db, ALIAS_EPOCH(a->org, a->name),
	    &a->epoch, &revoked) != 0)
		return (db_failure(tx->db));
	a->seq = tx_seq(tx);
	if (again)
		a->epoch = a->seq;
	a->created_ms = a->updated_ms = tx->now_ms;
	n = db_run(tx->db, ST_ALIAS_INSERT, a->org, a->name, &a->hash,
	    a->created_ms, a->epoch, a->seq, alias_actor(tx), note->comment);
	if (n < 0 || alias_publish(tx, a, a->seq, false) != 0)
		return (db_failure(tx->db));
	alias_audit(tx, a, note, "alias.create", NULL, &a->hash);
	status = tx_alias_label(tx, a, note, &changed);
	if (status == STORE_OK && plan_follow(tx, a->org, a->name) != 0)
		status = db_failure(tx->db);
	return (status == STORE_OK ? STORE_CREATED : status);
}

/* Points *a* at *hash*; what it showed so far stays what it shows. */
static int
alias_move(struct store_tx *tx, struct store_alias *a,
    const struct hash *hash, const char *comment)
{

	a->previous = a->hash;
	if (hash_is_none(&a->shown))
		a->shown = a->hash;
	if (hash_equal(&a->shown, hash))
		a->shown = (struct hash){ .b = { 0 } };
	a->hash = *hash;
	return (db_run(tx->db, ST_ALIAS_UPDATE, a->org, a->name, &a->hash,
	    a->updated_ms, a->seq, hash_or_null(&a->shown),
	    hash_or_null(&a->previous), alias_actor(tx), comment) < 0 ? -1 :
	    0);
}

static enum store_status
alias_repoint(struct store_tx *tx, struct store_alias_put *p,
    const struct store_alias *old, const struct hash *hash)
{
	struct store_alias *a = &p->alias;
	enum store_status status;
	bool changed;

	*a = *old;
	status = tx_alias_label(tx, a, &p->note, &changed);
	/* Without that neither its version, nor anything to sync. */
	if (status != STORE_OK || hash_equal(&old->hash, hash))
		return (status);
	a->seq = tx_seq(tx);
	a->updated_ms = tx->now_ms;
	if (alias_remember(tx, old, a->seq, false) != 0 ||
	    alias_move(tx, a, hash, p->note.comment) != 0 ||
	    alias_publish(tx, a, a->seq, false) != 0)
		return (db_failure(tx->db));
	alias_audit(tx, a, &p->note, "alias.update", &old->hash, hash);
	if (old->due_ms != 0 && plan_follow(tx, a->org, a->name) != 0)
		return (db_failure(tx->db));
	if (!p->purge)
		return (STORE_OK);
	status = tx_purge_alias(tx, a->org, a->name);
	return (status != STORE_OK ? status :
	    alias_load(tx->db, old->org, old->name, a));
}

/* Whether the write may happen at all, seen what is there. */
static enum store_status
alias_allowed(const struct store_alias_put *p, const struct store_alias *old)
{

	if (old == NULL)
		return (p->if_match != 0 || p->if_exists ?
		    STORE_PRECONDITION : STORE_OK);
	if (p->if_absent || (p->if_match != 0 && p->if_match != old->seq))
		return (STORE_PRECONDITION);
	return (p->overwrite ? STORE_OK : STORE_EXISTS);
}

enum store_status
tx_alias_put(struct store_tx *tx, struct store_alias_put *p)
{
	struct store_alias old, *a = &p->alias;
	enum store_status status, found;
	struct hash hash;

	found = alias_load(tx->db, a->org, a->name, &old);
	if (found != STORE_OK && found != STORE_NOT_FOUND)
		return (found);
	status = alias_allowed(p, found == STORE_OK ? &old : NULL);
	if (status != STORE_OK) {
		if (found == STORE_OK)
			*a = old;
		return (status);
	}
	status = source_resolve(tx->db, a->org, &p->target, false, &hash);
	if (status != STORE_OK)
		return (status == STORE_NOT_FOUND ? STORE_NO_SOURCE : status);
	if (found == STORE_OK)
		return (alias_repoint(tx, p, &old, &hash));
	a->hash = hash;
	return (alias_create(tx, a, &p->note));
}

/* Up to *n* aliases of *org* that point at *hash*; how many, or -1. */
static int
aliases_of(struct db *db, const char *org, const struct hash *hash,
    struct store_alias *out, unsigned n)
{
	/* Above each name */
	sqlite3_stmt *s = db_bind(db, ST_ALIAS_OF, org, "", "",
	    "\xf4\x8f\xbf\xbf", n, hash);
	int got = 0, rc;

	while ((rc = db_step(db, s)) > 0)
		alias_row(s, org, &out[got++]);
	return (rc < 0 ? -1 : got);
}

int
source_is_aliased(struct db *db, const char *org, const struct hash *hash)
{
	struct store_alias one;

	return (aliases_of(db, org, hash, &one, 1));
}

/* More than can be moved: 1, 0, or -1. */
static int
aliases_too_many(struct db *db, const char *org, const struct hash *hash)
{
	sqlite3_stmt *s = db_bind(db, ST_ALIAS_OF, org, "", "",
	    "\xf4\x8f\xbf\xbf", STORE_FOLLOW + 1, hash);
	int n = 0, rc;

	while ((rc = db_step(db, s)) > 0)
		n++;
	return (rc < 0 ? -1 : n > STORE_FOLLOW);
}

enum store_status
tx_aliases_follow(struct store_tx *tx, const char *org,
    const struct hash *from, const struct hash *to, unsigned *moved)
{
	/* What a sticky cache shows until the next purge is not there. */
	struct store_alias_put put = { .purge = true };
	struct store_alias some[16];
	enum store_status status;
	int i, n = aliases_too_many(tx->db, org, from);

	if (n != 0)
		return (n > 0 ? STORE_PRECONDITION : db_failure(tx->db));
	/* Those that were moved are not found again. */
	while ((n = aliases_of(tx->db, org, from, some,
	    sizeof some / sizeof *some)) > 0)
		for (i = 0; i < n; i++) {
			status = alias_repoint(tx, &put, &some[i], to);
			if (status != STORE_OK)
				return (status);
			++*moved;
		}
	return (n == 0 ? STORE_OK : db_failure(tx->db));
}

static enum store_status
alias_put_run(struct store_tx *tx, struct store_job *job)
{

	return (tx_alias_put(tx, CAST_OBJ(job, STORE_ALIAS_PUT_MAGIC)));
}

void
store_alias_put(struct store *st, struct store_alias_put *p)
{

	p->job.magic = STORE_ALIAS_PUT_MAGIC;
	writer_submit(st, &p->job, alias_put_run, NULL);
}

enum store_status
tx_alias_delete(struct store_tx *tx, struct store_alias_delete *p)
{
	enum store_status status;
	struct store_alias a;
	uint64_t seq;

	status = alias_load(tx->db, p->org, p->name, &a);
	if (status != STORE_OK)
		return (status);
	if (p->if_match != 0 && p->if_match != a.seq)
		return (STORE_PRECONDITION);
	seq = tx_seq(tx);
	if (alias_remember(tx, &a, seq, true) != 0 ||
	    tx_alias_unlabel(tx, &a) != 0 ||
	    db_run(tx->db, ST_ALIAS_DELETE, p->org, p->name) < 0 ||
	    alias_publish(tx, &a, seq, true) != 0)
		return (db_failure(tx->db));
	alias_audit(tx, &a, &p->note, "alias.delete", &a.hash, NULL);
	if (a.due_ms != 0 && plan_follow(tx, p->org, p->name) != 0)
		return (db_failure(tx->db));
	return (usage_add(tx, p->org, USE_ALIASES, -1));
}

static enum store_status
alias_delete_run(struct store_tx *tx, struct store_job *job)
{

	return (tx_alias_delete(tx, CAST_OBJ(job, STORE_ALIAS_DELETE_MAGIC)));
}

void
store_alias_delete(struct store *st, struct store_alias_delete *p)
{

	p->job.magic = STORE_ALIAS_DELETE_MAGIC;
	writer_submit(st, &p->job, alias_delete_run, NULL);
}

enum store_status
store_alias_get(struct store *st, const char *org, const char *name,
    struct store_alias *out)
{

	return (alias_load(store_db(st), org, name, out));
}
