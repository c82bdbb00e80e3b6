/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One writer and any number of readers, threads or processes, who agree about
 * what may be seen. Every key goes through versions 1, 2, 3...; every eighth
 * means that it is removed. A look-up may give any version that was begun
 * before it ended and was not replaced before it began.
 */
#ifndef MAP_VERIFY_H
#define MAP_VERIFY_H

#include <stdatomic.h>

#include "map_help.h"

#define VERIFY_KEYS	700

struct verify {
	_Atomic uint64_t	acked[VERIFY_KEYS];	/* put has returned */
	_Atomic uint64_t	tried[VERIFY_KEYS];	/* put has begun */
	_Atomic uint64_t	seq;
	_Atomic int		stop;
	_Atomic uint64_t	lookups;
	_Atomic uint64_t	wrong;
	char			first[256];		/* what was wrong */
};

static inline bool
verify_gone(uint64_t version)
{

	return (version % 8 == 0);
}

static inline struct map_value
verify_value(unsigned k, uint64_t version)
{

	return (help_value(version << 16 | k));
}

static inline void
verify_wrong(struct verify *v, unsigned k, const char *what, uint64_t got,
    uint64_t from, uint64_t to)
{

	if (atomic_fetch_add(&v->wrong, 1) == 0)
		(void)snprintf(v->first, sizeof v->first, "key %u: %s %ju, "
		    "allowed are %ju to %ju", k, what, (uintmax_t)got,
		    (uintmax_t)from, (uintmax_t)to);
}

/* One look-up of any key; false if there is no map. */
static inline bool
verify_one(struct verify *v, struct map_reader *r, uint64_t *rnd)
{
	unsigned k = (unsigned)(help_random(rnd) % VERIFY_KEYS);
	struct map_value got, want;
	uint64_t from, to, n;
	enum map_answer a;

	from = atomic_load(&v->acked[k]);
	a = help_find(r, k, &got);
	to = atomic_load(&v->tried[k]);
	atomic_fetch_add_explicit(&v->lookups, 1, memory_order_relaxed);
	if (a == MAP_UNATTACHED)
		return (false);
	if (a == MAP_ABSENT) {
		if (!verify_gone(from) && to < (from | 7) + 1)
			verify_wrong(v, k, "absent", 0, from, to);
		return (true);
	}
	n = got.epoch >> 16;
	want = verify_value(k, n);
	if (got.epoch != want.epoch || memcmp(got.hash, want.hash,
	    MAP_HASH_LEN) != 0)
		verify_wrong(v, k, "torn", n, from, to);
	else if (n < from || n > to || verify_gone(n))
		verify_wrong(v, k, "version", n, from, to);
	return (true);
}

/* Puts the next version of key *k*. Returns what the map returned. */
static inline int
verify_put(struct verify *v, struct map_writer *w, unsigned k, bool ack)
{
	uint64_t n = atomic_load(&v->tried[k]) + 1;
	struct map_value value = verify_value(k, n);
	char buf[32];
	struct map_key key = help_key(buf, k);
	int rc;

	atomic_store(&v->tried[k], n);
	rc = map_writer_put(w, &key, verify_gone(n) ? NULL : &value);
	if (rc == 0 && ack)
		atomic_store(&v->acked[k], n);
	return (rc);
}

/* Everything anew; readers see all of it at the end, or nothing. */
static inline void
verify_rebuild(struct verify *v, struct map_writer *w)
{
	unsigned k;

	if (map_writer_rebuild_begin(w, VERIFY_KEYS) != 0)
		return;
	for (k = 0; k < VERIFY_KEYS; k++)
		if (verify_put(v, w, k, false) != 0)
			abort();
	if (map_writer_rebuild_end(w, atomic_load(&v->seq)) != 0)
		abort();
	for (k = 0; k < VERIFY_KEYS; k++)
		atomic_store(&v->acked[k], atomic_load(&v->tried[k]));
}

#endif
