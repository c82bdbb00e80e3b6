/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/*
 * Copies what fits. Lengths are checked where a text comes in; this only sees
 * to it that a check which is missing costs a text and not the daemon.
 */
static inline void
text_copy(char *dst, size_t size, const char *src)
{
	size_t n = strnlen(src, size - 1);

	(void)memcpy(dst, src, n);
	dst[n] = '\0';
}

/* "true", "1", "false", "0" or nothing; clients of Python write "True". */
static inline bool
text_bool(const char *s, bool *out)
{
	*out = strcasecmp(s, "true") == 0 || strcmp(s, "1") == 0;
	return (*out || *s == '\0' || strcasecmp(s, "false") == 0 ||
	    strcmp(s, "0") == 0);
}

/* Writes *in* with all but unreserved characters as escapes, cut at *size*. */
void text_percent_encode(const char *in, char *out, size_t size);

#endif
