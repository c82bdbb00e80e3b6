/* SPDX-License-Identifier: BSD-2-Clause */
/* Purges, and what is withdrawn: what the rest of the store asks for. */
#ifndef PURGES_H
#define PURGES_H

#include "store_priv.h"

/*---- withdraw.c */
/*
 * Deletes and protection: a new epoch for what caches hold, and bans owed. The
 * second within an hour counts as a purge, unless *counted* is false: then it
 * is one of the things alone that were taken away.
 */
enum store_status tx_withdraw_source(struct store_tx *, const char *org,
    const struct hash *, bool counted);
/* A stack and those that stand on it; all that an organization shows. */
enum store_status tx_withdraw_stack(struct store_tx *, const char *org,
    const char *name);
enum store_status tx_withdraw_org(struct store_tx *, const char *org);
/*
 * An edge keeps for a second that there is no such stack, nor one that stands
 * on it. By new epochs they are seen as soon as the stack is there.
 */
enum store_status tx_appear_stack(struct store_tx *, const char *org,
    const char *name);
int withdraw_open(struct store *);
void withdraw_close(struct store *);
/*
 * OK, or QUOTA, before what was withdrawn is given back, or made, and for no
 * change.
 */
enum store_status tx_may_return(struct store_tx *, enum store_purge_kind,
    const char *org, const char *key);
/* Whether a stack's pictures need a signature, by its own or a base's word. */
int stack_is_shut(struct db *, const char *org, const char *definition);
/* The name of the stack that it stands on, or "". */
void stack_base(const char *definition, char base[NAME_MAX_LEN + 1]);
/* Withdraws what other options of an organization close. Before the change. */
enum store_status tx_options_changed(struct store_tx *, const char *org,
    const char *before, const char *after);

/*---- quota.c */
int quota_open(struct store *);
void quota_close(struct store *);
enum store_status quota_read(struct db *, int64_t now_ms, const char *org,
    enum store_purge_kind, unsigned limit, struct store_quota *);
void quota_remember(struct store *, const char *org, enum store_purge_kind,
    const struct store_quota *);
/* True, and how it stands, when it is known that nothing is left. */
bool quota_refuses(struct store *, const char *org, enum store_purge_kind,
    unsigned limit, struct store_quota *);

/*---- purges.c */
/* Notes a purge that counts, as one of *key*. */
enum store_status tx_purge_note(struct store_tx *, const char *org,
    enum store_purge_kind, const char *key, int64_t *id);
/* Does what a purge of the alias or source image does, uncounted. */
enum store_status tx_purge_alias(struct store_tx *, const char *org,
    const char *name);
enum store_status tx_purge_source(struct store_tx *, const char *org,
    const struct hash *);
/* Tells webhooks that all targets have carried a purge out, if they have. */
void tx_purge_acked(struct store_tx *, int64_t id, const char *org,
    enum store_purge_kind, const char *key);

/*---- outbox.c */
/*
 * Owes a ban to each target that hears of *org*, a *soft* one only to those
 * that want to hear of such; *purge* 0: of none.
 */
enum store_status tx_ban(struct store_tx *, int64_t purge, const char *org,
    const char *header, const char *value, bool soft);
/* Bans pictures that show a source image; unless *soft*, also as second. */
enum store_status tx_ban_source(struct store_tx *, int64_t purge,
    const char *org, const char *hash, bool soft);

#endif
