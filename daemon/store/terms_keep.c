/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keeps the terms level with the images. Triggers note each image that a
 * transaction changes, whoever changes it, with what its terms were made of; the
 * writer makes the difference before it commits.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_priv.h"
#include "terms.h"

/* The id of a field; 0: there is none, and it was not created; -1. */
static int64_t
field_id(struct db *db, const struct term_image *m, const char *name, bool make)
{
	sqlite3_stmt *s;
	int64_t id;
	int rc;

	s = db_row(db, &rc, ST_TERM_FIELD_GET, m->org, m->deleted, name);
	if (s != NULL) {
		id = sqlite3_column_int64(s, 0);
		db_reset(s);
		return (id);
	}
	if (rc < 0 || !make)
		return (rc);
	if (db_run(db, ST_TERM_FIELD_NEW, m->org, m->deleted, name) < 0)
		return (-1);
	return (sqlite3_last_insert_rowid(db->h));
}

/* Gives a new value the number of one that no image has any more, if there is. */
static int
text_new(struct db *db, int64_t field, const char *value)
{
	sqlite3_stmt *s;
	char *was;
	int rc;

	s = db_row(db, &rc, ST_TERM_TEXT_FREE, field);
	if (s == NULL)
		return (rc < 0 ? -1 :
		    db_run(db, ST_TERM_TEXT_NEW, field, value));
	was = db_strdup(s, 0);
	db_reset(s);
	rc = was == NULL ? -1 :
	    db_run(db, ST_TERM_TEXT_REUSE, field, was, value);
	free(was);
	return (rc);
}

/* Counts one image more or less of a value; the value's number, or -1. */
static int64_t
text_count(struct db *db, int64_t field, const char *value, int64_t n)
{
	sqlite3_stmt *s;
	int64_t no;
	int rc;

	rc = db_run(db, ST_TERM_TEXT_COUNT, field, value, n);
	if (rc < 0 || (rc == 0 && text_new(db, field, value) < 0))
		return (-1);
	s = db_row(db, &rc, ST_TERM_TEXT_GET, field, value);
	if (s == NULL)
		return (-1);
	no = sqlite3_column_int64(s, 0);
	db_reset(s);
	return (no);
}

/* Changes of rows: 0, 1, or -1. */
static int
term_row(struct db *db, int64_t field, int64_t source, const struct term *t,
    bool add)
{

	switch (t->type) {
	case VALUE_INT:
		return (add ? db_run(db, ST_TERM_ADD_INT, field, t->i, source) :
		    db_run(db, ST_TERM_DROP_INT, field, t->i, source));
	case VALUE_REAL:
		return (add ? db_run(db, ST_TERM_ADD_REAL, field, t->r, source) :
		    db_run(db, ST_TERM_DROP_REAL, field, t->r, source));
	case VALUE_TEXT:
	default:
		return (add ?
		    db_run(db, ST_TERM_ADD_TEXT, field, t->text, source) :
		    db_run(db, ST_TERM_DROP_TEXT, field, t->text, source));
	}
}

static int
term_change(struct db *db, const struct term_image *m, const struct term *t,
    bool add)
{
	int64_t field, no;
	int n;

	field = field_id(db, m, t->field, add);
	if (field <= 0)
		return ((int)field);
	n = term_row(db, field, m->id, t, add);
	if (n <= 0 || !t->facet)
		return (n < 0 ? -1 : 0);
	no = text_count(db, field, t->text, add ? 1 : -1);
	return (no < 0 ? -1 : column_change(db, field, m->id, no, add));
}

static int
terms_all(struct db *db, const struct term_image *m, GArray *a, bool add)
{

	for (guint i = 0; i < a->len; i++)
		if (term_change(db, m, &g_array_index(a, struct term, i),
		    add) != 0)
			return (-1);
	return (0);
}

/* Both are in order: takes those away that are only in *old*, and so on. */
static int
terms_difference(struct db *db, const struct term_image *m, GArray *old,
    GArray *new)
{
	const struct term *o, *n;
	guint i = 0, j = 0;
	int c;

	while (i < old->len || j < new->len) {
		o = i < old->len ? &g_array_index(old, struct term, i) : NULL;
		n = j < new->len ? &g_array_index(new, struct term, j) : NULL;
		c = o == NULL ? 1 : n == NULL ? -1 : term_compare(o, n);
		if ((c < 0 && term_change(db, m, o, false) != 0) ||
		    (c > 0 && term_change(db, m, n, true) != 0))
			return (-1);
		i += c <= 0;
		j += c >= 0;
	}
	return (0);
}

