/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CONF_PARSE_H
#define CONF_PARSE_H

#include <confuse.h>
#include <stddef.h>

/*
 * Reads and checks *file*. The tree of its values, for cfg_free(); NULL and
 * "file:line: sentence" in *err*. Not thread-safe.
 */
cfg_t *conf_parse(const char *file, char *err, size_t err_len);

#endif
