/* SPDX-License-Identifier: BSD-2-Clause */
/* When what a picture shows is planned to change. */
#ifndef DUE_H
#define DUE_H

#include <stdbool.h>
#include <stdint.h>

struct folder;
struct visit;

/* The earlier one; 0: none. */
uint64_t due_sooner(uint64_t, uint64_t);

/* A header's list with an alias in it: "_ALIAS_=HASH"; else NULL. */
const char *due_moving(const txt);

/*
 * Seconds until the next planned change of the URL's alias, or of one in the list
 * *secondary* (NULL: none). False if there is none.
 */
bool due_left(VRT_CTX, const struct folder *, const struct visit *,
    const char *secondary, double *left);

#endif
