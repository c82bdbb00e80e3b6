/* SPDX-License-Identifier: BSD-2-Clause */
/* A map opened once, to be looked at from end to end. */
#ifndef MAP_SNAPSHOT_H
#define MAP_SNAPSHOT_H

#include "map_view.h"

struct map_snapshot {
	const struct map_control *control;
	struct map_view		view;
	uint64_t		generation;
	enum map_reason		reason;
	int			error;		/* errno or 0 */
};

/* MAP_BECAUSE_NONE, or why not. Close it in either case. */
enum map_reason map_snapshot_open(struct map_snapshot *, const char *dir);
void map_snapshot_close(struct map_snapshot *);

/* What can be measured of a sound map. */
struct map_measure {
	uint64_t	generation;
	uint64_t	file_size;
	uint64_t	slots;
	uint64_t	slots_taken;
	uint64_t	slots_gone;
	uint64_t	record_room;
	uint64_t	record_used;
	uint64_t	record_live;
	uint64_t	probe_longest;
	uint64_t	seq;
};

void map_measure(const struct map_snapshot *, struct map_measure *);

#endif
