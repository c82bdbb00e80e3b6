/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The objects of dynamic metadata: what changes a picture, or only its hash
 * (contract, 1.4.11).
 */
#ifndef DYNAMIC_H
#define DYNAMIC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 0: an object of that name is taken; else a status and a sentence in *err*. */
int dynamic_refused(const char *name, char *err, size_t err_len);

/*
 * Checks the object *name*, for an image of that size (0: not known yet), and
 * gives it with its defaults filled in, a new reference: what is the same is
 * written in one way. NULL and a sentence that begins with the field.
 */
json_t *dynamic_object(const char *name, const json_t *in, int64_t width,
    int64_t height, char *err, size_t err_len);

/* Whether all of *objects*, checked without a size, fit into one. */
bool dynamic_fit(const json_t *objects, int64_t width, int64_t height,
    char *err, size_t err_len);

#endif
