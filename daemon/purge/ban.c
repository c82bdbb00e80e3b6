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

/* What a header may be compared with. */
static const struct {
	const char	*header;
	bool		(*is_value)(const char *);
} headers[] = {
	{ "x-moniker-source", ban_is_hash },
	{ "x-moniker-secondary", ban_is_hash },
	{ "x-moniker-stack", name_is_stack },
	{ "x-moniker-alias", name_is_alias },
};

static bool
ban_good(const struct store_ban *b)
{
	if (!name_is_org(b->org))
		return (false);
	if (strcmp(b->header, "x-moniker-org") == 0)
		return (strcmp(b->value, b->org) == 0);
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
		if (strcmp(b->header, headers[i].header) == 0)
			return (headers[i].is_value(b->value));
	return (false);
}

int
ban_expression(const struct store_ban *b, char *out, size_t out_len)
{
	int n;

	*out = '\0';
	if (!ban_good(b))
		return (-1);
	/* All of the organization. */
	if (strcmp(b->header, "x-moniker-org") == 0)
		n = snprintf(out, out_len, "obj.http.x-moniker-org == %s",
		    b->org);
	else
		n = snprintf(out, out_len, "obj.http.x-moniker-org == %s && "
		    "obj.http.%s == %s", b->org, b->header, b->value);
	if (n > 0 && (size_t)n < out_len)
		return (0);
	*out = '\0';
	return (-1);
}
