/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a Varnish's CLI is and what its secret is. Names are resolved, files
 * read and shared memory attached in a thread of its own, since each of them
 * may wait. Of a target that is no CLI only the secret is found.
 */
#ifndef FIND_H
#define FIND_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct event_base;
struct find;
struct purge_target_conf;

#define FIND_ADDRESSES	8
#define FIND_SECRET_MAX	65536

struct found {
	size_t		n;
	struct sockaddr_storage address[FIND_ADDRESSES];
	socklen_t	address_len[FIND_ADDRESSES];
	uint8_t		*secret;	/* NULL: none is wanted */
	size_t		secret_len;
	char		error[128];	/* "": all of it is there */
};

/*
 * Begins; *done* is called once in the event loop's thread, *found* and what
 * it points to are the callee's until it returns. NULL when no thread can be
 * made.
 */
struct find *find_start(struct event_base *, const struct purge_target_conf *,
    void (*done)(void *arg, const struct found *), void *arg);
/*
 * Forgets it: *done* will not be called. Does not wait for the thread. Not to
 * be called once *done* has been: the search is gone then.
 */
void find_cancel(struct find *);

#endif
