/* SPDX-License-Identifier: BSD-2-Clause */
/* Fills a store for its benchmark. */
#include "config.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/store_alias.h"
#include "store/store_org.h"
#include "store/store_source.h"
#include "store_bench.h"

#define BULK		5000

static void
stop(struct store_job *j)
{
	struct bench *b = j->arg;

	if (j->status != STORE_OK && j->status != STORE_CREATED)
		bench_die("a write failed");
	(void)event_base_loopbreak(b->base);
}

#define CALL(b, func, op) do {						\
	(op)->job.done = stop;						\
	(op)->job.arg = (b);						\
	func((b)->store, op);						\
	(void)event_base_dispatch((b)->base);				\
} while (0)

static void
put_images(struct bench *b)
{
	struct store_source_put p;
	int k;

	for (k = 0; k < 2; k++) {
		memset(&p, 0, sizeof p);
		p.blob = store_blob_new(b->store);
		if (p.blob == NULL || store_blob_write(p.blob, &"ab"[k], 1))
			bench_die("no blob");
		(void)snprintf(p.source.org, sizeof p.source.org, "bench");
		(void)snprintf(p.source.name, sizeof p.source.name, "image");
		p.source.width = p.source.height = 100;
		CALL(b, store_source_put, &p);
		b->hash[k] = p.source.hash;
		store_source_clear(&p.source);
	}
}

void
fill_org(struct bench *b)
{
	struct store_org_put org;

	memset(&org, 0, sizeof org);
	(void)snprintf(org.org.name, sizeof org.org.name, "bench");
	CALL(b, store_org_put, &org);
	put_images(b);
}

/* Straight into the table: this is about reading them. */
void
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
		bench_die(sqlite3_errmsg(h));
	(void)sqlite3_close(h);
}

void
fill_aliases(struct bench *b, unsigned long aliases)
{
	struct store_alias_change *c;
	struct store_alias_bulk p;
	unsigned long i;
	double start = bench_now();
	size_t n;

	c = calloc(BULK, sizeof *c);
	if (c == NULL)
		bench_die("no memory");
	for (i = 0; i < aliases; i += n) {
		for (n = 0; n < BULK && i + n < aliases; n++) {
			struct store_alias *a = &c[n].put.alias;

			memset(&c[n], 0, sizeof c[n]);
			(void)snprintf(a->org, sizeof a->org, "bench");
			(void)snprintf(a->name, sizeof a->name, "n%lu", i + n);
			c[n].put.target =
			    hash_prefix_whole(&b->hash[(i + n) % 2]);
		}
		memset(&p, 0, sizeof p);
		p.changes = c;
		p.n = n;
		CALL(b, store_alias_bulk, &p);
	}
	free(c);
	start = bench_now() - start;
	(void)printf("%-26s %9.0f %9d\n", "bulk, all or nothing",
	    (double)aliases / start, BULK);
}
