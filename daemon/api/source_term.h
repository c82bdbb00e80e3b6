/* SPDX-License-Identifier: BSD-2-Clause */
/* Fields of metadata, as searches name them. */
#ifndef SOURCE_TERM_H
#define SOURCE_TERM_H

#include <stdbool.h>
#include <stddef.h>

#include "store/store_source.h"

/* A parameter of a search that is being read. */
struct search_take {
	struct store_query *q;
	const char	*name;
	char		*err;
	size_t		err_len;
};

/* Writes "NAME: ..." as the error; false. */
bool search_refuse(struct search_take *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

enum term_kind {
	TERM_TEXT, TERM_ARRAY, TERM_INT, TERM_DATE, TERM_DOUBLE, TERM_BOOL,
	TERM_PLACE, TERM_WORDS
};

/* Whether *name* is meant to be such a field: has one of the prefixes. */
bool term_is(const char *name);
/* The name that the store has for it, and what its values are. */
bool term_take(struct search_take *, const char *name, char term[STORE_TERM],
    enum term_kind *);

#endif
