/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The records of a table: put, removed, copied. A record is complete before
 * it is counted, and counted before a slot leads to it.
 */
#include "config.h"

#include <errno.h>

#include "map_failpoint.h"
#include "map_table.h"

#define TABLE_CHUNK	((uint64_t)1 << 20)	/* file grows by this */
#define TABLE_NONE	UINT64_MAX
#define TABLE_BATCH	16			/* cache misses at a time */

/* Where a key is, or could go. */
struct table_seek {
	uint64_t	hash;
	uint64_t	found;		/* slot, or TABLE_NONE */
	uint64_t	vacant;		/* slot, or TABLE_NONE */
};

static _Atomic uint64_t *
table_index(const struct map_table *t)
{

	return ((_Atomic uint64_t *)(void *)(t->base + MAP_PAGE));
}

static uint64_t
table_slot(const struct map_table *t, uint64_t i)
{

	return (atomic_load_explicit(&table_index(t)[i],
	    memory_order_relaxed));
}

/* Shows all that was written before. Pairs with map_view_find(). */
static void
table_link(const struct map_table *t, uint64_t i, uint64_t slot)
{

	atomic_store_explicit(&table_index(t)[i], slot, memory_order_release);
}

/* Readers take no interest in the order, a kill does: program order it is. */
static void
table_count(_Atomic uint64_t *counter, uint64_t add)
{

	atomic_store_explicit(counter, atomic_load_explicit(counter,
	    memory_order_relaxed) + add, memory_order_release);
}

static void
table_seek(const struct map_table *t, const struct map_key *key,
    struct table_seek *s)
{
	struct map_probe probe = map_probe(key);
	uint64_t i, n, slot;

	s->found = s->vacant = TABLE_NONE;
	i = s->hash & t->view.mask;
	for (n = 0; n < t->view.max_probe; n++, i = (i + 1) & t->view.mask) {
		slot = table_slot(t, i);
		if (slot == MAP_SLOT_EMPTY || slot == MAP_SLOT_GONE) {
			if (s->vacant == TABLE_NONE)
				s->vacant = i;
			if (slot == MAP_SLOT_EMPTY)
				return;
		} else if (map_slot_tagged(slot, s->hash) &&
		    map_record_match(&t->view, map_slot_offset(slot),
		    &probe, NULL)) {
			s->found = i;
			return;
		}
	}
}

/* Room for *size* bytes of record, and a slot. */
static int
table_room(struct map_table *t, const struct table_seek *s, uint64_t size)
{
	uint64_t used = map_table_used(t);

	if (s->found == TABLE_NONE && (s->vacant == TABLE_NONE ||
	    (table_slot(t, s->vacant) == MAP_SLOT_EMPTY &&
	    t->filled >= (t->view.mask + 1) / 4 * 3)))
		return (EFBIG);
	if (used + size <= t->allocated)
		return (0);
	if (t->sealed)
		return (EFBIG);
	return (map_table_allocate(t, t->allocated + TABLE_CHUNK));
}

/*
 * Lets a slot lead to the record at the end of the area, which is complete.
 * A kill between any two lines leaves the old state or the new one; counts
 * may be off by one then, which the next writer mends.
 */
static void
table_show(struct map_table *t, const struct table_seek *s,
    enum map_kind kind, uint64_t size)
{
	struct map_header *h = map_table_header(t);
	uint64_t offset = map_table_used(t);
	struct map_item old;
	uint64_t i;

	MAP_FAILPOINT("put-record");
	table_count(&h->changes, 1);
	atomic_store_explicit(&h->used, offset + size, memory_order_release);
	MAP_FAILPOINT("put-used");
	i = s->found;
	if (i == TABLE_NONE) {
		i = s->vacant;
		/* Before the slot: nobody skips a kind that has a record. */
		table_count(&h->count[kind], 1);
		t->live++;
		if (table_slot(t, i) == MAP_SLOT_EMPTY)
			t->filled++;
	} else if (map_item_at(&t->view, map_slot_offset(table_slot(t, i)),
	    &old))
		t->live_bytes -= old.size;
	t->live_bytes += size;
	MAP_FAILPOINT("put-count");
	table_link(t, i, map_slot_make(s->hash, offset));
	MAP_FAILPOINT("put-slot");
	table_count(&h->changes, 1);
}

