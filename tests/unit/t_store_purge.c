/* SPDX-License-Identifier: BSD-2-Clause */
/* Purges: epochs, quota, outbox. */
#include "config.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "store/store_alias.h"
#include "store_util.h"

#define HOUR	3600000

static const struct store_change *
last_change(struct fixture *f, enum store_change_kind kind, const char *key)
{
	size_t i;

	for (i = f->n; i-- > 0;)
		if (f->changes[i].kind == kind &&
		    strcmp(f->changes[i].key, key) == 0)
			return (&f->changes[i]);
	return (NULL);
}

struct bans {
	struct store_ban b[64];
	unsigned	n;
};

static int
take_ban(void *arg, const struct store_ban *b)
{
	struct bans *l = arg;

	assert_true(l->n < 64);
	l->b[l->n++] = *b;
	return (0);
}

static unsigned
owed(struct fixture *f, const char *target, struct bans *l)
{

	l->n = 0;
	assert_int_equal(store_ban_each(f->store, target, 0, 64, take_ban, l),
	    STORE_OK);
	return (l->n);
}

static bool
has_ban(const struct bans *l, const char *header, const char *value)
{
	unsigned i;

	for (i = 0; i < l->n; i++)
		if (strcmp(l->b[i].header, header) == 0 &&
		    strcmp(l->b[i].value, value) == 0 &&
		    strcmp(l->b[i].org, "org") == 0)
			return (true);
	return (false);
}

static void
targets(struct fixture *f, const char *a, const char *b)
{
	const struct store_target both[2] = { { .name = a }, { .name = b } };

	assert_int_equal(store_targets_set(f->store, both, b != NULL ? 2 : 1),
	    STORE_OK);
}

static void
t_alias_purge(void **state)
{
	struct fixture *f = *state;
	char one[HASH_HEX + 1], two[HASH_HEX + 1], six[HASH_HEX + 1];
	const struct store_change *c;
	struct store_purge p;
	struct store_alias a;
	struct bans l;

	targets(f, "v1", NULL);
	assert_int_equal(put_image(f, "org", "1", one), STORE_CREATED);
	assert_int_equal(put_image(f, "org", "2", two), STORE_CREATED);
	assert_int_equal(put_image(f, "org", "6", six), STORE_CREATED);
	assert_int_equal(put_alias(f, "org", "logo", one, false),
	    STORE_CREATED);
	assert_int_equal(put_alias(f, "org", "logo", two, true), STORE_OK);
	assert_int_equal(purge(f, "org", PURGE_ALIAS, "logo", 10, &p),
	    STORE_OK);
	assert_non_null(strstr(p.sources, one));
	assert_non_null(strstr(p.sources, two));
	assert_int_equal(p.quota.remaining, 9);
	free(p.sources);
	assert_int_equal(owed(f, "v1", &l), 5);
	assert_true(has_ban(&l, "x-moniker-alias", "logo"));
	assert_true(has_ban(&l, "x-moniker-source", one));
	assert_true(has_ban(&l, "x-moniker-secondary", one));
	assert_true(has_ban(&l, "x-moniker-source", two));
	assert_true(has_ban(&l, "x-moniker-secondary", two));
	assert_int_equal(l.b[0].purge, p.id);
	assert_non_null(last_change(f, CHANGE_SOURCE, one));
	c = last_change(f, CHANGE_ALIAS, "logo");
	assert_string_equal(c->hash, two);
	assert_int_equal(store_alias_get(f->store, "org", "logo", &a),
	    STORE_OK);
	assert_true(c->epoch != 0);
	assert_int_equal(a.epoch, c->epoch);
	/* What it showed before its last purge is not purged again. */
	assert_int_equal(put_alias(f, "org", "logo", six, true), STORE_OK);
	assert_int_equal(delete_alias(f, "org", "logo"), STORE_OK);
	assert_int_equal(purge(f, "org", PURGE_ALIAS, "logo", 10, &p),
	    STORE_OK);
	assert_null(strstr(p.sources, one));
	assert_non_null(strstr(p.sources, two));
	assert_non_null(strstr(p.sources, six));
	free(p.sources);
	/* A name that comes back has the epoch of the purge in between. */
	assert_int_equal(put_alias(f, "org", "logo", one, false),
	    STORE_CREATED);
	assert_int_equal(store_alias_get(f->store, "org", "logo", &a),
	    STORE_OK);
	assert_true(a.epoch > c->epoch);
	assert_int_equal(last_change(f, CHANGE_ALIAS, "logo")->epoch, a.epoch);
}

static void
t_unknown(void **state)
{
	struct fixture *f = *state;
	struct store_purge p;

	assert_int_equal(purge(f, "org", PURGE_ALIAS, "never", 10, &p),
	    STORE_OK);
	assert_string_equal(p.sources, "[]");
	assert_int_equal(p.quota.remaining, 9);
	free(p.sources);
	assert_int_equal(purge(f, "org", PURGE_SOURCE, "123456", 5, &p),
	    STORE_NOT_FOUND);
	assert_null(p.sources);
	assert_int_equal(store_quota_get(f->store, "org", PURGE_SOURCE, 5,
	    &p.quota), STORE_OK);
	assert_int_equal(p.quota.remaining, 5);
}

