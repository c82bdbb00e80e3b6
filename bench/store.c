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
#include <unistd.h>

#include "store/store_alias.h"
#include "store/store_org.h"
#include "store/store_source.h"

#define MAX_WINDOW	512
#define SECONDS		2.0
#define BULK		5000

struct bench {
	struct event_base *base;
	struct store	*store;
	char		hash[2][HASH_HEX + 1];
	unsigned long	n, limit, names;
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

static double
now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
}

static void
die(const char *what)
{

	(void)fprintf(stderr, "bench/store: %s\n", what);
	exit(1);
}

static void
stop(struct store_job *j)
{
	struct bench *b = j->arg;

	if (j->status != STORE_OK && j->status != STORE_CREATED)
		die("a write failed");
	(void)event_base_loopbreak(b->base);
}

#define CALL(b, func, op) do {						\
	(op)->job.done = stop;						\
	(op)->job.arg = (b);						\
	func((b)->store, op);						\
	(void)event_base_dispatch((b)->base);				\
} while (0)

static int
by_value(const void *a, const void *b)
{
	double x, y;

	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return (x < y ? -1 : x > y);
}

/*--------------------------------------------------------------------
 * Writes
 */

static void write_done(struct store_job *);

static void
write_one(struct bench *b, struct slot *s)
{
	struct store_alias_put *p = &s->put;

	memset(p, 0, sizeof *p);
	(void)snprintf(p->alias.org, sizeof p->alias.org, "bench");
	(void)snprintf(p->alias.name, sizeof p->alias.name, "w%lu",
	    b->n % b->names);
	(void)snprintf(p->alias.hash, sizeof p->alias.hash, "%s",
	    b->hash[(b->n / b->names) & 1]);
	p->overwrite = true;
	p->job.done = write_done;
	p->job.arg = b;
	b->n++;
	b->under_way++;
	s->start = now();
	store_alias_put(b->store, p);
}

static void
write_done(struct store_job *j)
{
	struct bench *b = j->arg;
	struct slot *s = (struct slot *)j;
	struct store_alias a;
	double t = now();

	if (j->status != STORE_OK && j->status != STORE_CREATED)
		die("a write failed");
	b->lat[b->n - b->under_way] = t - s->start;
	b->under_way--;
	if (b->n % 8 == 0) {
		(void)store_alias_get(b->store, "bench", "w7", &a);
		b->get[b->gets++] = now() - t;
	}
	if (t < b->until && b->n < b->limit)
		write_one(b, s);
	else if (b->under_way == 0)
		(void)event_base_loopbreak(b->base);
}

static double
writes(struct bench *b, unsigned window)
{
	struct store_stats before, after;
	double start, took;
	char title[32];
	unsigned i;

	b->n = b->gets = 0;
	store_stats(b->store, &before);
	start = now();
	b->until = start + SECONDS;
	for (i = 0; i < window; i++)
		write_one(b, &b->slot[i]);
	(void)event_base_dispatch(b->base);
	took = now() - start;
	store_stats(b->store, &after);
	qsort(b->lat, b->n, sizeof *b->lat, by_value);
	qsort(b->get, b->gets, sizeof *b->get, by_value);
	(void)snprintf(title, sizeof title, window == 1 ?
	    "1 (a commit a write)" : "%u under way", window);
	(void)printf("%-26s %9.0f %9.0f %9.3f %9.3f %9.3f\n", title,
	    (double)b->n / took,
	    (double)(after.jobs - before.jobs) /
	    (double)(after.batches - before.batches),
	    b->lat[b->n / 2] * 1e3, b->lat[b->n * 99 / 100] * 1e3,
	    b->get[b->gets * 99 / 100] * 1e3);
	return ((double)b->n / took);
}

/* What SQLite can do in one transaction, with the same table and index. */
static double
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
		die(sqlite3_errmsg(h));
	start = now();
	for (i = 0; i < n; i++) {
		(void)sqlite3_bind_int(s, 1, i);
		(void)sqlite3_step(s);
		(void)sqlite3_reset(s);
	}
	(void)sqlite3_finalize(s);
	(void)sqlite3_exec(h, "COMMIT", NULL, NULL, NULL);
	start = now() - start;
	(void)sqlite3_close(h);
	(void)printf("%-26s %9.0f %9d\n", "SQLite, one transaction", n / start,
	    n);
	return (n / start);
}

/*--------------------------------------------------------------------
 * Reads
 */

