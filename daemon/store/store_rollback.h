/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store: aliases back to what they were. Each rollback is one transaction,
 * all or none, and one call of the publisher.
 */
#ifndef STORE_ROLLBACK_H
#define STORE_ROLLBACK_H

#include "store_alias.h"

/* So far a search of one alias's history goes back. */
#define STORE_ROLLBACK_LOOK	10000	/* changes */
#define STORE_ROLLBACK_MAX	1000	/* aliases */

/* Why nothing was changed, where the status alone (PRECONDITION) does not say. */
enum store_rollback_why {
	ROLLBACK_BY_STATUS,
	ROLLBACK_DELETED,	/* *image*: deleted, and may be restored */
	ROLLBACK_GONE,		/* *image*: removed for good */
	ROLLBACK_FORGOTTEN,	/* the history of *alias* does not go back so far */
	ROLLBACK_MANY		/* more aliases than may change at once */
};
struct store_rollback_refusal {
	enum store_rollback_why why;
	char		alias[NAME_MAX_LEN + 1];
	struct hash	image;
};

struct store_alias_rollback {
	struct store_job job;
#define STORE_ALIAS_ROLLBACK_MAGIC 0x7e1a90c5
	struct store_alias alias;	/* in: org, name; out: as it is then */
	/* One of: so many changes; to an image that it showed; to a moment. */
	unsigned	steps;
	struct hash_prefix to;		/* unless it has no digits */
	int64_t		at_ms;
	uint64_t	if_match;	/* as in store_alias_put */
	bool		if_exists, purge;
	bool		restore;	/* the image, should it be deleted */
	const char	*comment;	/* or NULL; the caller's */
	/* out */
	struct hash	from;		/* none: there was no such alias */
	struct store_rollback_refusal refusal;
};
/*
 * OK, or CREATED; NOT_FOUND: its history has no such state; AMBIGUOUS, a short
 * hash of several images that it showed; PRECONDITION: by if_match when refusal
 * says no more; QUOTA: the image may not come back.
 */
void store_alias_rollback(struct store *, struct store_alias_rollback *);

struct store_rolled {
	char		name[NAME_MAX_LEN + 1];
	struct hash	from, to;	/* none: not there */
	bool		deleted;	/* *to* is a deleted image */
};
struct store_rollback {
	/* Of store_rollback_look(), then of store_rollback(). */
	struct store_read read;
#define STORE_ROLLBACK_JOB_MAGIC 0x2f6be0d3
	unsigned	magic;
#define STORE_ROLLBACK_MAGIC 0x1c55d2ab
	char		org[ORG_MAX + 1];
	int64_t		at_ms;
	/* Which aliases; all if neither is given. */
	char		prefix[NAME_MAX_LEN + 1];
	char		tag[STORE_TAG_MAX + 1];
	bool		purge, restore;
	const char	*comment;	/* or NULL; the caller's */
	/* out */
	struct store_rolled *rolled;	/* in the order of names */
	size_t		n;
	struct store_rollback_refusal refusal;
	/* the store's own */
	uint64_t	seq;		/* as of which it looked */
};
/* Looks what there is to do, in the reader's thread, and changes nothing. */
void store_rollback_look(struct store *, struct store_rollback *);
/* Does it, and what came up since; after store_rollback_look() was OK. */
void store_rollback(struct store *, struct store_rollback *);
void store_rollback_clear(struct store_rollback *);

#endif
