/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What lies in the files of a map. Byte order and alignment are the
 * machine's: both sides run on the same one.
 *
 * DIR/control		one page; the same inode as long as the folder lives
 * DIR/data.N		generation N: header page, index, records
 * DIR/lock		flocked by the one writer
 */
#ifndef MAP_FORMAT_H
#define MAP_FORMAT_H

#include <stdatomic.h>
#include <stdint.h>

#include "map.h"

#define MAP_PAGE		4096
#define MAP_VERSION		2
#define MAP_CONTROL_MAGIC	"MONIKERC"
#define MAP_DATA_MAGIC		"MONIKERD"
#define MAP_ID_LEN		16

/*
 * Magic, superseded and generation stay where they are in every version of
 * the format, so that a newer writer can turn the readers of an older away.
 */
struct map_control {
	char			magic[8];
	uint32_t		version;
	/* This folder was replaced by another: open it again by its name. */
	_Atomic uint32_t	superseded;
	uint8_t			store_id[MAP_STORE_ID_LEN];
	uint64_t		folder_id;	/* random, ties the data to it */
	uint64_t		sum;		/* map_control_sum() */
	/* No reader of a removed folder can be ignorant of this one. */
	_Atomic uint32_t	settled;
	uint8_t			pad0[12];

	/* The number in the name of the data file; 0: none is ready yet. */
	_Atomic uint64_t	generation;
	/* map_settings_pack(); 0 from a writer that knew of none. */
	_Atomic uint64_t	settings;
	/* What was staged for this turn, or one before, is shown. */
	_Atomic uint64_t	turn;
	uint8_t			pad1[40];

	/* A line of its own: the heartbeat must not disturb look-ups. */
	_Atomic uint64_t	heartbeat_ms;
	uint8_t			pad2[MAP_PAGE - 136];
};

/* What never changes once a generation is shown to readers. */
struct map_fixed {
	char		magic[8];
	uint32_t	version;
	uint32_t	max_probe;	/* slots looked at for one key */
	uint64_t	generation;
	uint64_t	seed;		/* of the hash function */
	uint64_t	slots;		/* a power of two */
	uint64_t	file_size;
	uint64_t	folder_id;
	uint8_t		store_id[MAP_STORE_ID_LEN];
	uint8_t		boot_id[MAP_ID_LEN]; /* pages of an older one are void */
	uint64_t	sum;		/* map_fixed_sum() */
};

struct map_header {
	struct map_fixed	fixed;
	uint8_t			pad0[256 - sizeof(struct map_fixed)];

	/* Written by the writer only, at any time. */
	_Atomic uint64_t	count[8];	/* records alive, by kind */
	_Atomic uint64_t	used;		/* where the records end */
	_Atomic uint64_t	seq;
	_Atomic uint64_t	changes;	/* odd: one is under way */
	uint8_t			pad1[MAP_PAGE - 256 - 64 - 24];
};

/*
 * A slot is 24 bits of the hash and 40 bits of offset/8. The index begins
 * after the header, the records after the index.
 */
#define MAP_TAG_SHIFT		40
#define MAP_OFFSET_MASK		((UINT64_C(1) << MAP_TAG_SHIFT) - 1)
#define MAP_SLOT_EMPTY		UINT64_C(0)
#define MAP_SLOT_GONE		UINT64_C(1)	/* offset 8 is in no record */
#define MAP_SLOTS_MIN		UINT64_C(1024)
#define MAP_SLOTS_MAX		(UINT64_C(1) << 36)
#define MAP_PROBE_MAX		1024

/*
 * A record starts at a multiple of 8 and never changes. After the head
 * follow: the organization, the name, the source's hash if it is an alias,
 * the epoch if MAP_HAS_EPOCH, the soft epoch if MAP_HAS_SOFT, two hashes if
 * MAP_HAS_SHOWN and MAP_HAS_PREVIOUS, a time if MAP_HAS_DUE, and turn, epoch and
 * hash if MAP_HAS_NEXT. The key is first, so that a look-up knows
 * where everything is before the record has come from memory. A reader that
 * does not know a flag does not look at what follows for it.
 */
struct map_record {
	uint32_t	sum;		/* map_record_sum() */
	uint8_t		kind;		/* enum map_kind */
	uint8_t		flags;
	uint8_t		org_len;
	uint8_t		name_len;
};

#define MAP_HAS_EPOCH		0x01
#define MAP_REVOKED		0x02
#define MAP_HAS_SOFT		0x04
#define MAP_HAS_SHOWN		0x08
#define MAP_HAS_PREVIOUS		0x10
#define MAP_HAS_DUE		0x20
#define MAP_HAS_NEXT		0x40
#define MAP_FLAGS		(MAP_HAS_EPOCH | MAP_REVOKED | MAP_HAS_SOFT | \
				    MAP_HAS_SHOWN | MAP_HAS_PREVIOUS | \
				    MAP_HAS_DUE | MAP_HAS_NEXT)
#define MAP_NEXT_LEN		(8 + 8 + MAP_HASH_LEN)
#define MAP_RECORD_MAX		(8 + 24 + 3 * MAP_HASH_LEN + \
				    MAP_NEXT_LEN + MAP_OWNER_MAX + \
				    MAP_NAME_MAX + 7)

/*
 * One word, so that no reader sees half of a change. Each number has 31 bits,
 * and a bit tells that there are any.
 */
#define MAP_SETTINGS_GIVEN	(UINT64_C(1) << 63)
#define MAP_SETTINGS_FALLBACK	(UINT64_C(1) << 62)
#define MAP_SETTINGS_BITS	31
#define MAP_SETTINGS_MAX	((UINT32_C(1) << MAP_SETTINGS_BITS) - 1)

static inline uint64_t
map_settings_pack(const struct map_settings *s)
{
	uint64_t age = s->alias_max_age, swr = s->alias_swr;

	age = age < MAP_SETTINGS_MAX ? age : MAP_SETTINGS_MAX;
	swr = swr < MAP_SETTINGS_MAX ? swr : MAP_SETTINGS_MAX;
	return (MAP_SETTINGS_GIVEN | age << MAP_SETTINGS_BITS | swr |
	    (s->alias_fallback ? MAP_SETTINGS_FALLBACK : 0));
}

static inline bool
map_settings_unpack(uint64_t word, struct map_settings *s)
{

	s->alias_max_age = (uint32_t)(word >> MAP_SETTINGS_BITS &
	    MAP_SETTINGS_MAX);
	s->alias_swr = (uint32_t)(word & MAP_SETTINGS_MAX);
	s->alias_fallback = (word & MAP_SETTINGS_FALLBACK) != 0;
	return ((word & MAP_SETTINGS_GIVEN) != 0);
}

_Static_assert(sizeof(struct map_control) == MAP_PAGE, "control page");
_Static_assert(offsetof(struct map_control, generation) == 64, "line");
_Static_assert(offsetof(struct map_control, heartbeat_ms) == 128, "line");
_Static_assert(sizeof(struct map_header) == MAP_PAGE, "header page");
_Static_assert(sizeof(struct map_record) == 8, "head of a record");
_Static_assert(MAP_KINDS <= 8, "counters in the header");

#endif
