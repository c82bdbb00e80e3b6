/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/trust_me.h"
#include "map_snapshot.h"

#define SNAPSHOT_RACES	100

/* A whole regular file without holes; sets errno to 0 if it is not that. */
static const void *
snapshot_map(const char *path, size_t *len)
{
	struct stat st;
	void *p = MAP_FAILED;
	int e, fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return (NULL);
	errno = 0;
	*len = 0;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size >= MAP_PAGE && st.st_size % MAP_PAGE == 0 &&
	    (uint64_t)st.st_blocks * 512 >= (uint64_t)st.st_size) {
		*len = (size_t)st.st_size;
		p = mmap(NULL, *len, PROT_READ, MAP_SHARED, fd, 0);
	}
	e = errno;
	(void)close(fd);
	errno = e;
	return (p == MAP_FAILED ? NULL : p);
}

static enum map_reason
snapshot_data(struct map_snapshot *s, const char *dir)
{
	char path[PATH_MAX];
	enum map_reason why;
	const void *p;
	size_t len;

	s->error = 0;
	if (snprintf(path, sizeof path, "%s/data.%ju", dir,
	    (uintmax_t)s->generation) >= (int)sizeof path)
		return (MAP_BECAUSE_DATA);
	p = snapshot_map(path, &len);
	if (p == NULL) {
		s->error = errno;
		return (errno != 0 ? MAP_BECAUSE_DATA : MAP_BECAUSE_DATA_SIZE);
	}
	why = map_view_init(&s->view, p, len, s->generation, s->control);
	if (why != MAP_BECAUSE_NONE)
		(void)munmap(TRUST_ME(p), len);
	return (why);
}

static enum map_reason
snapshot_control(struct map_snapshot *s, const char *dir)
{
	char path[PATH_MAX];
	const void *p;
	size_t len;

	if (snprintf(path, sizeof path, "%s/control", dir) >=
	    (int)sizeof path)
		return (MAP_BECAUSE_CONTROL);
	p = snapshot_map(path, &len);
	if (p == NULL) {
		s->error = errno;
		if (errno == ENOENT || errno == ENOTDIR)
			return (MAP_BECAUSE_MISSING);
		return (errno != 0 ? MAP_BECAUSE_CONTROL :
		    MAP_BECAUSE_CONTROL_SIZE);
	}
	if (len != MAP_PAGE) {
		(void)munmap(TRUST_ME(p), len);
		return (MAP_BECAUSE_CONTROL_SIZE);
	}
	s->control = p;
	return (map_control_judge(s->control));
}

enum map_reason
map_snapshot_open(struct map_snapshot *s, const char *dir)
{
	int i;

	memset(s, 0, sizeof *s);
	s->reason = snapshot_control(s, dir);
	for (i = 0; s->reason == MAP_BECAUSE_NONE && i < SNAPSHOT_RACES; i++) {
		s->generation = atomic_load(&s->control->generation);
		if (s->generation == 0) {
			s->reason = MAP_BECAUSE_BUILDING;
			break;
		}
		s->reason = snapshot_data(s, dir);
		if (s->reason == MAP_BECAUSE_NONE)
			break;
		/* Removed before we came? Then there is a newer one. */
		if (atomic_load(&s->control->generation) != s->generation)
			s->reason = MAP_BECAUSE_NONE;
	}
	if (s->reason == MAP_BECAUSE_NONE && s->view.base == NULL)
		s->reason = MAP_BECAUSE_RACE;
	return (s->reason);
}

void
map_snapshot_close(struct map_snapshot *s)
{

	if (s->control != NULL)
		(void)munmap(TRUST_ME(s->control), MAP_PAGE);
	if (s->view.base != NULL)
		(void)munmap(TRUST_ME(s->view.base), s->view.len);
	memset(s, 0, sizeof *s);
}

bool
map_owner(const char *dir, struct map_owner *out)
{
	const struct map_header *h;
	struct map_snapshot s;
	bool there;

	memset(out, 0, sizeof *out);
	there = map_snapshot_open(&s, dir) == MAP_BECAUSE_NONE;
	if (there) {
		h = map_view_header(&s.view);
		memcpy(out->store_id, s.control->store_id,
		    sizeof out->store_id);
		out->seq = atomic_load(&h->seq);
		out->aliases = atomic_load(&h->count[MAP_KIND_ALIAS]);
	}
	map_snapshot_close(&s);
	return (there);
}

static void
measure_slot(const struct map_view *v, uint64_t i, uint64_t slot,
    struct map_measure *m)
{
	struct map_item it;
	uint64_t d;

	m->slots_taken++;
	if (slot == MAP_SLOT_GONE) {
		m->slots_gone++;
		return;
	}
	if (!map_item_at(v, map_slot_offset(slot), &it))
		return;
	m->record_live += it.size;
	d = ((i - map_key_hash(v->seed, &it.key)) & v->mask) + 1;
	if (d > m->probe_longest)
		m->probe_longest = d;
}

void
map_measure(const struct map_snapshot *s, struct map_measure *m)
{
	const struct map_header *h = map_view_header(&s->view);
	const _Atomic uint64_t *index = map_view_index(&s->view);
	uint64_t i, slot;

	memset(m, 0, sizeof *m);
	m->generation = s->generation;
	m->file_size = s->view.len;
	m->slots = s->view.mask + 1;
	m->record_room = s->view.len - map_view_records(&s->view);
	m->record_used = atomic_load(&h->used) - map_view_records(&s->view);
	m->seq = atomic_load(&h->seq);
	for (i = 0; i < m->slots; i++) {
		slot = atomic_load(&index[i]);
		if (slot != MAP_SLOT_EMPTY)
			measure_slot(&s->view, i, slot, m);
	}
}
