/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of entity tags. */
#include <string.h>

#include "etag.h"

#define BLANKS	" \t"

/* The end of the opaque tag that begins at *s*, quotes included, or NULL. */
static const char *
etag_end(const char *s)
{
	if (*s++ != '"')
		return (NULL);
	while (*s != '\0' && *s != '"' && (unsigned char)*s > ' ' &&
	    *s != 0x7f)
		s++;
	return (*s == '"' ? s + 1 : NULL);
}

bool
etag_listed(const char *list, const char *tag, enum etag_compare compare)
{
	const char *s = list, *end;
	size_t len = strlen(tag);
	bool weak;

	if (strcmp(list, "*") == 0)
		return (true);
	/* A comma may stand in a tag, and lists may have empty elements. */
	while (*(s += strspn(s, BLANKS ",")) != '\0') {
		weak = strncmp(s, "W/", 2) == 0;
		if (weak)
			s += 2;
		end = etag_end(s);
		if (end == NULL)
			return (false);
		if ((!weak || compare == ETAG_WEAK) &&
		    (size_t)(end - s) == len && memcmp(s, tag, len) == 0)
			return (true);
		s = end + strspn(end, BLANKS);
		if (*s != ',' && *s != '\0')
			return (false);
	}
	return (false);
}
