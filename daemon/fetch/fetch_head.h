/* SPDX-License-Identifier: BSD-2-Clause */
/* Headers of answers, and of requests. */
#ifndef FETCH_HEAD_H
#define FETCH_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "fetch/frame.h"

struct curl_slist;

/* The value of a header line, if it is *name*, without what surrounds it. */
bool fetch_header_is(const char *line, size_t len, const char *name,
    char *value, size_t size);
/* Those of a request, whose own lines are cut apart. NULL without memory. */
struct curl_slist *fetch_headers(struct fetch_request *);

#endif