static uint8_t
table_flags(const struct map_value *v)
{

	return ((v->epoch != 0 ? MAP_HAS_EPOCH : 0) |
	    (v->revoked ? MAP_REVOKED : 0) |
	    (v->soft != 0 ? MAP_HAS_SOFT : 0) |
	    (v->has_shown ? MAP_HAS_SHOWN : 0) |
	    (v->has_previous ? MAP_HAS_PREVIOUS : 0) |
	    (v->due_ms != 0 ? MAP_HAS_DUE : 0) |
	    (v->next_turn != 0 ? MAP_HAS_NEXT : 0));
}

/* What stands behind the key. */
static void
table_encode_value(uint8_t *q, enum map_kind kind, const struct map_value *v)
{

	if (kind == MAP_KIND_ALIAS) {
		memcpy(q, v->hash, MAP_HASH_LEN);
		q += MAP_HASH_LEN;
	}
	if (v->epoch != 0) {
		memcpy(q, &v->epoch, 8);
		q += 8;
	}
	if (v->soft != 0) {
		memcpy(q, &v->soft, 8);
		q += 8;
	}
	if (v->has_shown) {
		memcpy(q, v->shown, MAP_HASH_LEN);
		q += MAP_HASH_LEN;
	}
	if (v->has_previous) {
		memcpy(q, v->previous, MAP_HASH_LEN);
		q += MAP_HASH_LEN;
	}
	if (v->due_ms != 0) {
		memcpy(q, &v->due_ms, 8);
		q += 8;
	}
	if (v->next_turn != 0) {
		memcpy(q, &v->next_turn, 8);
		memcpy(q + 8, &v->next_epoch, 8);
		memcpy(q + 16, v->next, MAP_HASH_LEN);
	}
}

static void
table_encode(uint8_t *p, uint64_t size, const struct map_key *k,
    const struct map_value *v)
{
	struct map_record r = {
		.kind = (uint8_t)k->kind,
		.flags = table_flags(v),
		.org_len = (uint8_t)k->org_len,
		.name_len = (uint8_t)k->name_len,
	};
	uint8_t *q = p + sizeof r;

	/* What a killed writer left here must not stay in the padding. */
	memset(p + size - 8, 0, 8);
	memcpy(p, &r, sizeof r);
	memcpy(q, k->org, k->org_len);
	q += k->org_len;
	if (k->name_len > 0)
		memcpy(q, k->name, k->name_len);
	table_encode_value(q + k->name_len, k->kind, v);
	r.sum = map_record_sum(p, size);
	memcpy(p, &r, sizeof r);
}

int
map_table_put(struct map_table *t, const struct map_key *k,
    const struct map_value *v)
{
	struct table_seek s = { .hash = map_key_hash(t->view.seed, k) };
	uint64_t size;
	int rc;

	size = sizeof(struct map_record) + k->org_len + k->name_len;
	size += map_tail_size(table_flags(v));
	size += k->kind == MAP_KIND_ALIAS ? MAP_HASH_LEN : 0;
	size = (size + 7) & ~UINT64_C(7);
	table_seek(t, k, &s);
	rc = table_room(t, &s, size);
	if (rc != 0)
		return (rc);
	table_encode(t->base + map_table_used(t), size, k, v);
	table_show(t, &s, k->kind, size);
	return (0);
}

/*
 * A slot before an empty one may be empty itself: no probe that passes it
 * finds anything behind. Any other must stay as a stepping stone.
 */
