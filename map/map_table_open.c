/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Going on with a table that another writer left, perhaps by kill -9 in the
 * middle of a change. Everything is looked at: a writer must be able to rely
 * on its own table.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "map_table.h"

#define OPEN_BATCH	64

/* The records lie one after the other up to *used*, each of them whole. */
static bool
open_records(const struct map_table *t)
{
	uint64_t offset = map_view_records(&t->view);
	uint64_t used = map_table_used(t);
	struct map_record r;
	struct map_item it;

	if (used < offset || used > t->allocated || used % 8 != 0)
		return (false);
	while (offset < used) {
		if (!map_item_at(&t->view, offset, &it) ||
		    it.size > used - offset)
			return (false);
		memcpy(&r, t->base + offset, sizeof r);
		if (r.sum != map_record_sum(t->base + offset, it.size))
			return (false);
		offset += it.size;
	}
	return (true);
}

static bool
open_slot(struct map_table *t, uint64_t i, uint64_t slot,
    uint64_t count[MAP_KINDS])
{
	struct map_item it;
	uint64_t h;

	t->filled++;
	if (slot == MAP_SLOT_GONE)
		return (true);
	if (map_slot_offset(slot) >= map_table_used(t) ||
	    !map_item_at(&t->view, map_slot_offset(slot), &it))
		return (false);
	h = map_key_hash(t->view.seed, &it.key);
	if (!map_slot_tagged(slot, h) ||
	    ((i - h) & t->view.mask) >= t->view.max_probe)
		return (false);
	t->live++;
	t->live_bytes += it.size;
	count[it.key.kind]++;
	return (true);
}

/* Every slot leads to a record that may be reached through it. */
static bool
open_index(struct map_table *t, uint64_t count[MAP_KINDS])
{
	const _Atomic uint64_t *index = map_view_index(&t->view);
	uint64_t i, slot;

	for (i = 0; i <= t->view.mask; i++) {
		/* The index is longer than this, whatever is in it. */
		slot = atomic_load(&index[(i + OPEN_BATCH) & t->view.mask]);
		if (map_slot_offset(slot) < t->allocated)
			__builtin_prefetch(t->base + map_slot_offset(slot));
		slot = atomic_load(&index[i]);
		if (slot != MAP_SLOT_EMPTY && !open_slot(t, i, slot, count))
			return (false);
	}
	return (true);
}

/* What a kill in the middle of a change left. */
static void
open_mend(struct map_table *t, const uint64_t count[MAP_KINDS])
{
	struct map_header *h = map_table_header(t);
	int k;

	for (k = 1; k < MAP_KINDS; k++)
		if (atomic_load(&h->count[k]) != count[k])
			atomic_store(&h->count[k], count[k]);
	if (atomic_load(&h->changes) % 2 != 0)
		atomic_fetch_add(&h->changes, 1);
}

static int
open_table(struct map_table *t, const struct map_control *control)
{
	uint64_t count[MAP_KINDS] = { 0 };
	struct stat st;
	void *p;

	if (fstat(t->fd, &st) != 0)
		return (errno);
	if (!S_ISREG(st.st_mode) || st.st_size < MAP_PAGE ||
	    (uint64_t)st.st_blocks * 512 < (uint64_t)st.st_size)
		return (EINVAL);
	p = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED,
	    t->fd, 0);
	if (p == MAP_FAILED)
		return (errno);
	t->base = p;
	t->reserved = t->allocated = (uint64_t)st.st_size;
	if (map_view_init(&t->view, t->base, t->allocated, t->generation,
	    control) != MAP_BECAUSE_NONE)
		return (EINVAL);
	if (memcmp(map_table_header(t)->fixed.boot_id, t->ids.boot_id,
	    MAP_ID_LEN) != 0)
		return (EINVAL);
	t->sealed = true;
	if (!open_records(t) || !open_index(t, count))
		return (EINVAL);
	open_mend(t, count);
	return (0);
}

int
map_table_open(struct map_table **tp, int dirfd, const struct map_ids *ids,
    uint64_t generation, const struct map_control *control)
{
	struct map_table *t;
	char path[32];
	int rc;

	t = calloc(1, sizeof *t);
	if (t == NULL)
		return (ENOMEM);
	t->ids = *ids;
	t->generation = generation;
	map_table_path(path, generation);
	t->fd = openat(dirfd, path, O_RDWR | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK);
	rc = t->fd < 0 ? errno : open_table(t, control);
	if (rc != 0) {
		map_table_close(t);
		return (rc);
	}
	*tp = t;
	return (0);
}
