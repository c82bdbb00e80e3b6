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

#endif