static void
table_unlink(struct map_table *t, uint64_t i)
{
	uint64_t next = (i + 1) & t->view.mask;

	if (table_slot(t, next) != MAP_SLOT_EMPTY) {
		table_link(t, i, MAP_SLOT_GONE);
		return;
	}
	do {
		table_link(t, i, MAP_SLOT_EMPTY);
		t->filled--;
		i = (i - 1) & t->view.mask;
	} while (table_slot(t, i) == MAP_SLOT_GONE);
}

int
map_table_remove(struct map_table *t, const struct map_key *k)
{
	struct table_seek s = { .hash = map_key_hash(t->view.seed, k) };
	struct map_header *h = map_table_header(t);
	struct map_item old;

	table_seek(t, k, &s);
	if (s.found == TABLE_NONE)
		return (0);
	if (map_item_at(&t->view, map_slot_offset(table_slot(t, s.found)),
	    &old))
		t->live_bytes -= old.size;
	t->live--;
	table_count(&h->changes, 1);
	MAP_FAILPOINT("remove-begin");
	table_unlink(t, s.found);
	MAP_FAILPOINT("remove-slot");
	table_count(&h->count[k->kind], (uint64_t)-1);
	table_count(&h->changes, 1);
	return (0);
}

static bool
table_leads_to(const struct map_table *t, uint64_t hash, uint64_t offset)
{
	uint64_t i, n, slot;

	i = hash & t->view.mask;
	for (n = 0; n < t->view.max_probe; n++, i = (i + 1) & t->view.mask) {
		slot = table_slot(t, i);
		if (slot == map_slot_make(hash, offset))
			return (true);
		if (slot == MAP_SLOT_EMPTY)
			return (false);
	}
	return (false);
}

static int
table_take(struct map_table *t, const uint8_t *record,
    const struct map_item *it, uint64_t hash)
{
	struct table_seek s = { .hash = hash };
	int rc;

	table_seek(t, &it->key, &s);
	rc = table_room(t, &s, it->size);
	if (rc != 0)
		return (rc);
	memcpy(t->base + map_table_used(t), record, it->size);
	table_show(t, &s, it->key.kind, it->size);
	return (0);
}

/* A few records at once, so that their cache misses overlap. */
struct table_batch {
	struct map_item	item;
	uint64_t	offset, hash_from, hash_to;
};

static int
table_batch(const struct map_table *to, const struct map_table *from,
    uint64_t *cursor, struct table_batch *b, unsigned n)
{
	unsigned k;

	for (k = 0; k < n && *cursor < map_table_used(from); k++, b++) {
		if (!map_item_at(&from->view, *cursor, &b->item))
			return (-1);
		b->offset = *cursor;
		*cursor += b->item.size;
		b->hash_from = map_key_hash(from->view.seed, &b->item.key);
		b->hash_to = map_key_hash(to->view.seed, &b->item.key);
		__builtin_prefetch(&table_index(from)[b->hash_from &
		    from->view.mask]);
		__builtin_prefetch(&table_index(to)[b->hash_to &
		    to->view.mask], 1);
	}
	return ((int)k);
}

int
map_table_copy(struct map_table *to, const struct map_table *from,
    uint64_t *cursor, unsigned n)
{
	struct table_batch b[TABLE_BATCH];
	int got, k, rc;

	while (n > 0) {
		got = table_batch(to, from, cursor, b,
		    n < TABLE_BATCH ? n : TABLE_BATCH);
		if (got < 0)
			return (EIO);
		if (got == 0)
			return (0);
		n -= (unsigned)got;
		for (k = 0; k < got; k++) {
			if (!table_leads_to(from, b[k].hash_from, b[k].offset))
				continue;
			rc = table_take(to, from->base + b[k].offset,
			    &b[k].item, b[k].hash_to);
			if (rc != 0)
				return (rc);
		}
	}
	return (0);
}
