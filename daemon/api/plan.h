/* SPDX-License-Identifier: BSD-2-Clause */
/* Planned changes of aliases, alone and in sets. */
#ifndef PLAN_H
#define PLAN_H

#include "api/call.h"
#include "store/store_plan.h"

/* A planned change of one alias, or of a set that has it; a new reference. */
json_t *plan_json(const struct store_plan *, const struct store_plan_item *);
/* A set; *items* NULL: without them. */
json_t *plan_set_json(const struct store_plan *,
    const struct store_plan_item *items, size_t n);
/* {"alias", "hash", "only_if"} */
json_t *plan_item_json(const struct store_plan_item *);

/*
 * Fills in what an object says of an alias, without its name; a sentence when it
 * is wrong.
 */
const char *plan_item_read(const json_t *, struct store_plan_item *);
/* "at", which must be there if *must*, and "until". False after an answer. */
bool plan_times(struct call *, const json_t *body, bool must,
    struct store_plan *);
/* "comment". False after an answer. */
bool plan_comment(struct call *, const json_t *body, struct store_plan *);
/* Answers a job that failed. */
void plan_refuse(struct call *, const struct store_plan_change *);

#endif