static int
terms_update(struct db *db, const struct term_image *was,
    const struct term_image *is)
{
	GArray *old = terms_of(was), *new = terms_of(is);
	int rc;

	if (!was->gone && !is->gone && was->org == is->org &&
	    was->deleted == is->deleted)
		rc = terms_difference(db, is, old, new);
	else
		rc = terms_all(db, was, old, false) != 0 ||
		    terms_all(db, is, new, true) != 0 ? -1 : 0;
	(void)g_array_free(old, TRUE);
	(void)g_array_free(new, TRUE);
	return (rc);
}

void
term_image_take(sqlite3_stmt *s, struct term_image *m)
{

	m->id = sqlite3_column_int64(s, 0);
	m->gone = sqlite3_column_type(s, 1) == SQLITE_NULL;
	m->org = sqlite3_column_int64(s, 1);
	m->deleted = sqlite3_column_int(s, 2) != 0;
	m->name = db_strdup(s, 3);
	m->user = db_strdup(s, 4);
	m->dynamic = db_strdup(s, 5);
	m->gone |= m->name == NULL || m->user == NULL || m->dynamic == NULL;
}

void
term_image_free(struct term_image *m)
{

	free(m->name);
	free(m->user);
	free(m->dynamic);
}

static int
terms_keep_one(struct db *db, const struct term_image *was)
{
	struct term_image is = { .id = was->id, .gone = true };
	sqlite3_stmt *s;
	int rc;

	s = db_row(db, &rc, ST_TERM_IMAGE, was->id);
	if (rc < 0)
		return (-1);
	if (s != NULL) {
		term_image_take(s, &is);
		db_reset(s);
	}
	rc = terms_update(db, was, &is);
	term_image_free(&is);
	return (rc);
}

int
terms_keep(struct db *db)
{
	struct term_image was;
	int64_t after = 0;
	sqlite3_stmt *s;
	int rc;

	while ((s = db_row(db, &rc, ST_TERM_STALE, after)) != NULL) {
		term_image_take(s, &was);
		db_reset(s);
		after = was.id;
		rc = terms_keep_one(db, &was);
		term_image_free(&was);
		if (rc != 0)
			return (-1);
	}
	if (rc == 0 && after != 0 && db_run(db, ST_TERM_STALE_CLEAR) < 0)
		rc = -1;
	return (rc);
}

int
terms_sweep(struct db *db)
{
	int64_t id = 0;
	sqlite3_stmt *s;
	int rc;

	while ((s = db_row(db, &rc, ST_TERM_FIELD_EMPTY, id)) != NULL) {
		id = sqlite3_column_int64(s, 0);
		db_reset(s);
		if (db_run(db, ST_TERM_TEXT_DELETE, id) < 0 ||
		    db_run(db, ST_TERM_COLUMN_DROP, id) < 0 ||
		    db_run(db, ST_TERM_FIELD_DELETE, id) < 0)
			return (-1);
	}
	return (rc);
}

int
terms_open(struct db *db)
{
	uint64_t made = 0;
	int rc = -1;

	/* What is sorted may be large. */
	if (db_exec(db, "PRAGMA temp_store=FILE; BEGIN IMMEDIATE") != 0)
		return (-1);
	if (db_meta(db, "terms", &made) >= 0 &&
	    (made != 0 ? terms_keep(db) : terms_build(db)) == 0 &&
	    db_run(db, ST_META_SET_INT, "terms", 1) >= 0)
		rc = db_exec(db, "COMMIT");
	if (rc != 0)
		(void)sqlite3_exec(db->h, "ROLLBACK", NULL, NULL, NULL);
	(void)db_exec(db, "PRAGMA temp_store=MEMORY");
	/* Reads from a long log are slow. */
	if (rc == 0 && made == 0)
		(void)sqlite3_wal_checkpoint_v2(db->h, NULL,
		    SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	return (rc);
}
