/* SPDX-License-Identifier: BSD-2-Clause */
/* Hashes of source images that are not written in full. */
#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "store_priv.h"

#define SHORT_MIN	6

/* The hashes that begin with *prefix* lie between *lo* and *hi*. */
static bool
prefix_range(const char *prefix, struct hash *lo, struct hash *hi)
{
	char a[HASH_HEX + 1], b[HASH_HEX + 1];
	size_t n;

	n = strlen(prefix);
	if (n < SHORT_MIN || n > HASH_HEX)
		return (false);
	memset(a, '0', HASH_HEX);
	memset(b, 'f', HASH_HEX);
	a[HASH_HEX] = b[HASH_HEX] = '\0';
	memcpy(a, prefix, n);
	memcpy(b, prefix, n);
	return (hash_from_text(lo, a) && hash_from_text(hi, b));
}

/*
 * By the one that was promised at its creation: a later image may begin with
 * the same digits. While it is deleted they are still its own, so that a second
 * DELETE does not find that other one. False: nobody's.
 */
static bool
resolve_short(struct db *db, const char *org, const char *prefix,
    bool deleted, struct hash *hash, enum store_status *status)
{
	sqlite3_stmt *s;
	int rc;

	s = db_row(db, &rc, ST_SOURCE_SHORT, org, prefix, deleted);
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
source_resolve(struct db *db, const char *org, const char *prefix,
    bool deleted, struct hash *hash)
{
	struct hash lo, hi;
	char lower[HASH_HEX + 1];
	enum store_status status;
	size_t i;

	for (i = 0; i < HASH_HEX && prefix[i] != '\0'; i++)
		lower[i] = (char)tolower((unsigned char)prefix[i]);
	lower[i] = '\0';
	if (prefix[i] != '\0' || !prefix_range(lower, &lo, &hi))
		return (STORE_NOT_FOUND);
	if (i < HASH_HEX &&
	    resolve_short(db, org, lower, deleted, hash, &status))
		return (status);
	return (resolve_one(db, db_bind(db, ST_SOURCE_RANGE, org, &lo,
	    &hi, deleted), hash));
}

int
source_short(struct db *db, const char *org, const char *hex,
    char out[HASH_HEX + 1])
{
	struct hash lo, hi;
	char other[HASH_HEX + 1];
	size_t len = SHORT_MIN, n;
	sqlite3_stmt *s;
	int rc;

	(void)snprintf(out, SHORT_MIN + 1, "%.*s", SHORT_MIN, hex);
	if (!prefix_range(out, &lo, &hi))
		return (-1);
	s = db_bind(db, ST_SOURCE_NEIGHBOURS, org, &lo, &hi);
	while ((rc = db_step(db, s)) > 0) {
		db_hex(s, 0, other);
		for (n = 0; n < HASH_HEX && hex[n] == other[n]; n++)
			continue;
		if (n + 1 > len)
			len = n + 1;
	}
	(void)snprintf(out, HASH_HEX + 1, "%.*s", (int)len, hex);
	return (rc);
}
