/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOURCE_H
#define SOURCE_H

#include <jansson.h>

struct store_source;

/* The object of part 1.3 of the contract, a new reference. */
json_t *source_json(const struct store_source *);

#endif
