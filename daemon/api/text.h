/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEXT_H
#define TEXT_H

#include <stddef.h>
#include <string.h>

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

#endif
