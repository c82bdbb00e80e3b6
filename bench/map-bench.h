/* SPDX-License-Identifier: BSD-2-Clause */
/* What the benchmarks of the map have in common. */
#ifndef MAP_BENCH_H
#define MAP_BENCH_H

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "map.h"

/* A key as every engine wants it: "org/name", with a NUL. */
struct bench_key {
	struct map_key	map;
	uint8_t		org_len, name_len;
	char		text[38];
};

static const uint8_t bench_store[MAP_STORE_ID_LEN] = "benchmark";

static inline uint64_t
bench_mix(uint64_t x)
{

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return (x ^ x >> 31);
}

/* Key number *i* of 22 bytes on average; those of *miss* are in no table. */
static inline void
bench_key(struct bench_key *k, uint64_t i, bool miss)
{
	static const char digit[] = "abcdefghijklmnopqrstuvwxyz012345";
	uint64_t h = bench_mix(i * 2 + miss + 1);
	char *p = k->text;
	unsigned n;

	k->org_len = (uint8_t)sprintf(p, "org%03u", (unsigned)(h % 500));
	p += k->org_len;
	*p++ = '/';
	k->name_len = (uint8_t)(11 + h % 9);
	/* Eight digits for the number, so that no two are the same. */
	for (n = 0; n < 8; n++)
		*p++ = digit[(i * 2 + miss) >> (35 - n * 5) & 31];
	for (; n < k->name_len; n++)
		*p++ = digit[(h >> (n * 3)) & 31];
	*p = '\0';
	k->map = (struct map_key){ MAP_KIND_ALIAS, k->text, k->org_len,
	    k->text + k->org_len + 1, k->name_len };
}

static inline void
bench_value(struct map_value *v, uint64_t i)
{
	uint64_t h = bench_mix(i);

	memset(v, 0, sizeof *v);
	memcpy(v->hash, &h, 8);
	memcpy(v->hash + 8, &i, 8);
}

static inline uint64_t
bench_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec);
}

/* Of this thread: what others do on the machine counts less. */
static inline uint64_t
bench_cpu_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ((uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec);
}

/* Keeps one look-up from beginning before the last has ended. */
static bool bench_fenced;

static inline void
bench_fence(void)
{

#if defined(__x86_64__)
	if (bench_fenced)
		__builtin_ia32_lfence();
#elif defined(__aarch64__)
	if (bench_fenced)
		__asm__ volatile("dsb ld\n\tisb" ::: "memory");
#endif
}

static inline int
bench_order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x < y ? -1 : x > y);
}

static inline double
bench_median(double *v, unsigned n)
{

	qsort(v, n, sizeof *v, bench_order);
	return (v[n / 2]);
}

static inline void
bench_die(const char *what)
{

	perror(what);
	exit(70);
}

static inline char *
bench_dir(void)
{
	char path[] = "/dev/shm/moniker-bench.XXXXXX";

	if (mkdtemp(path) == NULL)
		bench_die("mkdtemp");
	return (strdup(path));
}

static inline void
bench_remove(char *dir)
{
	struct dirent *e;
	DIR *d = opendir(dir);

	while (d != NULL && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d != NULL)
		(void)closedir(d);
	(void)rmdir(dir);
	free(dir);
}

static inline struct map_writer *
bench_writer(const char *dir)
{
	struct map_writer *w;
	char err[256];

	w = map_writer_open(dir, bench_store, err, sizeof err);
	if (w == NULL) {
		(void)fprintf(stderr, "%s\n", err);
		exit(70);
	}
	return (w);
}

/* Fills the map with *n* aliases by a rebuild, as a starting daemon does. */
static inline void
bench_fill(struct map_writer *w, uint64_t n)
{
	struct bench_key k;
	struct map_value v;
	uint64_t i;

	if (map_writer_rebuild_begin(w, n) != 0)
		bench_die("rebuild");
	for (i = 0; i < n; i++) {
		bench_key(&k, i, false);
		bench_value(&v, i);
		if (map_writer_put(w, &k.map, &v) != 0)
			bench_die("put");
	}
	if (map_writer_rebuild_end(w, 1) != 0)
		bench_die("rebuild");
}

/* The closing line of a goal that a value must not exceed. */
static inline bool
bench_goal(const char *name, double value, double most, const char *unit)
{

	(void)printf("goal %s: %.2f%s (wanted <= %g%s): %s\n", name, value,
	    unit, most, unit, value <= most ? "met" : "missed");
	return (value <= most);
}

#endif
