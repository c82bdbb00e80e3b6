/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdbool.h>
#include <sys/mman.h>

#include "map_pool.h"

/* Small files share one size of range, so that the next one fits again. */
#define RANGE_SMALL	((size_t)1 << 16)
#define RANGE_MEDIUM	((size_t)1 << 26)

#ifdef MAP_TSAN
/*
 * ThreadSanitizer takes mmap(MAP_FIXED) for a write and would call a look-up
 * that still reads the range a race. It is one, by intent: the look-up finds
 * out afterwards that its mapping was retired, and throws the answer away.
 */
#include <sys/syscall.h>
#include <unistd.h>

static void *
range_mmap(void *addr, size_t len, int flags, int fd)
{

	return ((void *)syscall(SYS_mmap, addr, len, PROT_READ, flags, fd, 0));
}
#else
static void *
range_mmap(void *addr, size_t len, int flags, int fd)
{

	return (mmap(addr, len, PROT_READ, flags, fd, 0));
}
#endif

static bool
range_claim(struct map_range *r, int from)
{

	return (atomic_compare_exchange_strong(&r->state, &from, RANGE_BUSY));
}

static int
range_zero(uint8_t *base, size_t len)
{

	return (range_mmap(base, len, MAP_PRIVATE | MAP_ANONYMOUS |
	    MAP_NORESERVE | MAP_FIXED, -1) == MAP_FAILED ? -1 : 0);
}

/* The smallest in state *state* that has room for *len*, claimed. */
static int
pool_find(struct map_pool *pool, int state, size_t len)
{
	struct map_range *r;
	int i, best;

	do {
		best = -1;
		for (i = 0; i < MAP_POOL_RANGES; i++) {
			r = &pool->range[i];
			if (atomic_load(&r->state) != state || r->size < len)
				continue;
			if (best < 0 || r->size < pool->range[best].size)
				best = i;
		}
	} while (best >= 0 && !range_claim(&pool->range[best], state));
	return (best);
}

static size_t
range_size(size_t len)
{
	size_t size;

	size = len <= RANGE_SMALL ? RANGE_SMALL : RANGE_MEDIUM;
	while (size < len)
		size <<= 1;
	return (size);
}

static int
pool_extend(struct map_pool *pool, size_t len)
{
	struct map_range *r;
	void *p;
	int i;

	i = pool_find(pool, RANGE_EMPTY, 0);
	if (i < 0)
		return (-1);
	r = &pool->range[i];
	p = range_mmap(NULL, range_size(len),
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	if (p == MAP_FAILED) {
		atomic_store(&r->state, RANGE_EMPTY);
		return (-1);
	}
	r->base = p;
	r->size = range_size(len);
	r->used = 0;
	r->wiped = 0;
	return (i);
}

/*
 * Nobody calls map_pool_wipe(), it seems: take a retired range and wipe all
 * of it at once.
 */
static int
pool_rewipe(struct map_pool *pool, size_t len)
{
	int i;

	i = pool_find(pool, RANGE_RETIRED, len);
	if (i < 0)
		return (-1);
	if (range_zero(pool->range[i].base, pool->range[i].used) != 0) {
		atomic_store(&pool->range[i].state, RANGE_RETIRED);
		return (-1);
	}
	atomic_fetch_sub(&pool->retired, 1);
	return (i);
}

int
map_pool_map(struct map_pool *pool, int fd, size_t len)
{
	struct map_range *r;
	int i;

	if (len > SIZE_MAX / 4)
		return (-1);
	i = pool_find(pool, RANGE_FREE, len);
	/* A control page must not sit on a gigabyte, nor the next file miss. */
	if (i >= 0 && pool->range[i].size != range_size(len) &&
	    len <= RANGE_SMALL) {
		atomic_store(&pool->range[i].state, RANGE_FREE);
		i = -1;
	}
	if (i < 0)
		i = pool_extend(pool, len);
	if (i < 0)
		i = pool_rewipe(pool, len);
	if (i < 0)
		return (-1);
	r = &pool->range[i];
	if (range_mmap(r->base, len, MAP_SHARED | MAP_FIXED, fd) ==
	    MAP_FAILED) {
		(void)range_zero(r->base, len);
		atomic_store(&r->state, RANGE_FREE);
		return (-1);
	}
	r->used = len;
	r->wiped = 0;
	atomic_store(&r->state, RANGE_USED);
	return (i);
}

void
map_pool_discard(struct map_pool *pool, int range)
{
	struct map_range *r;

	if (range < 0)
		return;
	r = &pool->range[range];
	(void)range_zero(r->base, r->used);
	atomic_store(&r->state, RANGE_FREE);
}

void
map_pool_retire(struct map_pool *pool, int range)
{

	if (range < 0)
		return;
	atomic_fetch_add(&pool->retired, 1);
	atomic_store(&pool->range[range].state, RANGE_RETIRED);
}

void
map_pool_wipe(struct map_pool *pool)
{
	struct map_range *r;
	size_t n;
	int i;

	if (atomic_load_explicit(&pool->retired, memory_order_relaxed) == 0)
		return;
	i = pool_find(pool, RANGE_RETIRED, 0);
	if (i < 0)
		return;
	r = &pool->range[i];
	n = r->used - r->wiped;
	if (n > MAP_POOL_SLICE)
		n = MAP_POOL_SLICE;
	/* Without memory for the kernel's own books: again, at a later tick. */
	if (range_zero(r->base + r->wiped, n) == 0)
		r->wiped += n;
	if (r->wiped < r->used) {
		atomic_store(&r->state, RANGE_RETIRED);
		return;
	}
	atomic_fetch_sub(&pool->retired, 1);
	atomic_store(&r->state, RANGE_FREE);
}

void
map_pool_close(struct map_pool *pool)
{
	int i;

	for (i = 0; i < MAP_POOL_RANGES; i++)
		if (pool->range[i].base != NULL)
			(void)munmap(pool->range[i].base, pool->range[i].size);
}
