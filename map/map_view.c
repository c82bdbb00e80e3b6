/* SPDX-License-Identifier: BSD-2-Clause */
/* Judging headers, taking records apart. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>

#include "map_failpoint.h"
#include "map_view.h"

#ifdef MAP_FAILPOINTS
void (*map_failpoint)(const char *where);
#endif

static const char * const reason_text[] = {
#define REASON(n, t)	[MAP_BECAUSE_##n] = (t),
	MAP_REASONS
#undef REASON
};

const char *
map_reason_text(enum map_reason r)
{

	if ((unsigned)r >= MAP_REASONS_END)
		return ("unknown");
	return (reason_text[r]);
}

uint64_t
map_control_sum(const struct map_control *c)
{
	struct {
		uint64_t	magic, version, store[2], folder;
	} s;

	memcpy(&s.magic, c->magic, 8);
	s.version = c->version;
	memcpy(s.store, c->store_id, sizeof s.store);
	s.folder = c->folder_id;
	return (XXH3_64bits(&s, sizeof s));
}

uint64_t
map_fixed_sum(const struct map_fixed *f)
{

	return (XXH3_64bits(f, offsetof(struct map_fixed, sum)));
}

/* Over all of the record but the sum itself. */
uint32_t
map_record_sum(const void *record, uint64_t size)
{

	return ((uint32_t)XXH3_64bits((const uint8_t *)record + 4, size - 4));
}

enum map_reason
map_control_judge(const struct map_control *c)
{

	if (memcmp(c->magic, MAP_CONTROL_MAGIC, sizeof c->magic) != 0)
		return (MAP_BECAUSE_CONTROL_MAGIC);
	if (c->version != MAP_VERSION)
		return (MAP_BECAUSE_CONTROL_VERSION);
	if (c->sum != map_control_sum(c))
		return (MAP_BECAUSE_CONTROL_SUM);
	if (atomic_load_explicit(&c->superseded, memory_order_acquire) != 0)
		return (MAP_BECAUSE_SUPERSEDED);
	return (MAP_BECAUSE_NONE);
}

static bool
shape_sound(const struct map_fixed *f, uint64_t len)
{

	return (f->slots >= MAP_SLOTS_MIN && f->slots <= MAP_SLOTS_MAX &&
	    (f->slots & (f->slots - 1)) == 0 &&
	    f->max_probe > 0 && f->max_probe <= MAP_PROBE_MAX &&
	    f->file_size == len && len % MAP_PAGE == 0 &&
	    len / 8 <= MAP_OFFSET_MASK &&
	    /* so that there is a place where a record could be */
	    MAP_PAGE + f->slots * 8 + MAP_PAGE <= len);
}

enum map_reason
map_view_init(struct map_view *v, const uint8_t *base, uint64_t len,
    uint64_t generation, const struct map_control *control)
{
	struct map_fixed f;

	if (len < sizeof(struct map_header))
		return (MAP_BECAUSE_DATA_SIZE);
	/* What is judged must be what is used, even if it is being changed. */
	memcpy(&f, base, sizeof f);
	if (memcmp(f.magic, MAP_DATA_MAGIC, sizeof f.magic) != 0)
		return (MAP_BECAUSE_DATA_MAGIC);
	if (f.version != MAP_VERSION)
		return (MAP_BECAUSE_DATA_VERSION);
	if (f.sum != map_fixed_sum(&f))
		return (MAP_BECAUSE_DATA_SUM);
	if (!shape_sound(&f, len))
		return (MAP_BECAUSE_DATA_SHAPE);
	if (f.generation != generation || f.folder_id != control->folder_id ||
	    memcmp(f.store_id, control->store_id, sizeof f.store_id) != 0)
		return (MAP_BECAUSE_DATA_OTHER);
	v->base = base;
	v->len = len;
	v->seed = f.seed;
	v->mask = f.slots - 1;
	v->max_probe = f.max_probe;
	return (MAP_BECAUSE_NONE);
}

