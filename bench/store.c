/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store alone: alias writes a second by how many are under way, beside
 * one commit a write and beside SQLite's own limit; then lists, searches and
 * the map's first fill with many aliases and images.
 *
 * store [ALIASES [IMAGES]]
 */
#include "config.h"

#include <event2/event.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/store_bench.h"
#include "store/store_alias.h"

#define MAX_WINDOW	512
#define SECONDS		2.0
#define WRITES_MAX	4000000
#define NAMES		1000

/* Writes of aliases; as many as the window are under way. */
struct load {
	struct bench	*bench;
	unsigned long	n;
	unsigned	under_way;
	double		until;
	double		*lat;		/* of each write, seconds */
	double		*get;		/* of a read after every eighth */
	unsigned long	gets;
	struct slot {
		struct store_alias_put put;
		double	start;
	}		slot[MAX_WINDOW];
};

static void write_done(struct store_job *);

static void
write_one(struct load *l, struct slot *s)
{
	struct store_alias_put *p = &s->put;

	memset(p, 0, sizeof *p);
	(void)snprintf(p->alias.org, sizeof p->alias.org, "bench");
	(void)snprintf(p->alias.name, sizeof p->alias.name, "w%lu",
	    l->n % NAMES);
	p->target = hash_prefix_whole(&l->bench->hash[(l->n / NAMES) & 1]);
	p->overwrite = true;
	p->job.done = write_done;
	p->job.arg = l;
	l->n++;
	l->under_way++;
	s->start = bench_now();
	store_alias_put(l->bench->store, p);
}

static void
write_done(struct store_job *j)
{
	struct load *l = j->arg;
	struct slot *s = (struct slot *)j;
	struct store_alias a;
	double t = bench_now();

	if (j->status != STORE_OK && j->status != STORE_CREATED)
		bench_die("a write failed");
	l->lat[l->n - l->under_way] = t - s->start;
	l->under_way--;
	if (l->n % 8 == 0) {
		(void)store_alias_get(l->bench->store, "bench", "w7", &a);
		l->get[l->gets++] = bench_now() - t;
	}
	if (t < l->until && l->n < WRITES_MAX)
		write_one(l, s);
	else if (l->under_way == 0)
		(void)event_base_loopbreak(l->bench->base);
}

static double
writes(struct load *l, unsigned window)
{
	struct store_stats before, after;
	double start, took;
	char title[32];
	unsigned i;

	l->n = l->gets = 0;
	store_stats(l->bench->store, &before);
	start = bench_now();
	l->until = start + SECONDS;
	for (i = 0; i < window; i++)
		write_one(l, &l->slot[i]);
	(void)event_base_dispatch(l->bench->base);
	took = bench_now() - start;
	store_stats(l->bench->store, &after);
	qsort(l->lat, l->n, sizeof *l->lat, bench_by_value);
	qsort(l->get, l->gets, sizeof *l->get, bench_by_value);
	(void)snprintf(title, sizeof title, window == 1 ?
	    "1 (a commit a write)" : "%u under way", window);
	(void)printf("%-26s %9.0f %9.0f %9.3f %9.3f %9.3f\n", title,
	    (double)l->n / took,
	    (double)(after.jobs - before.jobs) /
	    (double)(after.batches - before.batches),
	    l->lat[l->n / 2] * 1e3, l->lat[l->n * 99 / 100] * 1e3,
	    l->get[l->gets * 99 / 100] * 1e3);
	return ((double)l->n / took);
}

static struct load *
load_new(struct bench *b)
{
	struct load *l = calloc(1, sizeof *l);

	if (l == NULL)
		bench_die("no memory");
	l->bench = b;
	l->lat = calloc(WRITES_MAX, sizeof *l->lat);
	l->get = calloc(WRITES_MAX / 8 + 1, sizeof *l->get);
	if (l->lat == NULL || l->get == NULL)
		bench_die("no memory");
	return (l);
}

/* Prints a table. Returns the rate of 64 under way over that of one. */
static double
all_writes(struct bench *b)
{
	struct load *l = load_new(b);
	double one, many;

	(void)printf("%-26s %9s %9s %9s %9s %9s\n", "alias writes",
	    "per s", "a commit", "p50 ms", "p99 ms", "get p99");
	one = writes(l, 1);
	(void)writes(l, 8);
	many = writes(l, 64);
	(void)writes(l, MAX_WINDOW);
	free(l->lat);
	free(l->get);
	free(l);
	return (many / one);
}

/* What SQLite can do in one transaction, with the same table and index. */
static void
sqlite_limit(const char *dir)
{
	char path[256];
	sqlite3_stmt *s;
	double start;
	sqlite3 *h;
	int i, n = 200000;

	(void)snprintf(path, sizeof path, "%s/limit.db", dir);
	if (sqlite3_open(path, &h) != SQLITE_OK || sqlite3_exec(h,
	    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
	    "CREATE TABLE alias (org INTEGER, name TEXT, hash BLOB, a, b, c, "
	    "d, PRIMARY KEY (org, name)) WITHOUT ROWID;"
	    "CREATE INDEX i ON alias (org, hash, name); BEGIN", NULL, NULL,
	    NULL) != SQLITE_OK || sqlite3_prepare_v2(h, "INSERT INTO alias "
	    "VALUES (1, 'w' || ?1, randomblob(20), 1, 2, 3, 4)", -1, &s,
	    NULL) != SQLITE_OK)
		bench_die(sqlite3_errmsg(h));
	start = bench_now();
	for (i = 0; i < n; i++) {
		(void)sqlite3_bind_int(s, 1, i);
		(void)sqlite3_step(s);
		(void)sqlite3_reset(s);
	}
	(void)sqlite3_finalize(s);
	(void)sqlite3_exec(h, "COMMIT", NULL, NULL, NULL);
	start = bench_now() - start;
	(void)sqlite3_close(h);
	(void)printf("%-26s %9.0f %9d\n", "SQLite, one transaction", n / start,
	    n);
}

static void
bench_open(struct bench *b, const char *dir)
{
	struct store_conf conf = { .dir = dir, .base = b->base };
	char err[512];

	b->store = store_open(&conf, err, sizeof err);
	if (b->store == NULL)
		bench_die(err);
}

int
main(int argc, char **argv)
{
	unsigned long aliases = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
	unsigned long images = argc > 2 ? strtoul(argv[2], NULL, 10) : 100000;
	char dir[] = "store.XXXXXX", cmd[64];
	struct bench b = { .base = event_base_new() };
	double gain;
	bool fast;

	if (b.base == NULL || mkdtemp(dir) == NULL)
		bench_die("no folder");
	bench_open(&b, dir);
	fill_org(&b);
	gain = all_writes(&b);
	sqlite_limit(dir);
	fill_aliases(&b, aliases);
	store_close(b.store);
	fill_images(dir, images);
	bench_open(&b, dir);
	(void)printf("\n%lu aliases, %lu images", aliases, images);
	fast = reads(&b, aliases);
	snapshot(&b);
	store_close(b.store);
	event_base_free(b.base);
	(void)printf("goal writes at 64 over one a commit: %.1f (wanted "
	    ">= 5): %s\n", gain, gain >= 5 ? "met" : "missed");
	(void)printf("goal each read's median under 20 ms: %s\n",
	    fast ? "met" : "missed");
	(void)snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
	return (system(cmd) == 0 && fast && gain >= 5 ? 0 : 1);
}
