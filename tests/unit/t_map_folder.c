/* SPDX-License-Identifier: BSD-2-Clause */
/* The folder of a map: who writes it, and what becomes of a removed one. */
#include "map_help.h"

#include <sys/stat.h>

#include "map_format.h"

#define MANY	200000

static bool
there(const char *dir, const char *file)
{
	char path[300];
	struct stat st;

	(void)snprintf(path, sizeof path, "%s/%s", dir, file);
	return (stat(path, &st) == 0);
}

static void
wipe(const char *dir)
{

	help_empty(dir);
	assert_int_equal(rmdir(dir), 0);
}

static struct map_writer *
writer_of(const char *dir, unsigned records)
{
	struct map_writer *w = help_writer(dir);
	unsigned i;

	for (i = 0; i < records; i++)
		help_put(w, i, i);
	map_writer_commit(w, 77);
	return (w);
}

static void
t_one_writer(void **state)
{
	struct map_writer *w = help_writer(*state);
	char err[256] = "";

	assert_null(map_writer_open(*state, help_store, err, sizeof err));
	assert_non_null(strstr(err, "another process"));
	map_writer_close(w);
	w = help_writer(*state);
	map_writer_close(w);
}

static void
t_missing_then_there(void **state)
{
	struct map_reader *r = map_reader_open(*state);
	struct map_status st;
	struct map_writer *w;
	struct map_value v;
	uint64_t now = help_ms();

	assert_int_equal(help_find(r, 1, &v), MAP_UNATTACHED);
	map_reader_status(r, now, &st);
	assert_false(st.attached);
	assert_non_null(strstr(st.reason, "there is no map in the folder"));
	w = help_writer(*state);
	help_put(w, 1, 1);
	map_writer_commit(w, 1);
	assert_int_equal(map_writer_heartbeat(w, now), 0);
	map_reader_tick(r, now);
	help_expect(r, 1, 1);
	map_reader_status(r, now, &st);
	assert_true(st.attached);
	assert_true(st.healthy);
	assert_int_equal(st.heartbeat_ms, now);
	map_reader_status(r, now + 5000, &st);
	assert_false(st.healthy);
	map_writer_close(w);
	map_reader_close(r);
}

/* The folder is removed and made again by the next daemon. */
static void
t_wiped_restart(void **state)
{
	struct map_writer *w = help_writer(*state);
	struct map_reader *r;
	uint64_t now = help_ms();

	help_put(w, 1, 1);
	map_writer_commit(w, 1);
	r = map_reader_open(*state);
	map_writer_close(w);
	help_empty(*state);
	assert_int_equal(rmdir(*state), 0);
	map_reader_tick(r, now);
	help_expect(r, 1, 1);
	w = help_writer(*state);
	/* Being built: the old map is still the best there is. */
	map_reader_tick(r, now + 100);
	help_expect(r, 1, 1);
	help_put(w, 1, 2);
	map_writer_commit(w, 2);
	map_reader_tick(r, now + 200);
	help_expect(r, 1, 2);
	map_writer_close(w);
	map_reader_close(r);
}

/* The folder is removed under a daemon that lives. */
static void
t_wiped_alive(void **state)
{
	struct map_writer *w = writer_of(*state, 1000);
	struct map_reader *r, *r2;
	unsigned i;

	r = map_reader_open(*state);
	help_expect(r, 1, 1);
	wipe(*state);
	(void)help_beat(w);
	assert_int_equal(map_writer_seq(w), 77);
	/* At once, without a tick: the old control page says so. */
	help_put(w, 1, 1001);
	help_expect(r, 1, 1001);
	r2 = map_reader_open(*state);
	for (i = 2; i < 1000; i++) {
		help_expect(r, i, i);
		help_expect(r2, i, i);
	}
	/* The files only, this time. */
	help_empty(*state);
	(void)help_beat(w);
	help_put(w, 2, 2002);
	help_expect(r, 2, 2002);
	help_expect(r2, 2, 2002);
	map_writer_close(w);
	map_reader_close(r);
	map_reader_close(r2);
}

/*
 * However large the map is, a heartbeat does a little of the work only, and
 * readers see each change meanwhile.
 */
