/* SPDX-License-Identifier: BSD-2-Clause */
/* Characters, without a locale: what the files of this folder share. */
#ifndef URL_PRIV_H
#define URL_PRIV_H

#include <stdbool.h>

static inline bool
url_is_digit(char c)
{

	return (c >= '0' && c <= '9');
}

static inline bool
url_is_alnum(char c)
{

	return ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    url_is_digit(c));
}

/* The value of a hex digit, or -1. */
static inline int
url_hex(char c)
{

	if (url_is_digit(c))
		return (c - '0');
	if (c >= 'a' && c <= 'f')
		return (c - 'a' + 10);
	if (c >= 'A' && c <= 'F')
		return (c - 'A' + 10);
	return (-1);
}

#endif
