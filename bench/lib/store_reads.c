/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads of a filled store: aliases, lists, searches, and all of it at once. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/store_alias.h"
#include "store/store_source.h"
#include "store_bench.h"

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

/* One of the reads whose time the table tells. */
static void
read_one(struct bench *b, int what, unsigned i, unsigned long aliases)
{
	const struct hash_prefix whole = hash_prefix_whole(&b->hash[0]);
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
		(void)store_alias_each(b->store, "bench", &b->hash[0], NULL,
		    name, 100, see_alias, &sink);
		return;
	case 3:
		(void)store_source_get(b->store, "bench", &whole, false,
		    &src);
		store_source_clear(&src);
		return;
	case 5:
		q.nsorts = 1;
		q.sort[0].field = FIELD_NAME;
		break;
	case 6:
		f = store_filter_add(&q, FIELD_NAME);
		f->op = FILTER_PREFIX;
		(void)snprintf(f->low, sizeof f->low, "image%u",
		    100 + i % 800);
		break;
	case 7:
		f = store_filter_add(&q, FIELD_WIDTH);
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
	(void)store_source_query(b->store, &q, see_source, NULL, &sink);
}

bool
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
			lat[i] = bench_now();
			read_one(b, (int)k, i, aliases);
			lat[i] = bench_now() - lat[i];
		}
		qsort(lat, 101, sizeof lat[0], bench_by_value);
		(void)printf("%-26s %9.3f %9.3f\n", what[k], lat[50] * 1e3,
		    lat[99] * 1e3);
		fast = fast && lat[50] < 0.020;
	}
	return (fast);
}

void
snapshot(struct bench *b)
{
	uint64_t n = 0, expected;
	double start = bench_now();

	if (store_snapshot(b->store, &expected, see_changes, &n) != STORE_OK)
		bench_die("no snapshot");
	(void)printf("\nsnapshot of %llu records: %.2f s\n",
	    (unsigned long long)expected, bench_now() - start);
}
