/* SPDX-License-Identifier: BSD-2-Clause */
/* The map as its users see it: what is put is found, whatever happens. */
#include "map_help.h"

#include <sys/stat.h>

static void
t_put_find(void **state)
{
	struct map_writer *w = help_writer(*state);
	struct map_reader *r = map_reader_open(*state);
	struct map_value v;
	unsigned i;

	/* Nothing is answered before the first commit. */
	help_put(w, 0, 7);
	assert_int_equal(help_find(r, 0, &v), MAP_UNATTACHED);
	map_writer_commit(w, 1);
	map_reader_tick(r, help_ms());
	help_expect(r, 0, 7);
	for (i = 0; i < 5000; i++) {
		help_put(w, i, i * 3 + 1);
		help_expect(r, i, i * 3 + 1);
	}
	for (i = 0; i < 5000; i++)
		help_expect(r, i, i * 3 + 1);
	assert_int_equal(help_find(r, 5000, &v), MAP_ABSENT);
	assert_int_equal(v.epoch, 0);
	map_writer_close(w);
	help_expect(r, 17, 52);
	map_reader_close(r);
}

static void
t_replace_remove(void **state)
{
	struct map_writer *w = help_writer(*state);
	struct map_reader *r;
	struct map_value v;
	unsigned i, round;

	map_writer_commit(w, 0);
	r = map_reader_open(*state);
	for (round = 0; round < 40; round++) {
		for (i = 0; i < 500; i++)
			help_put(w, i, round * 1000 + i);
		for (i = 0; i < 500; i += 2) {
			help_drop(w, i);
			assert_int_equal(help_find(r, i, &v), MAP_ABSENT);
		}
		for (i = 1; i < 500; i += 2)
			help_expect(r, i, round * 1000 + i);
		for (i = 0; i < 500; i += 2)
			assert_int_equal(help_find(r, i, &v), MAP_ABSENT);
	}
	map_writer_close(w);
	map_reader_close(r);
}

/* Pairs of organization and name are not run together. */
static const struct {
	enum map_kind	kind;
	const char	*org, *name;
} keys[] = {
	{ MAP_KIND_ALIAS, "ab", "c" },
	{ MAP_KIND_ALIAS, "a", "bc" },
	{ MAP_KIND_STACK, "a", "bc" },
	{ MAP_KIND_STACK, "ab", "c" },
	{ MAP_KIND_SOURCE, "a", "01234567890123456789" },
	{ MAP_KIND_ALIAS, "a", "01234567890123456789" },
	{ MAP_KIND_ORGANIZATION, "a", "" },
	{ MAP_KIND_ORGANIZATION, "ab", "" },
	{ MAP_KIND_FALLBACK, "ab", "" },
	{ MAP_KIND_PLAN, "ab/0", "c" },
	{ MAP_KIND_PLAN, "ab/s1", "c" },
	{ MAP_KIND_PLAN, "ab/s1", "" },
	{ MAP_KIND_PREVIEW, "ab", "1" },
};
#define KEYS	(sizeof keys / sizeof keys[0])

static struct map_key
nth_key(unsigned i)
{

	return ((struct map_key){ keys[i].kind, keys[i].org,
	    strlen(keys[i].org), keys[i].name, strlen(keys[i].name) });
}

static void
t_keys(void **state)
{
	struct map_writer *w = help_writer(*state);
	struct map_reader *r;
	struct map_status st;
	struct map_value v;
	struct map_key k;
	unsigned i;

	for (i = 0; i < KEYS; i++) {
		k = nth_key(i);
		/* Each of the four ways to have epochs. */
		v = (struct map_value){
			.epoch = i % 2 * (i + 1), .soft = i / 2 % 2 * (i + 9),
		};
		v.revoked = k.kind == MAP_KIND_SOURCE;
		assert_int_equal(map_writer_put(w, &k, &v), 0);
	}
	map_writer_commit(w, 0);
	r = map_reader_open(*state);
	for (i = 0; i < KEYS; i++) {
		k = nth_key(i);
		assert_int_equal(map_find(r, &k, &v), MAP_FOUND);
		assert_int_equal(v.epoch, i % 2 * (i + 1));
		assert_int_equal(v.soft, i / 2 % 2 * (i + 9));
		assert_int_equal(v.revoked, k.kind == MAP_KIND_SOURCE);
	}
	map_reader_status(r, help_ms(), &st);
	assert_int_equal(st.entries[MAP_KIND_ALIAS], 3);
	assert_int_equal(st.entries[MAP_KIND_STACK], 2);
	assert_int_equal(st.entries[MAP_KIND_SOURCE], 1);
	assert_int_equal(st.entries[MAP_KIND_ORGANIZATION], 2);
	assert_int_equal(st.entries[MAP_KIND_FALLBACK], 1);
	assert_int_equal(st.entries[MAP_KIND_PLAN], 3);
	assert_int_equal(st.entries[MAP_KIND_PREVIEW], 1);
	map_writer_close(w);
	map_reader_close(r);
}

