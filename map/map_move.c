/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A folder that somebody removed, or whose control page or data file somebody
 * replaced, is made anew from what is in memory. This is growth into another
 * folder (map_grow.c): every put and every heartbeat copies a few records,
 * while readers go on with the old mapping, which takes all changes meanwhile.
 * When all is there the old control page, which they still look at, sends them
 * over.
 */
#include "config.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "map_failpoint.h"
#include "map_writer.h"

#define MOVE_REST	50	/* heartbeats after a failure: 5 s */

/* Has somebody taken the file's name away? */
static bool
move_nameless(const struct map_table *t)
{
	struct stat st;

	return (fstat(t->fd, &st) == 0 && st.st_nlink == 0);
}

/* Is *dir* still the folder that we have entered? */
static bool
move_same(const struct map_folder *f, const char *dir)
{
	struct stat a, b;

	return (fstat(f->dirfd, &a) == 0 && stat(dir, &b) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino);
}

static bool
move_needed(const struct map_writer *w)
{

	if (w->moving)
		return (move_nameless(w->next) || !move_same(&w->into, w->dir));
	return (!map_folder_ours(&w->folder, w->dir) || move_nameless(w->cur));
}

int
map_move_check(struct map_writer *w)
{

	if (w->move_rest > 0) {
		w->move_rest--;
		return (w->move_error);
	}
	if (!move_needed(w))
		return (0);
	return (map_move_begin(w));
}

static int
move_enter(struct map_writer *w)
{
	struct map_folder *f = &w->into;
	int rc;

	*f = (struct map_folder){ .ids = w->folder.ids, .top = w->folder.top,
	    .settings = w->folder.settings, .turn = w->folder.turn };
	/* It may be the same folder; if it is not, the lock is of no use. */
	if (w->folder.lock_fd >= 0)
		(void)close(w->folder.lock_fd);
	w->folder.lock_fd = -1;
	rc = map_folder_enter(f, w->dir);
	if (rc == 0 && getrandom(&f->ids.folder_id, sizeof f->ids.folder_id,
	    0) != sizeof f->ids.folder_id)
		rc = EIO;
	return (rc);
}

int
map_move_begin(struct map_writer *w)
{
	int rc;

	map_grow_abandon(w, 0);
	w->moving = true;
	rc = move_enter(w);
	if (rc == 0)
		rc = map_grow_begin(w);
	if (rc != 0)
		map_move_abandon(w, rc);
	return (rc);
}

void
map_move_abandon(struct map_writer *w, int rc)
{

	map_folder_leave(&w->into);
	w->moving = false;
	w->move_error = rc;
	w->move_rest = rc != 0 ? MOVE_REST : 0;
}

/* The old folder's control page is what tells its readers, once we publish. */
int
map_move_finish(struct map_writer *w)
{
	struct map_folder *old = &w->folder, *f = &w->into;
	int rc;

	rc = map_folder_control(f, f->ids.folder_id);
	if (rc != 0)
		return (rc);
	MAP_FAILPOINT("moved");
	if (old->replaced == NULL) {
		f->replaced = old->control;
		old->control = NULL;
	} else {
		f->replaced = old->replaced;
		old->replaced = NULL;
	}
	map_folder_leave(old);
	*old = *f;
	w->moving = false;
	w->moves++;
	w->move_error = 0;
	map_folder_clean(old, w->next->generation);
	return (0);
}
