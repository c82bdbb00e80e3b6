/* SPDX-License-Identifier: BSD-2-Clause */
/* All aliases that show one image to another one. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aliases.h"
#include "sources.h"
#include "store_repoint.h"

static enum store_status
refuse(struct store_repoint *p, enum store_repoint_why why, const char *alias)
{

	p->why = why;
	(void)snprintf(p->alias, sizeof p->alias, "%s", alias);
	return (STORE_PRECONDITION);
}

/* Both images. Aliases may still point at one that was deleted. */
static enum store_status
find_images(struct db *db, struct store_repoint *p)
{
	enum store_status status;

	status = source_resolve(db, p->org, &p->from, false, &p->old);
	if (status == STORE_NOT_FOUND)
		status = source_resolve(db, p->org, &p->from, true, &p->old);
	if (status != STORE_OK)
		return (status);
	status = source_resolve(db, p->org, &p->to, false, &p->new);
	if (status != STORE_OK)
		return (status == STORE_NOT_FOUND ? STORE_NO_SOURCE : status);
	return (hash_equal(&p->old, &p->new) ? refuse(p, REPOINT_SAME, "") :
	    STORE_OK);
}

/* Those that were named, each of which must point at the old image. */
static enum store_status
find_only(struct db *db, struct store_repoint *p)
{
	struct store_alias a;
	enum store_status status;

	for (; p->n < p->n_only; p->n++) {
		status = alias_load(db, p->org, p->only[p->n], &a);
		if (status != STORE_OK && status != STORE_NOT_FOUND)
			return (status);
		if (status != STORE_OK || !hash_equal(&a.hash, &p->old))
			return (refuse(p, REPOINT_NOT_SHOWN,
			    p->only[p->n]));
		(void)snprintf(p->names[p->n], sizeof p->names[0], "%s",
		    a.name);
	}
	return (STORE_OK);
}

static enum store_status
find_shown(struct db *db, struct store_repoint *p)
{
	const int limit = STORE_REPOINT_MAX + 1;
	char upper[NAME_MAX_LEN + 8];
	sqlite3_stmt *s;
	int rc;

	(void)snprintf(upper, sizeof upper, "%s\xf4\x8f\xbf\xbf", p->prefix);
	if (*p->tag != '\0')
		s = db_bind(db, ST_TAGGED_OF, p->org, p->tag, &p->old, limit);
	else
		s = db_bind(db, ST_ALIAS_OF, p->org, p->prefix, "", upper,
		    limit, &p->old);
	for (; (rc = db_step(db, s)) > 0; p->n++) {
		if (p->n == STORE_REPOINT_MAX) {
			db_reset(s);
			return (refuse(p, REPOINT_MANY, ""));
		}
		db_text(s, 0, p->names[p->n], sizeof p->names[0]);
	}
	return (rc < 0 ? db_failure(db) : STORE_OK);
}

static enum store_status
repoint_each(struct store_tx *tx, const struct store_repoint *p)
{
	struct store_alias_change c;
	enum store_status status = STORE_OK;
	size_t failed, i;

	for (i = 0; i < p->n && status == STORE_OK; i++) {
		memset(&c, 0, sizeof c);
		(void)snprintf(c.put.alias.org, sizeof c.put.alias.org, "%s",
		    p->org);
		(void)snprintf(c.put.alias.name, sizeof c.put.alias.name, "%s",
		    p->names[i]);
		c.put.target = hash_prefix_whole(&p->new);
		c.put.overwrite = true;
		c.put.purge = p->purge;
		c.put.note.comment = p->comment;
		status = tx_aliases_apply(tx, &c, 1, &failed);
	}
	return (status);
}

/* No other alias may lose its image, nor a URL that it was fetched from. */
static enum store_status
repoint_delete(struct store_tx *tx, struct store_repoint *p)
{
	struct store_source src = { .size = 0 };
	enum store_status status;

	status = source_load(tx->db, p->org, &p->old, &src);
	if (status == STORE_OK && src.deleted_ms == 0) {
		status = source_withdraw(tx, &src, true);
		if (status == STORE_OK && db_run(tx->db, ST_REMOTE_FOLLOW,
		    p->org, &p->old, &p->new) < 0)
			status = db_failure(tx->db);
		if (status == STORE_OK)
			source_audit(tx, &src, "sourceimage.delete", NULL,
			    NULL);
	}
	store_source_clear(&src);
	return (status == STORE_NOT_FOUND ? STORE_OK : status);
}

static int
name_compare(const void *a, const void *b)
{

	return (strcmp(a, b));
}

/* Those that a choice leaves out would show what is deleted. */
static enum store_status
repoint_rest(struct store_tx *tx, struct store_repoint *p)
{
	enum store_status status = STORE_OK;
	char name[NAME_MAX_LEN + 1];
	sqlite3_stmt *s;
	int rc;

	s = db_bind(tx->db, ST_ALIAS_OF, p->org, "", "", "\xf4\x8f\xbf\xbf",
	    p->n + 1, &p->old);
	while ((rc = db_step(tx->db, s)) > 0) {
		db_text(s, 0, name, sizeof name);
		if (bsearch(name, p->names, p->n, sizeof p->names[0],
		    name_compare) != NULL)
			continue;
		status = refuse(p, REPOINT_SHOWN, name);
		db_reset(s);
		break;
	}
	return (rc < 0 ? db_failure(tx->db) : status);
}

static enum store_status
repoint_run(struct store_tx *tx, struct store_job *job)
{
	struct store_repoint *p = CAST_OBJ(job, STORE_REPOINT_MAGIC);
	enum store_status status;

	status = find_images(tx->db, p);
	if (status == STORE_OK)
		status = p->n_only > 0 ? find_only(tx->db, p) :
		    find_shown(tx->db, p);
	if (status == STORE_OK && p->delete_previous)
		status = repoint_rest(tx, p);
	if (status != STORE_OK || p->dry_run)
		return (status);
	status = repoint_each(tx, p);
	if (status == STORE_OK && p->delete_previous)
		status = repoint_delete(tx, p);
	return (status);
}

void
store_repoint(struct store *st, struct store_repoint *p)
{

	p->job.magic = STORE_REPOINT_MAGIC;
	p->why = REPOINT_BY_STATUS;
	p->n = 0;
	p->names = calloc(STORE_REPOINT_MAX, sizeof *p->names);
	if (p->names != NULL)
		writer_submit(st, &p->job, repoint_run, NULL);
	else
		deliver_finish(st, &p->job, STORE_ERROR);
}

void
store_repoint_clear(struct store_repoint *p)
{

	free(p->names);
	p->names = NULL;
}
