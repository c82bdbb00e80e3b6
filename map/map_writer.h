/* SPDX-License-Identifier: BSD-2-Clause */
/* The writer's parts among themselves. */
#ifndef MAP_WRITER_H
#define MAP_WRITER_H

#include "map_folder.h"

#define WRITER_RETIRED	8

/* An old generation that readers may still have mapped. */
struct map_retired {
	struct map_table	*table;
	uint64_t		left;		/* bytes not yet given back */
	bool			alone;		/* no reader has it mapped */
};

struct map_writer {
	char			*dir;
	struct map_folder	folder;
	struct map_table	*cur;		/* takes the puts */
	bool			shown;		/* readers look up in cur */
	bool			rebuilding;
	int			failed;		/* errno of a put since begin */
	bool			withdrawn;	/* until restored or rebuilt */
	struct map_table	*kept;		/* they do in this, while cur
						 * is built; or NULL */
	/* The generation after cur, being filled from it. */
	struct map_table	*next;
	uint64_t		cursor;		/* records of cur copied */
	uint64_t		goal;		/* file size, once known */
	uint64_t		retry;		/* changes before next try */
	/* The folder of next, if that is to take the place of ours. */
	struct map_folder	into;
	bool			moving;
	uint64_t		moves;		/* that came to their end */
	int			move_error;	/* of the last try, or 0 */
	unsigned		move_rest;	/* heartbeats before the next */
	struct map_retired	retired[WRITER_RETIRED];
};

/* An empty table for *records* records, not shown yet. */
int map_writer_table(struct map_writer *, struct map_table **,
    uint64_t records);
void map_writer_unlink(const struct map_writer *, struct map_table *);

/* Shows cur to the readers. */
void map_writer_publish(struct map_writer *);

/* Growth: map_grow.c. */
int map_grow_begin(struct map_writer *);
int map_grow_step(struct map_writer *, unsigned records);
int map_grow_finish(struct map_writer *);
/* *rc*: the errno that is the reason, or 0. */
void map_grow_abandon(struct map_writer *, int rc);

/* A folder that is gone: map_move.c. Called by each heartbeat. */
int map_move_check(struct map_writer *);
int map_move_begin(struct map_writer *);
/* Next is complete: readers are sent over. */
int map_move_finish(struct map_writer *);
/* Next is closed, having failed for reason *rc*, or 0: somebody's wish. */
void map_move_abandon(struct map_writer *, int rc);

/* Old generations: map_retire.c. */
void map_retire(struct map_writer *, struct map_table *);
/* A slice of work. False if there is nothing to do now. */
bool map_retire_step(struct map_writer *);
void map_retire_close(struct map_writer *);

#endif