static void
t_stack_purge(void **state)
{
	struct fixture *f = *state;
	char one[HASH_HEX + 1];
	struct bans l;

	targets(f, "v1", NULL);
	assert_int_equal(put_image(f, "org", "1", one), STORE_CREATED);
	assert_int_equal(purge(f, "org", PURGE_STACK, "thumb", 5, NULL),
	    STORE_OK);
	assert_int_equal(purge(f, "org", PURGE_STACK, "*", 5, NULL), STORE_OK);
	assert_int_equal(purge(f, "org", PURGE_SOURCE, one, 5, NULL),
	    STORE_OK);
	assert_int_equal(owed(f, "v1", &l), 4);
	assert_true(has_ban(&l, "x-moniker-stack", "thumb"));
	assert_true(has_ban(&l, "x-moniker-org", "org"));
	assert_true(has_ban(&l, "x-moniker-source", one));
	assert_true(has_ban(&l, "x-moniker-secondary", one));
	assert_non_null(last_change(f, CHANGE_STACK, "thumb"));
	assert_non_null(last_change(f, CHANGE_ORGANIZATION, ""));
	assert_non_null(last_change(f, CHANGE_SOURCE, one));
}

static void
t_quota(void **state)
{
	struct fixture *f = *state;
	struct store_quota q;
	struct store_purge p;
	int64_t start = fake_ms;
	int i;

	for (i = 0; i < 10; i++) {
		assert_int_equal(purge(f, "org", PURGE_ALIAS, "a", 10, NULL),
		    STORE_OK);
		fake_ms += 1000;
	}
	assert_int_equal(purge(f, "org", PURGE_ALIAS, "b", 10, &p),
	    STORE_QUOTA);
	assert_int_equal(p.quota.remaining, 0);
	assert_int_equal(p.quota.retry_ms, start + HOUR);
	/* Other kinds and organizations have their own. */
	assert_int_equal(purge(f, "org", PURGE_STACK, "b", 5, NULL), STORE_OK);
	assert_int_equal(put_org(f, "two"), STORE_CREATED);
	assert_int_equal(purge(f, "two", PURGE_ALIAS, "b", 10, NULL),
	    STORE_OK);
	/* It is on the disk. */
	fixture_close(f);
	fixture_open(f);
	assert_int_equal(store_quota_get(f->store, "org", PURGE_ALIAS, 10, &q),
	    STORE_OK);
	assert_int_equal(q.remaining, 0);
	fake_ms = start + HOUR - 1;
	assert_int_equal(purge(f, "org", PURGE_ALIAS, "b", 10, NULL),
	    STORE_QUOTA);
	fake_ms = start + HOUR;
	assert_int_equal(purge(f, "org", PURGE_ALIAS, "b", 10, &p), STORE_OK);
	free(p.sources);
	assert_int_equal(p.quota.remaining, 0);
	assert_int_equal(p.quota.retry_ms, start + 1000 + HOUR);
	assert_int_equal(purge(f, "org", PURGE_ALIAS, "b", 10, NULL),
	    STORE_QUOTA);
	/* No limit, or a higher one. */
	assert_int_equal(purge(f, "org", PURGE_ALIAS, "b", 0, NULL), STORE_OK);
	assert_int_equal(purge(f, "org", PURGE_ALIAS, "b", 11, NULL),
	    STORE_OK);
}

#define CROWD	1000

struct crowd {
	struct fixture	*f;
	unsigned	done, granted;
	struct store_purge p[CROWD];
};

static void
crowd_done(struct store_job *j)
{
	struct crowd *c = j->arg;

	c->granted += j->status == STORE_OK;
	if (j->status != STORE_OK)
		assert_int_equal(j->status, STORE_QUOTA);
	free(((struct store_purge *)j)->sources);
	if (++c->done == CROWD)
		(void)event_base_loopbreak(c->f->base);
}

/* All at once: some in one transaction, the rest refused from memory. */
static void
t_quota_crowd(void **state)
{
	struct fixture *f = *state;
	struct store_stats before, after;
	struct crowd *c;
	unsigned i;

	c = calloc(1, sizeof *c);
	assert_non_null(c);
	c->f = f;
	for (i = 0; i < CROWD; i++) {
		(void)snprintf(c->p[i].org, sizeof c->p[i].org, "org");
		(void)snprintf(c->p[i].key, sizeof c->p[i].key, "a%u", i);
		c->p[i].limit = 10;
		c->p[i].job.done = crowd_done;
		c->p[i].job.arg = c;
		store_purge(f->store, &c->p[i]);
	}
	(void)event_base_dispatch(f->base);
	assert_int_equal(c->granted, 10);
	free(c);
	store_stats(f->store, &before);
	for (i = 0; i < 100; i++)
		assert_int_equal(purge(f, "org", PURGE_ALIAS, "a", 10, NULL),
		    STORE_QUOTA);
	store_stats(f->store, &after);
	assert_int_equal(after.jobs, before.jobs);
}

