/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Readers, updates and generation switches at once; built with
 * ThreadSanitizer, which makes every data race an error.
 */
#include "map_verify.h"

#include <pthread.h>

#include "map_failpoint.h"
#include "map_table.h"

#define READERS		3
#define REMAPS		20
#define ROUNDS_SECONDS	3

static struct verify v;
static _Atomic uint64_t removed_ms;	/* when the folder was removed last */
static struct map_reader *reader;

static void *
reader_main(void *priv)
{
	uint64_t rnd = 88172645463325252u + (uintptr_t)priv;

	while (atomic_load(&v.stop) == 0) {
		map_reader_tick(reader, help_ms());
		/* Without a folder there may be no map, for a second at most. */
		if (!verify_one(&v, reader, &rnd) &&
		    help_ms() > atomic_load(&removed_ms) + 1000)
			verify_wrong(&v, 0, "unattached", 0, 0, 0);
	}
	return (NULL);
}

static unsigned
seconds(void)
{
	const char *s = getenv("MAP_SECONDS");

	return (s != NULL ? (unsigned)atoi(s) : ROUNDS_SECONDS);
}

/*
 * Puts, rebuilds, a removed folder: all that moves the readers. Goes on, where
 * the machine is busy, until they have moved often enough to tell.
 */
static void
writer_run(struct map_writer *w, const char *dir)
{
	uint64_t end = help_ms() + seconds() * 1000;
	uint64_t i, rnd = 1234567;
	struct map_status st = { .remaps = 0 };

	for (i = 0; help_ms() < end || (st.remaps <= REMAPS &&
	    help_ms() < end + 60000); i++) {
		assert_int_equal(verify_put(&v, w,
		    (unsigned)(help_random(&rnd) % VERIFY_KEYS), true), 0);
		if (i % 64 == 0)
			assert_int_equal(map_writer_heartbeat(w, help_ms()),
			    0);
		if (i % 5000 == 0) {
			verify_rebuild(&v, w);
			map_reader_status(reader, help_ms(), &st);
		}
		if (i % 20000 == 19999) {
			atomic_store(&removed_ms, help_ms());
			help_empty(dir);
		}
	}
}

static void
t_readers_and_writer(void **state)
{
	char *dir = help_dir();
	struct map_writer *w = help_writer(dir);
	pthread_t id[READERS];
	struct map_status st;
	uintptr_t i;

	(void)state;
	map_writer_commit(w, 0);
	reader = map_reader_open(dir);
	for (i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&id[i], NULL, reader_main,
		    (void *)i), 0);
	writer_run(w, dir);
	atomic_store(&v.stop, 1);
	for (i = 0; i < READERS; i++)
		(void)pthread_join(id[i], NULL);
	map_reader_status(reader, help_ms(), &st);
	print_message("%ju look-ups, %ju generations, %ju refused\n",
	    (uintmax_t)atomic_load(&v.lookups), (uintmax_t)st.remaps,
	    (uintmax_t)st.bad);
	if (atomic_load(&v.wrong) != 0)
		fail_msg("%ju wrong: %s", (uintmax_t)atomic_load(&v.wrong),
		    v.first);
	assert_true(st.remaps > REMAPS);
	map_reader_close(reader);
	map_writer_close(w);
	help_remove(dir);
}

/*
 * Readers and writer have mappings of their own above, where the sanitizer
 * cannot see that they meet. Here they share one.
 */
static struct map_view shared;
static _Atomic int shared_stop;

static void *
shared_main(void *priv)
{
	uint64_t rnd = 99172645463325252u + (uintptr_t)priv;
	struct map_value got, want;
	struct map_key k;
	char buf[32];

	while (atomic_load(&shared_stop) == 0) {
		k = help_key(buf, (unsigned)(help_random(&rnd) % 500));
		if (map_view_find(&shared, &k, &got) != MAP_FOUND)
			continue;
		want = help_value(got.epoch);
		if (memcmp(got.hash, want.hash, MAP_HASH_LEN) != 0 ||
		    got.has_shown != want.has_shown || (want.has_shown &&
		    memcmp(got.shown, want.shown, MAP_HASH_LEN) != 0))
			abort();
	}
	return (NULL);
}

static void
shared_write(struct map_table *t)
{
	struct map_value value;
	uint64_t i, rnd = 4711;
	struct map_key k;
	char buf[32];

	for (i = 1; i < 40000; i++) {
		k = help_key(buf, (unsigned)(help_random(&rnd) % 500));
		value = help_value(i);
		assert_int_equal(i % 5 == 0 ? map_table_remove(t, &k) :
		    map_table_put(t, &k, &value), 0);
	}
}

static void
t_shared_memory(void **state)
{
	struct map_ids ids = { .folder_id = 1 };
	char *dir = help_dir();
	int dirfd = open(dir, O_RDONLY | O_DIRECTORY);
	struct map_table *t;
	pthread_t id[2];
	uintptr_t i;

	(void)state;
	assert_int_equal(map_table_create(&t, dirfd, &ids, 1, 1024), 0);
	/* All of it at once: a view does not follow a file that grows. */
	assert_int_equal(map_table_allocate(t, 4 << 20), 0);
	shared = t->view;
	for (i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&id[i], NULL, shared_main,
		    (void *)i), 0);
	shared_write(t);
	atomic_store(&shared_stop, 1);
	for (i = 0; i < 2; i++)
		(void)pthread_join(id[i], NULL);
	map_table_close(t);
	(void)close(dirfd);
	help_remove(dir);
}

