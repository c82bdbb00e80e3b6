/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All that changed since a moment back to what it was. Which aliases changed
 * takes long to find among many, so the reader looks, and the writer adds those
 * that changed since the reader looked.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aliases.h"
#include "sources.h"

/* That are looked at; of some nothing will have to change. */
#define NAMES_MAX	(10 * STORE_ROLLBACK_MAX)

static enum store_status
refuse(struct store_rollback *p, enum store_rollback_why why,
    const char *alias)
{

	p->refusal.why = why;
	(void)snprintf(p->refusal.alias, sizeof p->refusal.alias, "%s", alias);
	return (STORE_PRECONDITION);
}

/* The names that changed, in p->rolled: one more than may change, if more did. */
static int
names_read(struct db *db, struct store_rollback *p)
{
	const int limit = NAMES_MAX + 1;
	char upper[NAME_MAX_LEN + 8];
	sqlite3_stmt *s;
	int rc;

	(void)snprintf(upper, sizeof upper, "%s\xf4\x8f\xbf\xbf", p->prefix);
	if (*p->tag != '\0')
		s = db_bind(db, ST_TAGGED_SINCE, p->org, p->tag, p->at_ms,
		    limit);
	else
		s = db_bind(db, ST_CHANGED_SINCE, p->org, p->prefix, upper,
		    p->at_ms, limit);
	while ((rc = db_step(db, s)) > 0) {
		db_text(s, 0, p->rolled[p->n].name,
		    sizeof p->rolled[p->n].name);
		p->n++;
	}
	return (rc);
}

/* *one*: from where to where. */
static enum store_status
look_one(struct db *db, struct store_rollback *p, struct store_rolled *one)
{
	struct store_source src = { .size = 0 };
	struct store_alias now;
	enum store_status status;
	bool there;

	status = alias_load(db, p->org, one->name, &now);
	if (status != STORE_OK && status != STORE_NOT_FOUND)
		return (status);
	there = status == STORE_OK;
	one->from = there ? now.hash : (struct hash){ .b = { 0 } };
	status = alias_was(db, p->org, one->name, p->at_ms,
	    there ? &now : NULL, &one->to);
	if (status == STORE_PRECONDITION)
		return (refuse(p, ROLLBACK_FORGOTTEN, one->name));
	if (status != STORE_OK || hash_is_none(&one->to))
		return (status);
	status = source_load(db, p->org, &one->to, &src);
	one->deleted = status == STORE_NOT_FOUND || src.deleted_ms != 0;
	store_source_clear(&src);
	return (status == STORE_NOT_FOUND ? STORE_OK : status);
}

/* Leaves those that are not what they were. */
static enum store_status
look_each(struct db *db, struct store_rollback *p)
{
	enum store_status status;
	size_t i, n = 0;

	if (p->n > NAMES_MAX)
		return (refuse(p, ROLLBACK_MANY, ""));
	for (i = 0; i < p->n; i++) {
		status = look_one(db, p, &p->rolled[i]);
		if (status != STORE_OK)
			return (status);
		if (!hash_equal(&p->rolled[i].from, &p->rolled[i].to))
			p->rolled[n++] = p->rolled[i];
	}
	p->n = n;
	return (n > STORE_ROLLBACK_MAX ? refuse(p, ROLLBACK_MANY, "") :
	    STORE_OK);
}

/* Before this the history of the organization may lack something; or -1. */
static int64_t
history_gone(struct db *db, const char *org)
{
	int64_t ms = 0;
	sqlite3_stmt *s;
	int rc;

	s = db_row(db, &rc, ST_HISTORY_GONE, org);
	if (s != NULL) {
		ms = sqlite3_column_int64(s, 0);
		db_reset(s);
	}
	return (rc < 0 ? -1 : ms);
}

static enum store_status
look_all(struct db *db, struct store_rollback *p)
{
	int64_t gone = history_gone(db, p->org);

	if (gone < 0 || db_meta(db, "seq", &p->seq) < 0)
		return (db_failure(db));
	if (p->at_ms < gone)
		return (refuse(p, ROLLBACK_FORGOTTEN, ""));
	if (names_read(db, p) != 0)
		return (db_failure(db));
	return (look_each(db, p));
}

static enum store_status
look_read(struct store *st, struct store_read *r)
{
	struct store_rollback *p = CAST_OBJ(r, STORE_READ_MAGIC);
	struct db *db = store_db(st);
	enum store_status status;

	CHECK_OBJ(p, STORE_ROLLBACK_MAGIC);
	if (db_run(db, ST_BEGIN_READ) < 0)
		return (db_failure(db));
	status = look_all(db, p);
	(void)db_run(db, ST_COMMIT);
	return (status);
}

