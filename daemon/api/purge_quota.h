/* SPDX-License-Identifier: BSD-2-Clause */
/* The purges that an organization has in an hour. */
#ifndef PURGE_QUOTA_H
#define PURGE_QUOTA_H

#include "store/store.h"

struct api;
struct http_request;

/* The organization's own limit, which the operator sets, or that of all. */
unsigned purge_quota_limit(const struct api *, const char *org,
    enum store_purge_kind);

/* The X-RateLimit headers; none without a limit. */
void purge_quota_headers(struct http_request *, const struct store_quota *);
/* Retry-After of a refusal: when another call may succeed. */
void purge_quota_retry(struct http_request *, const struct store_quota *);

#endif
