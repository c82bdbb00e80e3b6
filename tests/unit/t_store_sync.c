/* SPDX-License-Identifier: BSD-2-Clause */
/* What is synced before an answer, and what becomes of a disk that fails. */
#include "config.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "store/store_alias.h"
#include "store_util.h"

/* SQLite's go through here. */
static atomic_uint syncs;
static atomic_int fails;		/* errno of each, or 0 */

static int
sync_by(long call, int fd)
{
	(void)atomic_fetch_add(&syncs, 1);
	errno = atomic_load(&fails);
	return (errno != 0 ? -1 : (int)syscall(call, fd));
}

int
fsync(int fd)
{

	return (sync_by(SYS_fsync, fd));
}

int
fdatasync(int fd)
{

	return (sync_by(SYS_fdatasync, fd));
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

/* It begins before there is a job, and the job is told how it went. */
static void
t_early(void **state)
{
	struct fixture *f = *state;
	unsigned before = atomic_load(&syncs);
	struct store_blob *b = store_blob_new(f->store);

	assert_non_null(b);
	assert_int_equal(store_blob_write(b, "x", 1), 0);
	store_blob_sync(b);
	while (atomic_load(&syncs) == before)
		(void)sched_yield();
	store_blob_free(b);
	for (int i = 0; i < 200; i++) {	/* more than are kept in mind */
		b = store_blob_new(f->store);
		assert_non_null(b);
		store_blob_sync(b);
		store_blob_free(b);
	}
	assert_int_equal(put_image(f, "org", "e", NULL), STORE_CREATED);
}

static void
expect_alias(struct fixture *f, const char *name, const char *hash)
{
	struct store_alias a;

	assert_int_equal(store_alias_get(f->store, "org", name, &a),
	    STORE_OK);
	assert_hash(&a.hash, hash);
}

/*
 * What could not be synced is answered as an error, published to nobody and
 * seen by nobody; and all goes on when the disk does.
 */
static void
t_sync_fails(void **state)
{
	struct fixture *f = *state;
	char one[HASH_HEX + 1], two[HASH_HEX + 1];
	struct store_stats stats;
	unsigned published;

	assert_int_equal(put_image(f, "org", "1", one), STORE_CREATED);
	assert_int_equal(put_image(f, "org", "2", two), STORE_CREATED);
	assert_int_equal(put_alias(f, "org", "a", one, true), STORE_CREATED);
	published = f->published;
	atomic_store(&fails, EIO);
	assert_int_equal(put_alias(f, "org", "a", two, true), STORE_ERROR);
	assert_int_equal(put_image(f, "org", "3", NULL), STORE_ERROR);
	expect_alias(f, "a", one);
	atomic_store(&fails, ENOSPC);
	assert_int_equal(put_alias(f, "org", "a", two, true), STORE_FULL);
	assert_int_equal(put_image(f, "org", "3", NULL), STORE_FULL);
	expect_alias(f, "a", one);
	assert_int_equal(f->published, published);
	store_stats(f->store, &stats);
	assert_true(stats.failing);
	atomic_store(&fails, 0);
	expect_alias(f, "a", one);
	assert_int_equal(put_alias(f, "org", "a", two, true), STORE_OK);
	assert_int_equal(f->published, published + 1);
	assert_int_equal(put_image(f, "org", "3", NULL), STORE_CREATED);
	fixture_close(f);
	fixture_open(f);
	expect_alias(f, "a", two);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(t_syncs), T(t_early), T(t_sync_fails)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
