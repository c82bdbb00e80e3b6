/* SPDX-License-Identifier: BSD-2-Clause */
/* What aliases show the rest of the store. */
#ifndef ALIASES_H
#define ALIASES_H

#include "store_alias.h"
#include "store_priv.h"
#include "store_rollback.h"

/*---- aliases.c */
enum store_status tx_alias_put(struct store_tx *, struct store_alias_put *);
/*
 * Points all aliases of one image at another, and purges them, uncounted. The
 * two must differ. Adds to *moved* how many there were.
 */
enum store_status tx_aliases_follow(struct store_tx *, const char *org,
    const struct hash *from, const struct hash *to, unsigned *moved);
enum store_status tx_alias_delete(struct store_tx *,
    struct store_alias_delete *);
/* Whether some alias points at the image: 1, 0, or -1. */
int source_is_aliased(struct db *, const char *org, const struct hash *);

/*---- aliases_label.c */
/*
 * Gives *a* the description and the tags that *note* has; *changed*: they
 * differ from what it had, and it is of another version.
 */
enum store_status tx_alias_label(struct store_tx *, struct store_alias *a,
    const struct store_alias_note *note, bool *changed);
/* It is being deleted. */
int tx_alias_unlabel(struct store_tx *, const struct store_alias *); /* 0, -1 */

/*---- aliases_apply.c */
/*
 * Makes *n* changes in their order, each with its own conditions and note. OK,
 * or how the first failed, whose index is *failed*: the job then undoes all. Each
 * change has its status in put.job.status.
 */
enum store_status tx_aliases_apply(struct store_tx *,
    struct store_alias_change *changes, size_t n, size_t *failed);

/*---- rollback.c */
/*
 * What *name* pointed at *at_ms*, *now* being what it is or NULL: none if it was
 * not there. PRECONDITION: the history does not go back so far.
 */
enum store_status alias_was(struct db *, const char *org, const char *name,
    int64_t at_ms, const struct store_alias *now, struct hash *);
/*
 * Whether an alias may point at an image again, which it brings back if it may
 * *restore*. PRECONDITION, and QUOTA: *refusal* says more.
 */
enum store_status rollback_image(struct store_tx *, const char *org,
    const struct hash *, bool restore, struct store_rollback_refusal *);
/* Points it there, anew with the texts that a delete took from it. */
enum store_status rollback_put(struct store_tx *, struct store_alias_put *,
    const struct hash *);

/*---- aliases_row.c */
/* A row of ALIAS_COLS, and one of ALIAS_TEXTS. */
void alias_row(sqlite3_stmt *, const char *org, struct store_alias *);
void alias_row_texts(sqlite3_stmt *, const char *org, struct store_alias *);
int alias_publish(struct store_tx *, const struct store_alias *, uint64_t seq,
    bool gone);
enum store_status alias_load(struct db *, const char *org, const char *name,
    struct store_alias *);

/*---- fallbacks.c */
/* The options of *org* change: the map learns what it shows, if that is new. */
int fallback_options(struct store_tx *, const char *org, const char *before,
    const char *after);
/* *a* was set, or is gone: so does the map if a fallback goes by it. */
int fallback_follow(struct store_tx *, const struct store_alias *a, bool gone);
/* Gives those of all organizations, as of *seq*; 0 or -1. */
int fallback_each(struct db *, uint64_t seq, store_publish_f *, void *arg);

#endif
