/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOURCE_H
#define SOURCE_H

#include <jansson.h>
#include <stdbool.h>

#include "store/store.h"

struct call;
struct probe_result;
struct store_source;

/* The object of part 1.3 of the contract, a new reference. */
json_t *source_json(const struct store_source *);

/* Takes over what a probe of its bytes found. */
void source_take_probe(struct store_source *, const struct probe_result *);

/* An answer for what the store said of the path's image. */
void source_refuse(struct call *, enum store_status);

/* The path's hash; false after an answer. */
bool source_param(struct call *, struct hash_prefix *);

/*
 * The image that the path names, or, with *deleted*, a deleted one. False after
 * an answer; store_source_clear() is due in any case.
 */
bool source_find(struct call *, bool deleted, struct store_source *);

/* The same of one that is there or, where there is none, of a deleted one. */
bool source_find_any(struct call *, struct store_source *);

/*
 * source_bytes.c: opens the bytes of an image. A descriptor, or -1 and the status
 * and sentence to answer with: 503 when it is descriptors that are wanting or a
 * bucket that gives no answer, 500 when they are lost, with the file named in the
 * log. Status 0: they are being fetched, and *again* will be called with the
 * call, whose headers are what they were as its handler began. Without *again*,
 * that is 503, too.
 */
int source_open_bytes(struct call *, const struct store_source *,
    void (*again)(struct call *), int *status, const char **why);
/* The answer of the API. */
void source_refuse_bytes(struct call *, int status, const char *why);

#endif
