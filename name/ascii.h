/* SPDX-License-Identifier: BSD-2-Clause */
/* Characters of ASCII, whatever the locale. */
#ifndef NAME_ASCII_H
#define NAME_ASCII_H

#include <stdbool.h>

static inline bool
ascii_is_digit(char c)
{

	return (c >= '0' && c <= '9');
}

static inline bool
ascii_is_lower(char c)
{

	return (c >= 'a' && c <= 'z');
}

static inline bool
ascii_is_alnum(char c)
{

	return (ascii_is_lower(c) || (c >= 'A' && c <= 'Z') ||
	    ascii_is_digit(c));
}

static inline char
ascii_lower(char c)
{

	return (c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
}

/* The value of a hex digit in lower case, or -1. */
static inline int
ascii_lower_hex(char c)
{

	if (ascii_is_digit(c))
		return (c - '0');
	return (c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1);
}

/* The value of a hex digit in either case, or -1. */
static inline int
ascii_hex(char c)
{

	return (ascii_lower_hex(ascii_lower(c)));
}

#endif
