/* SPDX-License-Identifier: BSD-2-Clause */
/* The quota of purges. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "store_util.h"

#define HOUR	3600000

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
	/* With a lower limit the next place is free later. */
	assert_int_equal(store_quota_get(f->store, "org", PURGE_ALIAS, 9, &q),
	    STORE_OK);
	assert_int_equal(q.remaining, 0);
	assert_int_equal(q.retry_ms, start + 2000 + HOUR);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(t_quota), T(t_quota_crowd), T(t_quota_clock)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