/* A flag of a later version, and what follows for it, is passed over. */
static void
t_unknown_flag(void **state)
{
	struct map_writer *w = help_writer(*state);
	struct map_reader *r;
	char path[300], buf[32];
	struct map_key k = help_key(buf, 1);
	uint8_t *p, *name;
	struct stat st;
	int fd;

	help_put(w, 1, 4);
	map_writer_commit(w, 1);
	r = map_reader_open(*state);
	help_expect(r, 1, 4);
	(void)snprintf(path, sizeof path, "%s/data.1", (char *)*state);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED,
	    fd, 0);
	assert_ptr_not_equal(p, MAP_FAILED);
	name = memmem(p, (size_t)st.st_size, k.name, k.name_len);
	assert_non_null(name);
	/* the byte of the flags */
	name[-(ptrdiff_t)k.org_len - 3] |= 0xe0;
	help_expect(r, 1, 4);
	(void)munmap(p, (size_t)st.st_size);
	(void)close(fd);
	map_writer_close(w);
	map_reader_close(r);
}

static void
t_bad_keys(void **state)
{
	char name[300] = { 0 };
	struct map_key bad[] = {
		{ MAP_KIND_ALIAS, "", 0, "x", 1 },
		{ MAP_KIND_ALIAS, name, MAP_OWNER_MAX + 1, "x", 1 },
		{ MAP_KIND_ALIAS, "a", 1, "", 0 },
		{ MAP_KIND_ALIAS, "a", 1, name, MAP_NAME_MAX + 1 },
		{ MAP_KIND_SOURCE, "a", 1, name, MAP_HASH_LEN - 1 },
		{ MAP_KIND_ORGANIZATION, "a", 1, "x", 1 },
		{ MAP_KIND_FALLBACK, "a", 1, "x", 1 },
		{ MAP_KINDS, "a", 1, "x", 1 },
		{ 0, "a", 1, "x", 1 },
	};
	struct map_writer *w = help_writer(*state);
	struct map_reader *r;
	struct map_value v = help_value(1);
	unsigned i;

	map_writer_commit(w, 0);
	r = map_reader_open(*state);
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(map_writer_put(w, &bad[i], &v), EINVAL);
		assert_int_equal(map_find(r, &bad[i], &v), MAP_ABSENT);
	}
	/* The longest that there are. */
	bad[0] = (struct map_key){ MAP_KIND_PLAN, name, MAP_OWNER_MAX, name,
	    MAP_NAME_MAX };
	assert_int_equal(map_writer_put(w, &bad[0], &v), 0);
	assert_int_equal(map_find(r, &bad[0], &v), MAP_FOUND);
	map_writer_close(w);
	map_reader_close(r);
}

static void
t_continue(void **state)
{
	struct map_writer *w = help_writer(*state);
	struct map_reader *r;
	struct map_status a, b;
	unsigned i;

	for (i = 0; i < 3000; i++)
		help_put(w, i, i + 1);
	for (i = 0; i < 3000; i += 3)
		help_drop(w, i);
	map_writer_commit(w, 42);
	map_writer_close(w);
	r = map_reader_open(*state);
	map_reader_status(r, help_ms(), &a);
	w = help_writer(*state);
	assert_int_equal(map_writer_seq(w), 42);
	help_put(w, 5, 99);
	help_expect(r, 5, 99);
	map_reader_status(r, help_ms(), &b);
	assert_int_equal(a.generation, b.generation);
	assert_int_equal(a.entries[MAP_KIND_ALIAS], 2000);
	assert_int_equal(b.entries[MAP_KIND_ALIAS], 2000);
	assert_int_equal(b.remaps, 1);
	map_writer_close(w);
	map_reader_close(r);
}

/* Another store's map ends with the first commit of the new one, at once. */
static void
t_other_store(void **state)
{
	const uint8_t other[MAP_STORE_ID_LEN] = "another store";
	struct map_writer *w = help_writer(*state);
	struct map_reader *r;
	struct map_value v;
	char err[256];

	help_put(w, 1, 1);
	map_writer_commit(w, 5);
	map_writer_close(w);
	r = map_reader_open(*state);
	help_expect(r, 1, 1);
	w = map_writer_open(*state, other, err, sizeof err);
	assert_non_null(w);
	assert_int_equal(map_writer_seq(w), 0);
	help_expect(r, 1, 1);
	map_writer_commit(w, 1);
	assert_int_equal(help_find(r, 1, &v), MAP_ABSENT);
	map_writer_close(w);
	map_reader_close(r);
}

static void
t_rebuild(void **state)
{
	struct map_writer *w = help_writer(*state);
	struct map_reader *r;
	struct map_status st;
	struct map_value v;
	unsigned i;

	for (i = 0; i < 100; i++)
		help_put(w, i, 1);
	map_writer_commit(w, 1);
	r = map_reader_open(*state);
	assert_int_equal(map_writer_rebuild_begin(w, 200000), 0);
	for (i = 50; i < 200000; i++)
		help_put(w, i, 2);
	help_expect(r, 0, 1);
	help_expect(r, 60, 1);
	assert_int_equal(map_writer_rebuild_end(w, 9), 0);
	assert_int_equal(map_writer_seq(w), 9);
	assert_int_equal(help_find(r, 0, &v), MAP_ABSENT);
	for (i = 50; i < 200000; i++)
		help_expect(r, i, 2);
	map_reader_status(r, help_ms(), &st);
	assert_int_equal(st.entries[MAP_KIND_ALIAS], 200000 - 50);
	assert_int_equal(st.remaps, 2);
	map_writer_close(w);
	map_reader_close(r);
}

