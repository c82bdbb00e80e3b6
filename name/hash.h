/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hash that names a source image, its bytes or its content: 20 bytes
 * inside the programs; in URLs, JSON and headers 40 hex digits in lower case.
 * A short hash is the first 6 digits of one or more.
 */
#ifndef NAME_HASH_H
#define NAME_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HASH_LEN	20	/* bytes */
#define HASH_HEX	40	/* digits */
#define HASH_SHORT_MIN	6	/* digits of a short one */

struct hash {
	uint8_t		b[HASH_LEN];
};

/* Whether these bytes may begin a hash: HASH_SHORT_MIN to HASH_HEX digits. */
bool hash_is_prefix(const char *hex, size_t len);

/* False, and *hash* is undefined, for all but HASH_HEX digits. */
bool hash_from_hex(struct hash *hash, const char *hex, size_t len);
void hash_to_hex(const struct hash *, char hex[HASH_HEX + 1]);

static inline bool
hash_from_text(struct hash *hash, const char *text)
{

	return (hash_from_hex(hash, text, strlen(text)));
}

/* All zero stands for none. */
static inline bool
hash_is_none(const struct hash *h)
{
	static const struct hash none;

	return (memcmp(h->b, none.b, sizeof h->b) == 0);
}

static inline bool
hash_equal(const struct hash *a, const struct hash *b)
{

	return (memcmp(a->b, b->b, sizeof a->b) == 0);
}

/*
 * How the API and URLs name an image: by a whole hash or its first digits.
 * Without digits, it names no image.
 */
struct hash_prefix {
	struct hash	lowest;		/* that begins so: zeros follow */
	unsigned	digits;		/* HASH_SHORT_MIN to HASH_HEX */
};

/* False, and no digits, for what is not a prefix. */
bool hash_prefix_from_hex(struct hash_prefix *, const char *hex, size_t len);
struct hash hash_prefix_highest(const struct hash_prefix *);
/* How many digits two hashes have in common, from the first. */
unsigned hash_digits_equal(const struct hash *, const struct hash *);

static inline struct hash_prefix
hash_prefix_whole(const struct hash *h)
{

	return ((struct hash_prefix){ .lowest = *h, .digits = HASH_HEX });
}

#endif
