/* SPDX-License-Identifier: BSD-2-Clause */
/* What monitoring asks for: GET /metrics and GET /ready. */
#ifndef METRICS_H
#define METRICS_H

#include <event2/buffer.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

struct metrics;

/* Of *routes* routes; the pictures are one more. NULL without memory. */
struct metrics *metrics_new(size_t routes);
void metrics_free(struct metrics *);

/* A request to *route* (an index; the number of routes for a picture). */
void metrics_request(struct metrics *, size_t route, int status,
    int64_t took_us);

/* A purge of *org* was accepted, or refused by the quota. */
void metrics_purge(struct metrics *, const char *org, enum store_purge_kind,
    bool accepted);

#define PURGE_KINDS	3
/* The label "kind" of a purge: that of its key, purges_..., in the settings. */
extern const char *const metrics_purge_kinds[PURGE_KINDS];

/* What stands before the samples of a metric. */
void metrics_head(struct evbuffer *, const char *name, const char *type,
    const char *help);

/* metrics_cage.c */
struct render_pool;
void metrics_cage_write(struct evbuffer *, const struct render_pool *);

/* A Varnish asked where a URL leads, and was told another one. */
void metrics_respelled(struct metrics *);

/* Monotonic, in microseconds; and unix time, in milliseconds. */
int64_t metrics_clock(void);
int64_t metrics_wall(void);

#endif
