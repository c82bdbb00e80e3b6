/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CONF_PARSE_H
#define CONF_PARSE_H

#include <stdbool.h>
#include <stddef.h>

struct conf;
struct conf_key;

/* Sets *n* keys of *of* to their defaults. False: out of memory. */
bool conf_defaults(void *of, const struct conf_key *, size_t n);

/*
 * Sets what *file* says in *conf*, which has the defaults. Returns 0; or -1 and
 * "file:line: sentence" in *err*.
 */
int conf_parse(struct conf *, const char *file, char *err, size_t err_len);

#endif
