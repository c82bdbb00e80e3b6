/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reader. Any number of threads look up at once; whoever notices that
 * there is a newer generation maps it, and nobody waits for anybody.
 *
 * What is attached is described by one of a few states, and one word,
 * *current*, says which: its number and a version that never repeats. A
 * look-up copies the state, finds the word unchanged, looks up in the mapping
 * of its copy, finds the word unchanged again, and only then answers. States
 * and ranges of address space are used again, so what is read in between may
 * be nonsense, but it cannot fault (map_pool.h), it ends, and it is thrown
 * away. doc/architecture-map.rst has the argument in full.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "map_failpoint.h"
#include "map_pool.h"
#include "map_view.h"

#define READER_STATES	64
#define READER_BITS	8	/* of current, for the number of the state */
#define READER_TRIES	4	/* look-ups that a switch may spoil */
#define READER_RACES	16	/* generations missed while opening */
#define READER_CHECK_MS	100
#define READER_WIPE_MS	5
#define READER_STALE_MS	1000

/*
 * ThreadSanitizer knows no fences. What the fence orders are reads of mapped
 * files, which it does not watch either.
 */
#ifdef MAP_TSAN
#define READER_FENCE()	atomic_signal_fence(memory_order_acquire)
#else
#define READER_FENCE()	atomic_thread_fence(memory_order_acquire)
#endif

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
	unsigned		magic;
#define MAP_READER_MAGIC	0x8d1f3a27
	char			*dir;
	char			*control_path;

	_Atomic uint64_t	current __attribute__((aligned(64)));
	struct reader_state	state[READER_STATES];

	_Atomic uint64_t	checked_ms __attribute__((aligned(64)));
	_Atomic uint64_t	wiped_ms;
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

