/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stacks, and the options of organizations, as they were parsed last. Each
 * picture asks for both, and to parse their JSON costs more than to find them.
 * What is kept counts as long as the rows that it came from are the same: the
 * database is asked each time, for a number instead of for a text.
 *
 * The loop's thread. Never more than some hundred values, and those of no more
 * than KEPT_BYTES of JSON.
 */
#ifndef KEPT_H
#define KEPT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "name/name.h"

#define KEPT_BYTES	(1024 * 1024)

struct kept;
struct store;
struct store_org;

struct kept *kept_new(void);
void kept_free(struct kept *);

/* The options of *org*, as it was just read; a new reference, not to change. */
json_t *kept_options(struct kept *, const struct store_org *org);

enum kept_status {
	KEPT_OK,
	KEPT_NO_STACK,
	KEPT_NO_BASE,		/* *name* is the one that is missing */
	KEPT_TOO_DEEP
};

/* A stack may stand on another, and so on. */
#define BASE_STACKS	5

struct kept_stack {
	char		name[NAME_MAX_LEN + 1];	/* in */
	json_t		*definition;	/* a new reference, not to change */
	uint64_t	seq;		/* the last change of it or a base */
	bool		based;		/* it stands on another */
};

/*
 * The stack of *org* with those that it stands on: their operations run before
 * its own, their options and variables are the defaults of its own.
 */
enum kept_status kept_stack(struct kept *, struct store *, const char *org,
    struct kept_stack *);

#endif
