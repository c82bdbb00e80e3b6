/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Maps that somebody damaged or forged. The reader may say that it has no map,
 * or, if what it reads is damaged, anything: but it never crashes or hangs, and
 * where the checker finds no fault every answer is right.
 */
#include "map_help.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include "map_format.h"
#include "map_view.h"

#define ALIASES		150
#define SECONDS		120	/* a hang, on the slowest machine */

static char *dir, *control_path, *data_path;
static uint8_t *control, *data;		/* the files, mapped shared */
static size_t data_len;
static uint8_t *good_control, *good_data;
static unsigned sound, unsound;
static uint64_t rnd = 88172645463325252u;

static struct map_header *
header(void)
{

	return ((struct map_header *)(void *)data);
}

static void
forge_sums(void)
{
	struct map_control *c = (struct map_control *)(void *)control;

	c->sum = map_control_sum(c);
	header()->fixed.sum = map_fixed_sum(&header()->fixed);
}

static void
restore(void)
{

	memcpy(control, good_control, MAP_PAGE);
	memcpy(data, good_data, data_len);
}

static bool
answers_right(struct map_reader *r)
{
	struct map_value got, want;
	bool right = true;
	unsigned i;

	for (i = 0; i < ALIASES; i++) {
		want = help_value(i + 1);
		if (help_find(r, i, &got) != MAP_FOUND ||
		    memcmp(&got.hash, &want.hash, MAP_HASH_LEN) != 0 ||
		    got.epoch != want.epoch || got.revoked)
			right = false;
	}
	for (i = ALIASES; i < 2 * ALIASES; i++)
		if (help_find(r, i, &got) != MAP_ABSENT)
			right = false;
	return (right);
}

static int
each_record(void *priv, const struct map_key *k, const struct map_value *v)
{

	*(uint64_t *)priv += k->org_len + k->name_len + v->epoch;
	return (0);
}

/* One damaged map, from all sides. */
static void
examine(const char *what, uint64_t where)
{
	struct map_reader *r;
	struct map_status st;
	uint64_t sum = 0;
	bool right;

	(void)alarm(SECONDS);
	r = map_reader_open(dir);
	right = answers_right(r);
	map_reader_tick(r, 1);
	map_reader_tick(r, 1000);
	map_reader_status(r, 1000, &st);
	if (map_check(dir, NULL, NULL) == 0) {
		sound++;
		if (!right)
			fail_msg("%s %ju: the checker finds no fault, but an "
			    "answer is wrong", what, (uintmax_t)where);
	} else
		unsound++;
	(void)map_each(dir, each_record, &sum);
	map_reader_close(r);
}

/* Writer and reader both take part, and the writer leaves a sound map. */
static void
examine_writer(void)
{
	struct map_reader *r;
	struct map_writer *w;
	unsigned i;

	w = help_writer(dir);
	for (i = 0; i < ALIASES; i++)
		help_put(w, i, i + 1);
	map_writer_commit(w, 1);
	r = map_reader_open(dir);
	for (i = 0; i < ALIASES; i++)
		help_expect(r, i, i + 1);
	assert_int_equal(map_check(dir, NULL, NULL), 0);
	map_reader_close(r);
	map_writer_close(w);
}

static void
put_files_back(void)
{

	(void)munmap(control, MAP_PAGE);
	(void)munmap(data, data_len);
	help_empty(dir);
	help_write(control_path, good_control, MAP_PAGE);
	help_write(data_path, good_data, data_len);
	control = help_map(control_path, MAP_PAGE);
	data = help_map(data_path, data_len);
}

static void
t_every_byte(void **state)
{
	static const uint8_t masks[] = { 0x01, 0x80, 0xff };
	unsigned i, m;

	(void)state;
	for (i = 0; i < MAP_PAGE; i++)
		for (m = 0; m < sizeof masks; m++) {
			control[i] ^= masks[m];
			/* Bytes without a meaning need one try. */
			if (i < 136 || m == i % 3)
				examine("control", i);
			control[i] ^= masks[m];
			data[i] ^= masks[m];
			if (i < 400 || m == i % 3)
				examine("header", i);
			data[i] ^= masks[m];
		}
	assert_memory_equal(data, good_data, data_len);
	print_message("%u sound, %u not\n", sound, unsound);
	assert_true(unsound > 400);
}

