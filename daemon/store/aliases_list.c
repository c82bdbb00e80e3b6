/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of aliases, what they pointed at, and many changes at once. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "store_priv.h"

/* The lists are ranges of names: from *lower*, without *after*, to *upper*. */
struct name_range {
	const char	*lower, *after;
	char		upper[NAME_MAX_LEN + 8];
};

static void
name_range(struct name_range *r, const char *prefix, const char *after)
{

	prefix = prefix != NULL ? prefix : "";
	r->after = after != NULL ? after : "";
	r->lower = strcmp(r->after, prefix) > 0 ? r->after : prefix;
	/* Above each name that begins so: the last character there is. */
	(void)snprintf(r->upper, sizeof r->upper, "%.*s\xf4\x8f\xbf\xbf",
	    NAME_MAX_LEN, prefix);
}

enum store_status
store_alias_each(struct store *st, const char *org, const struct hash *hash,
    const char *prefix, const char *after, unsigned limit,
    store_alias_f *func, void *arg)
{
	struct db *db = store_db(st);
	struct name_range r;
	struct store_alias a;
	sqlite3_stmt *s;
	int rc;

	name_range(&r, prefix, after);
	if (hash != NULL)
		s = db_bind(db, ST_ALIAS_OF, org, r.lower, r.after,
		    r.upper, limit, hash);
	else
		s = db_bind(db, ST_ALIAS_EACH, org, r.lower, r.after,
		    r.upper, limit);
	while ((rc = db_step(db, s)) > 0) {
		alias_row(s, org, &a);
		if (func(arg, &a) == 0)
			continue;
		db_reset(s);
		return (STORE_OK);
	}
	return (rc == 0 ? STORE_OK : db_failure(db));
}

enum store_status
store_alias_history(struct store *st, const char *org, const char *name,
    uint64_t before_seq, unsigned limit, store_alias_past_f *func, void *arg)
{
	struct db *db = store_db(st);
	struct store_alias_past h;
	sqlite3_stmt *s;
	int rc;

	s = db_bind(db, ST_HISTORY_EACH, org, name,
	    before_seq == 0 || before_seq > INT64_MAX ? INT64_MAX :
	    before_seq, limit);
	while ((rc = db_step(db, s)) > 0) {
		(void)db_hash(s, 0, &h.hash);
		h.from_ms = sqlite3_column_int64(s, 1);
		h.to_ms = sqlite3_column_int64(s, 2);
		h.to_seq = (uint64_t)sqlite3_column_int64(s, 3);
		if (func(arg, &h) == 0)
			continue;
		db_reset(s);
		return (STORE_OK);
	}
	return (rc == 0 ? STORE_OK : db_failure(db));
}

static enum store_status
bulk_one(struct store_tx *tx, struct store_alias_change *c)
{
	struct store_alias_delete del;

	if (!c->remove)
		return (tx_alias_put(tx, &c->put));
	memset(&del, 0, sizeof del);
	(void)snprintf(del.org, sizeof del.org, "%s", c->put.alias.org);
	(void)snprintf(del.name, sizeof del.name, "%s", c->put.alias.name);
	del.if_match = c->put.if_match;
	return (tx_alias_delete(tx, &del));
}

static enum store_status
bulk_run(struct store_tx *tx, struct store_job *job)
{
	struct store_alias_bulk *p = CAST_OBJ(job, STORE_ALIAS_BULK_MAGIC);
	enum store_status status;
	size_t i;

	for (i = 0; i < p->n; i++) {
		status = bulk_one(tx, &p->changes[i]);
		p->changes[i].put.job.status = status;
		if (status == STORE_OK || status == STORE_CREATED)
			continue;
		p->failed = i;
		return (status);
	}
	p->failed = p->n;
	return (STORE_OK);
}

void
store_alias_bulk(struct store *st, struct store_alias_bulk *p)
{

	p->job.magic = STORE_ALIAS_BULK_MAGIC;
	writer_submit(st, &p->job, bulk_run, NULL);
}
