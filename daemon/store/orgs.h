/* SPDX-License-Identifier: BSD-2-Clause */
/* What organizations, their keys and stacks show the rest of the store. */
#ifndef ORGS_H
#define ORGS_H

#include "store_org.h"
#include "store_priv.h"
#include "store_stack.h"

/*---- sign_keys.c */
/* Those that have not ended, the newest first. */
enum store_status sign_keys_load(struct db *, const char *org, int64_t now_ms,
    struct store_sign_keys *);
/* The first key of a new organization; 0 or -1. */
int sign_first(struct store_tx *, const char *org);

/*---- stacks.c */
enum store_status stack_load(struct db *, const char *org, const char *name,
    struct store_stack *);
enum store_status tx_stack_delete(struct store_tx *, const char *org,
    const char *name);

/*---- orgs.c */
/* Purges that it may have in an hour, 0: any number. */
unsigned org_purges(struct store_tx *, const char *org, enum store_purge_kind);

enum store_status org_load(struct db *, const char *name, struct store_org *);

/*---- lend.c */
/* What was purged or withdrawn of *org* is so where others show it, too. */
enum store_status tx_lent_source(struct store_tx *, const char *org,
    const struct hash *, bool soft);
enum store_status tx_lent_alias(struct store_tx *, const char *org,
    const char *name);
/* Whether *org*, which has no such image, may have shown its lender's. */
bool tx_is_borrowed(struct store_tx *, const char *org, const struct hash *);
/* Notes for the edge whether *org* may show aliases of another's; 0 or -1. */
int tx_lender_note(struct store_tx *, const char *org, const json_t *options);
/* What options end is withdrawn. QUOTA, before they change. */
enum store_status tx_lending_changed(struct store_tx *, const char *org,
    const json_t *old, const json_t *new);

/*---- keys.c */
int keys_open(struct store *);
void keys_close(struct store *);

/*---- sessions.c */
int sessions_expire(struct store_tx *);	/* 0 or -1 */

/*---- uses.c */
int uses_open(struct store *);
int uses_start(struct store *);
/* Queues what is still to be written. */
void uses_stop(struct store *);
void uses_close(struct store *);
/* When it was used, if that is not written yet, else *written_ms*. */
int64_t use_last(struct store *, const char *org, const char *id,
    int64_t written_ms);

/*---- days.c */
int days_open(struct store *);
/* Queues what was counted, and what each organization has today. */
void days_flush(struct store *);
void days_stop(struct store *);
void days_close(struct store *);

#endif