/* As above, but by somebody who can compute the sums as well. */
static void
t_forged_header(void **state)
{
	static const uint64_t evil[] = { 0, 1, 7, 8, 1023, 1024, 2048, 4096,
	    65536, 1 << 20, UINT64_C(1) << 36, UINT64_C(1) << 37,
	    UINT64_C(1) << 63, UINT32_MAX, UINT64_MAX, UINT64_MAX - 4095 };
	unsigned i, j;

	(void)state;
	for (i = 0; i + 8 <= sizeof(struct map_fixed) - 8; i += 4)
		for (j = 0; j < sizeof evil / sizeof evil[0]; j++) {
			memcpy(data + i, &evil[j], i % 8 == 0 ? 8 : 4);
			forge_sums();
			examine("forged", i);
			memcpy(data, good_data, MAP_PAGE);
		}
	for (i = 256; i < 400; i += 8)
		for (j = 0; j < sizeof evil / sizeof evil[0]; j++) {
			memcpy(data + i, &evil[j], 8);
			examine("counter", i);
			memcpy(data, good_data, MAP_PAGE);
		}
}

static void
t_random_slots_and_records(void **state)
{
	uint64_t used = atomic_load(&header()->used);
	unsigned round, n;
	uint64_t at, x;

	(void)state;
	for (round = 0; round < 4000; round++) {
		for (n = 0; n <= round % 4; n++) {
			at = MAP_PAGE + help_random(&rnd) % (used - MAP_PAGE);
			x = help_random(&rnd);
			if (round % 2 == 0)
				data[at] ^= (uint8_t)(x | 1);
			else {
				/* Near to something that makes sense. */
				x = x % 3 ? x % (data_len + 64) / 8 : x;
				at &= ~UINT64_C(7);
				memcpy(data + at, &x, 8);
			}
		}
		examine("random", round);
		memcpy(data, good_data, data_len);
	}
	print_message("%u sound, %u not\n", sound, unsound);
}

/* Every slot leads to the last bytes, every slot to itself, all are taken. */
static void
t_full_index(void **state)
{
	uint64_t *index = (uint64_t *)(void *)(data + MAP_PAGE);
	uint64_t slots = header()->fixed.slots, i, target;

	(void)state;
	for (target = 0; target < 64; target++) {
		for (i = 0; i < slots; i++)
			index[i] = (help_random(&rnd) & ~MAP_OFFSET_MASK) |
			    (target < 32 ? (data_len / 8 - target) :
			    help_random(&rnd) % (data_len / 8));
		examine("full", target);
	}
	restore();
}

static void
t_changed_while_read(void **state)
{
	struct map_reader *r;
	unsigned round;

	(void)state;
	r = map_reader_open(dir);
	assert_true(answers_right(r));
	for (round = 0; round < 3000; round++) {
		data[help_random(&rnd) % data_len] ^=
		    (uint8_t)help_random(&rnd);
		control[help_random(&rnd) % 192] ^= (uint8_t)help_random(&rnd);
		(void)answers_right(r);
		map_reader_tick(r, round * 50);
		if (round % 100 == 0)
			restore();
	}
	restore();
	map_reader_tick(r, 1000000);
	map_reader_tick(r, 2000000);
	assert_true(answers_right(r));
	map_reader_close(r);
}

static void
t_sizes(void **state)
{
	const size_t sizes[] = { 0, 1, 8, 4095, 4096, 4097, 8192, 12288,
	    data_len - 4096, data_len - 1, data_len + 1, data_len + 4096 };
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		assert_int_equal(truncate(data_path, (off_t)sizes[i]), 0);
		examine("data size", sizes[i]);
		put_files_back();
		assert_int_equal(truncate(control_path, (off_t)sizes[i]), 0);
		if (sizes[i] != MAP_PAGE)
			examine("control size", sizes[i]);
		put_files_back();
	}
	assert_true(unsound > 20);
}

static void
expect_reason(const char *reason)
{
	struct map_reader *r = map_reader_open(dir);
	struct map_status st;

	map_reader_status(r, 0, &st);
	assert_false(st.attached);
	if (strstr(st.reason, reason) == NULL)
		fail_msg("\"%s\" instead of \"%s\"", st.reason, reason);
	assert_true(map_check(dir, NULL, NULL) > 0);
	map_reader_close(r);
}

