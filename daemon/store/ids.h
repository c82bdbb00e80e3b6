/* SPDX-License-Identifier: BSD-2-Clause */
/* A set of row numbers, a bit each. */
#ifndef STORE_IDS_H
#define STORE_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IDS_CHUNK	65536		/* bits that are allocated at once */

struct ids {
	uint64_t	**chunk;	/* NULL: none of these */
	size_t		room;
};

void ids_add(struct ids *, int64_t id);
/* Those of *n* words of bits, within one IDS_CHUNK, that begin with *id*. */
void ids_add_words(struct ids *, int64_t id, const uint64_t *, size_t n);
bool ids_has(const struct ids *, int64_t id);
void ids_or(struct ids *, const struct ids *other);
/* Keeps those that *other* has, too; leaves out those that it has. */
void ids_and(struct ids *, const struct ids *other);
void ids_without(struct ids *, const struct ids *other);
int64_t ids_count(const struct ids *);
/* The next one above *id*, or below; -1 for none. */
int64_t ids_next(const struct ids *, int64_t id);
int64_t ids_previous(const struct ids *, int64_t id);
/* Above all of them. */
int64_t ids_end(const struct ids *);
/* Whether there is one from *from* to just below *to*. */
bool ids_any(const struct ids *, int64_t from, int64_t to);
/* The words of a set from *id*'s chunk on, of IDS_CHUNK ids each. */
const uint64_t *ids_words(const struct ids *, int64_t id);
void ids_clear(struct ids *);

#endif
