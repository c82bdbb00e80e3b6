/* SPDX-License-Identifier: BSD-2-Clause */
/* What the publisher's files share. */
#ifndef PUBLISH_PRIV_H
#define PUBLISH_PRIV_H

#include <pthread.h>

#include "map.h"
#include "publish.h"

struct publisher {
	unsigned		magic;
#define PUBLISHER_MAGIC		0xb497a0aa
	/*
	 * Held by whoever uses the writer: the store's thread for the length
	 * of a batch, the event loop for a heartbeat.
	 */
	pthread_mutex_t		lock;
	struct map_writer	*writer;
	struct map_settings	settings;
	uint64_t		written;	/* records, for the progress */
	uint64_t		expected;
	/*
	 * Changes that the map had no room for, and all that came after them:
	 * while there are any, the map is withdrawn.
	 */
	struct store_change	*owed;
	size_t			first, n_owed, room;
	bool			lost;		/* they were too many */
	uint64_t		last_seq;	/* of the store's last batch */
	uint64_t		retry_ms;	/* unix time of the next try */
	bool			turned;		/* see publish_one() */
	bool			replaying;
	int			stage_error;
	/* The last heartbeat's error, so that each change is logged once */
	int			beat_error;
	uint64_t		moving_since;	/* unix time in ms, or 0 */
	uint64_t		moves;		/* of the map's folder */
	struct store		*store;		/* that the map follows */
	char			*dir;
	uint64_t		bound;		/* bytes of the map, 0: by dir */
};

/* Stages the aliases among them; 0 or an errno. */
int publish_stage(struct publisher *, const struct store_change *, size_t n);
/* Puts what fits; *done* is how many did. 0 or an errno. */
int publish_some(struct publisher *, const struct store_change *, size_t n,
    size_t *done);

#endif
