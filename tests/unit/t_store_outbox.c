/* SPDX-License-Identifier: BSD-2-Clause */
/* The outbox: who owes which ban, and when a purge is done. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_util.h"

static void
t_outbox(void **state)
{
	struct fixture *f = *state;
	int64_t due, oldest;
	unsigned pending;
	struct bans l;

	targets(f, "v1", "v2");
	assert_int_equal(purge(f, "org", PURGE_ALIAS, "a", 0, NULL), STORE_OK);
	assert_int_equal(f->outboxes, 1);
	assert_int_equal(owed(f, "v1", &l), 1);
	assert_int_equal(ack(f, "v1", &l, 0), STORE_OK);
	assert_int_equal(owed(f, "v1", &l), 0);
	fixture_close(f);
	fixture_open(f);
	assert_int_equal(owed(f, "v2", &l), 1);
	assert_int_equal(store_ban_count(f->store, "v2", &pending, &oldest),
	    STORE_OK);
	assert_int_equal(pending, 1);
	assert_int_equal(oldest, fake_ms);
	/* Acknowledged, and due a second time. */
	assert_int_equal(ack(f, "v2", &l, 60000), STORE_OK);
	assert_int_equal(owed(f, "v2", &l), 0);
	assert_int_equal(store_ban_count(f->store, "v2", &pending, &oldest),
	    STORE_OK);
	assert_int_equal(pending, 0);
	assert_int_equal(store_ban_due(f->store, "v2", &due), STORE_OK);
	assert_int_equal(due, fake_ms + 60000);
	fake_ms += 60000;
	assert_int_equal(owed(f, "v2", &l), 1);
	assert_int_equal(l.b[0].round, 1);
	assert_int_equal(ack(f, "v2", &l, 60000), STORE_OK);
	assert_int_equal(owed(f, "v2", &l), 0);
	assert_int_equal(store_ban_due(f->store, "v2", &due), STORE_OK);
	assert_true(due == INT64_MAX);
	/* A new target owes nothing of before, one that left nothing at all. */
	assert_int_equal(purge(f, "org", PURGE_ALIAS, "a", 0, NULL), STORE_OK);
	targets(f, "v2", "v3");
	assert_int_equal(owed(f, "v3", &l), 0);
	assert_int_equal(owed(f, "v2", &l), 1);
	targets(f, "v1", "v3");
	targets(f, "v2", "v3");
	assert_int_equal(owed(f, "v2", &l), 0);
}

/* A clock that was wrong by a year does not put a repeat off for a year. */
static void
t_clock(void **state)
{
	struct fixture *f = *state;
	int64_t due, year = 365 * 24 * (int64_t)3600000;
	struct bans l;

	targets(f, "v1", NULL);
	fake_ms += year;
	assert_int_equal(purge(f, "org", PURGE_ALIAS, "a", 0, NULL), STORE_OK);
	assert_int_equal(owed(f, "v1", &l), 1);
	assert_int_equal(ack(f, "v1", &l, 60000), STORE_OK);
	fake_ms -= year;
	assert_int_equal(store_ban_due(f->store, "v1", &due), STORE_OK);
	assert_int_equal(due, fake_ms);
	assert_int_equal(owed(f, "v1", &l), 1);
	assert_int_equal(ack(f, "v1", &l, 60000), STORE_OK);
	assert_int_equal(owed(f, "v1", &l), 0);
}

/* As many as fit no list of fixed size. */
static void
t_forget(void **state)
{
	char text[150][8];
	struct store_target names[150];
	struct fixture *f = *state;
	struct bans l;
	unsigned i;

	for (i = 0; i < 150; i++) {
		(void)snprintf(text[i], sizeof text[i], "v%u", i);
		names[i] = (struct store_target){ .name = text[i] };
	}
	assert_int_equal(store_targets_set(f->store, names, 150), STORE_OK);
	assert_int_equal(purge(f, "org", PURGE_ALIAS, "a", 0, NULL), STORE_OK);
	targets(f, "other", NULL);
	assert_int_equal(store_targets_set(f->store, names, 150), STORE_OK);
	for (i = 0; i < 150; i++)
		assert_int_equal(owed(f, names[i].name, &l), 0);
}

static int
count_target(void *arg, const char *name, bool pending, int64_t acked_ms)
{
	unsigned *seen = arg;

	assert_string_not_equal(name, "theirs");
	assert_true(!pending || acked_ms == 0);
	*seen += pending ? 10 : 1;
	return (0);
}

