/* SPDX-License-Identifier: BSD-2-Clause */
/* What fetch.c and child.c share. */
#ifndef FETCH_PRIV_H
#define FETCH_PRIV_H

#include <sys/queue.h>
#include <sys/types.h>

#include "fetch/fetch.h"
#include "name/name.h"

/* A process that fetches, seen from the daemon. */
struct child {
	pid_t		pid;		/* 0: none */
	int		sock, pidfd;
	struct event	*event;		/* of the socket */
};

/* One that was ended, until the kernel has cleared it away. */
struct corpse {
	unsigned	magic;
#define CORPSE_MAGIC		0x2d5c9b34
	LIST_ENTRY(corpse) next;
	struct fetch	*fetch;
	pid_t		pid;
	int		pidfd;
	struct event	*event;
};

struct fetch_job {
	unsigned	magic;
#define FETCH_JOB_MAGIC		0x68f1c0de
	TAILQ_ENTRY(fetch_job) next;
	struct fetch	*fetch;
	struct fetch_ask ask;
	char		org[ORG_MAX + 1];
	struct fetch_url url;
	char		*post, *headers;	/* or NULL */
	unsigned	moves;
	bool		running;
	bool		parked;		/* in fetch.waiting: park.c */
	bool		again;		/* its process has posted before */
	unsigned	posts;		/* so often */
	int64_t		end_us;		/* of all its hops */
	struct frame_state state;
	struct child	child;
	struct event	*timer;
};

TAILQ_HEAD(fetch_jobs, fetch_job);
LIST_HEAD(corpses, corpse);

struct fetch {
	unsigned	magic;
#define FETCH_MAGIC		0x51f7ac12
	struct event_base *base;
	const struct fetch_conf *conf;
	struct fetch_jobs jobs;		/* in the order in which they came */
	struct fetch_jobs waiting;	/* parked: processes without a job */
	unsigned	parked;
	struct corpses	corpses;
	struct event	*turn;		/* run() is due */
	unsigned	running;
	struct fetch_stats stats;
	char		lacks[256];	/* of the cage, as it was told last */
};

/* fetch.c: how long a job may take, with some grace. */
void fetch_time(const struct fetch *, struct timeval *);

/* park.c: the job is over; true when its process waits for the next one. */
bool park_put(struct fetch_job *);
/* It is a job again, or about to end. */
void park_leave(struct fetch_job *);
/* True when a process that waits has *ask*. */
bool park_take(struct fetch *, const struct fetch_ask *,
    const struct fetch_url *);

/* child.c: starts one for *j->url*; *on_frame* is called with the job. */
int child_start(struct fetch_job *, void (*on_frame)(int, short, void *));
/* Gives a process that has posted the next POST; 0 or -1. */
int child_again(struct fetch_job *);
/* Ends it, if there is one, without waiting. */
void child_end(struct fetch_job *);
/* Waits for all that were ended. */
void child_bury_all(struct fetch *);

#endif
