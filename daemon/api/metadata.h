/* SPDX-License-Identifier: BSD-2-Clause */
/* User metadata of source images: names, types, values (contract, 1.4.10). */
#ifndef METADATA_H
#define METADATA_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * "field" or "type:field". Sets *plain* to the name under which it is kept:
 * "str:", the default type, is dropped. False and a sentence in *err*.
 */
bool metadata_name(const char *name, const char **plain, char *err,
    size_t err_len);

/*
 * Checks *in*, an object, name by name and value by value, and gives it with
 * its names in their kept form, a new reference. *nulls* allows null (a field
 * to be deleted). NULL and a sentence in *err*.
 */
json_t *metadata_normalize(const json_t *in, bool nulls, char *err,
    size_t err_len);

#endif