/* The rest as well, for those who attach. */
static bool
reader_copy_all(struct map_reader *r, struct reader_snap *s)
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
reader_open(const char *path, struct stat *st)
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
reader_map_control(struct map_reader *r, struct reader_snap *n, int fd,
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
reader_open_control(struct map_reader *r, const struct reader_snap *old,
    struct reader_snap *n)
{
	enum map_reason why = MAP_BECAUSE_NONE;
	struct stat st;
	int fd;

	fd = reader_open(r->control_path, &st);
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
		why = reader_map_control(r, n, fd, &st);
	(void)close(fd);
	if (why == MAP_BECAUSE_NONE)
		why = map_control_judge(n->control);
	return (why);
}

static enum map_reason
reader_map_data(struct map_reader *r, struct reader_snap *n, int fd,
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
reader_open_data(struct map_reader *r, struct reader_snap *n)
{
	char path[PATH_MAX];
	enum map_reason why;
	struct stat st;
	int fd;

	n->error = 0;
	if (snprintf(path, sizeof path, "%s/data.%ju", r->dir,
	    (uintmax_t)n->generation) >= (int)sizeof path)
		return (MAP_BECAUSE_DATA);
	fd = reader_open(path, &st);
	if (fd < 0) {
		n->error = errno;
		return (MAP_BECAUSE_DATA);
	}
	why = reader_map_data(r, n, fd, &st);
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
reader_follow(struct map_reader *r, struct reader_snap *n)
{
	enum map_reason why;
	int i;

	for (i = 0; i < READER_RACES; i++) {
		n->generation = GET(n->control->generation);
		if (n->generation == 0)
			return (MAP_BECAUSE_BUILDING);
		MAP_FAILPOINT("reader-open");
		why = reader_open_data(r, n);
		if (why == MAP_BECAUSE_NONE ||
		    GET(n->control->generation) == n->generation)
			return (why);
	}
	return (MAP_BECAUSE_RACE);
}

static void
reader_discard(struct map_reader *r, const struct reader_snap *old,
    const struct reader_snap *n)
{

	map_pool_discard(&r->pool, n->data_range);
	if (n->control_range != old->control_range)
		map_pool_discard(&r->pool, n->control_range);
}

static int
reader_claim(struct map_reader *r)
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
reader_fill(struct reader_state *st, const struct reader_snap *n)
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
reader_install(struct map_reader *r, const struct reader_snap *old,
    struct reader_snap *n)
{
	uint64_t was = old->current;
	int i;

	i = reader_claim(r);
	if (i < 0) {
		reader_discard(r, old, n);
		return;
	}
	reader_fill(&r->state[i], n);
	n->current = ((was >> READER_BITS) + 1) << READER_BITS | (unsigned)i;
	if (!atomic_compare_exchange_strong(&r->current, &was, n->current)) {
		SET(r->state[i].claimed, 0);
		reader_discard(r, old, n);
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
reader_probe(struct map_reader *r, const struct reader_snap *old,
    struct reader_snap *n)
{

	memset(n, 0, sizeof *n);
	n->control_range = n->data_range = -1;
	n->reason = reader_open_control(r, old, n);
	if (n->reason == MAP_BECAUSE_NONE) {
		n->reason = reader_follow(r, n);
		return;
	}
	if (n->control_range != old->control_range)
		map_pool_discard(&r->pool, n->control_range);
	n->control_range = -1;
	n->control = NULL;
}

/*
 * The control page names another generation than the one attached. The old
 * one must not be used any more, whatever is found.
 */
static void __attribute__((noinline, cold))
reader_remap(struct map_reader *r)
{
	struct reader_snap old, n;

	if (!reader_copy_all(r, &old))
		return;
	reader_probe(r, &old, &n);
	reader_install(r, &old, &n);
}

/*
 * Is what was found no better than what is there? A folder that is gone, or
 * that a starting daemon fills, does not make the old map wrong: its writer
 * has answered nobody since (map_publish() sees to that).
 */
static bool
reader_keeps(const struct reader_snap *old, const struct reader_snap *n)
{

	if (n->reason == MAP_BECAUSE_NONE)
		return (false);
	if (old->view.base != NULL)
		return (n->reason == MAP_BECAUSE_MISSING ||
		    n->reason == MAP_BECAUSE_BUILDING);
	return (old->reason == n->reason && old->dev == n->dev &&
	    old->ino == n->ino && old->generation == n->generation);
}

/* Is the folder still the one that is attached? */
static void
reader_check(struct map_reader *r)
{
	struct reader_snap old, n;
	struct stat st;

	if (!reader_copy_all(r, &old))
		return;
	if (old.view.base != NULL && (stat(r->control_path, &st) != 0 ||
	    (st.st_dev == old.dev && st.st_ino == old.ino)))
		return;
	reader_probe(r, &old, &n);
	if (reader_keeps(&old, &n))
		reader_discard(r, &old, &n);
	else
		reader_install(r, &old, &n);
}

/*
 * One try. False if the map was switched meanwhile: then the answer may be
 * nonsense.
 */
static inline bool
find_once(struct map_reader *r, const struct map_key *key,
    struct map_value *value, enum map_answer *a)
{
	struct reader_snap s;

	if (map_unlikely(!reader_copy(r, &s)))
		return (false);
	*a = MAP_UNATTACHED;
	if (map_unlikely(s.control == NULL))
		return (true);
	if (map_unlikely(GET(s.control->generation) != s.generation)) {
		reader_remap(r);
		return (false);
	}
	if (map_unlikely(s.view.base == NULL))
		return (true);
	*a = map_view_find(&s.view, key, value);
	/* All of the mapping is read before the word is again. */
	READER_FENCE();
	return (map_likely(GET(r->current) == s.current));
}

/* Kept apart, so that the usual case is short. */
static enum map_answer __attribute__((noinline, cold))
find_again(struct map_reader *r, const struct map_key *key,
    struct map_value *value)
{
	enum map_answer a = MAP_UNATTACHED;
	int i;

	for (i = 0; i < READER_TRIES; i++)
		if (find_once(r, key, value, &a))
			return (a);
	return (MAP_UNATTACHED);
}

enum map_answer
map_find(struct map_reader *r, const struct map_key *key,
    struct map_value *value)
{
	enum map_answer a = MAP_ABSENT;

	if (map_likely(map_key_valid(key)) &&
	    map_unlikely(!find_once(r, key, value, &a)))
		a = find_again(r, key, value);
	if (a != MAP_FOUND)
		memset(value, 0, sizeof *value);
	return (a);
}

void
map_reader_tick(struct map_reader *r, uint64_t now_ms)
{
	uint64_t t;

	/*
	 * Differences are unsigned, so that a clock set back means now. The time
	 * is noted after the check: until a check is done, every thread makes
	 * its own, and none uses a folder replaced longer than that ago.
	 */
	if (now_ms - GET(r->checked_ms) >= READER_CHECK_MS) {
		reader_check(r);
		SET(r->checked_ms, now_ms);
	}
	if (atomic_load_explicit(&r->pool.retired, memory_order_relaxed) == 0)
		return;
	t = GET(r->wiped_ms);
	if (now_ms - t >= READER_WIPE_MS &&
	    atomic_compare_exchange_strong(&r->wiped_ms, &t, now_ms))
		map_pool_wipe(&r->pool);
}

static void
status_numbers(const struct reader_snap *s, uint64_t now_ms,
    struct map_status *out)
{
	const struct map_header *h = map_view_header(&s->view);
	int k;

	out->generation = s->generation;
	out->heartbeat_ms = GET(s->control->heartbeat_ms);
	for (k = 1; k < MAP_KINDS; k++)
		out->entries[k] = GET(h->count[k]);
	out->attached = true;
	out->healthy = out->heartbeat_ms + READER_STALE_MS > now_ms ||
	    out->heartbeat_ms > now_ms;
}

void
map_reader_status(struct map_reader *r, uint64_t now_ms,
    struct map_status *out)
{
	struct reader_snap s;
	int i;

	memset(&s, 0, sizeof s);
	for (i = 0; i < READER_TRIES; i++) {
		if (!reader_copy_all(r, &s))
			continue;
		memset(out, 0, sizeof *out);
		if (s.view.base != NULL)
			status_numbers(&s, now_ms, out);
		READER_FENCE();
		if (GET(r->current) == s.current)
			break;
	}
	out->remaps = GET(r->remaps);
	out->bad = GET(r->bad);
	if (out->attached)
		return;
	if (s.error != 0)
		(void)snprintf(out->reason, sizeof out->reason, "%s: %s",
		    map_reason_text(s.reason), strerrordesc_np(s.error));
	else
		(void)snprintf(out->reason, sizeof out->reason, "%s",
		    map_reason_text(s.reason));
}

struct map_reader *
map_reader_open(const char *dir)
{
	struct map_reader *r;

	r = aligned_alloc(64, (sizeof *r + 63) & ~(size_t)63);
	if (r == NULL)
		return (NULL);
	memset(r, 0, sizeof *r);
	r->magic = MAP_READER_MAGIC;
	r->dir = strdup(dir);
	if (r->dir == NULL ||
	    asprintf(&r->control_path, "%s/control", dir) < 0) {
		free(r->dir);
		free(r);
		return (NULL);
	}
	r->state[0].claimed = 1;
	r->state[0].control_range = r->state[0].data_range = -1;
	r->state[0].reason = MAP_BECAUSE_MISSING;
	reader_check(r);
	return (r);
}

void
map_reader_close(struct map_reader *r)
{

	if (r == NULL)
		return;
	map_pool_close(&r->pool);
	free(r->control_path);
	free(r->dir);
	r->magic = 0;
	free(r);
}
