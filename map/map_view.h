/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One generation, as both sides see it: where its parts are, how a key is
 * found. Nothing here trusts a byte of the file beyond map_view_init().
 */
#ifndef MAP_VIEW_H
#define MAP_VIEW_H

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "map_format.h"

#define map_likely(x)		__builtin_expect(!!(x), 1)
#define map_unlikely(x)		__builtin_expect(!!(x), 0)

struct map_view {
	const uint8_t	*base;		/* NULL: nothing is attached */
	uint64_t	len;
	uint64_t	seed;
	uint64_t	mask;		/* slots - 1 */
	uint64_t	max_probe;
};

/* A record, taken apart. The pointers lead into the mapping. */
struct map_item {
	struct map_key	key;
	const uint8_t	*epoch;		/* or NULL */
	const uint8_t	*hash;		/* or NULL */
	uint8_t		flags;
	uint64_t	size;		/* with padding */
};

/* Why a map cannot be used; the text is for people. */
#define MAP_REASONS						\
	REASON(NONE, "")					\
	REASON(MISSING, "there is no map in the folder")	\
	REASON(BUILDING, "the first generation is being built")	\
	REASON(CONTROL, "the control page cannot be opened")	\
	REASON(CONTROL_SIZE, "the control page has a wrong size")	\
	REASON(CONTROL_MAGIC, "the control page is none of ours")	\
	REASON(CONTROL_VERSION, "the control page has a foreign version") \
	REASON(CONTROL_SUM, "the control page is damaged")	\
	REASON(SUPERSEDED, "the folder was replaced")		\
	REASON(DATA, "the data file cannot be opened")		\
	REASON(DATA_SIZE, "the data file has a wrong size")	\
	REASON(DATA_SPARSE, "the data file has holes")		\
	REASON(DATA_MAGIC, "the data file is none of ours")	\
	REASON(DATA_VERSION, "the data file has a foreign version")	\
	REASON(DATA_SUM, "the header of the data file is damaged")	\
	REASON(DATA_SHAPE, "the header of the data file is absurd")	\
	REASON(DATA_OTHER, "the data file belongs to another map")	\
	REASON(MEMORY, "no address space for the data file")	\
	REASON(RACE, "the generations change too fast")

enum map_reason {
#define REASON(n, t)	MAP_BECAUSE_##n,
	MAP_REASONS
#undef REASON
	MAP_REASONS_END
};

const char *map_reason_text(enum map_reason);

uint64_t map_control_sum(const struct map_control *);
uint64_t map_fixed_sum(const struct map_fixed *);
uint32_t map_record_sum(const void *record, uint64_t size);

enum map_reason map_control_judge(const struct map_control *);

/*
 * Judges the header of a mapped data file of *len* bytes, as generation
 * *generation* of *control*, and fills *view* when it is sound.
 */
enum map_reason map_view_init(struct map_view *view, const uint8_t *base,
    uint64_t len, uint64_t generation, const struct map_control *control);

/* False when no whole record can be at *offset*. */
bool map_item_at(const struct map_view *, uint64_t offset, struct map_item *);

void map_item_value(const struct map_item *, struct map_value *);

/* Kind and lengths as a record can have them. */
bool map_key_valid(const struct map_key *);

static inline const struct map_header *
map_view_header(const struct map_view *v)
{

	return ((const struct map_header *)(const void *)v->base);
}

static inline const _Atomic uint64_t *
map_view_index(const struct map_view *v)
{

	return ((const _Atomic uint64_t *)(const void *)(v->base + MAP_PAGE));
}

static inline uint64_t
map_view_records(const struct map_view *v)
{

	return (MAP_PAGE + (v->mask + 1) * 8);
}

/*
 * Two hashes that a processor computes side by side, instead of one of a key
 * that would have to be copied into one piece. (ab, c) is not (a, bc).
 */
static inline uint64_t
map_key_hash(uint64_t seed, const struct map_key *k)
{
	uint64_t h;

	h = XXH3_64bits_withSeed(k->name, k->name_len, seed);
	return (XXH3_64bits_withSeed(k->org, k->org_len, seed + k->kind) ^
	    (h << 25 | h >> 39));
}

static inline uint64_t
map_slot_make(uint64_t hash, uint64_t offset)
{

	return ((hash & ~MAP_OFFSET_MASK) | offset >> 3);
}

static inline uint64_t
map_slot_offset(uint64_t slot)
{

	return ((slot & MAP_OFFSET_MASK) << 3);
}

static inline bool
map_slot_tagged(uint64_t slot, uint64_t hash)
{

	return (((slot ^ hash) & ~MAP_OFFSET_MASK) == 0);
}

/*
 * Is the record at *offset* that of *key*? Copies its value if *value* is
 * given. The head is read once: what was checked is what is used.
 */
static inline bool
map_record_match(const struct map_view *v, uint64_t offset,
    const struct map_key *key, struct map_value *value)
{
	struct map_record r;
	const uint8_t *p;
	uint64_t len, size;

	if (map_unlikely(offset < map_view_records(v) ||
	    offset > v->len - sizeof r))
		return (false);
	p = v->base + offset;
	memcpy(&r, p, sizeof r);
	p += sizeof r;
	if (r.kind != key->kind || r.org_len != key->org_len ||
	    r.name_len != key->name_len)
		return (false);
	/* The lengths of *key*, which need not come from memory first. */
	len = key->org_len + key->name_len;
	size = len + (key->kind == MAP_KIND_ALIAS ? MAP_HASH_LEN : 0) +
	    ((r.flags & MAP_HAS_EPOCH) ? 8 : 0);
	if (map_unlikely(size > v->len - offset - sizeof r))
		return (false);
	if (memcmp(p, key->org, key->org_len) != 0)
		return (false);
	if (key->name_len != 0 &&
	    memcmp(p + key->org_len, key->name, key->name_len) != 0)
		return (false);
	if (value == NULL)
		return (true);
	p += len;
	if (key->kind == MAP_KIND_ALIAS) {
		memcpy(value->hash, p, MAP_HASH_LEN);
		p += MAP_HASH_LEN;
	}
	if (r.flags & MAP_HAS_EPOCH)
		memcpy(&value->epoch, p, 8);
	value->revoked = (r.flags & MAP_REVOKED) != 0;
	return (true);
}

/*
 * The look-up itself. *value* is zeroed by the caller. Never more than
 * max_probe slots, whatever is in them.
 */
static inline enum map_answer
map_view_find(const struct map_view *v, const struct map_key *key,
    struct map_value *value)
{
	const _Atomic uint64_t *index = map_view_index(v);
	uint64_t h, i, n, slot;

	h = map_key_hash(v->seed, key);
	i = h & v->mask;
	for (n = 0; n < v->max_probe; n++, i = (i + 1) & v->mask) {
		/* Pairs with the store in table_link(). */
		slot = atomic_load_explicit(&index[i], memory_order_acquire);
		if (slot == MAP_SLOT_EMPTY)
			return (MAP_ABSENT);
		if (map_slot_tagged(slot, h) &&
		    map_record_match(v, map_slot_offset(slot), key, value))
			return (MAP_FOUND);
	}
	return (MAP_ABSENT);
}

#endif