static int
see_alias(void *arg, const struct store_alias *a)
{

	*(char *)arg ^= a->name[0];
	return (0);
}

static int
see_source(void *arg, const struct store_source *s)
{

	*(char *)arg ^= s->name[0];
	return (0);
}

static void
see_changes(void *arg, const struct store_change *c, size_t n, uint64_t last)
{

	(void)last;
	*(uint64_t *)arg += n + (c[0].key[0] == '\0');
}

static struct store_filter *
filter(struct store_query *q, enum store_field field)
{
	struct store_filter *f = &q->filter[q->nfilters++];

	f->field = field;
	f->min = INT64_MIN;
	f->max = INT64_MAX;
	return (f);
}

/* One of the reads whose time the table tells. */
static void
read_one(struct bench *b, int what, unsigned i, unsigned long aliases)
{
	struct store_query q = { .limit = 100 };
	struct store_source src;
	struct store_filter *f;
	struct store_alias a;
	char sink = 0, name[32];

	(void)snprintf(q.org, sizeof q.org, "bench");
	(void)snprintf(name, sizeof name, "n%lu",
	    i * 7919UL % (aliases > 0 ? aliases : 1));
	switch (what) {
	case 0:
		(void)store_alias_get(b->store, "bench", name, &a);
		return;
	case 1:
		(void)store_alias_each(b->store, "bench", NULL, NULL, name,
		    100, see_alias, &sink);
		return;
	case 2:
		(void)store_alias_each(b->store, "bench", b->hash[0], NULL,
		    name, 100, see_alias, &sink);
		return;
	case 3:
		(void)store_source_get(b->store, "bench", b->hash[0], false,
		    &src);
		store_source_clear(&src);
		return;
	case 5:
		q.nsorts = 1;
		q.sort[0].field = FIELD_NAME;
		break;
	case 6:
		f = filter(&q, FIELD_NAME);
		f->op = FILTER_PREFIX;
		(void)snprintf(f->low, sizeof f->low, "image%u",
		    100 + i % 800);
		break;
	case 7:
		f = filter(&q, FIELD_WIDTH);
		f->op = FILTER_RANGE;
		f->min = 10;
		f->max = 500;
		break;
	case 8:
		q.offset = 9000;
		break;
	default:
		break;
	}
	(void)store_source_query(b->store, &q, see_source, &sink);
}

static bool
reads(struct bench *b, unsigned long aliases)
{
	static const char *const what[] = {
		"get alias", "list 100 aliases", "100 aliases of an image",
		"get image", "list 100 images", "list, by name",
		"search, name prefix", "search, width range",
		"list, offset 9000"
	};
	double lat[101];
	bool fast = true;
	unsigned i, k;

	(void)printf("\n%-26s %9s %9s\n", "read", "p50 ms", "p99 ms");
	for (k = 0; k < sizeof what / sizeof what[0]; k++) {
		for (i = 0; i < 101; i++) {
			lat[i] = now();
			read_one(b, (int)k, i, aliases);
			lat[i] = now() - lat[i];
		}
		qsort(lat, 101, sizeof lat[0], by_value);
		(void)printf("%-26s %9.3f %9.3f\n", what[k], lat[50] * 1e3,
		    lat[99] * 1e3);
		fast = fast && lat[50] < 0.020;
	}
	return (fast);
}

/*--------------------------------------------------------------------
 * Filling
 */

static void
put_images(struct bench *b)
{
	struct store_source_put p;
	int k;

	for (k = 0; k < 2; k++) {
		memset(&p, 0, sizeof p);
		p.blob = store_blob_new(b->store);
		if (p.blob == NULL || store_blob_write(p.blob, &"ab"[k], 1))
			die("no blob");
		(void)snprintf(p.source.org, sizeof p.source.org, "bench");
		(void)snprintf(p.source.name, sizeof p.source.name, "image");
		p.source.width = p.source.height = 100;
		CALL(b, store_source_put, &p);
		memcpy(b->hash[k], p.source.hash, sizeof b->hash[k]);
		store_source_clear(&p.source);
	}
}