/*
 * A crowd finds a new generation at once, and is held where it would map it.
 */
#define CROWD		40
#define CROWD_MOST	8		/* ATTACH_CROWD */

static pthread_mutex_t crowd_mtx = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t crowd_cond = PTHREAD_COND_INITIALIZER;
static unsigned crowd_held, crowd_answered;	/* crowd_mtx */
static bool crowd_open;				/* crowd_mtx */

static void
crowd_hold(const char *where)
{

	if (strcmp(where, "reader-open") != 0)
		return;
	(void)pthread_mutex_lock(&crowd_mtx);
	crowd_held++;
	(void)pthread_cond_broadcast(&crowd_cond);
	while (!crowd_open)
		(void)pthread_cond_wait(&crowd_cond, &crowd_mtx);
	(void)pthread_mutex_unlock(&crowd_mtx);
}

static void *
crowd_main(void *priv)
{
	struct map_value got;
	enum map_answer a;

	(void)priv;
	a = help_find(reader, 1, &got);
	(void)pthread_mutex_lock(&crowd_mtx);
	if (!crowd_open && a == MAP_UNATTACHED)
		crowd_answered++;
	(void)pthread_cond_broadcast(&crowd_cond);
	(void)pthread_mutex_unlock(&crowd_mtx);
	return (NULL);
}

/* A few of them map it; nobody else waits, nor tells what is old. */
static void
t_crowd(void **state)
{
	char *dir = help_dir();
	struct map_writer *w = help_writer(dir);
	pthread_t id[CROWD];
	unsigned i;

	(void)state;
	help_put(w, 1, 1);
	map_writer_commit(w, 1);
	reader = map_reader_open(dir);
	assert_int_equal(map_writer_rebuild_begin(w, 1), 0);
	help_put(w, 1, 2);
	assert_int_equal(map_writer_rebuild_end(w, 2), 0);
	map_failpoint = crowd_hold;
	for (i = 0; i < CROWD; i++)
		assert_int_equal(pthread_create(&id[i], NULL, crowd_main,
		    NULL), 0);
	(void)pthread_mutex_lock(&crowd_mtx);
	while (crowd_held + crowd_answered < CROWD)
		(void)pthread_cond_wait(&crowd_cond, &crowd_mtx);
	assert_int_equal(crowd_held, CROWD_MOST);
	crowd_open = true;
	(void)pthread_cond_broadcast(&crowd_cond);
	(void)pthread_mutex_unlock(&crowd_mtx);
	for (i = 0; i < CROWD; i++)
		(void)pthread_join(id[i], NULL);
	map_failpoint = NULL;
	help_expect(reader, 1, 2);
	map_reader_close(reader);
	map_writer_close(w);
	help_remove(dir);
}

/*--------------------------------------------------------------------
 * What is staged comes at once: whoever has seen the new value of one alias
 * sees no older one of any other, afterwards.
 */

#define TOGETHER	50
#define TURNS		3000

static _Atomic uint64_t pairs, mixed;

static void *
pair_main(void *priv)
{
	uint64_t rnd = 88172645463325252u + (uintptr_t)priv;
	struct map_value a, b;

	while (atomic_load(&v.stop) == 0) {
		map_reader_tick(reader, help_ms());
		if (help_find(reader, (unsigned)(help_random(&rnd) % TOGETHER),
		    &a) != MAP_FOUND || help_find(reader,
		    (unsigned)(help_random(&rnd) % TOGETHER), &b) != MAP_FOUND)
			a.epoch = UINT64_MAX;
		(void)atomic_fetch_add(&pairs, 1);
		if (b.epoch < a.epoch)
			(void)atomic_fetch_add(&mixed, 1);
	}
	return (NULL);
}

static void
together(struct map_writer *w, uint64_t n)
{
	struct map_value value = help_value(n);
	struct map_key k;
	char buf[32];
	unsigned i;

	for (i = 0; i < TOGETHER; i++) {
		k = help_key(buf, i);
		assert_int_equal(map_writer_stage(w, &k, &value), 0);
	}
	map_writer_turn(w);
	for (i = 0; i < TOGETHER; i++) {
		k = help_key(buf, i);
		assert_true(map_writer_has(w, &k, &value));
		help_put(w, i, n);
	}
}

static void
t_together(void **state)
{
	char *dir = help_dir();
	struct map_writer *w = help_writer(dir);
	pthread_t id[READERS];
	uintptr_t i;
	uint64_t n;

	(void)state;
	for (i = 0; i < TOGETHER; i++)
		help_put(w, (unsigned)i, 1);
	map_writer_commit(w, 1);
	atomic_store(&v.stop, 0);
	reader = map_reader_open(dir);
	for (i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&id[i], NULL, pair_main,
		    (void *)i), 0);
	for (n = 2; n < TURNS; n++)
		together(w, n);
	atomic_store(&v.stop, 1);
	for (i = 0; i < READERS; i++)
		assert_int_equal(pthread_join(id[i], NULL), 0);
	assert_true(atomic_load(&pairs) > 0);
	assert_int_equal(atomic_load(&mixed), 0);
	map_reader_close(reader);
	map_writer_close(w);
	help_remove(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_crowd),
		cmocka_unit_test(t_readers_and_writer),
		cmocka_unit_test(t_together),
		cmocka_unit_test(t_shared_memory),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
