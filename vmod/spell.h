/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the origin said of URLs that are other spellings of a picture's: which
 * one they lead to. A table of fixed size, so that endless spellings cost a
 * question to the origin each, but neither memory nor objects in the cache.
 */
#ifndef SPELL_H
#define SPELL_H

#include <stdbool.h>
#include <stdint.h>

struct spellings;

/* Longer ones are not kept. */
#define SPELL_MAX	1024

#define SPELL_EPOCHS	3

struct spell_key {
	const char	*org;
	const char	*url;
	uint64_t	epochs[SPELL_EPOCHS]; /* a purge forgets what was known */
};

/* NULL without memory. */
struct spellings *spell_new(void);
void spell_free(struct spellings **);

/*
 * Safe in any thread. Copies what is kept for *key* to *out*, and its time to
 * *at*; false if there is nothing.
 */
bool spell_find(struct spellings *, const struct spell_key *key,
    char out[SPELL_MAX], double *at);
void spell_put(struct spellings *, const struct spell_key *key,
    const char *url, double now);

#endif