bool
map_item_at(const struct map_view *v, uint64_t offset, struct map_item *it)
{
	struct map_record r;
	const uint8_t *p;
	uint64_t size;

	if (offset % 8 != 0 || offset < map_view_records(v) ||
	    offset > v->len - sizeof r)
		return (false);
	p = v->base + offset;
	memcpy(&r, p, sizeof r);
	size = sizeof r + r.org_len + r.name_len + map_tail_size(r.flags);
	if (r.kind == MAP_KIND_ALIAS)
		size += MAP_HASH_LEN;
	size = (size + 7) & ~UINT64_C(7);
	if (size > v->len - offset)
		return (false);
	it->size = size;
	it->flags = r.flags;
	p += sizeof r;
	it->key.kind = r.kind;
	it->key.org = (const char *)p;
	it->key.org_len = r.org_len;
	it->key.name = p + r.org_len;
	it->key.name_len = r.name_len;
	p += r.org_len + r.name_len;
	it->hash = r.kind == MAP_KIND_ALIAS ? p : NULL;
	if (it->hash != NULL)
		p += MAP_HASH_LEN;
	it->epoch = (r.flags & MAP_HAS_EPOCH) ? p : NULL;
	if (it->epoch != NULL)
		p += 8;
	it->soft = (r.flags & MAP_HAS_SOFT) ? p : NULL;
	if (it->soft != NULL)
		p += 8;
	it->shown = (r.flags & MAP_HAS_SHOWN) ? p : NULL;
	if (it->shown != NULL)
		p += MAP_HASH_LEN;
	it->previous = (r.flags & MAP_HAS_PREVIOUS) ? p : NULL;
	if (it->previous != NULL)
		p += MAP_HASH_LEN;
	it->due = (r.flags & MAP_HAS_DUE) ? p : NULL;
	if (it->due != NULL)
		p += 8;
	it->next = (r.flags & MAP_HAS_NEXT) ? p : NULL;
	return (map_key_valid(&it->key));
}

void
map_item_value(const struct map_item *it, struct map_value *value)
{

	memset(value, 0, sizeof *value);
	if (it->epoch != NULL)
		memcpy(&value->epoch, it->epoch, 8);
	if (it->soft != NULL)
		memcpy(&value->soft, it->soft, 8);
	if (it->hash != NULL)
		memcpy(value->hash, it->hash, MAP_HASH_LEN);
	value->has_shown = it->shown != NULL;
	if (it->shown != NULL)
		memcpy(value->shown, it->shown, MAP_HASH_LEN);
	value->has_previous = it->previous != NULL;
	if (it->previous != NULL)
		memcpy(value->previous, it->previous, MAP_HASH_LEN);
	if (it->due != NULL)
		memcpy(&value->due_ms, it->due, 8);
	if (it->next != NULL)
		map_next_read(it->next, value);
	value->revoked = (it->flags & MAP_REVOKED) != 0;
}

size_t
map_scope_set(char owner[MAP_OWNER_MAX + 1], const char *org, uint64_t id)
{

	return ((size_t)snprintf(owner, MAP_OWNER_MAX + 1, "%.*s/s%" PRIu64,
	    MAP_ORG_MAX, org, id));
}

size_t
map_scope_nth(char owner[MAP_OWNER_MAX + 1], const char *org, unsigned n)
{

	return ((size_t)snprintf(owner, MAP_OWNER_MAX + 1, "%.*s/%u",
	    MAP_ORG_MAX, org, n));
}

static bool
hash_is_zero(const uint8_t hash[MAP_HASH_LEN])
{
	static const uint8_t zero[MAP_HASH_LEN];

	return (memcmp(hash, zero, sizeof zero) == 0);
}

/* Where it pointed so far, as the store notes it. */
static void
value_remember(struct map_value *v)
{

	v->has_previous = v->has_shown;
	memcpy(v->previous, v->hash, MAP_HASH_LEN);
	if (!v->has_shown) {
		memcpy(v->shown, v->hash, MAP_HASH_LEN);
		v->has_shown = true;
	} else if (memcmp(v->shown, v->hash, MAP_HASH_LEN) == 0)
		v->has_previous = false;
	if (memcmp(v->shown, v->next, MAP_HASH_LEN) == 0) {
		v->has_shown = false;
		v->has_previous = true;
	}
}

enum map_answer
map_value_turn(struct map_value *v, uint64_t turn)
{

	if (v->next_turn <= turn) {
		if (v->next_epoch != v->epoch || hash_is_zero(v->hash))
			v->has_shown = v->has_previous = false;
		else if (memcmp(v->hash, v->next, MAP_HASH_LEN) != 0)
			value_remember(v);
		memcpy(v->hash, v->next, MAP_HASH_LEN);
		v->epoch = v->next_epoch;
	}
	v->next_turn = 0;
	return (hash_is_zero(v->hash) ? MAP_ABSENT : MAP_FOUND);
}

uint64_t
map_hash_long(uint64_t seed, const struct map_key *k)
{

	seed = XXH3_64bits_withSeed(k->org, k->org_len, seed);
	return (XXH3_64bits_withSeed(k->name, k->name_len, seed));
}

bool
map_same_long(const uint8_t *bytes, const struct map_key *k)
{

	return (memcmp(bytes, k->org, k->org_len) == 0 && (k->name_len == 0 ||
	    memcmp(bytes + k->org_len, k->name, k->name_len) == 0));
}
