/* SPDX-License-Identifier: BSD-2-Clause */
/* The filters of a search. */
#ifndef SOURCE_FILTER_H
#define SOURCE_FILTER_H

#include "api/source_term.h"

/* A filter by a column: "4", "n0*", "[3,5}". */
bool filter_take(struct search_take *, enum store_field, const char *value);
/* The same by metadata, or by the words of the name: term_is(). */
bool filter_take_term(struct search_take *, const char *value);
/* Digits alone: no blank, no sign. */
bool filter_number(const char *, int64_t *);

#endif
