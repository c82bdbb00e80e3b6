/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stacks. To overwrite one purges nothing, as the contract says, unless it comes
 * under protection by that; to delete one does.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orgs.h"
#include "purges.h"

void
store_stack_clear(struct store_stack *k)
{

	free(k->definition);
	memset(k, 0, sizeof *k);
}

static int
stack_row(sqlite3_stmt *s, const char *org, struct store_stack *k)
{

	(void)snprintf(k->org, sizeof k->org, "%s", org);
	db_text(s, 0, k->name, sizeof k->name);
	k->created_ms = sqlite3_column_int64(s, 1);
	k->seq = (uint64_t)sqlite3_column_int64(s, 2);
	k->definition = db_strdup(s, 3);
	return (k->definition != NULL ? 0 : -1);
}

enum store_status
stack_load(struct db *db, const char *org, const char *name,
    struct store_stack *out)
{
	sqlite3_stmt *s;
	int rc;

	memset(out, 0, sizeof *out);
	s = db_row(db, &rc, ST_STACK_GET, org, name);
	if (s == NULL)
		return (rc == 0 ? STORE_NOT_FOUND : db_failure(db));
	rc = stack_row(s, org, out);
	db_reset(s);
	return (rc == 0 ? STORE_OK : STORE_ERROR);
}

/* Whether the write may happen at all, seen what is there. */
static enum store_status
stack_allowed(const struct store_stack_put *p, const struct store_stack *old)
{

	if (!p->overwrite)
		return (STORE_EXISTS);
	if (p->may_follow != NULL &&
	    !p->may_follow(old->definition, p->stack.definition))
		return (STORE_PRECONDITION);
	return (STORE_OK);
}

/* Withdraws what could be seen through the stack and may not be any more. */
static enum store_status
stack_rights(struct store_tx *tx, const struct store_stack *k,
    const char *old)
{
	int was = 1, is;

	if (old == NULL)
		return (tx_may_return(tx, PURGE_STACK, k->org, k->name));
	was = stack_is_shut(tx->db, k->org, old);
	is = stack_is_shut(tx->db, k->org, k->definition);
	if (was < 0 || is < 0)
		return (db_failure(tx->db));
	if (was == is)
		return (STORE_OK);
	return (is ? tx_withdraw_stack(tx, k->org, k->name) :
	    tx_may_return(tx, PURGE_STACK, k->org, k->name));
}

static enum store_status
stack_save(struct store_tx *tx, struct store_stack *k)
{
	char base[NAME_MAX_LEN + 1];
	int n;

	stack_base(k->definition, base);
	k->seq = tx_seq(tx);
	n = db_run(tx->db, ST_STACK_PUT, k->org, k->name, tx->now_ms,
	    k->seq, k->definition, base);
	if (n < 0)
		return (db_failure(tx->db));
	return (n == 0 ? STORE_NOT_FOUND : STORE_OK);
}

static enum store_status
stack_put_run(struct store_tx *tx, struct store_job *job)
{
	struct store_stack_put *p = CAST_OBJ(job, STORE_STACK_PUT_MAGIC);
	struct store_stack old, *k = &p->stack;
	enum store_status found, status = STORE_OK;

	found = stack_load(tx->db, k->org, k->name, &old);
	if (found != STORE_OK && found != STORE_NOT_FOUND)
		return (found);
	if (found == STORE_OK)
		status = stack_allowed(p, &old);
	if (status == STORE_OK)
		status = stack_rights(tx, k, old.definition);
	k->created_ms = found == STORE_OK ? old.created_ms : tx->now_ms;
	k->seq = old.seq;
	if (status == STORE_OK && found == STORE_NOT_FOUND)
		status = usage_add(tx, k->org, USE_STACKS, 1);
	if (status == STORE_OK)
		status = stack_save(tx, k);
	if (status == STORE_OK)
		tx_audit(tx, k->org, found == STORE_OK ? "stack.update" :
		    "stack.create", k->name, old.definition, k->definition);
	store_stack_clear(&old);
	if (status != STORE_OK || found == STORE_OK)
		return (status);
	status = tx_appear_stack(tx, k->org, k->name);
	return (status == STORE_OK ? STORE_CREATED : status);
}

