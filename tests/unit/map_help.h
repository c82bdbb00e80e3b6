/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of the map have in common. */
#ifndef MAP_HELP_H
#define MAP_HELP_H

#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "map.h"

static const uint8_t help_store[MAP_STORE_ID_LEN] = "store of a test";

static inline uint64_t
help_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return ((uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000);
}

/* A folder on tmpfs, to be removed by help_remove(). */
static inline char *
help_dir(void)
{
	char path[] = "/dev/shm/moniker-test.XXXXXX";

	assert_non_null(mkdtemp(path));
	return (strdup(path));
}

static inline void
help_empty(const char *dir)
{
	struct dirent *e;
	DIR *d = opendir(dir);

	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			(void)unlinkat(dirfd(d), e->d_name, 0);
	(void)closedir(d);
}

static inline void
help_remove(char *dir)
{

	help_empty(dir);
	(void)rmdir(dir);
	free(dir);
}

static inline uint64_t
help_random(uint64_t *state)
{

	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (*state);
}

/* A new file at *path*, in place of any that is there. */
static inline void
help_write(const char *path, const void *p, size_t len)
{
	int fd;

	(void)unlink(path);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, len), len);
	(void)close(fd);
}

/* All of a file, shared. */
static inline uint8_t *
help_map(const char *path, size_t len)
{
	int fd = open(path, O_RDWR);
	void *p;

	assert_true(fd >= 0);
	p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(p != MAP_FAILED);
	(void)close(fd);
	return (p);
}

/* For tests with a folder of their own each. */
static inline int
help_setup(void **state)
{

	*state = help_dir();
	return (0);
}

static inline int
help_teardown(void **state)
{

	help_remove(*state);
	return (0);
}

static inline struct map_writer *
help_writer(const char *dir)
{
	struct map_writer *w;
	char err[256] = "";

	w = map_writer_open(dir, help_store, err, sizeof err);
	if (w == NULL)
		fail_msg("%s", err);
	return (w);
}

/* Alias number *i* of org "acme"; *buf* holds its name. */
static inline struct map_key
help_key(char buf[32], unsigned i)
{
	struct map_key k = { MAP_KIND_ALIAS, "acme", 4, buf, 0 };

	k.name_len = (size_t)snprintf(buf, 32, "alias-%u", i);
	return (k);
}

/* The value that stands for number *n*. */
static inline struct map_value
help_value(uint64_t n)
{
	struct map_value v = { .epoch = n };
	unsigned i;

	for (i = 0; i < MAP_HASH_LEN; i++)
		v.hash[i] = (uint8_t)((n >> (i % 8 * 8)) ^ (i * 37));
	/* Each of the four ways to have been pointed elsewhere. */
	v.has_shown = n % 2 == 0;
	v.has_previous = n / 2 % 2 == 0;
	if (v.has_shown)
		memset(v.shown, (int)(n % 251), sizeof v.shown);
	if (v.has_previous)
		memset(v.previous, (int)(n % 241), sizeof v.previous);
	return (v);
}

static inline void
help_put(struct map_writer *w, unsigned i, uint64_t n)
{
	struct map_value v = help_value(n);
	char buf[32];
	struct map_key k = help_key(buf, i);

	assert_int_equal(map_writer_put(w, &k, &v), 0);
}

static inline void
help_drop(struct map_writer *w, unsigned i)
{
	char buf[32];
	struct map_key k = help_key(buf, i);

	assert_int_equal(map_writer_put(w, &k, NULL), 0);
}

static inline void
help_problem(void *priv, const char *where, const char *what)
{

	(void)priv;
	print_message("%s: %s\n", where, what);
}

/* Is the map in *dir* sound? Prints what is not. */
static inline bool
help_sound(const char *dir)
{

	return (map_check(dir, help_problem, NULL) == 0);
}

/* Heartbeats until no folder is being made anew; how many it took. */
static inline unsigned
help_beat(struct map_writer *w)
{
	unsigned n = 0;

	do {
		assert_int_equal(map_writer_heartbeat(w, help_ms()), 0);
		n++;
	} while (map_writer_moving(w));
	return (n);
}

static inline enum map_answer
help_find(struct map_reader *r, unsigned i, struct map_value *v)
{
	char buf[32];
	struct map_key k = help_key(buf, i);

	return (map_find(r, &k, v));
}

static inline void
help_expect(struct map_reader *r, unsigned i, uint64_t n)
{
	struct map_value v, want = help_value(n);

	assert_int_equal(help_find(r, i, &v), MAP_FOUND);
	assert_int_equal(v.epoch, want.epoch);
	assert_int_equal(v.soft, want.soft);
	assert_memory_equal(v.hash, want.hash, MAP_HASH_LEN);
	assert_int_equal(v.revoked, want.revoked);
	assert_int_equal(v.has_shown, want.has_shown);
	if (v.has_shown)
		assert_memory_equal(v.shown, want.shown, MAP_HASH_LEN);
	assert_int_equal(v.has_previous, want.has_previous);
	if (v.has_previous)
		assert_memory_equal(v.previous, want.previous, MAP_HASH_LEN);
}

#endif