/* A target of one organization owes nothing of another's, nor is it shown. */
static void
t_organization(void **state)
{
	struct store_target names[] = {
		{ .name = "all" }, { .name = "ours", .org = "org" },
		{ .name = "theirs", .org = "other" }
	};
	struct fixture *f = *state;
	struct store_purge_info info;
	struct store_purge p;
	int64_t oldest;
	unsigned n, seen = 0;
	struct bans l;

	assert_int_equal(store_targets_set(f->store, names, 3), STORE_OK);
	assert_int_equal(purge(f, "org", PURGE_ALIAS, "a", 0, &p), STORE_OK);
	free(p.sources);
	assert_int_equal(owed(f, "all", &l), 1);
	assert_int_equal(owed(f, "theirs", &l), 0);
	assert_int_equal(store_ban_count(f->store, "theirs", &n, &oldest),
	    STORE_OK);
	assert_int_equal(n, 0);
	assert_int_equal(owed(f, "ours", &l), 1);
	assert_int_equal(ack(f, "ours", &l, 0), STORE_OK);
	assert_int_equal(store_purge_get(f->store, "org", p.id, &info,
	    count_target, &seen), STORE_OK);
	assert_int_equal(seen, 11);
	assert_int_equal(info.pending, 1);
	/* Configured for all from now on. */
	names[2].org = NULL;
	assert_int_equal(store_targets_set(f->store, names, 3), STORE_OK);
	assert_int_equal(owed(f, "theirs", &l), 0);
	assert_int_equal(purge(f, "org", PURGE_ALIAS, "a", 0, NULL), STORE_OK);
	assert_int_equal(owed(f, "theirs", &l), 1);
}

static void
watch_done(struct store_watch *w)
{

	(void)event_base_loopbreak(w->arg);
	w->purge = 0;
}

static int
one_target(void *arg, const char *target, bool pending, int64_t acked_ms)
{

	assert_string_equal(target, "v1");
	*(bool *)arg = pending;
	assert_true(pending || acked_ms > 0);
	return (0);
}

static int
take_id(void *arg, const struct store_ban *b)
{
	struct store_ban_ack *p = arg;

	p->ids[p->n++] = b->id;
	return (0);
}

static int
count_purge(void *arg, const struct store_purge_info *i)
{

	assert_true(i->counted);
	++*(unsigned *)arg;
	return (0);
}

static void
t_purge_status(void **state)
{
	static const struct store_target v1[] = { { .name = "v1" } };
	struct fixture *f = *state;
	struct store_purge_info info;
	struct store_ban_ack ack;
	struct store_watch w;
	struct store_purge p;
	bool pending = false;
	unsigned n = 0;

	assert_int_equal(store_targets_set(f->store, v1, 1), STORE_OK);
	assert_int_equal(purge(f, "org", PURGE_ALIAS, "x", 10, &p), STORE_OK);
	free(p.sources);
	assert_int_equal(store_purge_get(f->store, "org", p.id, &info,
	    one_target, &pending), STORE_OK);
	assert_true(pending);
	assert_int_equal(info.pending, 1);
	assert_string_equal(info.key, "x");
	assert_int_equal(store_purge_get(f->store, "two", p.id, &info, NULL,
	    NULL), STORE_NOT_FOUND);
	w = (struct store_watch){ .purge = p.id, .done = watch_done,
	    .arg = f->base };
	store_purge_watch(f->store, &w);
	memset(&ack, 0, sizeof ack);
	(void)snprintf(ack.target, sizeof ack.target, "v1");
	assert_int_equal(store_ban_each(f->store, "v1", 0, 10, take_id, &ack),
	    STORE_OK);
	assert_int_equal(ack.n, 1);
	store_ban_ack(f->store, &ack);
	(void)event_base_dispatch(f->base);
	assert_int_equal(w.purge, 0);
	assert_int_equal(store_purge_get(f->store, "org", p.id, &info,
	    one_target, &pending), STORE_OK);
	assert_false(pending);
	/* One that is done already is told as well. */
	w.purge = p.id;
	store_purge_watch(f->store, &w);
	(void)event_base_dispatch(f->base);
	assert_int_equal(w.purge, 0);
	assert_int_equal(store_purge_each(f->store, "org", 0, 10, count_purge,
	    &n), STORE_OK);
	assert_int_equal(n, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(t_outbox), T(t_clock), T(t_forget), T(t_organization),
		T(t_purge_status)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
