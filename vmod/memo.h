/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text that a thread looked at last, to know without looking again what it
 * found: most requests have the same Host and Accept, and most objects the same
 * Cache-Control. Only the same bytes count as the same text.
 */
#ifndef MEMO_H
#define MEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* The Accept of a browser has up to 140 bytes. What is longer is not kept. */
#define MEMO_MAX	200

struct memo {
	size_t	len;			/* 0: nothing is kept */
	char	text[MEMO_MAX];
};

static inline bool
memo_is(const struct memo *m, const char *text, size_t len)
{

	return (m->len == len && len > 0 && memcmp(m->text, text, len) == 0);
}

static inline void
memo_keep(struct memo *m, const char *text, size_t len)
{

	m->len = len <= sizeof m->text ? len : 0;
	if (m->len > 0)
		(void)memcpy(m->text, text, len);
}

#endif
