/* SPDX-License-Identifier: BSD-2-Clause */
#include <endian.h>
#include <string.h>

#include "hash.h"

_Static_assert(HASH_LEN % 4 == 0, "hash_to_hex() would leave some");

/* One more than what the digit stands for; 0: it is not one. */
static const uint8_t digit_of[256] = {
	['0'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
	['a'] = 11, 12, 13, 14, 15, 16
};

bool
hash_is_prefix(const char *hex, size_t len)
{
	size_t i;

	if (len < HASH_SHORT_MIN || len > HASH_HEX)
		return (false);
	for (i = 0; i < len; i++)
		if (digit_of[(uint8_t)hex[i]] == 0)
			return (false);
	return (true);
}

bool
hash_from_hex(struct hash *hash, const char *hex, size_t len)
{
	unsigned hi, lo;
	size_t i;

	if (len != HASH_HEX)
		return (false);
	for (i = 0; i < HASH_LEN; i++) {
		hi = digit_of[(uint8_t)hex[2 * i]];
		lo = digit_of[(uint8_t)hex[2 * i + 1]];
		if (hi == 0 || lo == 0)
			return (false);
		hash->b[i] = (uint8_t)(16 * hi + lo - 17);
	}
	return (true);
}

bool
hash_prefix_from_hex(struct hash_prefix *p, const char *hex, size_t len)
{
	unsigned digit;

	*p = (struct hash_prefix){ .digits = 0 };
	if (len < HASH_SHORT_MIN || len > HASH_HEX)
		return (false);
	for (size_t i = 0; i < len; i++) {
		digit = digit_of[(uint8_t)hex[i]];
		if (digit-- == 0)
			return (false);
		p->lowest.b[i / 2] |=
		    (uint8_t)(i % 2 == 0 ? digit << 4 : digit);
	}
	p->digits = (unsigned)len;
	return (true);
}

struct hash
hash_prefix_highest(const struct hash_prefix *p)
{
	struct hash highest = p->lowest;

	for (size_t i = p->digits; i < HASH_HEX; i++)
		highest.b[i / 2] |= i % 2 == 0 ? 0xf0 : 0x0f;
	return (highest);
}

unsigned
hash_digits_equal(const struct hash *a, const struct hash *b)
{
	unsigned i = 0;

	while (i < HASH_LEN && a->b[i] == b->b[i])
		i++;
	if (i == HASH_LEN)
		return (HASH_HEX);
	return (2 * i + ((a->b[i] ^ b->b[i]) < 0x10));
}

/* The digits of four bytes, each in a byte, the first one lowest. */
static uint64_t
spread(uint32_t bytes)
{
	uint64_t x = bytes;

	x = (x | x << 16) & 0x0000ffff0000ffff;
	x = (x | x << 8) & 0x00ff00ff00ff00ff;
	return ((x >> 4 | x << 8) & 0x0f0f0f0f0f0f0f0f);
}

/*
 * Four bytes at a time: each hit by alias prints one, and a map's first fill
 * prints 1e7. Not by sodium, as hashes are no secrets.
 */
void
hash_to_hex(const struct hash *hash, char hex[HASH_HEX + 1])
{
	uint64_t x, letters;
	uint32_t bytes;
	size_t i;

	for (i = 0; i < HASH_LEN; i += sizeof bytes) {
		memcpy(&bytes, hash->b + i, sizeof bytes);
		x = spread(le32toh(bytes));
		letters = (x + 0x0606060606060606) >> 4 & 0x0101010101010101;
		x += 0x3030303030303030 + letters * ('a' - '0' - 10);
		x = htole64(x);
		memcpy(hex + 2 * i, &x, sizeof x);
	}
	hex[HASH_HEX] = '\0';
}
