/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What killed workers, until when it is refused: a source that crashed them, or
 * a source and a recipe (its digest) that took too long together.
 */
#ifndef BLAME_H
#define BLAME_H

#include <stdbool.h>
#include <time.h>

#define BLAME_SLOTS	64
#define BLAME_KILLS	2
#define BLAME_SECONDS	60

struct blame {
	char		source[64], digest[33];
	unsigned	kills;
	time_t		until;		/* monotonic; forgotten after it */
};

struct blame_list {
	struct blame	slot[BLAME_SLOTS];
};

/* *digest* is that of the recipe, "": whatever is done with the source. */
void blame_add(struct blame_list *, const char *source, const char *digest);
bool blame_has(const struct blame_list *, const char *source,
    const char *digest);

#endif
