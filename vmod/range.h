/* SPDX-License-Identifier: BSD-2-Clause */
/* The Range header, as far as Varnish can serve it. */
#ifndef RANGE_H
#define RANGE_H

#include <stdbool.h>

/*
 * True if *range* (NULL: none) is one range of bytes: "bytes=0-9", "bytes=9-"
 * or "bytes=-9". *low* is then its first byte, or -1 for the last form.
 */
bool range_parse(const char *range, long long *low);

#endif
