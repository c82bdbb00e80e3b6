/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "tag.h"

#define ALIAS_END	(HASH_HEX + 2)	/* "_=HASH" */

/* "_ALIAS_=HASH" */
static bool
tag_alias(const char *p, size_t len, struct tag *t)
{

	if (len < 2 + ALIAS_END || p[len - ALIAS_END] != '_' ||
	    p[len - ALIAS_END + 1] != '=' ||
	    !hash_from_hex(&t->hash, p + len - HASH_HEX, HASH_HEX))
		return (false);
	t->kind = MAP_KIND_ALIAS;
	t->name = p + 1;
	t->len = len - 1 - ALIAS_END;
	return (t->len <= MAP_NAME_MAX);
}

static bool
tag_read(const char *p, size_t len, struct tag *t)
{

	if (len == 0)
		return (false);
	if (*p == '_')
		return (tag_alias(p, len, t));
	if (*p == '/') {
		t->kind = MAP_KIND_STACK;
		t->name = p + 1;
		t->len = len - 1;
		return (t->len > 0 && t->len <= MAP_NAME_MAX);
	}
	t->kind = MAP_KIND_SOURCE;
	t->name = t->hash.b;
	t->len = sizeof t->hash.b;
	return (hash_from_hex(&t->hash, p, len));
}

bool
tag_next(const char **list, struct tag *t)
{
	const char *p;
	size_t len;

	while (**list != '\0') {
		p = *list;
		len = strcspn(p, ",");
		*list = p + len + (p[len] == ',');
		if (tag_read(p, len, t))
			return (true);
	}
	return (false);
}
