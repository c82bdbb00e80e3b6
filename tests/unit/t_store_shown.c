/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an alias showed at its last purge, and just before, and what is shown
 * for what is not there: what the map is told, and what is still there after a
 * restart and a step of the schema.
 */
#include "config.h"

#include <jansson.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/store_alias.h"
#include "store/store_org.h"
#include "store_util.h"

static char a[HASH_HEX + 1], b[HASH_HEX + 1], c[HASH_HEX + 1];

static void
images(struct fixture *f)
{

	assert_int_equal(put_image(f, "org", "a", a), STORE_CREATED);
	assert_int_equal(put_image(f, "org", "b", b), STORE_CREATED);
	assert_int_equal(put_image(f, "org", "c", c), STORE_CREATED);
}

static void
point(struct fixture *f, const char *hash)
{
	enum store_status st = put_alias(f, "org", "logo", hash, true);

	assert_true(st == STORE_OK || st == STORE_CREATED);
}

/* What the map was told last of it. */
static void
told(struct fixture *f, const char *hash, const char *shown,
    const char *previous)
{
	const struct store_change *l = last_change(f, CHANGE_ALIAS, "logo");

	assert_non_null(l);
	assert_hash(&l->hash, hash);
	assert_hash(&l->shown, shown);
	assert_hash(&l->previous, previous);
}

static void
t_moves(void **state)
{
	struct fixture *f = *state;

	images(f);
	point(f, a);
	told(f, a, "", "");
	point(f, b);
	told(f, b, a, "");
	point(f, b);			/* nothing changes */
	told(f, b, a, "");
	point(f, c);			/* twice before a purge */
	told(f, c, a, b);
	point(f, a);			/* and back */
	told(f, a, "", c);
	point(f, b);
	told(f, b, a, "");
	assert_int_equal(purge(f, "org", PURGE_ALIAS, "logo", 5, NULL),
	    STORE_OK);
	told(f, b, "", "");
	point(f, c);
	told(f, c, b, "");
	/* Of an earlier life nothing is left. */
	assert_int_equal(delete_alias(f, "org", "logo"), STORE_OK);
	point(f, a);
	told(f, a, "", "");
}

/* overwrite_purges */
static void
t_purging(void **state)
{
	struct fixture *f = *state;
	struct store_alias_put p;

	images(f);
	point(f, a);
	point(f, b);
	fill_alias(&p, "org", c, "logo");
	p.overwrite = p.purge = true;
	assert_int_equal(CALL(f, store_alias_put, &p), STORE_OK);
	told(f, c, "", "");
	assert_hash(&p.alias.shown, "");
}

/* Other purges show nothing new. */
static void
t_other_purges(void **state)
{
	struct fixture *f = *state;
	struct store_alias l;

	images(f);
	point(f, a);
	point(f, b);
	assert_int_equal(purge(f, "org", PURGE_SOURCE, a, 5, NULL), STORE_OK);
	assert_int_equal(purge(f, "org", PURGE_STACK, "*", 5, NULL),
	    STORE_OK);
	assert_int_equal(store_alias_get(f->store, "org", "logo", &l),
	    STORE_OK);
	assert_hash(&l.shown, a);
	told(f, b, a, "");
}

static void
keep(void *arg, const struct store_change *l, size_t n, uint64_t seq)
{

	(void)seq;
	for (; n > 0; n--, l++)
		if (l->kind == CHANGE_ALIAS)
			*(struct store_change *)arg = *l;
}

static void
expect_kept(struct fixture *f, const char *shown, const char *previous)
{
	struct store_change l;
	uint64_t expected;

	memset(&l, 0, sizeof l);
	assert_int_equal(store_snapshot(f->store, &expected, keep, &l),
	    STORE_OK);
	assert_hash(&l.hash, c);
	assert_hash(&l.shown, shown);
	assert_hash(&l.previous, previous);
}

static void
t_kept(void **state)
{
	struct fixture *f = *state;
	struct store_change l;

	images(f);
	point(f, a);
	point(f, b);
	point(f, c);
	fixture_close(f);
	fixture_open(f);
	expect_kept(f, a, b);
	memset(&l, 0, sizeof l);
	assert_int_equal(store_replay(f->store, 0, keep, &l), STORE_OK);
	assert_hash(&l.shown, a);
	assert_hash(&l.previous, b);
}

