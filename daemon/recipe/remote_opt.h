/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options of stacks and organizations that say where remote images are. They
 * belong to no recipe: no picture depends on them.
 */
#ifndef REMOTE_OPT_H
#define REMOTE_OPT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

bool remote_opt_is(const char *name);

/* False, and a sentence that begins with "must". */
bool remote_opt_good(const char *name, const json_t *v, char *err,
    size_t err_len);

/* Adds what GET /stackoptions says of them. */
void remote_opt_describe(json_t *properties);

#endif
