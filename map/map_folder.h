/* SPDX-License-Identifier: BSD-2-Clause */
/* The folder of a map in the hands of its writer: lock and control page. */
#ifndef MAP_FOLDER_H
#define MAP_FOLDER_H

#include <sys/types.h>

#include "map_table.h"

struct map_folder {
	int			dirfd;
	int			lock_fd;
	struct map_control	*control;	/* NULL: not entered */
	dev_t			dev;		/* of the control page */
	ino_t			ino;
	struct map_ids		ids;
	uint64_t		settings;	/* of each control page */
	uint64_t		turn;		/* likewise */
	uint64_t		top;		/* newest generation seen */
	struct map_control	*replaced;	/* to be superseded, or NULL */
};

/*
 * Enters *dir*, which is made if need be, and locks it. Returns 0 or an errno;
 * EBUSY: there is another writer.
 */
int map_folder_enter(struct map_folder *, const char *dir);

/* Adopts the control page that is there if it is sound and of our store. */
bool map_folder_adopt(struct map_folder *);

/* Puts a new control page in place, under new ids.folder_id. */
int map_folder_control(struct map_folder *, uint64_t folder_id);

/* Sends the readers of a replaced control page to the new one. */
void map_folder_supersede(struct map_control *);

/* Removes every data file but that of *keep*. */
void map_folder_clean(const struct map_folder *, uint64_t keep);

/* Is the folder of that name still this one? */
bool map_folder_ours(const struct map_folder *, const char *dir);

void map_folder_leave(struct map_folder *);

#endif
