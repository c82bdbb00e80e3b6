/* SPDX-License-Identifier: BSD-2-Clause */
/* The entity tags of If-Match and If-None-Match, RFC 9110, 8.8.3 and 13.1. */
#ifndef ETAG_H
#define ETAG_H

#include <stdbool.h>

/*
 * How tags are compared: If-None-Match takes W/"1" for "1", while to If-Match
 * a weak tag is never the same.
 */
enum etag_compare { ETAG_WEAK, ETAG_STRONG };

/*
 * Whether the field value *list*, "*" or tags with commas between, has *tag*,
 * a strong one with its quotes. What follows an invalid tag is not read.
 */
bool etag_listed(const char *list, const char *tag, enum etag_compare);

#endif
