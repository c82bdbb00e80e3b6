/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finding what is in the folder, mapping it, and making it what look-ups use.
 * Several threads may do so at once; one of them wins and the others throw
 * away what they have mapped.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "map_attach.h"
#include "map_failpoint.h"

#define ATTACH_RACES	16	/* generations missed while opening */
/*
 * Every thread that maps a generation needs a range of its size, and ranges
 * are for ever. So many for each power of two from 64 MB to 2 GB leave some.
 */
#define ATTACH_CROWD	8

bool
map_attach_copy(struct map_reader *r, struct reader_snap *s)
{
	struct reader_state *st;

	if (!reader_copy(r, s))
		return (false);
	st = reader_state(r, s->current);
	s->dev = GET(st->dev);
	s->ino = GET(st->ino);
	s->control_range = GET(st->control_range);
	s->data_range = GET(st->data_range);
	s->reason = (enum map_reason)GET(st->reason);
	s->error = GET(st->error);
	return (GET(r->current) == s->current);
}

static int
attach_open(const char *path, struct stat *st)
{
	int fd, e;

	/* Without O_NONBLOCK a FIFO of that name would hold us for ever. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	if (fd >= 0 && fstat(fd, st) != 0) {
		e = errno;
		(void)close(fd);
		errno = e;
		return (-1);
	}
	return (fd);
}

static enum map_reason
attach_map_control(struct map_reader *r, struct reader_snap *n, int fd,
    const struct stat *st)
{

	if (!S_ISREG(st->st_mode) || st->st_size != MAP_PAGE ||
	    st->st_blocks == 0)
		return (MAP_BECAUSE_CONTROL_SIZE);
	n->control_range = map_pool_map(&r->pool, fd, MAP_PAGE);
	if (n->control_range < 0) {
		n->error = errno;
		return (MAP_BECAUSE_MEMORY);
	}
	n->control = (const void *)r->pool.range[n->control_range].base;
	return (MAP_BECAUSE_NONE);
}

static enum map_reason
attach_open_control(struct map_reader *r, const struct reader_snap *old,
    struct reader_snap *n)
{
	enum map_reason why = MAP_BECAUSE_NONE;
	struct stat st;
	int fd;

	fd = attach_open(r->control_path, &st);
	if (fd < 0) {
		n->error = errno;
		return (errno == ENOENT || errno == ENOTDIR ?
		    MAP_BECAUSE_MISSING : MAP_BECAUSE_CONTROL);
	}
	n->dev = st.st_dev;
	n->ino = st.st_ino;
	if (old->control != NULL && old->dev == n->dev &&
	    old->ino == n->ino) {
		n->control = old->control;
		n->control_range = old->control_range;
	} else
		why = attach_map_control(r, n, fd, &st);
	(void)close(fd);
	if (why == MAP_BECAUSE_NONE)
		why = map_control_judge(n->control);
	return (why);
}

static enum map_reason
attach_map_data(struct map_reader *r, struct reader_snap *n, int fd,
    const struct stat *st)
{

	if (!S_ISREG(st->st_mode) || st->st_size < MAP_PAGE ||
	    st->st_size % MAP_PAGE != 0)
		return (MAP_BECAUSE_DATA_SIZE);
	/* To read a hole is to ask a full tmpfs for a page, and SIGBUS. */
	if ((uint64_t)st->st_blocks * 512 < (uint64_t)st->st_size)
		return (MAP_BECAUSE_DATA_SPARSE);
	n->data_range = map_pool_map(&r->pool, fd, (size_t)st->st_size);
	if (n->data_range < 0) {
		n->error = errno;
		return (MAP_BECAUSE_MEMORY);
	}
	return (map_view_init(&n->view, r->pool.range[n->data_range].base,
	    (uint64_t)st->st_size, n->generation, n->control));
}

static enum map_reason
attach_open_data(struct map_reader *r, struct reader_snap *n)
{
	char path[PATH_MAX];
	enum map_reason why;
	struct stat st;
	int fd;

	n->error = 0;
	if (snprintf(path, sizeof path, "%s/data.%ju", r->dir,
	    (uintmax_t)n->generation) >= (int)sizeof path)
		return (MAP_BECAUSE_DATA);
	fd = attach_open(path, &st);
	if (fd < 0) {
		n->error = errno;
		return (MAP_BECAUSE_DATA);
	}
	why = attach_map_data(r, n, fd, &st);
	(void)close(fd);
	if (why != MAP_BECAUSE_NONE) {
		map_pool_discard(&r->pool, n->data_range);
		n->data_range = -1;
		n->view.base = NULL;
	}
	return (why);
}

