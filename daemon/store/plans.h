/* SPDX-License-Identifier: BSD-2-Clause */
/* Plans and previews: what their files share, and what others ask of them. */
#ifndef PLANS_H
#define PLANS_H

#include "store_plan.h"
#include "store_priv.h"

/*---- plans_row.c */
void plan_row(sqlite3_stmt *, struct store_plan *);
/* By *name*, or if that is "" by *id*. */
enum store_status plan_load(struct db *, const char *org, int64_t id,
    const char *name, struct store_plan *);
/* Freed by the caller. */
enum store_status plan_items(struct db *, int64_t id,
    struct store_plan_item **items, size_t *n);

/*---- plans_foresee.c */
/* An alias was changed: so is what its plans come to. 0 or -1. */
int plan_follow(struct store_tx *, const char *org, const char *alias);
/*
 * Tells these aliases when their next change is, after any change of a plan; and
 * the map, so that no cache keeps them longer. 0 or -1.
 */
int plan_due(struct store_tx *, const char *org,
    const struct store_plan_item *, size_t n);
/* The changes to come of each alias, for a map that is made anew. */
int foresight_each(struct db *, uint64_t seq, store_publish_f *, void *arg);
/* Whether an alias has as many plans as it may. */
bool plan_is_crowded(struct store_tx *, const char *org, const char *alias);

/*---- plans_show.c */
/* All that the map is told of plans. */
int plan_each(struct db *, uint64_t seq, store_publish_f *, void *arg);
/*
 * Tells the map what a set would change; if it is live, nothing. Plans without a
 * name are told by plan_due().
 */
int plan_show(struct store_tx *, const struct store_plan *,
    const struct store_plan_item *, size_t n);
/* These items are no more its, and with *all* the set is gone. */
int plan_hide(struct store_tx *, const struct store_plan *,
    const struct store_plan_item *, size_t n, bool all);

/*---- plans_apply.c */
/*
 * Has a plan happen, or, *back*, go back to what was before. PRECONDITION, with
 * plan.reason, and nothing is changed, if it cannot.
 */
enum store_status plan_apply(struct store_tx *, struct store_plan *,
    struct store_plan_item *, size_t n, bool back, bool purge);
/* An event for webhooks: *type* happens to a plan and its aliases. */
void plan_event(struct store_tx *, const struct store_plan *, const char *type,
    const struct store_plan_item *, size_t n);
/* Writes state, times and reason of a plan; 0 or -1. */
int plan_save(struct store_tx *, struct store_plan *);

/*---- previews.c */
/* The signing key has a new end; or *gone*: it was deleted. */
int preview_follow(struct store_tx *, const char *org,
    const struct store_sign_key *, bool gone);
int preview_each(struct db *, uint64_t seq, store_publish_f *, void *arg);

/*---- plans_fire.c */
int plans_start(struct store *, char *err, size_t err_len);
void plans_stop(struct store *);
/* The loop's thread: plans were changed, the next may be another. */
void plans_arm(struct store *);
/* Drops plans that ended long ago; 0 or -1. */
int plans_expire(struct store_tx *);

#endif
