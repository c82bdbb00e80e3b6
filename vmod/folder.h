/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The folders with a map that this worker process uses: one reader and one set
 * of counters each, however many VCLs name the folder.
 */
#ifndef FOLDER_H
#define FOLDER_H

#include <stdint.h>

#include "map.h"
#include "VSC_moniker.h"

struct folder;

/*
 * From constructors and destructors only, that is, from the CLI thread. Takes
 * the path; returns NULL only without memory.
 */
struct folder *folder_get(const char *dir);
void folder_put(struct folder **);

struct map_reader *folder_reader(const struct folder *);
struct spellings *folder_spellings(const struct folder *);
struct VSC_moniker *folder_counters(const struct folder *);

/*
 * House-keeping, by any thread, once a request: the reader's own, and once a
 * second the gauges. *now* is unix time in seconds.
 */
void folder_tick(struct folder *, double now);

/* A counter is a bare number in shared memory: ++ would lose counts. */
#define FOLDER_COUNT(f, counter)					\
	((void)__atomic_fetch_add(&folder_counters(f)->counter, 1,	\
	    __ATOMIC_RELAXED))

#endif
