/* SPDX-License-Identifier: BSD-2-Clause */
#include "ascii.h"
#include "hash.h"

bool
hash_is_prefix(const char *hex, size_t len)
{
	size_t i;

	if (len < HASH_SHORT_MIN || len > HASH_HEX)
		return (false);
	for (i = 0; i < len; i++)
		if (ascii_lower_hex(hex[i]) < 0)
			return (false);
	return (true);
}

bool
hash_from_hex(struct hash *hash, const char *hex, size_t len)
{
	size_t i;
	int hi, lo;

	if (len != HASH_HEX)
		return (false);
	for (i = 0; i < HASH_LEN; i++) {
		hi = ascii_lower_hex(hex[2 * i]);
		lo = ascii_lower_hex(hex[2 * i + 1]);
		if (hi < 0 || lo < 0)
			return (false);
		hash->b[i] = (uint8_t)(hi << 4 | lo);
	}
	return (true);
}

bool
hash_prefix_from_hex(struct hash_prefix *p, const char *hex, size_t len)
{
	int digit;

	*p = (struct hash_prefix){ .digits = 0 };
	if (len < HASH_SHORT_MIN || len > HASH_HEX)
		return (false);
	for (size_t i = 0; i < len; i++) {
		digit = ascii_lower_hex(hex[i]);
		if (digit < 0)
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

/* Not sodium's: hashes are no secrets, and a map's first fill prints 1e7. */
void
hash_to_hex(const struct hash *hash, char hex[HASH_HEX + 1])
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < HASH_LEN; i++) {
		hex[2 * i] = digits[hash->b[i] >> 4];
		hex[2 * i + 1] = digits[hash->b[i] & 15];
	}
	hex[HASH_HEX] = '\0';
}
