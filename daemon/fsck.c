/* SPDX-License-Identifier: BSD-2-Clause */
/* monikerd --fsck: do database, source images and map agree? */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "conf.h"
#include "fsck.h"
#include "map.h"
#include "publish.h"
#include "store/store.h"

#define TOLD_MAX	100	/* problems of a kind told one by one */

struct fsck {
	struct map_reader	*map;
	unsigned long		records, wrong;
	bool			quiet;
};

static void
fsck_store_problem(void *arg, const char *where, const char *what)
{
	(void)arg;
	(void)printf("store: %s: %s\n", where, what);
}

static void
fsck_map_problem(void *arg, const char *where, const char *what)
{
	(void)arg;
	(void)printf("map: %s: %s\n", where, what);
}

static void
fsck_compare(void *arg, const struct store_change *c, size_t n, uint64_t seq)
{
	struct fsck *f = arg;
	uint8_t source[MAP_HASH_LEN];
	struct map_value want, have;
	struct map_key k;

	(void)seq;
	for (size_t i = 0; i < n; i++) {
		publish_record(&c[i], source, &k, &want);
		f->records++;
		if (map_find(f->map, &k, &have) == MAP_FOUND &&
		    have.epoch == want.epoch && have.soft == want.soft &&
		    have.revoked == want.revoked &&
		    memcmp(have.hash, want.hash, sizeof want.hash) == 0)
			continue;
		if (f->wrong++ < TOLD_MAX && !f->quiet)
			(void)printf("map: %s/%s: differs from the database; "
			    "restart monikerd\n", c[i].org, c[i].key);
	}
}

/* Returns the number of records that differ, or -1. */
static long
fsck_level(const struct conf *conf, bool quiet)
{
	struct fsck f = {
		.map = map_reader_open(conf->map_dir), .quiet = quiet,
	};
	struct map_status s;
	char err[512];
	uint64_t have = 0;
	int rc;

	if (f.map == NULL)
		return (-1);
	rc = store_scan(conf->store_dir, fsck_compare, &f, err, sizeof err);
	map_reader_status(f.map, 0, &s);
	for (int k = 1; k < MAP_KINDS; k++)
		have += s.entries[k];
	map_reader_close(f.map);
	if (rc != 0) {
		(void)printf("store: %s\n", err);
		return (-1);
	}
	if (have != f.records && f.wrong == 0) {
		f.wrong = 1;
		if (!quiet)
			(void)printf("map: %s: has %llu records, the database "
			    "%lu; restart monikerd\n", conf->map_dir,
			    (unsigned long long)have, f.records);
	}
	return ((long)f.wrong);
}

int
fsck_run(const struct conf *conf, bool deep)
{
	char err[512];
	unsigned map_problems;
	long differ;
	int n;

	n = store_fsck(conf->store_dir, deep, fsck_store_problem, NULL, err,
	    sizeof err);
	if (n < 0) {
		(void)fprintf(stderr, "monikerd: %s; is store_dir right, and "
		    "may you read it?\n", err);
		return (EX_UNAVAILABLE);
	}
	map_problems = map_check(conf->map_dir, fsck_map_problem, NULL);
	if (map_problems != 0)
		fsck_map_problem(NULL, conf->map_dir, "monikerd makes it anew: "
		    "restart it");
	/* A change may come between the two looks: only what stays counts. */
	differ = map_problems != 0 ? 0 : fsck_level(conf, true);
	if (differ > 0)
		differ = fsck_level(conf, false);
	if (differ < 0 && n == 0)
		return (EX_UNAVAILABLE);
	if (n == 0 && map_problems == 0 && differ == 0) {
		(void)printf("%s: good\n%s: good\n", conf->store_dir,
		    conf->map_dir);
		return (EX_OK);
	}
	return (1);
}