void
store_stack_put(struct store *st, struct store_stack_put *p)
{

	p->job.magic = STORE_STACK_PUT_MAGIC;
	writer_submit(st, &p->job, stack_put_run, NULL);
}

enum store_status
tx_stack_delete(struct store_tx *tx, const char *org, const char *name)
{
	int n;

	n = db_run(tx->db, ST_STACK_DELETE, org, name);
	if (n < 0)
		return (db_failure(tx->db));
	if (n == 0)
		return (STORE_NOT_FOUND);
	(void)usage_add(tx, org, USE_STACKS, -1);
	return (tx_withdraw_stack(tx, org, name));
}

static enum store_status
stack_delete_run(struct store_tx *tx, struct store_job *job)
{
	struct store_stack_delete *p = CAST_OBJ(job, STORE_STACK_DELETE_MAGIC);
	enum store_status status;
	struct store_stack old;

	status = stack_load(tx->db, p->org, p->name, &old);
	if (status == STORE_OK)
		status = tx_stack_delete(tx, p->org, p->name);
	if (status == STORE_OK)
		tx_audit(tx, p->org, "stack.delete", p->name, old.definition,
		    NULL);
	store_stack_clear(&old);
	return (status);
}

void
store_stack_delete(struct store *st, struct store_stack_delete *p)
{

	p->job.magic = STORE_STACK_DELETE_MAGIC;
	writer_submit(st, &p->job, stack_delete_run, NULL);
}

enum store_status
store_stack_get(struct store *st, const char *org, const char *name,
    struct store_stack *out)
{

	return (stack_load(store_db(st), org, name, out));
}

enum store_status
store_stack_epoch(struct store *st, const char *org, const char *name,
    uint64_t *epoch)
{
	bool revoked;

	return (epoch_get(store_db(st), STACK_EPOCH(org, name), epoch,
	    &revoked) == 0 ? STORE_OK : db_failure(store_db(st)));
}

enum store_status
store_stack_seq(struct store *st, const char *org, const char *name,
    uint64_t *seq)
{
	struct db *db = store_db(st);
	sqlite3_stmt *s;
	int rc;

	s = db_row(db, &rc, ST_STACK_SEQ, org, name);
	if (s == NULL)
		return (rc == 0 ? STORE_NOT_FOUND : db_failure(db));
	*seq = (uint64_t)sqlite3_column_int64(s, 0);
	db_reset(s);
	return (STORE_OK);
}

enum store_status
store_stack_changed(struct store *st, const char *org, const char *name,
    uint64_t seq, bool *changed)
{
	struct db *db = store_db(st);
	uint64_t own, all;
	bool revoked;

	if (epoch_get(db, STACK_EPOCH(org, name), &own, &revoked) != 0 ||
	    epoch_get(db, ORG_EPOCH(org), &all, &revoked) != 0)
		return (db_failure(db));
	*changed = seq > own && seq > all;
	return (STORE_OK);
}

enum store_status
store_stack_each(struct store *st, const char *org, const char *after,
    unsigned limit, store_stack_f *func, void *arg)
{
	struct store_stack k;
	sqlite3_stmt *s;
	int rc, stop = 0;

	s = db_bind(store_db(st), ST_STACK_EACH, org,
	    after != NULL ? after : "", limit);
	while ((rc = db_step(store_db(st), s)) > 0) {
		memset(&k, 0, sizeof k);
		stop = stack_row(s, org, &k);
		if (stop == 0)
			stop = func(arg, &k);
		store_stack_clear(&k);
		if (stop != 0) {
			db_reset(s);
			return (STORE_OK);
		}
	}
	return (rc == 0 ? STORE_OK : db_failure(store_db(st)));
}
