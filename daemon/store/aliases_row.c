/* SPDX-License-Identifier: BSD-2-Clause */
/* The row of an alias: read, and told to those who follow the feed. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "aliases.h"

void
alias_row(sqlite3_stmt *s, const char *org, struct store_alias *a)
{

	(void)snprintf(a->org, sizeof a->org, "%s", org);
	db_text(s, 0, a->name, sizeof a->name);
	(void)db_hash(s, 1, &a->hash);
	a->created_ms = sqlite3_column_int64(s, 2);
	a->updated_ms = sqlite3_column_int64(s, 3);
	a->epoch = (uint64_t)sqlite3_column_int64(s, 4);
	a->seq = (uint64_t)sqlite3_column_int64(s, 5);
	(void)db_hash(s, 6, &a->shown);
	(void)db_hash(s, 7, &a->previous);
	a->described = sqlite3_column_int(s, 8) != 0;
	a->due_ms = sqlite3_column_int64(s, 9);
	a->description = a->tags = NULL;
}

void
alias_row_texts(sqlite3_stmt *s, const char *org, struct store_alias *a)
{

	alias_row(s, org, a);
	a->description = (const char *)sqlite3_column_text(s, 10);
	a->tags = (const char *)sqlite3_column_text(s, 11);
}

enum store_status
alias_load(struct db *db, const char *org, const char *name,
    struct store_alias *out)
{
	sqlite3_stmt *s;
	int rc;

	memset(out, 0, sizeof *out);
	s = db_row(db, &rc, ST_ALIAS_GET, org, name);
	if (s == NULL)
		return (rc == 0 ? STORE_NOT_FOUND : db_failure(db));
	alias_row(s, org, out);
	db_reset(s);
	return (STORE_OK);
}

int
alias_publish(struct store_tx *tx, const struct store_alias *a, uint64_t seq,
    bool gone)
{
	struct store_change c = {
		.seq = seq, .kind = CHANGE_ALIAS, .epoch = a->epoch,
		.gone = gone
	};

	(void)snprintf(c.org, sizeof c.org, "%s", a->org);
	(void)snprintf(c.key, sizeof c.key, "%s", a->name);
	if (!gone) {
		c.hash = a->hash;
		c.shown = a->shown;
		c.due_ms = a->due_ms;
		/* Each once. */
		if (!hash_equal(&a->previous, &a->shown))
			c.previous = a->previous;
	}
	return (tx_change(tx, &c) != 0 ? -1 : fallback_follow(tx, a, gone));
}