static void
t_no_files(void **state)
{

	(void)state;
	(void)alarm(SECONDS);
	(void)unlink(data_path);
	expect_reason("the data file cannot be opened");
	assert_int_equal(mkfifo(data_path, 0644), 0);
	expect_reason("wrong size");
	(void)unlink(data_path);
	assert_int_equal(mkdir(data_path, 0755), 0);
	expect_reason("wrong size");
	(void)rmdir(data_path);
	assert_int_equal(symlink("/dev/zero", data_path), 0);
	expect_reason("the data file cannot be opened");
	(void)unlink(control_path);
	expect_reason("there is no map");
	assert_int_equal(mkfifo(control_path, 0644), 0);
	expect_reason("wrong size");
	put_files_back();
	assert_int_equal(truncate(data_path, 0), 0);
	assert_int_equal(truncate(data_path, (off_t)data_len), 0);
	expect_reason("holes");
	put_files_back();
}

static void
t_foreign_versions(void **state)
{
	struct map_control *c = (struct map_control *)(void *)control;

	(void)state;
	header()->fixed.version++;
	forge_sums();
	expect_reason("foreign version");
	restore();
	c->version++;
	forge_sums();
	expect_reason("foreign version");
	restore();
	header()->fixed.generation++;
	forge_sums();
	expect_reason("another map");
	restore();
	c->store_id[3]++;
	forge_sums();
	expect_reason("another map");
	restore();
}

/* Whatever is there when it starts, a writer makes a sound map of it. */
static void
t_writer_takes_over(void **state)
{
	unsigned round;

	(void)state;
	(void)alarm(SECONDS);
	for (round = 0; round < 25; round++) {
		data[help_random(&rnd) % 400] ^=
		    (uint8_t)(help_random(&rnd) | 1);
		if (round % 2 == 0)
			data[MAP_PAGE + help_random(&rnd) % 8192] ^= 0x55;
		if (round % 3 == 0)
			control[help_random(&rnd) % 136] ^=
			    (uint8_t)help_random(&rnd);
		examine_writer();
		put_files_back();
	}
	assert_int_equal(truncate(data_path, 4096), 0);
	examine_writer();
	put_files_back();
	assert_int_equal(truncate(control_path, 0), 0);
	examine_writer();
	put_files_back();
}

static void *
copy(const void *p, size_t len)
{
	void *c = malloc(len);

	assert_non_null(c);
	memcpy(c, p, len);
	return (c);
}

static int
group_setup(void **state)
{
	struct map_writer *w;
	struct stat st;
	unsigned i;

	(void)state;
	dir = help_dir();
	w = help_writer(dir);
	for (i = 0; i < ALIASES; i++)
		help_put(w, i, i + 1);
	map_writer_commit(w, 1);
	map_writer_close(w);
	assert_true(asprintf(&control_path, "%s/control", dir) > 0);
	assert_true(asprintf(&data_path, "%s/data.1", dir) > 0);
	assert_int_equal(stat(data_path, &st), 0);
	data_len = (size_t)st.st_size;
	control = help_map(control_path, MAP_PAGE);
	data = help_map(data_path, data_len);
	good_control = copy(control, MAP_PAGE);
	good_data = copy(data, data_len);
	return (0);
}

static int
group_teardown(void **state)
{

	(void)state;
	free(good_control);
	free(good_data);
	free(control_path);
	free(data_path);
	(void)munmap(control, MAP_PAGE);
	(void)munmap(data, data_len);
	help_remove(dir);
	return (0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_every_byte),
		cmocka_unit_test(t_forged_header),
		cmocka_unit_test(t_random_slots_and_records),
		cmocka_unit_test(t_full_index),
		cmocka_unit_test(t_changed_while_read),
		cmocka_unit_test(t_sizes),
		cmocka_unit_test(t_no_files),
		cmocka_unit_test(t_foreign_versions),
		cmocka_unit_test(t_writer_takes_over),
	};

	return (cmocka_run_group_tests(tests, group_setup, group_teardown));
}
