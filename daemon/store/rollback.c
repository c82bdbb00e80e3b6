/* SPDX-License-Identifier: BSD-2-Clause */
/* One alias back to what it pointed at, and what of it the history knows. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "aliases.h"
#include "sources.h"

/* A state that the history has. */
struct state {
	struct hash	hash;
	int64_t		from_ms, to_ms;
};

/* The newest is first; 1, or 0 for no more, or -1. */
static int
state_next(struct db *db, sqlite3_stmt *s, struct state *out)
{
	int rc = db_step(db, s);

	if (rc <= 0)
		return (rc);
	(void)db_hash(s, 0, &out->hash);
	out->from_ms = sqlite3_column_int64(s, 1);
	out->to_ms = sqlite3_column_int64(s, 2);
	return (1);
}

static bool
state_begins(const struct hash *h, const struct hash_prefix *p)
{
	struct hash last = hash_prefix_highest(p);

	return (memcmp(h->b, p->lowest.b, HASH_LEN) >= 0 &&
	    memcmp(h->b, last.b, HASH_LEN) <= 0);
}

enum store_status
alias_was(struct db *db, const char *org, const char *name, int64_t at_ms,
    const struct store_alias *now, struct hash *hash)
{
	struct state one = { .from_ms = 0 };
	sqlite3_stmt *s;
	unsigned n = 0;
	int rc;

	*hash = (struct hash){ .b = { 0 } };
	if (now != NULL && now->updated_ms <= at_ms) {
		*hash = now->hash;
		return (STORE_OK);
	}
	s = db_bind(db, ST_HISTORY_STATES, org, name, STORE_ROLLBACK_LOOK);
	for (; (rc = state_next(db, s, &one)) > 0; n++)
		if (one.from_ms <= at_ms && at_ms < one.to_ms) {
			*hash = one.hash;
			db_reset(s);
			return (STORE_OK);
		}
	if (rc < 0)
		return (db_failure(db));
	/* It was there, or may have been before the first that we saw. */
	return (n == STORE_ROLLBACK_LOOK ||
	    (now != NULL && now->created_ms <= at_ms) ?
	    STORE_PRECONDITION : STORE_OK);
}

/* The image of *steps* changes ago. */
static enum store_status
find_steps(struct db *db, const struct store_alias *a, unsigned steps,
    struct hash *hash)
{
	struct state one = { .from_ms = 0 };
	sqlite3_stmt *s;
	unsigned n = 0;
	int rc;

	s = db_bind(db, ST_HISTORY_STATES, a->org, a->name, steps);
	for (; (rc = state_next(db, s, &one)) > 0; n++)
		*hash = one.hash;
	if (rc < 0)
		return (db_failure(db));
	return (n == steps ? STORE_OK : STORE_NOT_FOUND);
}

static enum store_status
find_image(struct db *db, const struct store_alias *a,
    const struct hash_prefix *to, struct hash *hash)
{
	enum store_status status = STORE_NOT_FOUND;
	struct state one = { .from_ms = 0 };
	sqlite3_stmt *s;
	int rc;

	s = db_bind(db, ST_HISTORY_STATES, a->org, a->name,
	    STORE_ROLLBACK_LOOK);
	while ((rc = state_next(db, s, &one)) > 0) {
		if (!state_begins(&one.hash, to))
			continue;
		if (status == STORE_OK && !hash_equal(hash, &one.hash)) {
			db_reset(s);
			return (STORE_AMBIGUOUS);
		}
		status = STORE_OK;
		*hash = one.hash;
	}
	return (rc < 0 ? db_failure(db) : status);
}

static enum store_status
find_state(struct db *db, const struct store_alias_rollback *p,
    const struct store_alias *now, struct hash *hash)
{
	const struct store_alias *a = &p->alias;
	enum store_status status;

	if (p->steps > 0)
		return (find_steps(db, a, p->steps, hash));
	if (p->to.digits > 0)
		return (find_image(db, a, &p->to, hash));
	status = alias_was(db, a->org, a->name, p->at_ms, now, hash);
	if (status == STORE_PRECONDITION ||
	    (status == STORE_OK && hash_is_none(hash)))
		return (STORE_NOT_FOUND);
	return (status);
}

