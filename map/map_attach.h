/* SPDX-License-Identifier: BSD-2-Clause */
/* The reader's parts among themselves. map_reader.c tells how they work. */
#ifndef MAP_ATTACH_H
#define MAP_ATTACH_H

#include "map_pool.h"
#include "map_view.h"

#define READER_STATES	64
#define READER_BITS	8	/* of current, for the number of the state */

/*
 * Written by the thread that claimed it before it is current, then constant
 * until it is not current any more. Atomic because a late look-up may read it
 * while it is filled anew.
 */
struct reader_state {
	/* One cache line for the look-ups. */
	_Atomic(const struct map_control *) control;	/* NULL: none */
	_Atomic(const uint8_t *) base;			/* NULL: unattached */
	_Atomic uint64_t	len;
	_Atomic uint64_t	seed;
	_Atomic uint64_t	mask;
	_Atomic uint64_t	max_probe;
	_Atomic uint64_t	generation;	/* attached, or refused */
	_Atomic int		claimed;

	_Atomic uint64_t	dev;		/* of the control page */
	_Atomic uint64_t	ino;
	_Atomic int		control_range;
	_Atomic int		data_range;
	_Atomic int		reason;		/* enum map_reason */
	_Atomic int		error;		/* errno or 0 */
} __attribute__((aligned(64)));

/* A consistent copy of a state. */
struct reader_snap {
	uint64_t		current;
	const struct map_control *control;
	struct map_view		view;
	uint64_t		generation;
	uint64_t		dev, ino;
	int			control_range, data_range;
	enum map_reason		reason;
	int			error;
};

struct map_reader {
	char			*dir;
	char			*control_path;

	_Atomic uint64_t	current __attribute__((aligned(64)));
	struct reader_state	state[READER_STATES];

	_Atomic uint64_t	checked_ms __attribute__((aligned(64)));
	_Atomic uint64_t	wiped_ms;
	_Atomic unsigned	switching;	/* threads that do so now */
	_Atomic uint64_t	remaps;
	_Atomic uint64_t	bad;
	struct map_pool		pool;
};

#define GET(f)		atomic_load_explicit(&(f), memory_order_acquire)
#define SET(f, v)	atomic_store_explicit(&(f), v, memory_order_release)

static inline struct reader_state *
reader_state(struct map_reader *r, uint64_t current)
{

	return (&r->state[current & (READER_STATES - 1)]);
}

/* What a look-up needs. False if the state changed meanwhile. */
static inline bool
reader_copy(struct map_reader *r, struct reader_snap *s)
{
	struct reader_state *st;

	s->current = GET(r->current);
	st = reader_state(r, s->current);
	s->control = GET(st->control);
	s->view.base = GET(st->base);
	s->view.len = GET(st->len);
	s->view.seed = GET(st->seed);
	s->view.mask = GET(st->mask);
	s->view.max_probe = GET(st->max_probe);
	s->generation = GET(st->generation);
	return (GET(r->current) == s->current);
}

/* Does the same, and copies the rest as well. */
bool map_attach_copy(struct map_reader *, struct reader_snap *);

/*
 * The control page names another generation than the one attached. The old
 * one must not be used any more, whatever is found. Of a crowd of threads only
 * a few look for the new one; for the others nothing is done.
 */
void map_attach_switch(struct map_reader *)
    __attribute__((cold));

/* Is the folder still the one that is attached? If not, attaches. */
void map_attach_check(struct map_reader *);

#endif