static void
sql(const struct fixture *f, const char *text)
{
	char path[128];
	sqlite3 *h;

	(void)snprintf(path, sizeof path, "%s/moniker.db", f->dir);
	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	if (sqlite3_exec(h, text, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(h));
	(void)sqlite3_close(h);
}

static const char before[] = UNDO_TERMS
    "ALTER TABLE alias DROP COLUMN shown;"
    "ALTER TABLE alias DROP COLUMN previous;"
    "ALTER TABLE change DROP COLUMN shown;"
    "ALTER TABLE change DROP COLUMN previous;"
    "DROP TABLE audit; DROP TABLE audit_size;"
    "ALTER TABLE source DROP COLUMN edition;"
    "ALTER TABLE apikey DROP COLUMN allowed_ips; DROP TABLE daily;"
    "PRAGMA user_version=6";

/* By the history; a map that follows the feed has to be made anew, once. */
static void
t_migrate(void **state)
{
	struct fixture *f = *state;
	uint64_t seq;

	images(f);
	point(f, b);
	point(f, a);
	assert_int_equal(purge(f, "org", PURGE_ALIAS, "logo", 5, NULL),
	    STORE_OK);
	point(f, b);
	point(f, c);
	seq = store_seq(f->store);
	fixture_close(f);
	sql(f, before);
	fixture_open(f);
	expect_kept(f, a, b);
	assert_true(store_replay_has_gap(f->store, seq));
	assert_false(store_replay_has_gap(f->store, store_seq(f->store)));
	/* Nothing to be told: the map may go on. */
	assert_int_equal(purge(f, "org", PURGE_ALIAS, "logo", 5, NULL),
	    STORE_OK);
	seq = store_seq(f->store);
	fixture_close(f);
	sql(f, before);
	fixture_open(f);
	expect_kept(f, "", "");
	assert_false(store_replay_has_gap(f->store, seq));
}

/*--------------------------------------------------------------------
 * The fallback
 */

static void
option(struct fixture *f, const char *json)
{
	struct store_org_put p;

	memset(&p, 0, sizeof p);
	(void)snprintf(p.org.name, sizeof p.org.name, "org");
	p.options = json_loads(json, 0, NULL);
	assert_non_null(p.options);
	assert_int_equal(CALL(f, store_org_put, &p), STORE_OK);
	json_decref(p.options);
}

/* *hash* "": that there is none. */
static void
told_fallback(struct fixture *f, const char *hash, unsigned how)
{
	const struct store_change *l = last_change(f, CHANGE_FALLBACK, "");

	assert_non_null(l);
	assert_int_equal(l->gone, *hash == '\0');
	assert_hash(&l->hash, hash);
	assert_int_equal(l->epoch, how);
}

static void
keep_fallback(void *arg, const struct store_change *l, size_t n, uint64_t seq)
{

	(void)seq;
	for (; n > 0; n--, l++)
		if (l->kind == CHANGE_FALLBACK)
			*(struct store_change *)arg = *l;
}

static void
expect_kept_fallback(struct fixture *f, const char *hash, unsigned how)
{
	struct store_change snap, replay;
	uint64_t expected;

	memset(&snap, 0, sizeof snap);
	memset(&replay, 0, sizeof replay);
	assert_int_equal(store_snapshot(f->store, &expected, keep_fallback,
	    &snap), STORE_OK);
	assert_int_equal(store_replay(f->store, 0, keep_fallback, &replay),
	    STORE_OK);
	assert_hash(&snap.hash, hash);
	assert_int_equal(snap.epoch, how);
	assert_hash(&replay.hash, hash);
	assert_int_equal(replay.gone, *hash == '\0');
	assert_string_equal(replay.key, "");
}

static void
t_fallback(void **state)
{
	struct fixture *f = *state;
	char json[128];

	images(f);
	assert_null(last_change(f, CHANGE_FALLBACK, ""));
	(void)snprintf(json, sizeof json, "{\"fallback_image\":\"%s\"}", a);
	option(f, json);
	told_fallback(f, a, 0);
	expect_kept_fallback(f, a, 0);
	option(f, "{\"fallback_status\":200,\"fallback_for\":\"all\"}");
	told_fallback(f, a, STORE_FALLBACK_FOUND | STORE_FALLBACK_ALL);
	option(f, "{\"fallback_image\":\"\"}");
	told_fallback(f, "", 0);
	expect_kept_fallback(f, "", 0);
}

static void
t_fallback_alias(void **state)
{
	struct fixture *f = *state;

	images(f);
	option(f, "{\"fallback_image\":\"alias:logo\"}");
	told_fallback(f, "", 0);	/* there is no such alias yet */
	assert_int_equal(put_alias(f, "org", "other", b, true),
	    STORE_CREATED);
	told_fallback(f, "", 0);
	point(f, a);
	told_fallback(f, a, 0);
	point(f, b);
	told_fallback(f, b, 0);
	fixture_close(f);
	fixture_open(f);
	expect_kept_fallback(f, b, 0);
	assert_int_equal(delete_alias(f, "org", "logo"), STORE_OK);
	told_fallback(f, "", 0);
	expect_kept_fallback(f, "", 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(t_moves), T(t_purging), T(t_other_purges), T(t_kept),
		T(t_migrate), T(t_fallback), T(t_fallback_alias)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