/* A change that could not be published leaves no old answers behind. */
static void
t_withdraw(void **state)
{
	struct map_writer *w = help_writer(*state);
	struct map_reader *r;
	struct map_status st;
	struct map_value v;

	help_put(w, 1, 1);
	map_writer_commit(w, 1);
	r = map_reader_open(*state);
	help_expect(r, 1, 1);
	map_writer_withdraw(w);
	assert_int_equal(help_find(r, 1, &v), MAP_UNATTACHED);
	help_put(w, 1, 2);
	map_writer_commit(w, 2);
	assert_int_equal(help_find(r, 1, &v), MAP_UNATTACHED);
	assert_int_equal(map_writer_heartbeat(w, help_ms()), 0);
	map_reader_status(r, help_ms(), &st);
	assert_false(st.attached);
	assert_int_equal(st.bad, 0);
	assert_int_equal(map_writer_rebuild_begin(w, 10), 0);
	help_put(w, 1, 3);
	assert_int_equal(map_writer_rebuild_end(w, 3), 0);
	help_expect(r, 1, 3);
	/* Or by what was missing. */
	map_writer_withdraw(w);
	help_put(w, 1, 4);
	map_writer_restore(w);
	assert_int_equal(help_find(r, 1, &v), MAP_UNATTACHED);
	map_writer_commit(w, 4);
	help_expect(r, 1, 4);
	/* And across a restart. */
	map_writer_withdraw(w);
	map_writer_close(w);
	w = help_writer(*state);
	assert_int_equal(map_writer_seq(w), 0);
	map_writer_close(w);
	map_reader_close(r);
}

/* Removals and repeated puts in a rebuild keep their order. */
static void
t_rebuild_order(void **state)
{
	struct map_writer *w = help_writer(*state);
	struct map_reader *r;
	struct map_value v;

	assert_int_equal(map_writer_rebuild_begin(w, 0), 0);
	help_put(w, 1, 1);
	help_put(w, 1, 2);
	help_put(w, 2, 1);
	help_drop(w, 2);
	help_put(w, 3, 1);
	help_drop(w, 3);
	help_put(w, 3, 4);
	assert_int_equal(map_writer_rebuild_end(w, 1), 0);
	assert_int_equal(map_writer_rebuild_end(w, 1), EINVAL);
	r = map_reader_open(*state);
	help_expect(r, 1, 2);
	assert_int_equal(help_find(r, 2, &v), MAP_ABSENT);
	help_expect(r, 3, 4);
	map_reader_close(r);
	map_writer_close(w);
}

/* The reader sees the growth of a map from one alias to many. */
static void
t_growth(void **state)
{
	struct map_writer *w = help_writer(*state);
	struct map_reader *r;
	struct map_status st;
	unsigned i;

	map_writer_commit(w, 0);
	r = map_reader_open(*state);
	for (i = 0; i < 150000; i++) {
		help_put(w, i, i + 1);
		help_expect(r, i, i + 1);
		if (i % 100 == 0) {
			help_expect(r, i / 2, i / 2 + 1);
			map_reader_tick(r, help_ms());
		}
	}
	for (i = 0; i < 150000; i++)
		help_expect(r, i, i + 1);
	map_reader_status(r, help_ms(), &st);
	assert_true(st.remaps > 5);
	assert_int_equal(st.bad, 0);
	assert_int_equal(st.entries[MAP_KIND_ALIAS], 150000);
	map_writer_close(w);
	map_reader_close(r);
}

/* So does one that looks nothing up, and that the map was withdrawn. */
static void
t_status(void **state)
{
	struct map_writer *w = help_writer(*state);
	struct map_reader *r;
	struct map_status st;
	unsigned i;

	map_writer_commit(w, 0);
	r = map_reader_open(*state);
	for (i = 0; i < 5000; i++)
		help_put(w, i, i + 1);
	map_reader_status(r, help_ms(), &st);
	assert_int_equal(st.entries[MAP_KIND_ALIAS], 5000);
	map_writer_withdraw(w);
	map_reader_status(r, help_ms(), &st);
	assert_false(st.attached);
	assert_string_not_equal(st.reason, "");
	map_writer_close(w);
	map_reader_close(r);
}

#define T(f)	cmocka_unit_test_setup_teardown(f, help_setup, help_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(t_put_find),
		T(t_replace_remove),
		T(t_keys),
		T(t_bad_keys),
		T(t_continue),
		T(t_other_store),
		T(t_rebuild),
		T(t_unknown_flag),
		T(t_withdraw),
		T(t_rebuild_order),
		T(t_growth),
		T(t_status),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
