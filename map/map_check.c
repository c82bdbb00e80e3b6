/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The checker: looks at every byte that a reader could come to use. The map
 * may be in use meanwhile; what a writer does in passing does no harm.
 */
#include "config.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "map_snapshot.h"

struct checker {
	const struct map_snapshot *snap;
	map_problem_f		*func;
	void			*priv;
	unsigned		problems;
	uint64_t		count[MAP_KINDS];
};

static void __attribute__((format(printf, 3, 4)))
problem(struct checker *c, const char *where, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	c->problems++;
	if (c->func == NULL)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	c->func(c->priv, where, what);
}

/* The records one after the other, also those that nothing leads to. */
static void
check_records(struct checker *c)
{
	const struct map_view *v = &c->snap->view;
	uint64_t offset = map_view_records(v);
	uint64_t used;
	struct map_record r;
	struct map_item it;
	char where[64];

	used = atomic_load(&map_view_header(v)->used);
	if (used < offset || used > v->len || used % 8 != 0) {
		problem(c, "header", "the records end at %" PRIu64
		    ", outside of the file's %" PRIu64 " bytes", used, v->len);
		return;
	}
	for (; offset < used; offset += it.size) {
		(void)snprintf(where, sizeof where, "record at %" PRIu64,
		    offset);
		if (!map_item_at(v, offset, &it) || it.size > used - offset) {
			problem(c, where, "no record can be like that");
			return;
		}
		memcpy(&r, v->base + offset, sizeof r);
		if (r.sum != map_record_sum(v->base + offset, it.size))
			problem(c, where, "the checksum is wrong");
		if ((r.flags & ~MAP_FLAGS) != 0)
			problem(c, where, "unknown flags 0x%02x", r.flags);
	}
}

/* The slot that a look-up of *key* ends at, or -1. */
static int64_t
check_reach(const struct map_view *v, const struct map_key *key, uint64_t h)
{
	const _Atomic uint64_t *index = map_view_index(v);
	struct map_probe probe = map_probe(key);
	uint64_t i, n, slot;

	i = h & v->mask;
	for (n = 0; n < v->max_probe; n++, i = (i + 1) & v->mask) {
		slot = atomic_load(&index[i]);
		if (slot == MAP_SLOT_EMPTY)
			return (-1);
		if (map_slot_tagged(slot, h) &&
		    map_record_match(v, map_slot_offset(slot), &probe, NULL))
			return ((int64_t)i);
	}
	return (-1);
}

/* What is wrong with what slot *i* holds, or NULL. */
static const char *
judge_slot(struct checker *c, uint64_t i, uint64_t slot, struct map_item *it)
{
	const struct map_view *v = &c->snap->view;
	uint64_t used = atomic_load(&map_view_header(v)->used);
	uint64_t h;
	int64_t at;

	if (map_slot_offset(slot) < map_view_records(v) ||
	    map_slot_offset(slot) >= used)
		return ("leads out of the records");
	if (!map_item_at(v, map_slot_offset(slot), it) ||
	    it->size > used - map_slot_offset(slot))
		return ("leads to something that is not a record");
	if (((const struct map_record *)(const void *)(v->base +
	    map_slot_offset(slot)))->sum !=
	    map_record_sum(v->base + map_slot_offset(slot), it->size))
		return ("leads to a damaged record");
	h = map_key_hash(v->seed, &it->key);
	if (!map_slot_tagged(slot, h))
		return ("has another tag than its record");
	at = check_reach(v, &it->key, h);
	if (at < 0)
		return ("holds a record that no look-up finds");
	if ((uint64_t)at != i)
		return ("holds a second record of one key");
	return (NULL);
}

static void
check_slot(struct checker *c, uint64_t i)
{
	const _Atomic uint64_t *index = map_view_index(&c->snap->view);
	struct map_item it;
	const char *what;
	char where[64];
	uint64_t slot;

	slot = atomic_load(&index[i]);
	if (slot == MAP_SLOT_EMPTY || slot == MAP_SLOT_GONE)
		return;
	what = judge_slot(c, i, slot, &it);
	if (what == NULL) {
		c->count[it.key.kind]++;
		return;
	}
	/* Changed while we looked: not our slot any more. */
	if (atomic_load(&index[i]) != slot)
		return;
	(void)snprintf(where, sizeof where, "slot %" PRIu64, i);
	problem(c, where, "%s (offset %" PRIu64 ")", what,
	    map_slot_offset(slot));
}

static void
check_index(struct checker *c)
{
	static const char * const kind[MAP_KINDS] = {
		[MAP_KIND_ALIAS] = "aliases",
		[MAP_KIND_SOURCE] = "sources",
		[MAP_KIND_STACK] = "stacks",
		[MAP_KIND_ORGANIZATION] = "organizations",
		[MAP_KIND_FALLBACK] = "fallbacks",
		[MAP_KIND_PLAN] = "plans",
		[MAP_KIND_PREVIEW] = "previews",
	};
	const struct map_header *h = map_view_header(&c->snap->view);
	uint64_t changes, i, n;
	int k;

	changes = atomic_load(&h->changes);
	for (i = 0; i <= c->snap->view.mask; i++)
		check_slot(c, i);
	for (k = 1; k < MAP_KINDS; k++) {
		n = atomic_load(&h->count[k]);
		/* An odd number: a writer is, or was killed, in a change. */
		if (n == c->count[k] || changes % 2 != 0 ||
		    changes != atomic_load(&h->changes))
			continue;
		problem(c, "header", "counts %" PRIu64 " %s, there are %"
		    PRIu64, n, kind[k], c->count[k]);
	}
}

unsigned
map_check(const char *dir, map_problem_f *func, void *priv)
{
	struct checker c = { .func = func, .priv = priv };
	struct map_snapshot s;
	char where[64] = "control";

	c.snap = &s;
	if (map_snapshot_open(&s, dir) == MAP_BECAUSE_NONE) {
		check_records(&c);
		check_index(&c);
	} else {
		if (s.generation != 0)
			(void)snprintf(where, sizeof where, "data.%" PRIu64,
			    s.generation);
		problem(&c, where, "%s%s%s", map_reason_text(s.reason),
		    s.error != 0 ? ": " : "",
		    s.error != 0 ? strerrordesc_np(s.error) : "");
	}
	map_snapshot_close(&s);
	return (c.problems);
}

int
map_each(const char *dir, map_record_f *func, void *priv)
{
	const _Atomic uint64_t *index;
	struct map_snapshot s;
	struct map_value value;
	struct map_item it;
	uint64_t i, slot;
	int rc = -1;

	if (map_snapshot_open(&s, dir) == MAP_BECAUSE_NONE) {
		rc = 0;
		index = map_view_index(&s.view);
		for (i = 0; i <= s.view.mask && rc == 0; i++) {
			slot = atomic_load(&index[i]);
			if (slot == MAP_SLOT_EMPTY || slot == MAP_SLOT_GONE ||
			    !map_item_at(&s.view, map_slot_offset(slot), &it))
				continue;
			map_item_value(&it, &value);
			rc = func(priv, &it.key, &value);
		}
	}
	map_snapshot_close(&s);
	return (rc);
}
