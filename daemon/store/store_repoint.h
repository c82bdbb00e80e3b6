/* SPDX-License-Identifier: BSD-2-Clause */
/* The store: the aliases that show one image to another one. */
#ifndef STORE_REPOINT_H
#define STORE_REPOINT_H

#include "store_alias.h"

#define STORE_REPOINT_MAX	10000	/* aliases */

/* Why nothing was changed, where the status alone (PRECONDITION) does not say. */
enum store_repoint_why {
	REPOINT_BY_STATUS,
	REPOINT_MANY,		/* more aliases than may change at once */
	REPOINT_SAME,		/* the new image is the old one */
	REPOINT_NOT_SHOWN,	/* *alias* does not point at the old image */
	REPOINT_SHOWN		/* *alias* still does: it cannot be deleted */
};

struct store_repoint {
	struct store_job job;
#define STORE_REPOINT_MAGIC 0x9b02e6f7
	char		org[ORG_MAX + 1];
	struct hash_prefix from, to;
	/* At most one of them: which aliases of the image. */
	char		prefix[NAME_MAX_LEN + 1];
	char		tag[STORE_TAG_MAX + 1];
	/* names in order, each once; the caller's */
	const char	**only;
	size_t		n_only;
	bool		dry_run, delete_previous, purge;
	const char	*comment;	/* or NULL; the caller's */
	/* out */
	struct hash	old, new;
	char		(*names)[NAME_MAX_LEN + 1];	/* that change */
	size_t		n;
	enum store_repoint_why why;
	char		alias[NAME_MAX_LEN + 1];
};
/*
 * All or none, in one transaction. OK; NOT_FOUND: the old image, which may be a
 * deleted one; NO_SOURCE: the new one; AMBIGUOUS; LOCKED.
 */
void store_repoint(struct store *, struct store_repoint *);
void store_repoint_clear(struct store_repoint *);

#endif