static void
t_wiped_in_steps(void **state)
{
	struct map_writer *w = writer_of(*state, MANY);
	struct map_reader *r = map_reader_open(*state), *late;
	struct map_value v;
	unsigned i, beats = 0;

	help_expect(r, 1, 1);
	wipe(*state);
	assert_int_equal(map_writer_heartbeat(w, help_ms()), 0);
	assert_true(map_writer_moving(w));
	assert_false(there(*state, "control"));
	late = map_reader_open(*state);
	assert_int_equal(help_find(late, 1, &v), MAP_UNATTACHED);
	while (map_writer_moving(w)) {
		/* What was copied long ago, and what was not yet. */
		for (i = beats; i < MANY; i += MANY / 2) {
			help_put(w, i, i + 7);
			help_expect(r, i, i + 7);
			help_drop(w, i + 1000);
			assert_int_equal(help_find(r, i + 1000, &v),
			    MAP_ABSENT);
		}
		assert_int_equal(help_find(late, 1, &v), MAP_UNATTACHED);
		assert_int_equal(map_writer_heartbeat(w, help_ms()), 0);
		beats++;
	}
	assert_true(beats > 3 && beats < 1000);
	map_reader_tick(late, help_ms() + 1000);
	for (i = 0; i < MANY / 2; i++) {
		if (i < beats)
			help_expect(late, i, i + 7);
		else if (i < 1000 || i >= 1000 + beats)
			help_expect(late, i, i);
		else
			assert_int_equal(help_find(late, i, &v), MAP_ABSENT);
	}
	help_expect(r, 1, 8);
	assert_true(help_sound(*state));
	assert_int_equal(map_writer_seq(w), 77);
	map_writer_close(w);
	map_reader_close(r);
	map_reader_close(late);
}

/* Again, while the first one is being mended. */
static void
t_wiped_twice(void **state)
{
	struct map_writer *w = writer_of(*state, MANY);
	struct map_reader *r = map_reader_open(*state), *r2;
	unsigned i;

	help_expect(r, 1, 1);
	for (i = 0; i < 3; i++) {
		wipe(*state);
		assert_int_equal(map_writer_heartbeat(w, help_ms()), 0);
		assert_true(map_writer_moving(w));
	}
	/* Its files only. */
	help_empty(*state);
	assert_true(help_beat(w) > 1);
	r2 = map_reader_open(*state);
	help_expect(r2, MANY - 1, MANY - 1);
	help_put(w, 1, 5);
	help_expect(r, 1, 5);
	help_expect(r2, 1, 5);
	assert_true(help_sound(*state));
	map_reader_close(r);
	map_reader_close(r2);
	map_writer_close(w);
}

/* A writer that ends in the middle leaves nothing that misleads the next. */
static void
t_wiped_and_closed(void **state)
{
	struct map_writer *w = writer_of(*state, MANY);
	struct map_reader *r = map_reader_open(*state);

	wipe(*state);
	assert_int_equal(map_writer_heartbeat(w, help_ms()), 0);
	assert_true(map_writer_moving(w));
	map_writer_close(w);
	w = help_writer(*state);
	assert_int_equal(map_writer_seq(w), 0);
	help_put(w, 1, 9);
	map_writer_commit(w, 78);
	map_reader_tick(r, help_ms() + 1000);
	help_expect(r, 1, 9);
	map_reader_close(r);
	map_writer_close(w);
}

/* Puts do not wait for the heartbeat that finds out: they need room now. */
static void
t_wiped_and_full(void **state)
{
	struct map_writer *w = writer_of(*state, 1000);
	struct map_reader *r = map_reader_open(*state), *r2;
	unsigned i;

	wipe(*state);
	for (i = 1000; i < MANY; i++)
		help_put(w, i, i);
	help_expect(r, MANY - 1, MANY - 1);
	(void)help_beat(w);
	r2 = map_reader_open(*state);
	help_expect(r2, MANY - 1, MANY - 1);
	map_reader_close(r);
	map_reader_close(r2);
	map_writer_close(w);
}

