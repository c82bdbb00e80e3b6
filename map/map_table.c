/* SPDX-License-Identifier: BSD-2-Clause */
/* The file of a table: made, backed, sealed, and when it is full. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "map_table.h"

#define TABLE_RESERVE	((uint64_t)1 << 26)	/* address space at first */
#ifndef TABLE_ROOM			/* tests want many generations */
#define TABLE_ROOM	((uint64_t)1 << 20)	/* least room for updates */
#endif
#ifndef TABLE_GARBAGE
#define TABLE_GARBAGE	((uint64_t)1 << 20)	/* not worth a generation */
#endif

void
map_table_path(char path[32], uint64_t generation)
{

	(void)snprintf(path, 32, "data.%ju", (uintmax_t)generation);
}

/* At most six tenths of the slots are taken at first. */
uint64_t
map_slots_for(uint64_t records)
{
	uint64_t slots = MAP_SLOTS_MIN;

	while (slots < MAP_SLOTS_MAX && slots / 10 * 6 < records)
		slots <<= 1;
	return (slots);
}

static int
table_reserve(struct map_table *t, uint64_t upto)
{
	uint64_t want = t->reserved;
	void *p;

	while (want < upto)
		want *= 2;
	if (want == t->reserved)
		return (0);
	p = mremap(t->base, t->reserved, want, MREMAP_MAYMOVE);
	if (p == MAP_FAILED)
		return (errno);
	t->base = p;
	t->reserved = want;
	t->view.base = t->base;
	return (0);
}

int
map_table_allocate(struct map_table *t, uint64_t upto)
{
	int rc;

	upto = (upto + MAP_PAGE - 1) & ~(uint64_t)(MAP_PAGE - 1);
	if (upto <= t->allocated)
		return (0);
	if (upto / 8 > MAP_OFFSET_MASK)
		return (EFBIG);
	rc = table_reserve(t, upto);
	if (rc != 0)
		return (rc);
	/* A write to a hole of a full tmpfs would be SIGBUS. */
	do
		rc = posix_fallocate(t->fd, (off_t)t->allocated,
		    (off_t)(upto - t->allocated));
	while (rc == EINTR);
	if (rc != 0)
		return (rc);
	t->allocated = upto;
	t->view.len = upto;
	return (0);
}

bool
map_table_ready(const struct map_table *t)
{

	return (t->allocated >= map_view_records(&t->view) + MAP_PAGE);
}

static int
table_map(struct map_table *t, uint64_t len)
{
	void *p;

	p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, t->fd, 0);
	if (p == MAP_FAILED)
		return (errno);
	t->base = p;
	t->reserved = len;
	t->view.base = t->base;
	return (0);
}

static int
table_begin(struct map_table *t, uint64_t slots)
{
	int rc;

	/* Readers are other users, whatever the umask says. */
	if (fchmod(t->fd, 0644) != 0)
		return (errno);
	rc = table_map(t, TABLE_RESERVE);
	if (rc == 0)
		rc = map_table_allocate(t, MAP_PAGE);
	if (rc != 0)
		return (rc);
	if (getrandom(&t->view.seed, sizeof t->view.seed, 0) !=
	    sizeof t->view.seed)
		return (EIO);
	t->view.mask = slots - 1;
	t->view.max_probe = MAP_PROBE_MAX;
	atomic_store(&map_table_header(t)->used, map_view_records(&t->view));
	return (0);
}

static struct map_table *
table_new(const struct map_ids *ids, uint64_t generation)
{
	struct map_table *t;

	t = calloc(1, sizeof *t);
	if (t != NULL) {
		t->ids = *ids;
		t->generation = generation;
	}
	return (t);
}

int
map_table_create(struct map_table **tp, int dirfd, const struct map_ids *ids,
    uint64_t generation, uint64_t slots)
{
	struct map_table *t;
	char path[32];
	int rc;

	t = table_new(ids, generation);
	if (t == NULL)
		return (ENOMEM);
	map_table_path(path, generation);
	t->fd = openat(dirfd, path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC |
	    O_NOFOLLOW, 0644);
	rc = t->fd < 0 ? errno : table_begin(t, slots);
	if (rc != 0) {
		if (t->fd >= 0)
			(void)unlinkat(dirfd, path, 0);
		map_table_close(t);
		return (rc);
	}
	*tp = t;
	return (0);
}

void
map_table_close(struct map_table *t)
{

	if (t == NULL)
		return;
	if (t->base != NULL)
		(void)munmap(t->base, t->reserved);
	if (t->fd >= 0)
		(void)close(t->fd);
	free(t);
}

uint64_t
map_table_goal(const struct map_table *t)
{
	uint64_t used = map_table_used(t);

	return (used + (used - map_view_records(&t->view)) / 5 + TABLE_ROOM);
}

void
map_table_seal(struct map_table *t)
{
	struct map_fixed *f = &map_table_header(t)->fixed;

	memcpy(f->magic, MAP_DATA_MAGIC, sizeof f->magic);
	f->version = MAP_VERSION;
	f->max_probe = (uint32_t)t->view.max_probe;
	f->generation = t->generation;
	f->seed = t->view.seed;
	f->slots = t->view.mask + 1;
	f->file_size = t->allocated;
	f->folder_id = t->ids.folder_id;
	memcpy(f->store_id, t->ids.store_id, sizeof f->store_id);
	memcpy(f->boot_id, t->ids.boot_id, sizeof f->boot_id);
	f->sum = map_fixed_sum(f);
	t->sealed = true;
}

bool
map_table_crowded(const struct map_table *t)
{
	uint64_t records = map_view_records(&t->view);
	uint64_t slots = t->view.mask + 1;
	uint64_t bytes = map_table_used(t) - records;
	uint64_t garbage = bytes - t->live_bytes;

	if (t->filled >= slots / 8 * 5)
		return (true);
	if (!t->sealed)
		return (false);
	return (bytes >= (t->allocated - records) / 16 * 15 ||
	    (garbage > TABLE_GARBAGE && garbage > t->live_bytes));
}
