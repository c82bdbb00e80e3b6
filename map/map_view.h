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

/* Only where the other way is really another way. */
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
	const uint8_t	*soft;		/* or NULL */
	const uint8_t	*hash;		/* or NULL */
	const uint8_t	*shown;		/* or NULL */
	const uint8_t	*previous;	/* or NULL */
	const uint8_t	*due;		/* or NULL */
	const uint8_t	*next;		/* turn, epoch, hash; or NULL */
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

/* Bytes of what a record with *flags* has at its end. */
static inline uint64_t
map_tail_size(uint8_t flags)
{

	return (((flags & MAP_HAS_EPOCH) ? 8 : 0) +
	    ((flags & MAP_HAS_SOFT) ? 8 : 0) +
	    ((flags & MAP_HAS_SHOWN) ? MAP_HASH_LEN : 0) +
	    ((flags & MAP_HAS_PREVIOUS) ? MAP_HASH_LEN : 0) +
	    ((flags & MAP_HAS_DUE) ? 8 : 0) +
	    ((flags & MAP_HAS_NEXT) ? MAP_NEXT_LEN : 0));
}

/* What comes with a turn. */
static inline void
map_next_read(const uint8_t *p, struct map_value *value)
{

	memcpy(&value->next_turn, p, 8);
	memcpy(&value->next_epoch, p + 8, 8);
	memcpy(value->next, p + 16, MAP_HASH_LEN);
}

/* What few aliases have, from *p* on. */
static inline void
map_tail_read(const uint8_t *p, uint8_t flags, struct map_value *value)
{

	value->has_shown = (flags & MAP_HAS_SHOWN) != 0;
	value->has_previous = (flags & MAP_HAS_PREVIOUS) != 0;
	if (value->has_shown) {
		memcpy(value->shown, p, MAP_HASH_LEN);
		p += MAP_HASH_LEN;
	}
	if (value->has_previous) {
		memcpy(value->previous, p, MAP_HASH_LEN);
		p += MAP_HASH_LEN;
	}
	if (flags & MAP_HAS_DUE) {
		memcpy(&value->due_ms, p, 8);
		p += 8;
	}
	if (flags & MAP_HAS_NEXT)
		map_next_read(p, value);
}

/* Has a value that was staged be as at *turn*; MAP_ABSENT: there is none. */
enum map_answer map_value_turn(struct map_value *, uint64_t turn);

/* Kind and lengths as a record can have them. */
static inline bool
map_key_valid(const struct map_key *k)
{
	static const struct {
		uint16_t	least, most;
	} name[MAP_KINDS] = {
		[MAP_KIND_ALIAS] = { 1, MAP_NAME_MAX },
		[MAP_KIND_SOURCE] = { MAP_HASH_LEN, MAP_HASH_LEN },
		[MAP_KIND_STACK] = { 1, MAP_NAME_MAX },
		[MAP_KIND_ORGANIZATION] = { 0, 0 },
		[MAP_KIND_FALLBACK] = { 0, 0 },
		[MAP_KIND_PLAN] = { 0, MAP_NAME_MAX },
		[MAP_KIND_PREVIEW] = { 1, MAP_NAME_MAX },
	};

	return ((unsigned)k->kind - 1 < MAP_KINDS - 1 &&
	    k->org_len - 1 < MAP_OWNER_MAX &&
	    k->name_len >= name[k->kind].least &&
	    k->name_len <= name[k->kind].most);
}

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
 * A short key as six words: two of the organization, four of the name. Loads
 * overlap where there are fewer bytes, so that there is hardly a branch that
 * depends on a length: one that is guessed wrong costs as much as the whole
 * look-up. Two keys of the same lengths are equal if their words are.
 */
#define MAP_WORDS_ORG	16
#define MAP_WORDS_NAME	32

struct map_words {
	uint64_t	w[6];
};

static inline uint64_t
map_load64(const uint8_t *p)
{
	uint64_t x;

	memcpy(&x, p, sizeof x);
	return (x);
}

/* Less than eight bytes. */
static inline uint64_t
map_load_few(const uint8_t *p, size_t len)
{
	uint32_t a, b;

	if (len >= 4) {
		memcpy(&a, p, sizeof a);
		memcpy(&b, p + len - 4, sizeof b);
		return (a | (uint64_t)b << 32);
	}
	if (len == 0)
		return (0);
	return (p[0] | (uint64_t)p[len / 2] << 8 | (uint64_t)p[len - 1] << 16);
}

static inline bool
map_key_short(const struct map_key *k)
{

	return (k->org_len <= MAP_WORDS_ORG && k->name_len <= MAP_WORDS_NAME);
}

static inline struct map_words
map_key_words(const uint8_t *org, size_t org_len, const uint8_t *name,
    size_t name_len)
{
	struct map_words k = { { 0 } };
	size_t last;

	if (map_likely(name_len >= 8)) {
		last = name_len - 8;
		k.w[0] = map_load64(name);
		k.w[1] = map_load64(name + (last < 8 ? last : 8));
		k.w[2] = map_load64(name + (last < 16 ? last : 16));
		k.w[3] = map_load64(name + last);
	} else
		k.w[0] = map_load_few(name, name_len);
	if (org_len >= 8) {
		k.w[4] = map_load64(org);
		k.w[5] = map_load64(org + org_len - 8);
	} else
		k.w[4] = map_load_few(org, org_len);
	return (k);
}

