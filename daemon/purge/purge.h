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

/*
 * A Varnish, or who follows purges, as configured. One of *instance*,
 * *address*, *listen*, *url* and *webhook* is set.
 */
struct purge_target_conf {
	char		*name;		/* of the outbox's rows and metrics */
	char		*instance;	/* as of varnishadm -n */
	char		*address;	/* "host:port" of the CLI */
	char		*listen;	/* "host:port" that its -M dials */
	char		*url;		/* of its BAN method */
	char		*webhook;	/* of a POST for each ban */
	/* CLI's secret, BAN's token, key of the webhook's HMAC; or NULL */
	char		*secret_file;
	char		*user;		/* that runs a *listen*'s varnishd */
	char		*organization;	/* its purges only; NULL: all */
	unsigned	map;		/* it reads the map */
#define TARGET_MAP_AUTO	2		/* if it is an instance */
	unsigned	repeat_ms;	/* ban again after this, 0: not */
	unsigned	timeout_ms;	/* for an answer, 0: 10 s */
	unsigned	retry_max_ms;	/* between attempts, 0: by its kind */
	unsigned	patience_ms;	/* with a webhook's 4xx, 0: a day */
};

struct purge *purge_new(struct event_base *, struct store *,
    const struct purge_target_conf *, size_t n, char *err, size_t err_len);
void purge_free(struct purge *);

/* The outbox has rows: read them and send. */
void purge_kick(struct purge *);

struct purge_target_status {
	const char	*name;
	/* Authenticated; by HTTP: the last request did not fail. */
	bool		connected;
	int64_t		since_ms;	/* unix time since when; 0: not known */
	unsigned	pending;	/* rows owed */
	int64_t		oldest_ms;	/* unix time of the oldest, or 0 */
	uint64_t	acked, failed;
	char		error[128];	/* the last one, or "" */
};
size_t purge_targets(const struct purge *);
void purge_target_status(const struct purge *, size_t i,
    struct purge_target_status *);

/*
 * Calls *done* once all have acknowledged purge *id*, or after *ms*, whichever
 * is first; never inside this call, and at the latest in purge_wait_no_more().
 * NULL behind that, or when there is no memory: then it is not called.
 */
struct purge_wait;
struct purge_wait *purge_wait(struct purge *, int64_t id, unsigned ms,
    void (*done)(void *arg), void *arg);

/* The daemon is about to end: calls all that wait. Bans are still sent. */
void purge_wait_no_more(struct purge *);

#endif
