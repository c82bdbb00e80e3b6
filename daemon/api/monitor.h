/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of GET /metrics. Each appends its metrics. */
#ifndef MONITOR_H
#define MONITOR_H

#include <event2/buffer.h>

struct api;
struct render_pool;
struct store;

/* What stands before the samples of a metric. */
static inline void
monitor_head(struct evbuffer *b, const char *name, const char *type,
    const char *help)
{
	(void)evbuffer_add_printf(b, "# HELP %s %s\n# TYPE %s %s\n", name,
	    help, name, type);
}

/* monitor_cage.c: what shuts the render workers in. */
void monitor_cage(struct evbuffer *, const struct render_pool *);
/* And which formats their libraries have coders for. */
void monitor_formats(struct evbuffer *, const struct render_pool *);

/*
 * monitor_quota.c: what the organizations used of the hour that asked for a
 * purge last; and what those have and may have that are nearest to a limit,
 * QUOTA_USERS at most, each with half or more of something.
 */
void monitor_purge_quotas(struct evbuffer *, const struct api *);
void monitor_quotas(struct evbuffer *, struct store *);

/* monitor_fallback.c: images shown for what is not there. */
void monitor_fallbacks(struct evbuffer *, const struct api *);

/* monitor_bucket.c: source images in a bucket, if there is one. */
void monitor_bucket(struct evbuffer *, struct store *);

/* monitor_fetch.c: what is fetched from others. */
void monitor_fetches(struct evbuffer *, const struct api *);

/* monitor_hook.c: what is sent to webhooks. */
void monitor_hooks(struct evbuffer *, const struct api *);

/* monitor_share.c: what organizations had of the workers, RENDER_USERS. */
void monitor_shares(struct evbuffer *, const struct render_pool *);

#endif
