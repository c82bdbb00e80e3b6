/* SPDX-License-Identifier: BSD-2-Clause */
/* What source images show the rest of the store. */
#ifndef SOURCES_H
#define SOURCES_H

#include "store_priv.h"
#include "store_source.h"

/*---- sources_hash.c */
enum store_status source_resolve(struct db *, const char *org,
    const struct hash_prefix *, bool deleted, struct hash *hash);
/* The digits of *hash* that no other image begins with; 0 or -1. */
int source_short(struct db *, const char *org, const struct hash *hash,
    char out[HASH_HEX + 1]);

/*---- sources_identity.c */
/* Writes its dynamic metadata in the one form that is kept and hashed; 0 or -1. */
int source_canonical(struct store_source *);
/*
 * Loads the image that *in* describes, and sets the hash of *in*: NOT_FOUND
 * leaves one that is free. *exact*: not one of other dynamic metadata.
 */
enum store_status source_known(struct db *, struct store_source *in,
    bool exact, struct store_source *known);
/*
 * Whether the image that *in* describes is there and not deleted: OK or
 * NOT_FOUND. Sets the hash of *in*.
 */
enum store_status source_shown(struct db *, struct store_source *in);

/*---- sources.c */
/* The row of a hash, deleted or not. */
enum store_status source_load(struct db *, const char *org,
    const struct hash *hash, struct store_source *);
/* The same of one that is deleted, or is not. */
enum store_status source_by_prefix(struct db *, const char *org,
    const struct hash_prefix *, bool deleted, struct store_source *);
/* Writes what may change of an image back. */
enum store_status source_save(struct store_tx *, const struct store_source *);
/*
 * Finds or makes the image that *in* describes, with its content; *in* becomes
 * its row. Without dynamic metadata in *in*, it is that of the row.
 */
enum store_status source_add(struct store_tx *, struct store_source *in);
/* Takes both over. */
void source_audit(struct store_tx *, const struct store_source *,
    const char *action, json_t *before, json_t *after);
/*
 * Deletes and revokes. *counted*: may count as a purge, as tx_withdraw_source()
 * says.
 */
enum store_status source_withdraw(struct store_tx *, struct store_source *,
    bool counted);
/* Brings one back that is deleted; QUOTA. */
enum store_status source_undelete(struct store_tx *, struct store_source *);
int source_row(sqlite3_stmt *, const char *org, struct store_source *);

/*---- remote_url.c */
/* Remembers *most* URLs of an organization, this one as the newest; 0 or -1. */
int remote_put(struct store_tx *, const char *org, const char *url,
    int64_t most, const struct hash *);

#endif