static inline bool
map_words_equal(const struct map_words *a, const struct map_words *b)
{

	return (((a->w[0] ^ b->w[0]) | (a->w[1] ^ b->w[1]) |
	    (a->w[2] ^ b->w[2]) | (a->w[3] ^ b->w[3]) |
	    (a->w[4] ^ b->w[4]) | (a->w[5] ^ b->w[5])) == 0);
}

/* Kind and lengths go into the seed: (ab, c) is not (a, bc). */
static inline uint64_t
map_key_seed(uint64_t seed, const struct map_key *k)
{

	return (seed + ((uint64_t)k->kind | k->org_len << 8 |
	    (uint64_t)k->name_len << 16) * UINT64_C(0x9e3779b97f4a7c15));
}

/* A key made ready for comparing, once for a look-up. */
struct map_probe {
	const struct map_key	*key;
	struct map_words	words;		/* if it is short */
	bool			brief;
};

static inline struct map_probe
map_probe(const struct map_key *k)
{
	struct map_probe p = { .key = k, .brief = map_key_short(k) };

	if (map_likely(p.brief))
		p.words = map_key_words((const void *)k->org, k->org_len,
		    k->name, k->name_len);
	return (p);
}

/* Long keys, out of the way of the others. */
uint64_t map_hash_long(uint64_t seed, const struct map_key *);
bool map_same_long(const uint8_t *bytes, const struct map_key *);

static inline uint64_t
map_probe_hash(uint64_t seed, const struct map_probe *p)
{

	seed = map_key_seed(seed, p->key);
	if (map_likely(p->brief))
		return (XXH3_64bits_withSeed(&p->words, sizeof p->words,
		    seed));
	return (map_hash_long(seed, p->key));
}

static inline uint64_t
map_key_hash(uint64_t seed, const struct map_key *k)
{
	struct map_probe p = map_probe(k);

	return (map_probe_hash(seed, &p));
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

/* Are these the bytes of the key, whose lengths they have? */
static inline bool
map_probe_same(const uint8_t *bytes, const struct map_probe *p)
{
	struct map_words w;

	if (map_unlikely(!p->brief))
		return (map_same_long(bytes, p->key));
	w = map_key_words(bytes, p->key->org_len, bytes + p->key->org_len,
	    p->key->name_len);
	return (map_words_equal(&w, &p->words));
}

/*
 * Is the record at *offset* that of the key? Copies its value if *value* is
 * given. The head is read once: what was checked is what is used.
 */
static inline bool
map_record_match(const struct map_view *v, uint64_t offset,
    const struct map_probe *probe, struct map_value *value)
{
	const struct map_key *key = probe->key;
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
	    map_tail_size(r.flags);
	if (map_unlikely(size > v->len - offset - sizeof r))
		return (false);
	if (!map_probe_same(p, probe))
		return (false);
	if (value == NULL)
		return (true);
	p += len;
	if (key->kind == MAP_KIND_ALIAS) {
		memcpy(value->hash, p, MAP_HASH_LEN);
		p += MAP_HASH_LEN;
	} else
		memset(value->hash, 0, MAP_HASH_LEN);
	value->epoch = value->soft = 0;
	if (r.flags & MAP_HAS_EPOCH) {
		memcpy(&value->epoch, p, 8);
		p += 8;
	}
	if (map_unlikely(r.flags & MAP_HAS_SOFT)) {
		memcpy(&value->soft, p, 8);
		p += 8;
	}
	value->has_shown = value->has_previous = false;
	value->due_ms = value->next_turn = 0;
	if (map_unlikely(r.flags & (MAP_HAS_SHOWN | MAP_HAS_PREVIOUS |
	    MAP_HAS_DUE | MAP_HAS_NEXT)))
		map_tail_read(p, r.flags, value);
	value->revoked = (r.flags & MAP_REVOKED) != 0;
	return (true);
}

/*
 * The look-up itself; *value* is set if the answer is MAP_FOUND. Never more
 * than max_probe slots, whatever is in them.
 */
static inline enum map_answer
map_view_find(const struct map_view *v, const struct map_key *key,
    struct map_value *value)
{
	const _Atomic uint64_t *index = map_view_index(v);
	struct map_probe probe = map_probe(key);
	uint64_t h, i, n, slot;

	h = map_probe_hash(v->seed, &probe);
	i = h & v->mask;
	for (n = 0; n < v->max_probe; n++, i = (i + 1) & v->mask) {
		/* Pairs with the store in table_link(). */
		slot = atomic_load_explicit(&index[i], memory_order_acquire);
		if (slot == MAP_SLOT_EMPTY)
			return (MAP_ABSENT);
		if (map_slot_tagged(slot, h) &&
		    map_record_match(v, map_slot_offset(slot), &probe, value))
			return (MAP_FOUND);
	}
	return (MAP_ABSENT);
}

#endif
