/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a composition shows besides its source image: "HASH", "_ALIAS_=HASH" and
 * "/STACK", with commas between.
 */
#ifndef TAG_H
#define TAG_H

#include <stdbool.h>
#include <stddef.h>

#include "map.h"
#include "name/hash.h"

struct tag {
	enum map_kind	kind;
	const void	*name;		/* in the list, or hash.b */
	size_t		len;
	struct hash	hash;		/* of a source; where an alias pointed */
};

/* Takes the next one from *list*; invalid ones are skipped. False: no more. */
bool tag_next(const char **list, struct tag *);

#endif
