/* SPDX-License-Identifier: BSD-2-Clause */
/* When what a picture shows is planned to change. */
#ifndef DUE_H
#define DUE_H

#include <stdbool.h>

struct folder;
struct visit;

/* A header's list with an alias in it: "_ALIAS_=HASH"; else NULL. */
const char *due_moving(const txt);

/*
 * Seconds until the next planned change of the URL's alias, or of one in the list
 * *secondary* (NULL: none). False if there is none.
 */
bool due_left(VRT_CTX, const struct folder *, const struct visit *,
    const char *secondary, double *left);

#endif
