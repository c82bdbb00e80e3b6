/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "ascii.h"
#include "name.h"

#define PREVIEW	"_preview"

bool
name_is_org(const char *s)
{
	size_t n = 0;

	while (ascii_is_lower(s[n]) || ascii_is_digit(s[n]) || s[n] == '-')
		n++;
	return (n > 0 && n <= ORG_MAX && s[n] == '\0' && s[0] != '-' &&
	    s[n - 1] != '-');
}

bool
name_is_org_shown(const char *s)
{

	return (name_is_org(s) && strcmp(s, ORG_UNREACHABLE) != 0);
}

bool
name_is_alias(const char *s)
{
	size_t n = 0;

	while (ascii_is_alnum(s[n]) || s[n] == '_')
		n++;
	return (n > 0 && n <= NAME_MAX_LEN && s[n] == '\0');
}

/* Of more than two "_" in a row, the last two count: "a_" may have variants. */
size_t
name_variant_of(const char *s, size_t len)
{
	const size_t mark = sizeof NAME_VARIANT - 1;
	size_t n = 0, from;

	while (n < len) {
		for (from = n; n < len && s[n] == '_'; n++)
			continue;
		if (n - from >= mark && n > mark && n < len)
			return (n - mark);
		n++;
	}
	return (0);
}

bool
name_is_stack(const char *s)
{
	size_t n = 0;

	while (ascii_is_lower(s[n]) || ascii_is_digit(s[n]) || s[n] == '_' ||
	    s[n] == '-')
		n++;
	return (n > 0 && n <= NAME_MAX_LEN && s[n] == '\0');
}

bool
name_is_preview(const char *s)
{

	return (strncmp(s, PREVIEW, sizeof PREVIEW - 1) == 0);
}

bool
name_is_reserved(const char *s)
{

	return (strcmp(s, STACK_DYNAMIC) == 0 ||
	    (s[0] == '_' && !name_is_preview(s)));
}

bool
name_is_url_stack(const char *s)
{

	return (name_is_stack(s) &&
	    (!name_is_reserved(s) || strcmp(s, STACK_DYNAMIC) == 0));
}
