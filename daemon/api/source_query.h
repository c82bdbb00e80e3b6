/* SPDX-License-Identifier: BSD-2-Clause */
/* What a list of source images asks for (contract, 1.4.4). */
#ifndef SOURCE_QUERY_H
#define SOURCE_QUERY_H

#include <stdbool.h>
#include <stddef.h>

struct store_query;

/* As a number; further goes a cursor. */
#define OFFSET_MAX	10000

/*
 * Takes one query parameter. What is neither one of the list's own nor a field
 * that can be filtered by is refused: a filter that is ignored would answer
 * with what was not asked for. False and a sentence in *err*.
 */
bool source_query_take(struct store_query *, const char *name,
    const char *value, char *err, size_t err_len);

#endif
