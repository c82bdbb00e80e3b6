/* SPDX-License-Identifier: BSD-2-Clause */
/* What became of a purge, and what is left of the quota. */
#ifndef PURGE_STATE_H
#define PURGE_STATE_H

#include <stdint.h>

#include "api/call.h"

#define PURGE_WAIT_MAX	60	/* seconds of ?wait= */

/*
 * Answers 200 with purge *id* of the call's organization, after *wait* seconds
 * at most, when all have acknowledged it. *extra* (taken over, or NULL) goes
 * into the answer.
 */
void reply_purge(struct call *, int64_t id, unsigned wait, json_t *extra);

/* The X-RateLimit headers, and Retry-After where nothing is left. */
void quota_headers(struct call *, const struct store_quota *);
/* Of a refusal: from when on another call is of use. */
void quota_retry_headers(struct call *, const struct store_quota *);

/* Answers STORE_QUOTA of a call that gives back what was taken away. */
void reply_returned(struct call *);

/* Of an hour: the organization's own, which the operator sets, or of all. */
unsigned quota_limit(struct call *, const char *org, enum store_purge_kind);
/* The options of an organization have changed. */
void quota_forget(void);

#endif