/* Straight into the table: this is about reading them. */
static void
fill_images(const char *dir, unsigned long images)
{
	char path[256], sql[1024];
	sqlite3 *h;

	(void)snprintf(path, sizeof path, "%s/moniker.db", dir);
	(void)snprintf(sql, sizeof sql, "WITH RECURSIVE n (i) AS (SELECT 1 "
	    "UNION ALL SELECT i + 1 FROM n WHERE i < %lu) "
	    "INSERT INTO source (org, hash, short, binary, content, name, "
	    "format, mimetype, size, width, height, created_ms, user_meta, "
	    "dynamic_meta, static_meta) SELECT 1, randomblob(20), 's' || i, "
	    "randomblob(20), randomblob(20), "
	    "'image' || abs(random() %% 1000000), 'jpg', 'image/jpeg', "
	    "abs(random() %% 10000000), abs(random() %% 5000), "
	    "abs(random() %% 5000), 1700000000000 + i * 1000, '{}', '{}', "
	    "'{}' FROM n", images);
	if (sqlite3_open(path, &h) != SQLITE_OK ||
	    sqlite3_exec(h, sql, NULL, NULL, NULL) != SQLITE_OK)
		die(sqlite3_errmsg(h));
	(void)sqlite3_close(h);
}

static void
fill_aliases(struct bench *b, unsigned long aliases)
{
	struct store_alias_change *c;
	struct store_alias_bulk p;
	unsigned long i;
	double start = now();
	size_t n;

	c = calloc(BULK, sizeof *c);
	if (c == NULL)
		die("no memory");
	for (i = 0; i < aliases; i += n) {
		for (n = 0; n < BULK && i + n < aliases; n++) {
			struct store_alias *a = &c[n].put.alias;

			memset(&c[n], 0, sizeof c[n]);
			(void)snprintf(a->org, sizeof a->org, "bench");
			(void)snprintf(a->name, sizeof a->name, "n%lu", i + n);
			(void)snprintf(a->hash, sizeof a->hash, "%s",
			    b->hash[(i + n) % 2]);
		}
		memset(&p, 0, sizeof p);
		p.changes = c;
		p.n = n;
		CALL(b, store_alias_bulk, &p);
	}
	free(c);
	start = now() - start;
	(void)printf("%-26s %9.0f %9d\n", "bulk, all or nothing",
	    (double)aliases / start, BULK);
}

static void
snapshot(struct bench *b)
{
	uint64_t n = 0, expected;
	double start = now();

	if (store_snapshot(b->store, &expected, see_changes, &n) != STORE_OK)
		die("no snapshot");
	(void)printf("\nsnapshot of %llu records: %.2f s\n",
	    (unsigned long long)expected, now() - start);
}

int
main(int argc, char **argv)
{
	unsigned long aliases = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
	unsigned long images = argc > 2 ? strtoul(argv[2], NULL, 10) : 100000;
	struct store_conf conf = { .dir = "" };
	char dir[] = "store.XXXXXX", err[512], cmd[64];
	struct store_org_put org;
	struct bench *b;
	double one, many;
	bool fast;

	b = calloc(1, sizeof *b);
	if (b == NULL || mkdtemp(dir) == NULL)
		die("no folder");
	b->limit = 4000000;
	b->names = 1000;
	b->lat = calloc(b->limit, sizeof *b->lat);
	b->get = calloc(b->limit / 8 + 1, sizeof *b->get);
	b->base = event_base_new();
	if (b->lat == NULL || b->get == NULL || b->base == NULL)
		die("no memory");
	conf.dir = dir;
	conf.base = b->base;
	b->store = store_open(&conf, err, sizeof err);
	if (b->store == NULL)
		die(err);
	memset(&org, 0, sizeof org);
	(void)snprintf(org.org.name, sizeof org.org.name, "bench");
	CALL(b, store_org_put, &org);
	put_images(b);
	(void)printf("%-26s %9s %9s %9s %9s %9s\n", "alias writes",
	    "per s", "a commit", "p50 ms", "p99 ms", "get p99");
	one = writes(b, 1);
	(void)writes(b, 8);
	many = writes(b, 64);
	(void)writes(b, MAX_WINDOW);
	(void)sqlite_limit(dir);
	fill_aliases(b, aliases);
	store_close(b->store);
	fill_images(dir, images);
	b->store = store_open(&conf, err, sizeof err);
	if (b->store == NULL)
		die(err);
	(void)printf("\n%lu aliases, %lu images", aliases, images);
	fast = reads(b, aliases);
	snapshot(b);
	store_close(b->store);
	(void)printf("goal writes at 64 over one a commit: %.1f (wanted "
	    ">= 5): %s\n", many / one, many / one >= 5 ? "met" : "missed");
	(void)printf("goal each read's median under 20 ms: %s\n",
	    fast ? "met" : "missed");
	(void)snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
	return (system(cmd) == 0 && fast && many / one >= 5 ? 0 : 1);
}
