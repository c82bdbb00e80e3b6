/* SPDX-License-Identifier: BSD-2-Clause */
/* Webhooks: what their files share, and what others ask of them. */
#ifndef HOOKS_H
#define HOOKS_H

#include "store_hook.h"
#include "store_priv.h"

/*---- hooks.c */
void hook_row(sqlite3_stmt *, struct store_hook *);
enum store_status hook_load(struct db *, const char *org, int64_t id,
    struct store_hook *);

/*---- hooks_event.c */
/* Whether any webhook is on. */
bool tx_hooks(struct store_tx *);
/*
 * Queues an event for the webhooks of *org* that want it; takes *data*, an object,
 * over. A failure fails the transaction.
 */
void tx_event(struct store_tx *, const char *org, const char *type,
    json_t *data);
/* The one, if there is one, of what the audit log is told. */
void tx_event_audit(struct store_tx *, const char *org, const char *action,
    const char *object, const char *before, const char *after);
/* An event for one webhook alone, whatever it wants; 0 or -1. */
int hook_event_for(struct store_tx *, const struct store_hook *,
    const char *type, json_t *data, int64_t *id);
/* A webhook was changed: tx_hooks() asks the database again. */
void hooks_changed(struct store_tx *);

/*---- hooks_log.c */
/* Drops what is old; 0 or -1. */
int hooks_expire(struct store_tx *);
/* Drops all that one webhook has; 0 or -1. */
int hook_forget(struct store_tx *, int64_t hook);
/* Keeps the newest of what it has delivered. */
int hook_trim(struct store_tx *, int64_t hook);
/* What no webhook has any more. */
int hook_sweep(struct store_tx *, int64_t event);

#endif
