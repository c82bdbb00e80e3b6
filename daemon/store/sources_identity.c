/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a source image is. Its hash is BLAKE2b-160, keyed "moniker source 1",
 * over the BLAKE2b-160 of the bytes, one byte that is 1 for a protected image,
 * and the dynamic metadata as JSON with sorted keys and no blanks (nothing for
 * none): over all that changes the picture or who may see it, and over nothing
 * else. So the same upload has the same hash in every organization and
 * installation.
 *
 * Dynamic metadata that was changed under a kept hash breaks that rule for its
 * row. Where such a row stands in the way of an image with other metadata, that
 * one's hash has a number more in it: it is a twin.
 */
#include "config.h"

#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "sources.h"

/* So many images may have the hash of others; beyond, hashes are random. */
#define TWINS	16

int
source_canonical(struct store_source *src)
{
	char *text = NULL;
	json_t *meta;

	meta = json_loads(src->dynamic_metadata, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(meta))
		text = json_dumps(meta, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(meta);
	if (text == NULL)
		return (-1);
	free(src->dynamic_metadata);
	src->dynamic_metadata = text;
	return (0);
}

/* Sets its hash; *content* is known. *twin*: 0, or the number of a twin. */
static void
source_identity(struct store_source *src, unsigned twin)
{
	static const uint8_t key[] = "moniker source 1";
	const char *meta = src->dynamic_metadata;
	crypto_generichash_state state;
	uint8_t protected = src->protected;
	/* Behind JSON, which has no NUL. */
	uint8_t salt[1 + 16] = { 0, (uint8_t)twin };

	(void)crypto_generichash_init(&state, key, sizeof key - 1, HASH_LEN);
	(void)crypto_generichash_update(&state, src->content.b,
	    HASH_LEN);
	(void)crypto_generichash_update(&state, &protected, 1);
	if (strcmp(meta, "{}") != 0)
		(void)crypto_generichash_update(&state,
		    (const uint8_t *)meta, strlen(meta));
	if (twin >= TWINS)
		randombytes_buf(salt + 1, sizeof salt - 1);
	if (twin > 0)
		(void)crypto_generichash_update(&state, salt, sizeof salt);
	(void)crypto_generichash_final(&state, src->hash.b, HASH_LEN);
}

enum store_status
source_known(struct db *db, struct store_source *in, bool exact,
    struct store_source *known)
{
	enum store_status status;
	unsigned twin;

	for (twin = 0;; twin++) {
		source_identity(in, twin);
		status = source_load(db, in->org, &in->hash, known);
		if (status != STORE_OK || !exact ||
		    strcmp(known->dynamic_metadata, in->dynamic_metadata) == 0)
			return (status);
		store_source_clear(known);
	}
}

enum store_status
source_shown(struct db *db, struct store_source *in)
{
	struct store_source known = { .size = 0 };
	enum store_status status;

	if (source_canonical(in) != 0)
		return (STORE_ERROR);
	status = source_known(db, in, true, &known);
	if (status == STORE_OK && known.deleted_ms != 0)
		status = STORE_NOT_FOUND;
	store_source_clear(&known);
	return (status);
}
