/* SPDX-License-Identifier: BSD-2-Clause */
/* Carries the store's changes to the shared map. */
#ifndef PUBLISH_H
#define PUBLISH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "map.h"
#include "store/store.h"

struct publisher;

/* What the map holds of a change. The key points into *c*, or at *owner*. */
void publish_record(const struct store_change *c,
    char owner[MAP_OWNER_MAX + 1], struct map_key *, struct map_value *);

struct publisher *publisher_new(void);

/* A store_publish_f; *arg* is the publisher. */
void publisher_publish(void *arg, const struct store_change *, size_t n,
    uint64_t last_seq);

/* What map lies in *dir* before it is opened; false: none. */
bool publisher_found(const char *dir, struct store_follower *);

/*
 * Opens the map in *dir* and brings it level with *store*, by the changes it
 * has missed or, when those are not all kept, from the start. To be called
 * before the store's first job. Returns 0, or -1 and a sentence in *err*.
 */
int publisher_attach(struct publisher *, const char *dir, struct store *,
    char *err, size_t err_len);

/*
 * What Varnish is told by the map beside its records; may be called before and
 * after the map is attached. Waits for a batch that is being published.
 */
void publisher_settings(struct publisher *, const struct map_settings *);

/*
 * The map's sign of life without its work: the loop runs, even if the heartbeat
 * that is due has yet to be handled. False if another thread has the map, which
 * gives the sign itself, as soon as it can.
 */
bool publisher_alive(struct publisher *);

/*
 * The sign of life; every 100 ms, from any thread, never waits. True if it has
 * more to do, which should not wait so long: call again when all that came
 * meanwhile is served.
 */
bool publisher_heartbeat(struct publisher *);

/* The map's size in bytes after which aliases are refused; 0: by its disk. */
void publisher_bound(struct publisher *, uint64_t bytes);

void publisher_free(struct publisher *);

#endif
