/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Old generations. Whoever drops the last reference to a removed file pays
 * for all of its pages, a tenth of a second for a gigabyte. That must be
 * nobody's request: the writer holds the file until no reader has it mapped,
 * and then gives it back a slice at a time.
 */
#include "config.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "map_failpoint.h"
#include "map_writer.h"

#define RETIRE_SLICE	((uint64_t)1 << 22)

static void
retire_close(struct map_retired *r)
{

	map_table_close(r->table);
	r->table = NULL;
}

/* A slice of our own mapping. */
static void
retire_unmap(struct map_retired *r)
{
	struct map_table *t = r->table;
	uint64_t n = t->reserved < RETIRE_SLICE ? t->reserved : RETIRE_SLICE;

	if (munmap(t->base + t->reserved - n, n) == 0)
		t->reserved -= n;
	if (t->reserved == 0)
		t->base = NULL;
}

/*
 * The kernel grants a write lease only on a file that nobody else has open
 * or mapped, and this one has no name by which it could be opened again.
 */
static bool
retire_alone(struct map_retired *r)
{

	if (!r->alone)
		r->alone = fcntl(r->table->fd, F_SETLEASE, F_WRLCK) == 0;
	return (r->alone);
}

static void
retire_slice(struct map_retired *r)
{
	uint64_t n = r->left < RETIRE_SLICE ? r->left : RETIRE_SLICE;

	/* Not one of the truncations that kill a reader: it has none. */
	if (ftruncate(r->table->fd, (off_t)(r->left - n)) != 0 ||
	    (r->left -= n) == 0)
		retire_close(r);
}

void
map_retire(struct map_writer *w, struct map_table *t)
{
	struct map_retired *r;
	char path[32];
	int i;

	map_table_path(path, t->generation);
	(void)unlinkat(w->folder.dirfd, path, 0);
	MAP_FAILPOINT("retired");
	for (i = 0; i < WRITER_RETIRED; i++)
		if (w->retired[i].table == NULL)
			break;
	if (i == WRITER_RETIRED) {
		/* So many readers that never come back? One file must go. */
		retire_close(&w->retired[0]);
		memmove(&w->retired[0], &w->retired[1],
		    sizeof w->retired[0] * (WRITER_RETIRED - 1));
		i = WRITER_RETIRED - 1;
	}
	r = &w->retired[i];
	r->table = t;
	r->left = t->allocated;
	r->alone = false;
}

bool
map_retire_step(struct map_writer *w)
{
	struct map_retired *r;
	int i;

	for (i = 0; i < WRITER_RETIRED; i++) {
		r = &w->retired[i];
		if (r->table == NULL)
			continue;
		if (r->table->base != NULL) {
			retire_unmap(r);
			return (true);
		}
		if (retire_alone(r)) {
			retire_slice(r);
			return (true);
		}
	}
	return (false);
}

void
map_retire_close(struct map_writer *w)
{
	int i;

	for (i = 0; i < WRITER_RETIRED; i++)
		retire_close(&w->retired[i]);
}