enum store_status
rollback_image(struct store_tx *tx, const char *org, const struct hash *hash,
    bool restore, struct store_rollback_refusal *refusal)
{
	struct store_source src = { .size = 0 };
	enum store_status status;

	status = source_load(tx->db, org, hash, &src);
	if (status == STORE_OK && src.deleted_ms != 0) {
		refusal->why = ROLLBACK_DELETED;
		status = restore ? source_undelete(tx, &src) :
		    STORE_PRECONDITION;
		if (status == STORE_OK)
			source_audit(tx, &src, "sourceimage.restore", NULL,
			    NULL);
	} else if (status == STORE_NOT_FOUND) {
		refusal->why = ROLLBACK_GONE;
		status = STORE_PRECONDITION;
	}
	store_source_clear(&src);
	if (status == STORE_OK)
		refusal->why = ROLLBACK_BY_STATUS;
	else
		refusal->image = *hash;
	return (status);
}

enum store_status
rollback_put(struct store_tx *tx, struct store_alias_put *p,
    const struct hash *hash)
{
	char description[4 * STORE_DESCRIPTION_MAX + 1];
	char tags[STORE_TAGS_MAX * (STORE_TAG_MAX + 1) + 1];
	sqlite3_stmt *s;
	int rc;

	p->target = hash_prefix_whole(hash);
	p->overwrite = true;
	p->note.action = "alias.rollback";
	/* What a delete took from it. An alias that is there keeps its own. */
	s = db_row(tx->db, &rc, ST_HISTORY_TEXTS, p->alias.org,
	    p->alias.name);
	if (rc < 0)
		return (db_failure(tx->db));
	if (s == NULL)
		return (tx_alias_put(tx, p));
	db_text(s, 0, description, sizeof description);
	db_text(s, 1, tags, sizeof tags);
	db_reset(s);
	p->note.description = description;
	p->note.tags = tags;
	return (tx_alias_put(tx, p));
}

static enum store_status
rollback_change(struct store_tx *tx, struct store_alias_rollback *p,
    const struct store_alias *now)
{
	struct store_alias_put put = { .purge = p->purge,
	    .note = { .comment = p->comment } };
	enum store_status status;
	struct hash hash;

	status = find_state(tx->db, p, now, &hash);
	if (status == STORE_OK)
		status = rollback_image(tx, p->alias.org, &hash, p->restore,
		    &p->refusal);
	if (status != STORE_OK)
		return (status);
	put.alias = p->alias;
	status = rollback_put(tx, &put, &hash);
	p->alias = put.alias;
	return (status);
}

static enum store_status
rollback_run(struct store_tx *tx, struct store_job *job)
{
	struct store_alias_rollback *p =
	    CAST_OBJ(job, STORE_ALIAS_ROLLBACK_MAGIC);
	enum store_status status;
	struct store_alias now;

	status = alias_load(tx->db, p->alias.org, p->alias.name, &now);
	if (status == STORE_OK) {
		p->from = now.hash;
		if (p->if_match != 0 && p->if_match != now.seq)
			return (STORE_PRECONDITION);
		return (rollback_change(tx, p, &now));
	}
	if (status != STORE_NOT_FOUND)
		return (status);
	if (p->if_match != 0 || p->if_exists)
		return (STORE_PRECONDITION);
	return (rollback_change(tx, p, NULL));
}

void
store_alias_rollback(struct store *st, struct store_alias_rollback *p)
{

	p->job.magic = STORE_ALIAS_ROLLBACK_MAGIC;
	memset(&p->refusal, 0, sizeof p->refusal);
	memset(&p->from, 0, sizeof p->from);
	writer_submit(st, &p->job, rollback_run, NULL);
}
