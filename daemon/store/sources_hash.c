/* SPDX-License-Identifier: BSD-2-Clause */
/* Hashes of source images that are not written in full. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "sources.h"

/*
 * Finds the image that was promised this short hash at its creation: a later one
 * may begin with the same digits. The image keeps them while it is deleted, so
 * that a second DELETE does not find the other one. False: nobody has them.
 */
static bool
resolve_short(struct db *db, const char *org, const struct hash_prefix *p,
    bool deleted, struct hash *hash, enum store_status *status)
{
	const struct hash highest = hash_prefix_highest(p);
	sqlite3_stmt *s;
	int rc;

	s = db_row(db, &rc, ST_SOURCE_SHORT, org, &p->lowest, &highest,
	    p->digits, deleted);
	*status = rc < 0 ? db_failure(db) : STORE_NOT_FOUND;
	if (s == NULL)
		return (rc < 0);
	(void)db_hash(s, 0, hash);
	if (sqlite3_column_int(s, 1) != 0)
		*status = STORE_OK;
	db_reset(s);
	return (true);
}

static enum store_status
resolve_one(struct db *db, sqlite3_stmt *s, struct hash *hash)
{
	int rc;

	rc = db_step(db, s);
	if (rc <= 0)
		return (rc == 0 ? STORE_NOT_FOUND : db_failure(db));
	(void)db_hash(s, 0, hash);
	rc = db_step(db, s);
	if (rc > 0)
		db_reset(s);
	return (rc > 0 ? STORE_AMBIGUOUS : rc == 0 ? STORE_OK :
	    db_failure(db));
}

enum store_status
source_resolve(struct db *db, const char *org, const struct hash_prefix *p,
    bool deleted, struct hash *hash)
{
	const struct hash highest = hash_prefix_highest(p);
	enum store_status status;

	if (p->digits < HASH_SHORT_MIN)
		return (STORE_NOT_FOUND);
	if (p->digits < HASH_HEX &&
	    resolve_short(db, org, p, deleted, hash, &status))
		return (status);
	return (resolve_one(db, db_bind(db, ST_SOURCE_RANGE, org, &p->lowest,
	    &highest, deleted), hash));
}

/* The first digits of *hash*, as few as may be. */
static struct hash_prefix
shortest(const struct hash *hash)
{
	struct hash_prefix p = { .digits = HASH_SHORT_MIN };

	_Static_assert(HASH_SHORT_MIN % 2 == 0, "whole bytes");
	memcpy(p.lowest.b, hash->b, HASH_SHORT_MIN / 2);
	return (p);
}

int
source_short(struct db *db, const char *org, const struct hash *hash,
    char out[HASH_HEX + 1])
{
	const struct hash_prefix p = shortest(hash);
	const struct hash highest = hash_prefix_highest(&p);
	unsigned len = p.digits, n;
	struct hash other;
	sqlite3_stmt *s;
	int rc;

	s = db_bind(db, ST_SOURCE_NEIGHBOURS, org, &p.lowest, &highest);
	while ((rc = db_step(db, s)) > 0) {
		(void)db_hash(s, 0, &other);
		n = hash_digits_equal(hash, &other);
		if (n + 1 > len)
			len = n + 1;
	}
	hash_to_hex(hash, out);
	if (len < HASH_HEX)
		out[len] = '\0';
	return (rc);
}
