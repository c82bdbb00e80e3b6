/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Carries bans from the store's outbox to each Varnish over its CLI: one
 * persistent connection a target, in order, acknowledged by status 200,
 * retried with backoff. Nothing here blocks the event loop.
 */
#ifndef PURGE_H
#define PURGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct store;
struct purge;

/* A Varnish, as configured. Either *instance* or *address* is set. */
struct purge_target_conf {
	char		*name;		/* of the outbox's rows and metrics */
	char		*instance;	/* as of varnishadm -n */
	char		*address;	/* "host:port" of the CLI */
	char		*secret_file;	/* NULL: what the instance says */
	unsigned	repeat_ms;	/* ban again after this, 0: not */
	unsigned	timeout_ms;	/* for an answer, 0: 10 s */
};

struct purge *purge_new(struct event_base *, struct store *,
    const struct purge_target_conf *, size_t n, char *err, size_t err_len);
void purge_free(struct purge *);

/* The outbox has rows: read them and send. */
void purge_kick(struct purge *);

struct purge_target_status {
	const char	*name;
	bool		connected;	/* authenticated */
	unsigned	pending;	/* rows owed */
	int64_t		oldest_ms;	/* unix time of the oldest, or 0 */
	uint64_t	acked, failed;
	char		error[128];	/* the last one, or "" */
};
size_t purge_targets(const struct purge *);
void purge_target_status(const struct purge *, size_t i,
    struct purge_target_status *);

#endif
