/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The terms of a database that was written before there were any. They are sorted
 * before they go into their table: one by one, each would be written into
 * another page. What is sorted lies in a file, not in memory.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_priv.h"
#include "terms.h"

struct build {
	struct db	*db;
	GHashTable	*fields;	/* "ORG.DELETED.NAME" to the id */
	sqlite3_stmt	*add;
};

/* The id of a field, which may be made; 0 after an error. */
static int64_t
build_field(struct build *b, const struct term_image *m, const char *name)
{
	char key[STORE_TERM + 32];
	int64_t id;

	(void)snprintf(key, sizeof key, "%lld.%d.%s", (long long)m->org,
	    m->deleted, name);
	id = (int64_t)(intptr_t)g_hash_table_lookup(b->fields, key);
	if (id != 0)
		return (id);
	if (db_run(b->db, ST_TERM_FIELD_NEW, m->org, m->deleted, name) < 0)
		return (0);
	id = sqlite3_last_insert_rowid(b->db->h);
	(void)g_hash_table_insert(b->fields, g_strdup(key),
	    (void *)(intptr_t)id);
	return (id);
}

static int
build_term(struct build *b, const struct term_image *m, const struct term *t)
{
	int64_t field = build_field(b, m, t->field);

	if (field == 0)
		return (-1);
	(void)sqlite3_bind_int64(b->add, 1, field);
	if (t->type == VALUE_INT)
		(void)sqlite3_bind_int64(b->add, 2, t->i);
	else if (t->type == VALUE_REAL)
		(void)sqlite3_bind_double(b->add, 2, t->r);
	else
		(void)sqlite3_bind_text(b->add, 2, t->text, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(b->add, 3, m->id);
	return (db_step(b->db, b->add));
}

static int
build_image(struct build *b, const struct term_image *m)
{
	GArray *a = terms_of(m);
	int rc = 0;

	for (guint i = 0; rc == 0 && i < a->len; i++)
		rc = build_term(b, m, &g_array_index(a, struct term, i));
	(void)g_array_free(a, TRUE);
	return (rc);
}

static int
build_images(struct build *b)
{
	sqlite3_stmt *s = db_bind(b->db, ST_TERM_IMAGE_EACH);
	struct term_image m;
	int rc;

	while ((rc = db_step(b->db, s)) > 0) {
		term_image_take(s, &m);
		rc = build_image(b, &m);
		term_image_free(&m);
		if (rc != 0) {
			db_reset(s);
			return (-1);
		}
	}
	return (rc);
}

static int
build_sort(struct build *b)
{
	int rc;

	if (sqlite3_prepare_v2(b->db->h, "INSERT INTO temp.unsorted "
	    "VALUES (?1, ?2, ?3)", -1, &b->add, NULL) != SQLITE_OK)
		return (-1);
	rc = build_images(b);
	(void)sqlite3_finalize(b->add);
	return (rc != 0 ? -1 : db_exec(b->db,
	    "INSERT INTO term SELECT field, value, source FROM temp.unsorted "
	    "ORDER BY field, value, source"));
}

/* Those whose values are listed by how often they occur. */
static int
build_facets(struct db *db)
{
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(int64_t));
	sqlite3_stmt *s = db_bind(db, ST_TERM_FIELD_EACH);
	char name[STORE_TERM];
	int64_t id;
	int rc;

	while ((rc = db_step(db, s)) > 0) {
		id = sqlite3_column_int64(s, 0);
		db_text(s, 1, name, sizeof name);
		if (term_is_facet(name))
			g_array_append_val(ids, id);
	}
	for (guint i = 0; rc == 0 && i < ids->len; i++) {
		id = g_array_index(ids, int64_t, i);
		if (db_run(db, ST_TERM_TEXT_FILL, id) < 0 ||
		    column_make(db, id) != 0)
			rc = -1;
	}
	(void)g_array_free(ids, TRUE);
	return (rc);
}

int
terms_build(struct db *db)
{
	struct build b = { .db = db };
	int rc;

	b.fields = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	    NULL);
	rc = db_exec(db, "DELETE FROM term; DELETE FROM term_text;"
	    "DELETE FROM term_column; DELETE FROM term_field;"
	    "CREATE TEMP TABLE unsorted (field, value, source)");
	if (rc == 0)
		rc = build_sort(&b);
	if (rc == 0)
		rc = db_exec(db, "DROP TABLE temp.unsorted");
	if (rc == 0)
		rc = build_facets(db);
	if (rc == 0 && db_run(db, ST_TERM_STALE_CLEAR) < 0)
		rc = -1;
	g_hash_table_destroy(b.fields);
	return (rc);
}