/* The data file alone: a new reader must not wait for the next growth. */
static void
t_data_removed(void **state)
{
	struct map_writer *w = writer_of(*state, 1000);
	struct map_reader *r;
	struct map_status st;
	struct map_value v;
	char path[300];

	r = map_reader_open(*state);
	map_reader_status(r, help_ms(), &st);
	map_reader_close(r);
	(void)snprintf(path, sizeof path, "%s/data.%ju", (char *)*state,
	    (uintmax_t)st.generation);
	assert_int_equal(unlink(path), 0);
	r = map_reader_open(*state);
	assert_int_equal(help_find(r, 1, &v), MAP_UNATTACHED);
	(void)help_beat(w);
	map_reader_tick(r, help_ms() + 1000);
	help_expect(r, 1, 1);
	map_reader_close(r);
	map_writer_close(w);
}

/* Another process makes the folder anew before this one comes to it. */
static void
t_taken_over(void **state)
{
	struct map_writer *w = writer_of(*state, 10), *other;
	struct map_reader *r;
	unsigned i;

	wipe(*state);
	other = help_writer(*state);
	help_put(other, 1, 4);
	map_writer_commit(other, 1);
	for (i = 0; i < 200; i++)
		assert_int_equal(map_writer_heartbeat(w, help_ms()), EBUSY);
	r = map_reader_open(*state);
	help_expect(r, 1, 4);
	map_reader_close(r);
	map_writer_close(w);
	map_writer_close(other);
}

static void
expect_settings(struct map_reader *r, uint32_t age, uint32_t swr)
{
	struct map_settings s = { 0, 0, false };

	assert_true(map_reader_settings(r, &s));
	assert_int_equal(s.alias_max_age, age);
	assert_int_equal(s.alias_swr, swr);
	/* of these tests */
	assert_int_equal(s.alias_fallback, swr == 3);
}

/* At once, by the next writer, and after a removed folder was made anew. */
static void
t_settings(void **state)
{
	struct map_settings s = { 1, 2, false };
	struct map_reader *r, *r2;
	struct map_writer *w;

	r = map_reader_open(*state);
	assert_false(map_reader_settings(r, &s));
	w = help_writer(*state);
	map_writer_commit(w, 0);
	map_reader_tick(r, help_ms());
	assert_false(map_reader_settings(r, &s));	/* none are given */
	assert_int_equal(s.alias_max_age, 1);
	map_writer_settings(w, &s);
	expect_settings(r, 1, 2);
	s = (struct map_settings){ 0, MAP_SETTINGS_MAX, false };
	map_writer_settings(w, &s);
	expect_settings(r, 0, MAP_SETTINGS_MAX);
	s = (struct map_settings){ UINT32_MAX, 3, true };
	map_writer_settings(w, &s);
	expect_settings(r, MAP_SETTINGS_MAX, 3);
	map_writer_close(w);
	w = help_writer(*state);
	expect_settings(r, MAP_SETTINGS_MAX, 3);
	s = (struct map_settings){ 31536000, 600, false };
	map_writer_settings(w, &s);
	wipe(*state);
	while (map_writer_moves(w) == 0)
		assert_int_equal(map_writer_heartbeat(w, help_ms()), 0);
	r2 = map_reader_open(*state);
	expect_settings(r2, 31536000, 600);
	map_reader_close(r2);
	map_reader_close(r);
	map_writer_close(w);
}

static void
t_modes(void **state)
{
	char path[300];
	struct stat st;
	mode_t was = umask(077);
	struct map_writer *w;

	assert_int_equal(rmdir(*state), 0);
	w = help_writer(*state);
	map_writer_commit(w, 0);
	(void)umask(was);
	assert_int_equal(stat(*state, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	(void)snprintf(path, sizeof path, "%s/control", (char *)*state);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	(void)snprintf(path, sizeof path, "%s/data.1", (char *)*state);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	map_writer_close(w);
}

#define T(f)	cmocka_unit_test_setup_teardown(f, help_setup, help_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(t_one_writer),
		T(t_missing_then_there),
		T(t_wiped_restart),
		T(t_wiped_alive),
		T(t_wiped_in_steps),
		T(t_wiped_twice),
		T(t_wiped_and_closed),
		T(t_wiped_and_full),
		T(t_data_removed),
		T(t_taken_over),
		T(t_settings),
		T(t_modes),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
