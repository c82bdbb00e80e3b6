/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "purge/ban.h"
#include "store/store.h"

static const char alnum[] = "abcdefghijklmnopqrstuvwxyz"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

/* What a header may be compared with; *len* 0: any length. */
static const struct {
	const char	*header;
	const char	*chars;
	size_t		len;
} headers[] = {
	{ "x-moniker-source", "0123456789abcdef", HASH_HEX },
	{ "x-moniker-secondary", "0123456789abcdef", HASH_HEX },
	{ "x-moniker-stack", alnum, 0 },
	{ "x-moniker-alias", alnum, 0 },
};

static bool
ban_only(const char *value, const char *chars)
{
	return (*value != '\0' && value[strspn(value, chars)] == '\0');
}

static bool
ban_good(const struct store_ban *b)
{
	if (!ban_only(b->org, alnum))
		return (false);
	if (strcmp(b->header, "x-moniker-org") == 0)
		return (strcmp(b->value, b->org) == 0);
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
		if (strcmp(b->header, headers[i].header) == 0)
			return (ban_only(b->value, headers[i].chars) &&
			    (headers[i].len == 0 ||
			    strlen(b->value) == headers[i].len));
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
