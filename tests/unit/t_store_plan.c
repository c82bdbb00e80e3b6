/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How SQLite means to run each statement of the store: by an index. What walks
 * through a whole table is named here, with the reason.
 */
#include "config.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "store/statements.h"
#include "store_util.h"

static const struct {
	const char	*name, *sql;
} statements[] = {
#define S(name, sql)	{ #name, sql },
	STORE_STATEMENTS(S)
#undef S
};

static const char *const walks[] = {
	/* all of it is what is asked for */
	"SNAP_ALIAS", "SNAP_EPOCH", "SNAP_COUNT",
	/* a row an organization */
	"USAGE_EACH",
	/* a handful of rows */
	"TARGET_EACH", "PURGE_TARGETS", "DELIVERY_INSERT",
	/* at the start only */
	"BAN_SWEEP_ALL", "RESTORED_EPOCHS", "RESTORED_BANS", "RESTORED_OWED",
	"IMAGES_KEPT",
	/* ids rise with time: it ends at the first row that stays */
	"HISTORY_EXPIRED", "BAN_EXPIRE", "PURGE_EXPIRE", "HISTORY_EXPIRE",
	/* what was deleted lately */
	"SOURCE_EXPIRED",
	/* stacks are few; and what a stack's index has led to */
	"STACK_EXPIRED", "STACKS_ON",
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

static void
t_plan(void **state)
{
	struct fixture *f = *state;
	char path[128];
	unsigned walked = 0;
	sqlite3 *h;
	size_t i;

	(void)snprintf(path, sizeof path, "%s/moniker.db", f->dir);
	assert_int_equal(sqlite3_open_v2(path, &h, SQLITE_OPEN_READWRITE,
	    NULL), SQLITE_OK);
	for (i = 0; i < sizeof statements / sizeof statements[0]; i++)
		walked += look(h, statements[i].name, statements[i].sql);
	(void)sqlite3_close(h);
	assert_int_equal(walked, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { T(t_plan) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
