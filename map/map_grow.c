/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The next generation. Long before the current one is full, a larger one is
 * begun beside it, and every put pays for a few steps: a slice of the file,
 * some records. Puts go to the end of the current record area only, where the
 * copy arrives in time; removals are made in both. So the pause of the writer
 * does not grow with the map.
 */
#include "config.h"

#include <errno.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "map_failpoint.h"
#include "map_writer.h"

#define GROW_SLICE	((uint64_t)1 << 18)	/* bytes of file a step */
#define GROW_RETRY	10000			/* changes, after ENOSPC */

static struct map_folder *
grow_folder(struct map_writer *w)
{

	return (w->moving ? &w->into : &w->folder);
}

/* Filling a shared /run to the brim, only to fail, would hurt others. */
static bool
grow_fits(const struct map_folder *f, uint64_t bytes)
{
	struct statvfs st;

	if (fstatvfs(f->dirfd, &st) != 0)
		return (true);
	return (st.f_blocks == 0 ||
	    (uint64_t)st.f_bavail * st.f_frsize > bytes);
}

int
map_grow_begin(struct map_writer *w)
{
	struct map_folder *f = grow_folder(w);
	struct map_table *cur = w->cur;
	uint64_t slots;
	int rc;

	/* A quarter more, so that the index does not follow soon after. */
	slots = map_slots_for(cur->live + cur->live / 4);
	if (!grow_fits(f, slots * 8 + cur->live_bytes))
		return (ENOSPC);
	rc = map_table_create(&w->next, f->dirfd, &f->ids, f->top + 1, slots);
	if (rc != 0)
		return (rc);
	f->top++;
	w->cursor = map_view_records(&cur->view);
	w->goal = 0;
	MAP_FAILPOINT("grow-begun");
	return (0);
}

void
map_grow_abandon(struct map_writer *w, int rc)
{
	char path[32];

	if (w->next == NULL)
		return;
	map_table_path(path, w->next->generation);
	(void)unlinkat(grow_folder(w)->dirfd, path, 0);
	map_table_close(w->next);
	w->next = NULL;
	if (w->moving)
		map_move_abandon(w, rc);
	else
		w->retry = GROW_RETRY;
}

/* The file backed up to *upto*, or a slice nearer to it. */
static int
grow_file(struct map_table *t, uint64_t upto)
{

	if (upto > t->allocated + GROW_SLICE)
		upto = t->allocated + GROW_SLICE;
	return (map_table_allocate(t, upto));
}

static int
grow_switch(struct map_writer *w)
{
	struct map_table *old = w->cur;
	struct map_header *h = map_table_header(w->next);
	char path[32];
	int rc;

	atomic_store(&h->seq, atomic_load(&map_table_header(old)->seq));
	rc = w->moving ? map_move_finish(w) : 0;
	if (rc != 0)
		return (rc);
	w->cur = w->next;
	w->next = NULL;
	MAP_FAILPOINT("grow-copied");
	if (w->shown) {
		w->shown = false;
		w->kept = old;
		map_writer_publish(w);
		return (0);
	}
	map_table_path(path, old->generation);
	(void)unlinkat(w->folder.dirfd, path, 0);
	map_table_close(old);
	return (0);
}

static int
grow_step(struct map_writer *w, unsigned records)
{
	struct map_table *to = w->next;
	int rc;

	if (!map_table_ready(to))
		return (grow_file(to, map_view_records(&to->view) + MAP_PAGE));
	rc = map_table_copy(to, w->cur, &w->cursor, records);
	if (rc != 0 || w->cursor < map_table_used(w->cur))
		return (rc);
	if (w->goal == 0)
		w->goal = map_table_goal(to);
	/* Room for the future is welcome, not needed. */
	if (w->shown && to->allocated < w->goal &&
	    grow_file(to, w->goal) == 0)
		return (0);
	return (grow_switch(w));
}

int
map_grow_step(struct map_writer *w, unsigned records)
{
	int rc;

	rc = grow_step(w, records);
	if (rc != 0)
		map_grow_abandon(w, rc);
	return (rc);
}

int
map_grow_finish(struct map_writer *w)
{
	int rc;

	rc = w->next == NULL ? map_grow_begin(w) : 0;
	/* In a folder that was removed. No heartbeat has found out yet. */
	if (rc == ENOENT)
		rc = map_move_begin(w);
	while (rc == 0 && w->next != NULL)
		rc = map_grow_step(w, UINT32_MAX);
	return (rc);
}
