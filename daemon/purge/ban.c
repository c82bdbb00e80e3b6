/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "purge/ban.h"
#include "store/store.h"

static bool
ban_is_hash(const char *value)
{
	struct hash hash;

	return (hash_from_hex(&hash, value, strlen(value)));
}

/*
 * What a header may be compared with, and how: those that name what lies below
 * a composition, too, are lists.
 */
static const struct {
	const char	*header;
	bool		(*is_value)(const char *);
	const char	*before, *behind;
} headers[] = {
	{ "x-moniker-source", ban_is_hash, " == ", "" },
	{ "x-moniker-secondary", ban_is_hash, " ~ ", "" },
	{ "x-moniker-stack", name_is_stack, " ~ (^|,)", "(,|$)" },
	{ "x-moniker-alias", name_is_alias, " ~ (^|,)", "(,|$)" },
};

/* Writes the end of a ban's expression; "" bans the whole organization. */
static bool
ban_end(const struct store_ban *b, char *out, size_t size)
{
	int n;

	*out = '\0';
	if (!name_is_org(b->org))
		return (false);
	if (strcmp(b->header, "x-moniker-org") == 0)
		return (strcmp(b->value, b->org) == 0);
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		if (strcmp(b->header, headers[i].header) != 0)
			continue;
		if (!headers[i].is_value(b->value))
			return (false);
		n = snprintf(out, size, "%s%s%s%s", b->header,
		    headers[i].before, b->value, headers[i].behind);
		return (n > 0 && (size_t)n < size);
	}
	return (false);
}

int
ban_expression(const struct store_ban *b, char *out, size_t out_len)
{
	char end[64 + NAME_MAX_LEN];
	int n;

	*out = '\0';
	if (!ban_end(b, end, sizeof end))
		return (-1);
	n = snprintf(out, out_len, "obj.http.x-moniker-org == %s%s%s", b->org,
	    *end == '\0' ? "" : " && obj.http.", end);
	if (n > 0 && (size_t)n < out_len)
		return (0);
	*out = '\0';
	return (-1);
}
