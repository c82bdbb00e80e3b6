/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many changes of aliases in one transaction, all or none. Whatever changes
 * several at once makes an array of changes and calls tx_aliases_apply(): the
 * publisher then gets them in one call, after one commit.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "aliases.h"

static enum store_status
apply_one(struct store_tx *tx, struct store_alias_change *c)
{
	struct store_alias_delete del;

	if (!c->remove)
		return (tx_alias_put(tx, &c->put));
	memset(&del, 0, sizeof del);
	(void)snprintf(del.org, sizeof del.org, "%s", c->put.alias.org);
	(void)snprintf(del.name, sizeof del.name, "%s", c->put.alias.name);
	del.if_match = c->put.if_match;
	del.note = c->put.note;
	return (tx_alias_delete(tx, &del));
}

enum store_status
tx_aliases_apply(struct store_tx *tx, struct store_alias_change *changes,
    size_t n, size_t *failed)
{
	enum store_status status;

	for (*failed = 0; *failed < n; ++*failed) {
		status = apply_one(tx, &changes[*failed]);
		changes[*failed].put.job.status = status;
		if (status != STORE_OK && status != STORE_CREATED)
			return (status);
	}
	return (STORE_OK);
}

static enum store_status
bulk_run(struct store_tx *tx, struct store_job *job)
{
	struct store_alias_bulk *p = CAST_OBJ(job, STORE_ALIAS_BULK_MAGIC);

	return (tx_aliases_apply(tx, p->changes, p->n, &p->failed));
}

void
store_alias_bulk(struct store *st, struct store_alias_bulk *p)
{

	p->job.magic = STORE_ALIAS_BULK_MAGIC;
	writer_submit(st, &p->job, bulk_run, NULL);
}
