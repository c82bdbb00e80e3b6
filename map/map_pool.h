/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ranges of address space for the mappings of a reader.
 *
 * A thread that was put to sleep in the middle of a look-up may read an old
 * mapping at any later time. So a range that was ever shown to look-ups is
 * never unmapped: its file is replaced, slice by slice, by anonymous zero
 * pages, and the range is used again. Such a thread reads nonsense, which it
 * finds out before it answers, but it never faults.
 */
#ifndef MAP_POOL_H
#define MAP_POOL_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__SANITIZE_THREAD__)
#define MAP_TSAN	1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define MAP_TSAN	1
#endif
#endif

#define MAP_POOL_RANGES		64
#define MAP_POOL_SLICE		((size_t)1 << 20)

enum map_range_state {
	RANGE_EMPTY,		/* no address space yet */
	RANGE_BUSY,		/* owned by the thread that made it so */
	RANGE_USED,		/* a file is mapped and shown */
	RANGE_RETIRED,		/* a file is mapped, not shown any more */
	RANGE_FREE		/* zero pages only */
};

/* All but the state belongs to whoever moved the state to RANGE_BUSY. */
struct map_range {
	_Atomic int	state;
	uint8_t		*base;
	_Atomic size_t	size;		/* of the range; set once */
	size_t		used;		/* bytes of it that map a file */
	size_t		wiped;
};

struct map_pool {
	struct map_range	range[MAP_POOL_RANGES];
	_Atomic unsigned	retired;	/* ranges that wait for wiping */
};

/* Maps *len* bytes of *fd* for reading. Returns the range's number or -1. */
int map_pool_map(struct map_pool *, int fd, size_t len);

/* Takes back what map_pool_map() gave and no other thread has seen. */
void map_pool_discard(struct map_pool *, int range);

/* Look-ups may still read it, but none begins any more. */
void map_pool_retire(struct map_pool *, int range);

/* Gives one slice of retired memory back. */
void map_pool_wipe(struct map_pool *);

/* No look-up runs any more. */
void map_pool_close(struct map_pool *);

#endif
