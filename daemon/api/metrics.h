/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the API counts, for monitor.c to tell. In the loop's thread.
 * Organizations may be many, and each would be a time series of Prometheus: of
 * the purges' quota and the fallbacks only those that asked last are kept.
 */
#ifndef METRICS_H
#define METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

#define METRICS_CODES	600
#define METRICS_BOUNDS	14
#define PURGE_KINDS	3
#define QUOTA_USERS	32
#define FALLBACK_WHYS	3

struct metrics {
	size_t		n;		/* routes, with the pictures' */
	uint64_t	respelled;
	uint64_t	borrowed;	/* pictures of another's images */
	uint64_t	purges[PURGE_KINDS][2];	/* [accepted] */
	struct quota_users {
		uint64_t	asked;		/* purges so far */
		struct quota_user {
			char		org[ORG_MAX + 1];
			enum store_purge_kind kind;
			uint64_t	last;	/* of *asked*; 0: free */
		}		user[QUOTA_USERS];
	}		quotas;
	struct fallback_users {
		uint64_t	asked;		/* fallbacks so far */
		struct fallback_user {
			char		org[ORG_MAX + 1];
			uint64_t	n[FALLBACK_WHYS];
			uint64_t	last;	/* of *asked*; 0: free */
		}		user[QUOTA_USERS];
	}		fallbacks;
	struct metrics_route {
		uint64_t	code[METRICS_CODES];
		uint64_t	bucket[METRICS_BOUNDS + 1];
		uint64_t	sum_us;
	}		route[];
};

/* Upper bounds in microseconds; what is above them all has a bucket more. */
extern const int64_t metrics_bounds[METRICS_BOUNDS];

/* The label "kind" of a purge: that of its key, purges_..., in the settings. */
extern const char *const metrics_purge_kinds[PURGE_KINDS];

/* The label "why" of a fallback: X-Moniker-Fallback. */
extern const char *const metrics_fallback_whys[FALLBACK_WHYS];

/* For *routes* routes, and one more for pictures. NULL without memory. */
struct metrics *metrics_new(size_t routes);
void metrics_free(struct metrics *);

/* A request to *route* (an index; the number of routes for a picture). */
void metrics_request(struct metrics *, size_t route, int status,
    int64_t took_us);

/* A purge of *org* was accepted, or refused by the quota. */
void metrics_purge(struct metrics *, const char *org, enum store_purge_kind,
    bool accepted);

/* The fallback image of *org* was shown. */
void metrics_fallback(struct metrics *, const char *org, const char *why);

/* A Varnish asked where a URL leads, and was told another one. */
void metrics_respelled(struct metrics *);
/* An organization was asked for an image that is another's. */
void metrics_borrowed(struct metrics *);

#endif
