/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fetches URLs of others, each by a process of its own. All functions belong to
 * the loop's thread.
 */
#ifndef FETCH_H
#define FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fetch/fetch_url.h"
#include "fetch/frame.h"

/* The settings; what changes in them counts for the next fetch. */
struct fetch_conf {
	char		*allow;		/* hosts; "": nothing is fetched */
	char		*ports;
	char		*allow_nets;	/* allowed though they are not public */
	char		*ca_file;
	uint64_t	max_bytes;
	uint64_t	remembered;	/* URLs of an organization */
	unsigned	timeout_ms, rate, redirects;
	unsigned	at_once, at_once_org;
	unsigned	retry_s;	/* a failure is not tried again before */
	const char	*program;	/* to execute; NULL: /proc/self/exe */
	const char	*webhooks;	/* "webhook": whose settings; or NULL */
};

struct event_base;
struct fetch;

/* NULL without memory. */
struct fetch *fetch_new(struct event_base *, const struct fetch_conf *);
/* Ends all that are under way: done() says FETCH_BUSY. */
void fetch_free(struct fetch *);

struct fetch_result {
	enum fetch_status status;
	unsigned	code;		/* HTTP's, or 0 */
	const char	*error;		/* a sentence without subject or dot */
	const char	*url;		/* the last one, after redirects */
	const char	*disposition;	/* its Content-Disposition, or "" */
};

struct fetch_ask {
	const char	*org;		/* for whom: some at once for each */
	const char	*url;
	/*
	 * A POST with lines of headers, copied; NULL: a GET. Any status of 2xx
	 * is good, no redirect is followed, and there are no bytes.
	 */
	const char	*post, *headers;
	/* Bytes as they come, all of status 200. Other than 0: no more. */
	int		(*data)(void *arg, const void *, size_t);
	/* Once; not out of fetch_begin(). */
	void		(*done)(void *arg, const struct fetch_result *);
	void		*arg;
};

/*
 * Whether the settings let *url* be fetched, taken apart into *u*. If not, a
 * sentence without a dot, which names the setting.
 */
bool fetch_allowed(const struct fetch_conf *, const char *url,
    struct fetch_url *u, char *err, size_t err_len);

/*
 * OK: done() will be called. Else why not, and a sentence as above; nothing is
 * called.
 */
enum fetch_status fetch_begin(struct fetch *, const struct fetch_ask *,
    char *err, size_t err_len);

struct fetch_stats {
	uint64_t	over[FETCH_MAX];	/* fetches that ended so */
	uint64_t	redirects, bytes;
	unsigned	running, waiting;
};
void fetch_stats(const struct fetch *, struct fetch_stats *);

#endif
