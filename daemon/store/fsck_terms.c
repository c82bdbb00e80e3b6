/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether the terms are those of the images: each that an image should have is
 * there, as many are there as should be, and the values are numbered and
 * counted so. What is wrong makes searches wrong, and nothing else.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "store_priv.h"
#include "terms.h"

#define MEND								\
	"wrong: searches tell of other images. Stop monikerd, have it make "	\
	"them anew with sqlite3 moniker.db \"DELETE FROM meta WHERE "		\
	"key = 'terms'\", start it, and please report it"

struct terms_check {
	struct db	*db;
	store_problem_f	*func;
	void		*arg;
	int		problems;
	int64_t		terms, facets;	/* that there should be */
};

static void
check_problem(struct terms_check *c, const char *where)
{

	c->problems++;
	c->func(c->arg, where, MEND);
}

/* Whether there is such a row: 0 or 1, or -1. */
static int
check_row(struct terms_check *c, int64_t field, int64_t source,
    const struct term *t)
{
	sqlite3_stmt *s;
	int rc;

	if (t->type == VALUE_INT)
		s = db_row(c->db, &rc, ST_TERM_HAS_INT, field, t->i, source);
	else if (t->type == VALUE_REAL)
		s = db_row(c->db, &rc, ST_TERM_HAS_REAL, field, t->r, source);
	else
		s = db_row(c->db, &rc, ST_TERM_HAS_TEXT, field, t->text,
		    source);
	if (s != NULL)
		db_reset(s);
	return (rc);
}

static int
check_term(struct terms_check *c, const struct term_image *m,
    const struct term *t)
{
	sqlite3_stmt *s;
	int64_t field;
	int rc;

	c->terms++;
	c->facets += t->facet;
	s = db_row(c->db, &rc, ST_TERM_FIELD_GET, m->org, m->deleted,
	    t->field);
	if (s == NULL)
		return (rc);
	field = sqlite3_column_int64(s, 0);
	db_reset(s);
	return (check_row(c, field, m->id, t));
}

/* 0, or -1 when the database cannot be read. */
static int
check_image(struct terms_check *c, const struct term_image *m)
{
	GArray *a = terms_of(m);
	char where[64];
	int rc = 1;

	for (guint i = 0; rc > 0 && i < a->len; i++)
		rc = check_term(c, m, &g_array_index(a, struct term, i));
	if (rc == 0) {
		(void)snprintf(where, sizeof where, "the terms of image row "
		    "%lld are", (long long)m->id);
		check_problem(c, where);
	}
	(void)g_array_free(a, TRUE);
	return (rc < 0 ? -1 : 0);
}

static int
check_images(struct terms_check *c)
{
	sqlite3_stmt *s = db_bind(c->db, ST_TERM_IMAGE_EACH);
	struct term_image m;
	int rc;

	while ((rc = db_step(c->db, s)) > 0) {
		term_image_take(s, &m);
		rc = check_image(c, &m);
		term_image_free(&m);
		if (rc < 0) {
			db_reset(s);
			return (-1);
		}
	}
	return (rc);
}

/* Nothing is there that belongs to no image, and each value is counted right. */
static int
check_counts(struct terms_check *c)
{
	sqlite3_stmt *s;
	int rc;

	s = db_row(c->db, &rc, ST_TERM_CHECK);
	if (s == NULL)
		return (-1);
	if (sqlite3_column_int64(s, 0) != c->terms)
		check_problem(c, "the number of terms is");
	if (sqlite3_column_int64(s, 1) != c->facets ||
	    sqlite3_column_int64(s, 2) != 0)
		check_problem(c, "the counts of values are");
	db_reset(s);
	return (0);
}

/* The images of each value, as the columns have them. */
static int
check_columns(struct terms_check *c)
{
	sqlite3_stmt *s = db_bind(c->db, ST_TERM_FIELD_EACH);
	char name[STORE_TERM], where[STORE_TERM + 32];
	int rc, same;

	while ((rc = db_step(c->db, s)) > 0) {
		db_text(s, 1, name, sizeof name);
		if (!term_is_facet(name))
			continue;
		same = column_check(c->db, sqlite3_column_int64(s, 0));
		(void)snprintf(where, sizeof where, "the column of %s is", name);
		if (same == 0)
			check_problem(c, where);
		if (same < 0) {
			db_reset(s);
			return (-1);
		}
	}
	return (rc);
}

int
terms_check(struct db *db, store_problem_f *func, void *arg)
{
	struct terms_check c = { .db = db, .func = func, .arg = arg };
	uint64_t made;

	/* None yet: the next start makes them. */
	if (db_meta(db, "terms", &made) <= 0 || made == 0)
		return (0);
	if (check_images(&c) != 0 || check_counts(&c) != 0 ||
	    check_columns(&c) != 0)
		return (-1);
	return (c.problems);
}