/* A clock that was wrong by a year locks nobody out for longer than an hour. */
static void
t_quota_clock(void **state)
{
	struct fixture *f = *state;
	int64_t year = 365 * 24 * (int64_t)HOUR;
	int i;

	fake_ms += year;
	for (i = 0; i < 10; i++)
		assert_int_equal(purge(f, "org", PURGE_ALIAS, "a", 10, NULL),
		    STORE_OK);
	fake_ms -= year;
	assert_int_equal(purge(f, "org", PURGE_ALIAS, "a", 10, NULL),
	    STORE_QUOTA);
	fake_ms += HOUR;
	assert_int_equal(purge(f, "org", PURGE_ALIAS, "a", 10, NULL),
	    STORE_OK);
}

/* Where overwriting purges: in the same transaction, and not counted. */
static void
t_overwrite(void **state)
{
	struct fixture *f = *state;
	char one[HASH_HEX + 1], two[HASH_HEX + 1];
	struct store_alias_put p;
	struct store_quota q;
	struct bans l;
	unsigned published;

	targets(f, "v1", NULL);
	assert_int_equal(put_image(f, "org", "1", one), STORE_CREATED);
	assert_int_equal(put_image(f, "org", "2", two), STORE_CREATED);
	memset(&p, 0, sizeof p);
	(void)snprintf(p.alias.org, sizeof p.alias.org, "org");
	(void)snprintf(p.alias.name, sizeof p.alias.name, "x");
	(void)snprintf(p.alias.hash, sizeof p.alias.hash, "%s", one);
	p.overwrite = p.purge = true;
	assert_int_equal(CALL(f, store_alias_put, &p), STORE_CREATED);
	assert_int_equal(owed(f, "v1", &l), 0);
	(void)snprintf(p.alias.hash, sizeof p.alias.hash, "%s", two);
	published = f->published;
	assert_int_equal(CALL(f, store_alias_put, &p), STORE_OK);
	assert_int_equal(f->published, published + 1);
	assert_int_equal(owed(f, "v1", &l), 5);
	assert_true(has_ban(&l, "x-moniker-alias", "x"));
	assert_true(has_ban(&l, "x-moniker-source", one));
	assert_string_equal(p.alias.hash, two);
	assert_true(p.alias.epoch != 0);
	assert_int_equal(last_change(f, CHANGE_ALIAS, "x")->epoch,
	    p.alias.epoch);
	assert_int_equal(store_quota_get(f->store, "org", PURGE_ALIAS, 10,
	    &q), STORE_OK);
	assert_int_equal(q.remaining, 10);
	/* Nothing moves, nothing is purged. */
	assert_int_equal(CALL(f, store_alias_put, &p), STORE_OK);
	assert_int_equal(owed(f, "v1", &l), 5);
}

static enum store_status
ack(struct fixture *f, const char *target, const struct bans *l,
    unsigned repeat_ms)
{
	struct store_ban_ack p;
	unsigned i;

	memset(&p, 0, sizeof p);
	(void)snprintf(p.target, sizeof p.target, "%s", target);
	for (i = 0; i < l->n; i++)
		p.ids[p.n++] = l->b[i].id;
	p.repeat_ms = repeat_ms;
	return (CALL(f, store_ban_ack, &p));
}

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
count_target(void *arg, const char *name, bool pending)
{
	unsigned *seen = arg;

	assert_string_not_equal(name, "theirs");
	*seen += pending ? 10 : 1;
	return (0);
}

/* A target of one organization owes nothing of another's, nor is shown there. */
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

/* SQLite's go through here. */
static atomic_uint syncs;

int
fsync(int fd)
{
	(void)atomic_fetch_add(&syncs, 1);
	return ((int)syscall(SYS_fsync, fd));
}

int
fdatasync(int fd)
{
	(void)atomic_fetch_add(&syncs, 1);
	return ((int)syscall(SYS_fdatasync, fd));
}

/* A purge is synced before it is answered, an acknowledgement need not be. */
static void
t_syncs(void **state)
{
	struct fixture *f = *state;
	struct bans l;
	unsigned i, before;

	targets(f, "v1", NULL);
	for (i = 0; i < 3; i++) {
		before = atomic_load(&syncs);
		assert_int_equal(purge(f, "org", PURGE_ALIAS, "a", 0, NULL),
		    STORE_OK);
		assert_int_equal(atomic_load(&syncs), before + 1);
		assert_int_equal(owed(f, "v1", &l), 1);
		assert_int_equal(ack(f, "v1", &l, 0), STORE_OK);
		assert_int_equal(owed(f, "v1", &l), 0);
		assert_int_equal(atomic_load(&syncs), before + 1);
	}
}

#define T(name) \
	cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(t_alias_purge), T(t_unknown), T(t_stack_purge), T(t_quota),
		T(t_quota_crowd), T(t_quota_clock), T(t_overwrite), T(t_outbox),
		T(t_forget), T(t_organization), T(t_syncs)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
