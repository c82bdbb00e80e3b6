/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the map is told of sets, for those who may see a set before it is live. What
 * a live one changed can be seen by everybody, so then it has no records.
 */
#include "config.h"

#include <stdio.h>

#include "plans.h"

static struct store_change
set_change(const char *org, int64_t id, const char *alias,
    const struct hash *hash)
{
	struct store_change c = {
		.kind = CHANGE_PLAN, .epoch = (uint64_t)id,
		.gone = hash == NULL
	};

	(void)snprintf(c.org, sizeof c.org, "%s", org);
	(void)snprintf(c.key, sizeof c.key, "%s", alias);
	if (hash != NULL)
		c.hash = *hash;
	return (c);
}

static int
set_tell(struct store_tx *tx, const struct store_plan *p, const char *alias,
    const struct hash *hash)
{
	struct store_change c = set_change(p->org, p->id, alias, hash);

	c.seq = tx_seq(tx);
	return (tx_change(tx, &c));
}

int
plan_show(struct store_tx *tx, const struct store_plan *p,
    const struct store_plan_item *items, size_t n)
{
	static const struct hash none;

	if (*p->name == '\0')
		return (0);
	for (size_t i = 0; i < n; i++)
		if (set_tell(tx, p, items[i].alias, p->state == PLAN_ACTIVE ?
		    NULL : &items[i].hash) != 0)
			return (-1);
	return (set_tell(tx, p, "", &none));
}

int
plan_hide(struct store_tx *tx, const struct store_plan *p,
    const struct store_plan_item *items, size_t n, bool all)
{

	if (*p->name == '\0')
		return (0);
	for (size_t i = 0; i < n; i++)
		if (set_tell(tx, p, items[i].alias, NULL) != 0)
			return (-1);
	return (all ? set_tell(tx, p, "", NULL) : 0);
}

/* Of each row: organization, id of the set, and perhaps alias and hash. */
static int
each_row(struct db *db, sqlite3_stmt *s, uint64_t seq,
    store_publish_f *publish, void *arg)
{
	char org[ORG_MAX + 1], alias[NAME_MAX_LEN + 1];
	const bool items = sqlite3_column_count(s) > 2;
	struct store_change c;
	struct hash hash;
	int rc;

	while ((rc = db_step(db, s)) > 0) {
		hash = (struct hash){ .b = { 0 } };
		*alias = '\0';
		db_text(s, 0, org, sizeof org);
		if (items) {
			db_text(s, 2, alias, sizeof alias);
			(void)db_hash(s, 3, &hash);
		}
		c = set_change(org, sqlite3_column_int64(s, 1), alias, &hash);
		c.seq = seq;
		publish(arg, &c, 1, seq);
	}
	return (rc);
}

int
plan_each(struct db *db, uint64_t seq, store_publish_f *publish, void *arg)
{

	if (each_row(db, db_bind(db, ST_PLAN_EACH_SET), seq, publish,
	    arg) != 0 || each_row(db, db_bind(db, ST_PLAN_EACH_ITEM), seq,
	    publish, arg) != 0)
		return (-1);
	return (foresight_each(db, seq, publish, arg));
}
