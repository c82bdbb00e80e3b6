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

#include <stdio.h>
#include <stdlib.h>

#include "map_attach.h"

#define READER_TRIES	4	/* look-ups that a switch may spoil */
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
		map_attach_switch(r);
		return (false);
	}
	if (map_unlikely(s.view.base == NULL))
		return (true);
	*a = map_view_find(&s.view, key, value);
	/* After the record, so that no later look-up shows an older turn. */
	if (*a == MAP_FOUND && map_unlikely(value->next_turn != 0))
		*a = map_value_turn(value, GET(s.control->turn));
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

bool
map_reader_settings(struct map_reader *r, struct map_settings *settings)
{
	struct map_settings found;
	struct reader_snap s;
	bool given;
	int i;

	for (i = 0; i < READER_TRIES; i++) {
		if (!reader_copy(r, &s))
			continue;
		if (s.control == NULL)
			return (false);
		given = map_settings_unpack(GET(s.control->settings), &found);
		READER_FENCE();
		if (GET(r->current) != s.current)
			continue;
		if (given)
			*settings = found;
		return (given);
	}
	return (false);
}

uint64_t
map_reader_turn(struct map_reader *r)
{
	struct reader_snap s;
	uint64_t turn;
	int i;

	for (i = 0; i < READER_TRIES; i++) {
		if (!reader_copy(r, &s))
			continue;
		if (s.control == NULL)
			return (0);
		turn = GET(s.control->turn);
		READER_FENCE();
		if (GET(r->current) == s.current)
			return (turn);
	}
	return (0);
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
		map_attach_check(r);
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
	memset(out, 0, sizeof *out);
	for (i = 0; i < READER_TRIES; i++) {
		if (!map_attach_copy(r, &s))
			continue;
		/* A look-up does the same; this reader may make none. */
		if (s.control != NULL &&
		    GET(s.control->generation) != s.generation) {
			map_attach_switch(r);
			continue;
		}
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
	map_attach_check(r);
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
	free(r);
}
