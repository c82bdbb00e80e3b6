/* SPDX-License-Identifier: BSD-2-Clause */
/* What all calls of the API share. */
#ifndef SHARED_H
#define SHARED_H

#include <sys/queue.h>
#include <stdbool.h>
#include <stdint.h>

#include "api/token.h"

struct conf;
struct store;

LIST_HEAD(sending_list, sending);

struct api {
	unsigned		magic;
#define API_MAGIC		0x61706931
	struct conf		*conf;
	struct store		*store;
	struct render_pool	*pool;
	struct purge		*purge;
	struct fetch		*fetch;
	struct hooks		*hooks;		/* set by the daemon */
	struct map_reader	*map;		/* as Varnish sees it */
	struct metrics		*metrics;
	struct clients		*clients;	/* those that failed */
	struct kept		*kept;		/* parsed stacks and options */
	struct dashboard	*dashboard;
	uint8_t			token_secret[TOKEN_SECRET];
	struct remotes		*remotes;	/* images of others, under way */
	bool			(*alive)(void *);	/* or NULL */
	void			*alive_arg;
	bool			stopped;	/* no call begins anew */
	struct sending_list	sending;	/* by organization */
};

/* Which routes a listener shows; its tag. */
enum api_listener { LISTEN_IMAGE, LISTEN_API, LISTEN_LOCAL, LISTEN_MONITOR };

#endif
