/* SPDX-License-Identifier: BSD-2-Clause */
/* The writer: group commit, its order, and one job failing among many. */
#include "config.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/db.h"
#include "store/store_alias.h"
#include "store_util.h"

#define JOBS	2000

struct crowd {
	struct fixture	*f;
	unsigned	done, last;
	struct store_alias_put p[JOBS];
};

static void
crowd_done(struct store_job *j)
{
	struct store_alias_put *p = (struct store_alias_put *)j;
	struct crowd *c = j->arg;
	unsigned i = (unsigned)(p - c->p);

	/* In the order of submission, and published before. */
	assert_int_equal(i, c->done);
	c->done++;
	if (j->status == STORE_CREATED)
		assert_true(p->alias.seq <= store_seq(c->f->store));
}

/* Others of the loop come between: no commit hands all of its jobs back. */
static void
crowd_wait(struct crowd *c)
{
	unsigned before;

	while (c->done < JOBS) {
		before = c->done;
		assert_int_equal(event_base_loop(c->f->base, EVLOOP_ONCE), 0);
		assert_true(c->done - before <= 8);
	}
}

static void
t_group(void **state)
{
	struct fixture *f = *state;
	struct store_stats before, after;
	struct store_alias a;
	struct crowd *c;
	char one[HASH_HEX + 1];
	unsigned i;

	c = calloc(1, sizeof *c);
	assert_non_null(c);
	c->f = f;
	assert_int_equal(put_image(f, "org", "1", one), STORE_CREATED);
	store_stats(f->store, &before);
	for (i = 0; i < JOBS; i++) {
		struct store_alias_put *p = &c->p[i];

		(void)snprintf(p->alias.org, sizeof p->alias.org, "org");
		(void)snprintf(p->alias.name, sizeof p->alias.name, "n%u", i);
		/* Every tenth has no image, and fails alone. */
		(void)snprintf(p->alias.hash, sizeof p->alias.hash, "%s",
		    i % 10 == 0 ? "ffffff" : one);
		p->job.done = crowd_done;
		p->job.arg = c;
		store_alias_put(f->store, p);
	}
	crowd_wait(c);
	store_stats(f->store, &after);
	assert_int_equal(after.jobs - before.jobs, JOBS);
	print_message("%u jobs in %u transactions\n", JOBS,
	    (unsigned)(after.batches - before.batches));
	assert_true(after.batches - before.batches <= JOBS / 8);
	for (i = 0; i < JOBS; i++) {
		assert_int_equal(c->p[i].job.status, i % 10 == 0 ?
		    STORE_NO_SOURCE : STORE_CREATED);
		assert_int_equal(store_alias_get(f->store, "org",
		    c->p[i].alias.name, &a), i % 10 == 0 ?
		    STORE_NOT_FOUND : STORE_OK);
	}
	assert_int_equal(f->n, JOBS - JOBS / 10);
	/* The feed goes back no further than it was told to. */
	assert_true(store_replay_has_gap(f->store, c->p[101].alias.seq));
	assert_false(store_replay_has_gap(f->store, c->p[1501].alias.seq));
	assert_false(after.failing);
	assert_true(after.disk_free > 0);
	free(c);
}

static void
note_done(struct store_job *j)
{
	struct fixture *f = j->arg;

	f->order[strlen(f->order)] = 'd';
	(void)event_base_loopbreak(f->base);
}

static void
t_order(void **state)
{
	static const struct store_target v1[] = { { .name = "v1" } };
	struct fixture *f = *state;
	struct store_purge p;

	assert_int_equal(store_targets_set(f->store, v1, 1), STORE_OK);
	memset(f->order, 0, sizeof f->order);
	memset(&p, 0, sizeof p);
	(void)snprintf(p.org, sizeof p.org, "org");
	(void)snprintf(p.key, sizeof p.key, "thumb");
	p.kind = PURGE_STACK;
	p.job.done = note_done;
	p.job.arg = f;
	store_purge(f->store, &p);
	(void)event_base_dispatch(f->base);
	assert_int_equal(p.job.status, STORE_OK);
	free(p.sources);
	assert_string_equal(f->order, "pod");
}

struct replay {
	struct store_change c[64];
	size_t		n;
	uint64_t	last;
};

static void
on_replay(void *arg, const struct store_change *c, size_t n, uint64_t last)
{
	struct replay *r = arg;

	assert_true(r->n + n <= 64);
	memcpy(r->c + r->n, c, n * sizeof *c);
	r->n += n;
	r->last = last;
}

