/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How much of its quota of purges who used. Organizations may be many, and each
 * would be a time series: only those that asked last are told.
 */
#ifndef METRICS_QUOTA_H
#define METRICS_QUOTA_H

#include <event2/buffer.h>
#include <stdint.h>

#include "store/store.h"

#define QUOTA_USERS	32

/* In the loop's thread. */
struct quota_users {
	uint64_t	asked;			/* purges so far */
	struct quota_user {
		char		org[ORG_MAX + 1];
		enum store_purge_kind kind;
		uint64_t	last;		/* of *asked*; 0: free */
	}		user[QUOTA_USERS];
};

/* *org* asked for a purge, whatever was the answer. */
void quota_users_note(struct quota_users *, const char *org,
    enum store_purge_kind);

/*
 * Appends what the organizations have and may have that are nearest to a limit:
 * QUOTA_USERS at most, each with half or more of something.
 */
void quota_usage_write(struct evbuffer *, struct store *);

struct call;
/* Appends what they have used of the hour, those with nothing left out. */
void quota_users_write(struct evbuffer *, const struct quota_users *,
    struct call *);

#endif
