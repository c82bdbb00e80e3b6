/* SPDX-License-Identifier: BSD-2-Clause */
/* The writer: group commit, its order, and one job failing among many. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

		/* Every tenth has no image, and fails alone. */
		fill_alias(p, "org", i % 10 == 0 ? "ffffff" : one, "n%u", i);
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

#define BULKS	12
#define BULK	1000

struct bulks {
	struct store_alias_bulk op[BULKS];
	struct store_alias_change c[BULKS * BULK];
};

/* A crowd of bulk calls is no commit that all others wait for. */
static void
t_large(void **state)
{
	struct fixture *f = *state;
	char one[HASH_HEX + 1];
	struct bulks *b;
	unsigned i;

	b = calloc(1, sizeof *b);
	assert_non_null(b);
	assert_int_equal(put_image(f, "org", "1", one), STORE_CREATED);
	for (i = 0; i < BULKS * BULK; i++)
		fill_alias(&b->c[i].put, "org", one, "n%u", i);
	for (i = 0; i < BULKS; i++) {
		b->op[i].changes = b->c + i * BULK;
		b->op[i].n = BULK;
		if (i < BULKS - 1)
			store_alias_bulk(f->store, &b->op[i]);
	}
	assert_int_equal(CALL(f, store_alias_bulk, &b->op[BULKS - 1]),
	    STORE_OK);
	for (i = 0; i < BULKS; i++)
		assert_int_equal(b->op[i].job.status, STORE_OK);
	assert_in_range(f->largest, BULK, 5 * BULK);
	free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(t_group), T(t_order), T(t_feed), T(t_large)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
