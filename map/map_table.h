/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One generation in the hands of the writer: a data file that is made, filled
 * in place and sealed. All functions return 0 or an errno.
 */
#ifndef MAP_TABLE_H
#define MAP_TABLE_H

#include "map_view.h"

/* What a data file must have in common with its control page. */
struct map_ids {
	uint64_t	folder_id;
	uint8_t		store_id[MAP_STORE_ID_LEN];
	uint8_t		boot_id[MAP_ID_LEN];
};

struct map_table {
	struct map_ids	ids;
	uint64_t	generation;
	int		fd;
	uint8_t		*base;
	uint64_t	reserved;	/* bytes of address space */
	uint64_t	allocated;	/* bytes of the file, all backed */
	bool		sealed;		/* the file's size is final */
	uint64_t	filled;		/* slots that are not empty */
	uint64_t	live;		/* records that a slot leads to */
	uint64_t	live_bytes;
	struct map_view	view;
};

void map_table_path(char path[32], uint64_t generation);
uint64_t map_slots_for(uint64_t records);

/* A new file in folder *dirfd*, with nothing but its header. */
int map_table_create(struct map_table **, int dirfd, const struct map_ids *,
    uint64_t generation, uint64_t slots);

/* Opens a file that another writer left, and checks all of it. */
int map_table_open(struct map_table **, int dirfd, const struct map_ids *,
    uint64_t generation, const struct map_control *);

void map_table_close(struct map_table *);

/* Backs the file up to *upto* bytes. */
int map_table_allocate(struct map_table *, uint64_t upto);

/* Is the index there, so that records can come? */
bool map_table_ready(const struct map_table *);

/* EFBIG: a larger table is needed; nothing has changed. */
int map_table_put(struct map_table *, const struct map_key *,
    const struct map_value *);
int map_table_remove(struct map_table *, const struct map_key *);

/*
 * Copies what is alive of the next *n* records of *from*, starting at offset
 * *cursor*, which is moved.
 */
int map_table_copy(struct map_table *to, const struct map_table *from,
    uint64_t *cursor, unsigned n);

/* The file size with room to grow for a while. */
uint64_t map_table_goal(const struct map_table *);

/* Writes the header: readers may come. */
void map_table_seal(struct map_table *);

/* Is it time to begin the next generation? */
bool map_table_crowded(const struct map_table *);

static inline struct map_header *
map_table_header(const struct map_table *t)
{

	return ((struct map_header *)(void *)t->base);
}

static inline uint64_t
map_table_used(const struct map_table *t)
{

	return (atomic_load_explicit(&map_table_header(t)->used,
	    memory_order_relaxed));
}

#endif
