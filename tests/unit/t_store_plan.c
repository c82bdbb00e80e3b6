/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How SQLite means to run each statement of the store: by an index. What walks
 * through a whole table is named here, with the reason. And whether each
 * statement has the parameters that statements.h gives it.
 */
#include "config.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "store/statements.h"
#include "store_util.h"

static const struct {
	const char	*name, *sql;
	const char	*params;	/* a letter each */
} statements[] = {
#define NONE		""
#define TEXT(name)	"t"
#define INT(name)	"i"
#define REAL(name)	"r"
#define HASH(name)	"h"
#define BLOB(name)	"b"
#define S(name, params, sql)	{ #name, sql, params },
	STORE_STATEMENTS(S)
#undef S
};

static const char *const walks[] = {
	/* all of it is what is asked for */
	"SNAP_ALIAS", "SNAP_EPOCH", "SNAP_COUNT",
	/* a row an organization */
	"USAGE_EACH", "DAY_LEVELS", "FALLBACK_EACH",
	/* what the map has, when it is made anew */
	"PREVIEW_EACH", "PLAN_EACH_SET", "PLAN_EACH_ITEM", "PLAN_EACH_NEXT",
	/* the days of each, every ten minutes */
	"DAY_EXPIRE",
	/* the images of one transaction; the fields of all images */
	"TERM_STALE_CLEAR", "TERM_FIELD_EMPTY",
	/* once, for a database without terms */
	"TERM_IMAGE_EACH", "TERM_FIELD_EACH", "TERM_TEXT_FILL",
	"TERM_COLUMN_PAIRS",
	/* by fsck */
	"TERM_CHECK",
	/* a handful of rows */
	"TARGET_EACH", "PURGE_TARGETS", "DELIVERY_INSERT", "HOOK_STATS",
	"HOOK_RECOUNT",
	/* at the start only */
	"BAN_SWEEP_ALL", "RESTORED_EPOCHS", "RESTORED_BANS", "RESTORED_OWED",
	"IMAGES_KEPT",
	/* ids rise with time: it ends at the first row that stays */
	"HOOK_ANY", "HOOK_EXPIRE",
	"HISTORY_EXPIRED", "BAN_EXPIRE", "PURGE_EXPIRE", "HISTORY_EXPIRE",
	/* what was deleted lately */
	"SOURCE_EXPIRED",
	/* an alias has thirty, and an instant a thousand of one organization */
	"PLAN_EVENTS", "PLAN_DUE",
	/* stacks are few; and what a stack's index has led to */
	"STACK_EXPIRED", "STACKS_ON",
	/* people are few */
	"SESSION_EXPIRE",
};

static bool
may_walk(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof walks / sizeof walks[0]; i++)
		if (strcmp(walks[i], name) == 0)
			return (true);
	return (false);
}

/* "SCAN t", by an index or not, or a sort; not what is made on the way. */
static bool
is_walk(const char *detail)
{

	return (strstr(detail, "TEMP B-TREE FOR ORDER") != NULL ||
	    (strncmp(detail, "SCAN ", 5) == 0 &&
	    strstr(detail, "CONSTANT ROW") == NULL));
}

static unsigned
look(sqlite3 *h, const char *name, const char *sql)
{
	char explain[4096];
	const char *detail;
	sqlite3_stmt *s;
	unsigned walked = 0;

	(void)snprintf(explain, sizeof explain, "EXPLAIN QUERY PLAN %s", sql);
	if (sqlite3_prepare_v2(h, explain, -1, &s, NULL) != SQLITE_OK)
		fail_msg("%s: %s", name, sqlite3_errmsg(h));
	while (sqlite3_step(s) == SQLITE_ROW) {
		detail = (const char *)sqlite3_column_text(s, 3);
		if (!is_walk(detail))
			continue;
		walked++;
		if (!may_walk(name))
			print_message("%s: %s\n", name, detail);
	}
	(void)sqlite3_finalize(s);
	return (may_walk(name) ? 0 : walked);
}

static sqlite3 *
open_database(const struct fixture *f)
{
	char path[128];
	sqlite3 *h;

	(void)snprintf(path, sizeof path, "%s/moniker.db", f->dir);
	assert_int_equal(sqlite3_open_v2(path, &h, SQLITE_OPEN_READWRITE,
	    NULL), SQLITE_OK);
	return (h);
}

static void
t_parameters(void **state)
{
	unsigned wrong = 0;
	sqlite3_stmt *s;
	sqlite3 *h;
	int want;
	size_t i;

	h = open_database(*state);
	for (i = 0; i < sizeof statements / sizeof statements[0]; i++) {
		assert_int_equal(sqlite3_prepare_v2(h, statements[i].sql, -1,
		    &s, NULL), SQLITE_OK);
		want = (int)strlen(statements[i].params);
		if (sqlite3_bind_parameter_count(s) != want) {
			print_message("%s has %d parameters, not %d\n",
			    statements[i].name,
			    sqlite3_bind_parameter_count(s), want);
			wrong++;
		}
		(void)sqlite3_finalize(s);
	}
	(void)sqlite3_close(h);
	assert_int_equal(wrong, 0);
}

static void
t_plan(void **state)
{
	unsigned walked = 0;
	sqlite3 *h;
	size_t i;

	h = open_database(*state);
	for (i = 0; i < sizeof statements / sizeof statements[0]; i++)
		walked += look(h, statements[i].name, statements[i].sql);
	(void)sqlite3_close(h);
	assert_int_equal(walked, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { T(t_parameters), T(t_plan) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
