/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * map_make DIR: a small map with every kind of record, for tests of tools.
 * map_make DIR N: one of N aliases.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "map.h"

static void
put(struct map_writer *w, enum map_kind kind, const char *org,
    const char *name, uint64_t epoch, bool revoked)
{
	struct map_key k = { kind, org, strlen(org), name, strlen(name) };
	struct map_value v = {
		.epoch = epoch,
		.soft = kind == MAP_KIND_STACK ? epoch + 2 : 0,
		.revoked = revoked,
	};

	if (kind == MAP_KIND_ALIAS)
		memset(v.hash, 0xab, sizeof v.hash);
	if (strcmp(name, "moved") == 0) {
		v.has_shown = v.has_previous = true;
		memset(v.shown, 0xcd, sizeof v.shown);
		memset(v.previous, 0xef, sizeof v.previous);
	}
	if (map_writer_put(w, &k, &v) != 0)
		exit(1);
}

int
main(int argc, char **argv)
{
	const uint8_t store[MAP_STORE_ID_LEN] = "tool";
	struct map_writer *w;
	struct timespec ts;
	char buf[256];
	int i;

	w = argc < 2 ? NULL : map_writer_open(argv[1], store, buf, sizeof buf);
	if (w == NULL)
		return (1);
	put(w, MAP_KIND_ALIAS, "acme", "logo", 0, false);
	put(w, MAP_KIND_ALIAS, "acme", "odd name\n", 7, false);
	put(w, MAP_KIND_ALIAS, "acme", "moved", 3, false);
	put(w, MAP_KIND_SOURCE, "acme", "abcdefghijklmnopqrst", 8, true);
	put(w, MAP_KIND_STACK, "acme", "thumb", 9, false);
	put(w, MAP_KIND_ORGANIZATION, "acme", "", 10, false);
	for (i = 0; argc > 2 && i < atoi(argv[2]); i++) {
		(void)snprintf(buf, sizeof buf, "alias-%d", i);
		put(w, MAP_KIND_ALIAS, "big", buf, 0, false);
	}
	map_writer_commit(w, 12);
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	if (map_writer_heartbeat(w, (uint64_t)ts.tv_sec * 1000 +
	    (uint64_t)ts.tv_nsec / 1000000) != 0)
		return (1);
	map_writer_close(w);
	return (0);
}
