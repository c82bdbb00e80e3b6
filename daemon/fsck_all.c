/* SPDX-License-Identifier: BSD-2-Clause */
/* monikerd --fsck: do database, source images and map agree? */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "conf.h"
#include "fsck_all.h"
#include "map.h"
#include "obj.h"
#include "publish.h"
#include "store/store.h"

#define TOLD_MAX	100	/* problems of a kind told one by one */

struct fsck {
	unsigned		magic;
#define FSCK_MAGIC		0x82f512f0
	struct map_reader	*map;
	const char		*remedy;	/* of what differs */
	unsigned long		records, wrong;
	bool			quiet;
};

/* A daemon that runs must be started again, one that does not will be. */
static const char *
fsck_remedy(const struct conf *conf)
{
	return (store_in_use(conf->store_dir) ? "restart monikerd" :
	    "monikerd mends it when it starts");
}

/*
 * Whether the map is not this database's: of one that was restored and not yet
 * started with, or that of the machine's last start, it says nothing.
 */
static bool
fsck_foreign(const struct conf *conf)
{
	uint8_t id[MAP_STORE_ID_LEN];
	struct map_owner o;

	return (map_owner(conf->map_dir, &o) &&
	    !store_in_use(conf->store_dir) &&
	    (!store_peek_id(conf->store_dir, id) ||
	    memcmp(id, o.store_id, sizeof id) != 0));
}

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

static bool
fsck_same(const struct map_value *have, const struct map_value *want)
{
	return (have->epoch == want->epoch && have->soft == want->soft &&
	    have->revoked == want->revoked && have->due_ms == want->due_ms &&
	    memcmp(have->hash, want->hash, sizeof want->hash) == 0 &&
	    have->has_shown == want->has_shown && (!want->has_shown ||
	    memcmp(have->shown, want->shown, sizeof want->shown) == 0) &&
	    have->has_previous == want->has_previous && (!want->has_previous ||
	    memcmp(have->previous, want->previous, sizeof want->previous) == 0));
}

static void
fsck_differs(const struct store_change *c, const char *remedy)
{
	char hex[HASH_HEX + 1];

	hash_to_hex(&c->hash, hex);
	(void)printf("map: %s/%s: differs from the database; %s\n", c->org,
	    c->kind == CHANGE_SOURCE && *c->key == '\0' ? hex : c->key,
	    remedy);
}

static void
fsck_compare(void *arg, const struct store_change *c, size_t n, uint64_t seq)
{
	struct fsck *f = CAST_OBJ(arg, FSCK_MAGIC);
	char owner[MAP_OWNER_MAX + 1];
	struct map_value want, have;
	struct map_key k;

	(void)seq;
	for (size_t i = 0; i < n; i++) {
		publish_record(&c[i], owner, &k, &want);
		f->records++;
		if (map_find(f->map, &k, &have) == MAP_FOUND &&
		    fsck_same(&have, &want))
			continue;
		if (f->wrong++ < TOLD_MAX && !f->quiet)
			fsck_differs(&c[i], f->remedy);
	}
}

/* Returns the number of records that differ, or -1. */
static long
fsck_level(const struct conf *conf, bool quiet)
{
	struct fsck f = {
		.magic = FSCK_MAGIC,
		.map = map_reader_open(conf->map_dir), .quiet = quiet,
		.remedy = fsck_remedy(conf),
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
			    "%lu; %s\n", conf->map_dir,
			    (unsigned long long)have, f.records, f.remedy);
	}
	return ((long)f.wrong);
}

/* The number of problems, or -1. */
static long
fsck_map(const struct conf *conf)
{
	unsigned problems;
	long differ;

	if (fsck_foreign(conf)) {
		(void)printf("%s: is of another database, or of this one "
		    "before it was restored; monikerd makes it anew when it "
		    "starts\n", conf->map_dir);
		return (0);
	}
	problems = map_check(conf->map_dir, fsck_map_problem, NULL);
	if (problems != 0) {
		fsck_map_problem(NULL, conf->map_dir,
		    store_in_use(conf->store_dir) ?
		    "monikerd makes it anew: restart it" :
		    "monikerd makes it anew when it starts");
		return (problems);
	}
	/* A change may come between the two looks: only what stays counts. */
	differ = fsck_level(conf, true);
	if (differ > 0)
		differ = fsck_level(conf, false);
	if (differ == 0)
		(void)printf("%s: good\n", conf->map_dir);
	return (differ);
}

/* The number of problems of a data folder, or -1, which is told. */
static int
fsck_store(const char *folder, bool deep)
{
	char err[512];
	int n = store_fsck(folder, deep, fsck_store_problem, NULL, err,
	    sizeof err);

	if (n < 0)
		(void)fprintf(stderr, "monikerd: %s; is that the data folder "
		    "(store_dir), and may you read it?\n", err);
	else if (n == 0)
		(void)printf("%s: good\n", folder);
	return (n);
}

int
fsck_all(const struct conf *conf, bool deep)
{
	int n = fsck_store(conf->store_dir, deep);
	long map;

	if (n < 0)
		return (EX_UNAVAILABLE);
	map = fsck_map(conf);
	if (map < 0 && n == 0)
		return (EX_UNAVAILABLE);
	return (n == 0 && map == 0 ? EX_OK : 1);
}

int
fsck_folder(const char *folder, bool deep)
{
	int n = fsck_store(folder, deep);

	return (n < 0 ? EX_UNAVAILABLE : n == 0 ? EX_OK : 1);
}
