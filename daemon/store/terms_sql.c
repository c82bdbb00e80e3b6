/* SPDX-License-Identifier: BSD-2-Clause */
/* What a search asks SQLite for of an image: its value of a field, and whether
 * it is in a set. */
#include "config.h"

#include <string.h>

#include "db.h"
#include "ids.h"
#include "terms.h"

/* The last row's terms: a statement asks several times about each row. */
struct last {
	char		*user, *dynamic;	/* NULL: none yet */
	GArray		*terms;
};

static void
last_clear(struct last *l)
{

	g_free(l->user);
	g_free(l->dynamic);
	if (l->terms != NULL)
		(void)g_array_free(l->terms, TRUE);
	memset(l, 0, sizeof *l);
}

static void
last_free(void *last)
{

	last_clear(last);
	g_free(last);
}

static void
last_take(struct last *l, const char *user, const char *dynamic)
{
	struct term_image m = { .id = 0 };

	if (l->user != NULL && strcmp(l->user, user) == 0 &&
	    strcmp(l->dynamic, dynamic) == 0)
		return;
	last_clear(l);
	m.user = l->user = g_strdup(user);
	m.dynamic = l->dynamic = g_strdup(dynamic);
	l->terms = terms_to_sort(&m);
}

static void
sql_result(sqlite3_context *c, const struct term *t)
{

	if (t->type == VALUE_INT)
		sqlite3_result_int64(c, t->i);
	else if (t->type == VALUE_REAL)
		sqlite3_result_double(c, t->r);
	else
		sqlite3_result_text(c, t->text, -1, SQLITE_TRANSIENT);
}

/*
 * term_sort(user_meta, dynamic_meta, field): the value of a field that an image has
 * once, or NULL.
 */
static void
sql_sort(sqlite3_context *c, int n, sqlite3_value **v)
{
	const char *user = (const char *)sqlite3_value_text(v[0]);
	const char *dynamic = (const char *)sqlite3_value_text(v[1]);
	const char *field = (const char *)sqlite3_value_text(v[2]);
	struct last *l = sqlite3_user_data(c);
	const struct term *t;

	(void)n;
	if (user == NULL || dynamic == NULL || field == NULL)
		return;
	last_take(l, user, dynamic);
	for (guint i = 0; i < l->terms->len; i++) {
		t = &g_array_index(l->terms, struct term, i);
		if (strcmp(t->field, field) == 0)
			sql_result(c, t);
	}
}

static void
sql_ids_has(sqlite3_context *c, int n, sqlite3_value **v)
{
	const struct ids *set = sqlite3_value_pointer(v[1], "ids");

	(void)n;
	sqlite3_result_int(c, set != NULL &&
	    ids_has(set, sqlite3_value_int64(v[0])));
}

/* ids_add(id, set), an aggregate: cheaper than a step for each row. */
static void
sql_ids_add(sqlite3_context *c, int n, sqlite3_value **v)
{
	int64_t id = sqlite3_value_int64(v[0]);
	struct ids **set = sqlite3_aggregate_context(c, sizeof *set);

	(void)n;
	/* The same in all rows. */
	if (set != NULL && *set == NULL)
		*set = sqlite3_value_pointer(v[1], "ids");
	if (set != NULL && *set != NULL && id >= 0)
		ids_add(*set, id);
}

static void
sql_ids_end(sqlite3_context *c)
{

	sqlite3_result_null(c);
}

int
terms_functions(struct db *db)
{
	const int how = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
	int rc;

	rc = sqlite3_create_function_v2(db->h, "term_sort", 3, how,
	    g_new0(struct last, 1), sql_sort, NULL, NULL, last_free);
	if (rc == SQLITE_OK)
		rc = sqlite3_create_function(db->h, "ids_has", 2, how, NULL,
		    sql_ids_has, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_create_function(db->h, "ids_add", 2, how, NULL,
		    NULL, sql_ids_add, sql_ids_end);
	return (rc);
}