/* The generation that the control page names, even while it moves on. */
static enum map_reason
attach_follow(struct map_reader *r, struct reader_snap *n)
{
	enum map_reason why;
	int i;

	for (i = 0; i < ATTACH_RACES; i++) {
		n->generation = GET(n->control->generation);
		if (n->generation == 0)
			return (MAP_BECAUSE_BUILDING);
		MAP_FAILPOINT("reader-open");
		why = attach_open_data(r, n);
		if (why == MAP_BECAUSE_NONE ||
		    GET(n->control->generation) == n->generation)
			return (why);
	}
	return (MAP_BECAUSE_RACE);
}

static void
attach_discard(struct map_reader *r, const struct reader_snap *old,
    const struct reader_snap *n)
{

	map_pool_discard(&r->pool, n->data_range);
	if (n->control_range != old->control_range)
		map_pool_discard(&r->pool, n->control_range);
}

static int
attach_claim(struct map_reader *r)
{
	int i, no;

	for (i = 0; i < READER_STATES; i++) {
		no = 0;
		if (GET(r->state[i].claimed) == 0 &&
		    atomic_compare_exchange_strong(&r->state[i].claimed, &no,
		    1))
			return (i);
	}
	return (-1);
}

static void
attach_fill(struct reader_state *st, const struct reader_snap *n)
{

	SET(st->control, n->control);
	SET(st->base, n->view.base);
	SET(st->len, n->view.len);
	SET(st->seed, n->view.seed);
	SET(st->mask, n->view.mask);
	SET(st->max_probe, n->view.max_probe);
	SET(st->generation, n->generation);
	SET(st->dev, n->dev);
	SET(st->ino, n->ino);
	SET(st->control_range, n->control_range);
	SET(st->data_range, n->data_range);
	SET(st->reason, (int)n->reason);
	SET(st->error, n->error);
}

/* Makes *n* current, unless another thread came first; then its is as good. */
static void
attach_install(struct map_reader *r, const struct reader_snap *old,
    struct reader_snap *n)
{
	uint64_t was = old->current;
	int i;

	i = attach_claim(r);
	if (i < 0) {
		attach_discard(r, old, n);
		return;
	}
	attach_fill(&r->state[i], n);
	n->current = ((was >> READER_BITS) + 1) << READER_BITS | (unsigned)i;
	if (!atomic_compare_exchange_strong(&r->current, &was, n->current)) {
		SET(r->state[i].claimed, 0);
		attach_discard(r, old, n);
		return;
	}
	if (n->view.base != NULL)
		atomic_fetch_add(&r->remaps, 1);
	else if (n->reason != MAP_BECAUSE_MISSING &&
	    n->reason != MAP_BECAUSE_BUILDING)
		atomic_fetch_add(&r->bad, 1);
	if (old->control_range != n->control_range)
		map_pool_retire(&r->pool, old->control_range);
	map_pool_retire(&r->pool, old->data_range);
	SET(reader_state(r, old->current)->claimed, 0);
}

static void
attach_probe(struct map_reader *r, const struct reader_snap *old,
    struct reader_snap *n)
{

	memset(n, 0, sizeof *n);
	n->control_range = n->data_range = -1;
	n->reason = attach_open_control(r, old, n);
	if (n->reason == MAP_BECAUSE_NONE) {
		n->reason = attach_follow(r, n);
		return;
	}
	if (n->control_range != old->control_range)
		map_pool_discard(&r->pool, n->control_range);
	n->control_range = -1;
	n->control = NULL;
}

static void
attach_switch(struct map_reader *r)
{
	struct reader_snap old, n;

	if (!map_attach_copy(r, &old) || old.control == NULL)
		return;
	/* Has another thread done it? */
	if (GET(old.control->generation) == old.generation)
		return;
	attach_probe(r, &old, &n);
	attach_install(r, &old, &n);
}

void
map_attach_switch(struct map_reader *r)
{

	if (atomic_fetch_add(&r->switching, 1) < ATTACH_CROWD)
		attach_switch(r);
	(void)atomic_fetch_sub(&r->switching, 1);
}

/*
 * Is what was found no better than what is there? A folder that is gone, or
 * that a starting daemon fills, does not make the old map wrong: its writer
 * has answered nobody since (map_writer_publish() sees to that).
 */
static bool
attach_keeps(const struct reader_snap *old, const struct reader_snap *n)
{

	if (n->reason == MAP_BECAUSE_NONE)
		return (false);
	if (old->view.base != NULL)
		return (n->reason == MAP_BECAUSE_MISSING ||
		    n->reason == MAP_BECAUSE_BUILDING);
	return (old->reason == n->reason && old->dev == n->dev &&
	    old->ino == n->ino && old->generation == n->generation);
}

void
map_attach_check(struct map_reader *r)
{
	struct reader_snap old, n;
	struct stat st;

	if (!map_attach_copy(r, &old))
		return;
	if (old.view.base != NULL && (stat(r->control_path, &st) != 0 ||
	    (st.st_dev == old.dev && st.st_ino == old.ino)))
		return;
	attach_probe(r, &old, &n);
	if (attach_keeps(&old, &n))
		attach_discard(r, &old, &n);
	else
		attach_install(r, &old, &n);
}