void
store_rollback_look(struct store *st, struct store_rollback *p)
{

	p->magic = STORE_ROLLBACK_MAGIC;
	memset(&p->refusal, 0, sizeof p->refusal);
	p->n = 0;
	p->rolled = calloc(NAMES_MAX + 1, sizeof *p->rolled);
	p->read.read = look_read;
	if (p->rolled != NULL)
		store_read_submit(st, &p->read);
	else
		deliver_finish(st, &p->read.job, STORE_ERROR);
}

void
store_rollback_clear(struct store_rollback *p)
{

	free(p->rolled);
	p->rolled = NULL;
}

/*--------------------------------------------------------------------
 * The change
 */

static int
name_compare(const void *a, const void *b)
{

	return (strcmp(((const struct store_rolled *)a)->name,
	    ((const struct store_rolled *)b)->name));
}

/* Whether it is one of those that are asked for: 1, 0, or -1. */
static int
name_wanted(struct db *db, const struct store_rollback *p, const char *name)
{
	sqlite3_stmt *s;
	int rc;

	if (*p->tag == '\0')
		return (strncmp(name, p->prefix, strlen(p->prefix)) == 0);
	s = db_row(db, &rc, ST_TAG_HAS, p->org, p->tag, name);
	if (s != NULL)
		db_reset(s);
	return (rc < 0 ? -1 : s != NULL);
}

/* Adds what changed since the reader looked, and is not there yet; 0 or -1. */
static int
names_since(struct db *db, struct store_rollback *p)
{
	struct store_rolled one = { .deleted = false };
	size_t n = p->n;
	sqlite3_stmt *s;
	int rc;

	s = db_bind(db, ST_ALIASES_AFTER, p->org, p->seq);
	while ((rc = db_step(db, s)) > 0) {
		db_text(s, 0, one.name, sizeof one.name);
		rc = name_wanted(db, p, one.name);
		if (rc < 0 || p->n > NAMES_MAX) {
			db_reset(s);
			break;
		}
		if (rc == 1 && bsearch(&one, p->rolled, n, sizeof one,
		    name_compare) == NULL)
			p->rolled[p->n++] = one;
	}
	qsort(p->rolled, p->n, sizeof *p->rolled, name_compare);
	return (rc < 0 ? -1 : 0);
}

static void
change_fill(const struct store_rollback *p, const struct store_rolled *one,
    struct store_alias_change *c)
{

	c->remove = hash_is_none(&one->to);
	c->put.purge = p->purge;
	c->put.note.comment = p->comment;
	c->put.note.action = "alias.rollback";
	(void)snprintf(c->put.alias.org, sizeof c->put.alias.org, "%s",
	    p->org);
	(void)snprintf(c->put.alias.name, sizeof c->put.alias.name, "%s",
	    one->name);
}

static enum store_status
roll_one(struct store_tx *tx, struct store_rollback *p,
    const struct store_rolled *one)
{
	struct store_alias_change c = { .remove = false };
	enum store_status status;
	size_t failed;

	change_fill(p, one, &c);
	if (c.remove)
		return (tx_aliases_apply(tx, &c, 1, &failed));
	status = rollback_image(tx, p->org, &one->to, p->restore,
	    &p->refusal);
	if (status == STORE_OK)
		status = rollback_put(tx, &c.put, &one->to);
	return (status == STORE_CREATED ? STORE_OK : status);
}

static enum store_status
roll_run(struct store_tx *tx, struct store_job *job)
{
	struct store_rollback *p = CAST_OBJ(job, STORE_ROLLBACK_JOB_MAGIC);
	enum store_status status;
	size_t i;

	CHECK_OBJ(p, STORE_ROLLBACK_MAGIC);
	if (p->at_ms < usage_history_gone(tx, p->org))
		return (refuse(p, ROLLBACK_FORGOTTEN, ""));
	if (names_since(tx->db, p) != 0)
		return (db_failure(tx->db));
	/* All of it before the first change, which may cost rows of history. */
	status = look_each(tx->db, p);
	for (i = 0; i < p->n && status == STORE_OK; i++) {
		status = roll_one(tx, p, &p->rolled[i]);
		if (status != STORE_OK)
			(void)snprintf(p->refusal.alias,
			    sizeof p->refusal.alias, "%s", p->rolled[i].name);
	}
	return (status);
}

void
store_rollback(struct store *st, struct store_rollback *p)
{

	p->read.job.magic = STORE_ROLLBACK_JOB_MAGIC;
	writer_submit(st, &p->read.job, roll_run, NULL);
}
