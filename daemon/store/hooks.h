/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of webhooks share. */
#ifndef HOOKS_H
#define HOOKS_H

#include "store_hook.h"
#include "store_priv.h"

/*---- hooks.c */
void hook_row(sqlite3_stmt *, struct store_hook *);
enum store_status hook_load(struct db *, const char *org, int64_t id,
    struct store_hook *);

/*---- hooks_event.c */
/* An event for one webhook alone, whatever it wants; 0 or -1. */
int hook_event_for(struct store_tx *, const struct store_hook *,
    const char *type, json_t *data, int64_t *id);
/* Some webhook was changed: which of them are on is to be asked again. */
void hooks_changed(struct store_tx *);

/*---- hooks_log.c */
/* Drops all that one webhook has; 0 or -1. */
int hook_forget(struct store_tx *, int64_t hook);
/* Keeps the newest of what it has delivered. */
int hook_trim(struct store_tx *, int64_t hook);
/* What no webhook has any more. */
int hook_sweep(struct store_tx *, int64_t event);

#endif