static void
t_feed(void **state)
{
	struct fixture *f = *state;
	struct replay r = { .n = 0 };
	char one[HASH_HEX + 1];
	uint64_t start, expected;

	start = store_seq(f->store);
	assert_int_equal(put_image(f, "org", "1", one), STORE_CREATED);
	assert_int_equal(put_alias(f, "org", "a", one, false), STORE_CREATED);
	assert_int_equal(put_alias(f, "org", "b", one, false), STORE_CREATED);
	assert_int_equal(delete_alias(f, "org", "a"), STORE_OK);
	assert_int_equal(purge(f, "org", PURGE_STACK, "*", 0, NULL), STORE_OK);
	fixture_close(f);
	fixture_open(f);
	assert_false(store_replay_has_gap(f->store, start));
	assert_int_equal(store_replay(f->store, start, on_replay, &r),
	    STORE_OK);
	assert_int_equal(r.n, 4);
	assert_memory_equal(r.c, f->changes, 4 * sizeof r.c[0]);
	assert_int_equal(r.last, store_seq(f->store));
	r.n = 0;
	assert_int_equal(store_replay(f->store, r.c[2].seq, on_replay, &r),
	    STORE_OK);
	assert_int_equal(r.n, 1);
	r.n = 0;
	assert_int_equal(store_snapshot(f->store, &expected, on_replay, &r),
	    STORE_OK);
	assert_int_equal(r.n, 2);
	assert_int_equal(expected, 2);
	assert_string_equal(r.c[0].key, "b");
	assert_int_equal(r.c[1].kind, CHANGE_ORGANIZATION);
	/* Older than what is kept, and newer than what there is. */
	assert_true(store_replay_has_gap(f->store, 1));
	assert_true(store_replay_has_gap(f->store,
	    store_seq(f->store) + 1));
}

/*
 * No statement may look at all rows of a table that grows: each names an
 * index, or is one of those that have reason to.
 */
static void
check_plan(sqlite3 *h, const char *name, const char *sql)
{
	static const char *const whole[] = {
		/* the map's first fill; at start; tables of a few rows */
		"SNAP_ALIAS", "SNAP_EPOCH", "SNAP_COUNT", "BAN_SWEEP_ALL",
		"TARGET_EACH", "PURGE_TARGETS", "DELIVERY_INSERT",
		/* no further than the first that stays; few rows */
		"BAN_EXPIRE", "PURGE_EXPIRE", "HISTORY_EXPIRE",
		"STACK_EXPIRE", "SOURCE_EXPIRED"
	};
	char text[4096];
	const char *detail;
	sqlite3_stmt *s;
	size_t i;

	for (i = 0; i < sizeof whole / sizeof whole[0]; i++)
		if (strcmp(whole[i], name) == 0)
			return;
	(void)snprintf(text, sizeof text, "EXPLAIN QUERY PLAN %s", sql);
	if (sqlite3_prepare_v2(h, text, -1, &s, NULL) != SQLITE_OK)
		fail_msg("%s: %s", name, sqlite3_errmsg(h));
	while (sqlite3_step(s) == SQLITE_ROW) {
		detail = (const char *)sqlite3_column_text(s, 3);
		if (strncmp(detail, "SCAN", 4) == 0 &&
		    strcmp(detail, "SCAN CONSTANT ROW") != 0)
			fail_msg("%s: %s", name, detail);
		if (strstr(detail, "TEMP B-TREE FOR ORDER") != NULL)
			fail_msg("%s: %s", name, detail);
	}
	(void)sqlite3_finalize(s);
}

static void
t_plan(void **state)
{
	static const struct { const char *name, *sql; } all[] = {
#define S(name, sql) { #name, sql },
		STORE_STATEMENTS(S)
#undef S
	};
	struct fixture *f = *state;
	char path[128];
	sqlite3 *h;
	size_t i;

	(void)snprintf(path, sizeof path, "%s/moniker.db", f->dir);
	assert_int_equal(sqlite3_open_v2(path, &h, SQLITE_OPEN_READONLY,
	    NULL), SQLITE_OK);
	for (i = 0; i < sizeof all / sizeof all[0]; i++)
		check_plan(h, all[i].name, all[i].sql);
	(void)sqlite3_close(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(t_group), T(t_order), T(t_feed), T(t_plan)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
