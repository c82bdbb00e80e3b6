/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the store's benchmark have in common. */
#ifndef STORE_BENCH_H
#define STORE_BENCH_H

#include <event2/event.h>
#include <stdbool.h>

#include "bench.h"
#include "store/store.h"

struct bench {
	struct event_base *base;
	struct store	*store;
	struct hash	hash[2];	/* of two images */
};

/*---- store_fill.c */
/* The organization "bench", and its two images. */
void fill_org(struct bench *);
/* Aliases "n0", "n1" and on, by bulk calls; prints how fast. */
void fill_aliases(struct bench *, unsigned long aliases);
/* Into the database of *dir*, whose store is closed. */
void fill_images(const char *dir, unsigned long images);

/*---- store_reads.c */
/* Prints a table; true when each read's median is under 20 ms. */
bool reads(struct bench *, unsigned long aliases);
/* Prints how long the map's first fill takes. */
void snapshot(struct bench *);

#endif
