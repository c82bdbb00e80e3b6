/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The inside of the pool. Everything here belongs to the event loop's thread.
 *
 * A job is one render or probe; its askers wait for it together. It is in its
 * share's queue, then with a worker, and freed when its last asker is answered.
 */
#ifndef POOL_PRIV_H
#define POOL_PRIV_H

#include <sys/queue.h>
#include <sys/types.h>

#include "render/blame.h"
#include "render/pool_times.h"
#include "render/render.h"
#include "wire/wire.h"

struct event;
struct job;
struct worker;

/* One caller that waits for a job; render_submit() returns it. */
struct render_job {
	unsigned	magic;
#define ASKER_MAGIC	0x41534b31
	TAILQ_ENTRY(render_job) list;
	struct job	*job;
	render_done_f	*done;
	probe_done_f	*probed;
	void		*arg;
};
TAILQ_HEAD(askers, render_job);

struct job {
	TAILQ_ENTRY(job) list;		/* of share.queue or pool.refused */
	TAILQ_ENTRY(job) all;		/* of pool.jobs: those to join */
	struct askers	askers;
	struct render_pool *pool;
	struct share	*share;		/* NULL: refused before it had one */
	enum wire_kind	kind;
	enum { JOB_WAITS, JOB_RUNS, JOB_REFUSED, JOB_ENDS } state;
	bool		joinable;	/* is in pool.jobs */
	char		source[64], digest[33];
	struct recipe	recipe;
	int		fds[WIRE__FDS];
	bool		lacks_fd;	/* one of them could not be had */
	uint64_t	number;		/* counts jobs */
	int64_t		price_us;	/* guessed */
	int64_t		given_us;	/* to a worker, monotonic */
	enum render_status status;	/* of a refused one */
	char		error[256];
};
TAILQ_HEAD(jobs, job);

#define SHARE_ORG	64

/*
 * What one organization has waiting of one kind: renders or probes. The share
 * whose clock is furthest back is served next, and its clock then moves by what
 * that costs. So each gets the same time of the workers, whatever it asks for;
 * one that comes back after a rest begins where the others are by then.
 */
struct share {
	TAILQ_ENTRY(share) list;
	char		org[SHARE_ORG];
	enum wire_kind	kind;
	struct jobs	queue;
	unsigned	waiting;
	unsigned	holds;		/* jobs of it that workers have */
	int64_t		clock_us;
	int64_t		last_us;	/* that its last job took */
};
TAILQ_HEAD(shares, share);

/* One of those that asked last. */
struct user {
	char		org[SHARE_ORG];
	uint64_t	asked;		/* pool.asked, then; 0: free */
	uint64_t	begun, refused, used_us;
	int64_t		told_us;	/* when the log heard of it */
};

struct worker {
	unsigned	magic;
#define WORKER_MAGIC	0x574b5231
	struct render_pool *pool;
	pid_t		pid;		/* 0: none runs */
	int		sock, pidfd;
	bool		ready, late;	/* late: killed for its time */
	bool		leaving;	/* it said that it would */
	bool		reserve;	/* small jobs, of shares without a worker */
	bool		proven;		/* one was ready in this place */
	uint64_t	libs;		/* the tag of its libraries */
	char		org[SHARE_ORG];	/* whose images it has seen; "" */
	unsigned	failures;	/* starts in a row without a render */
	struct job	*job;
	struct event	*on_reply, *on_exit, *on_timer;
};

struct render_pool {
	unsigned	magic;
#define POOL_MAGIC	0x504f4f4c
	struct event_base *base;
	struct wire_limits limits;
	unsigned	queue_most;
	char		*program;
	struct jobs	jobs, refused;
	struct shares	shares;		/* with work, or a clock ahead */
	int64_t		clock_us;	/* of the share furthest back */
	struct event	*on_refused;
	unsigned	n_workers;	/* with the reserve, which is last */
	unsigned	n_regular, nice;
	bool		isolate;
	uint64_t	numbered, asked;
	struct user	users[RENDER_USERS];
	struct worker	*workers;
	struct blame_list blame;
	struct wire_cage cage;		/* of the last that told */
	bool		cage_known;
	struct wire_libs libs;		/* of the last that told, or zeros */
	struct render_stats stats;
	struct times	times;
};

/* pool_worker.c */
int worker_open(struct worker *, struct render_pool *, char *err,
    size_t err_len);
void worker_close(struct worker *);
/* Gives it *job*; the worker is ready and has none. */
void worker_give(struct worker *, struct job *);
/* A new process in its place; it has no job. */
void worker_recycle(struct worker *);

/* pool_cage.c: a worker that is ready has told of its cage. */
void cage_told(struct render_pool *, const struct wire_cage *);

/* pool_libs.c: likewise of its libraries. */
void libs_told(struct render_pool *, const struct wire_libs *);

/* pool_job.c */
struct job *job_new(struct render_pool *, enum wire_kind,
    const char *source, int source_fd);
/* The job gets *fd* to read, if there are descriptors for it. */
void job_dup(struct job *, enum wire_fd as, int fd);
void job_free(struct job *);
struct render_job *job_join(struct job *, render_done_f *, probe_done_f *,
    void *arg);
/*
 * Answers every asker, by what was checked, takes the job out of its lists and
 * frees it.
 */
void job_done(struct job *, const struct wire_reply *);
void job_fail(struct job *, enum render_status, const char *error);

/*
 * answer.c: whether what a worker said of *j* may be so. If not it becomes a
 * failure, and the worker is not to be trusted any more.
 */
bool answer_check(const struct job *j, struct wire_reply *);
/* What the asker gets, of one that was checked */
void answer_render(const struct job *, const struct wire_reply *,
    struct render_result *);
void answer_probe(const struct wire_reply *, struct probe_result *);

/* pool.c: gives waiting jobs to idle workers. */
void pool_run(struct render_pool *);

/*
 * pool_share.c: that of *org*, made if need be; others that rest may be freed.
 */
struct share *share_of(struct render_pool *, const char *org, enum wire_kind);
/* Takes it into its queue, at the end; and out again, wherever it is. */
void share_add(struct share *, struct job *);
void share_remove(struct job *);
/* The job that *wk*, which is idle, is to have next, or NULL. */
struct job *share_next(struct render_pool *, const struct worker *wk);
/* It was taken for a worker's hands; and it is out of them again. */
void share_begin(struct job *);
void share_end(struct job *);
/* The last job of the longest queue; NULL when that of *s* would be it. */
struct job *share_last_of_longest(struct render_pool *, const struct share *s);
/* All have gone. */
void share_free_all(struct render_pool *);

/* pool_user.c: the entry of *org*, which has asked. */
struct user *user_of(struct render_pool *, const char *org);
/* Tells the log, now and then, that its renders wait for others' or more. */
void user_held_back(struct render_pool *, const struct share *);

/* pool_price.c: guesses, in microseconds of a worker */
int64_t price_render(const struct render_ask *, const struct recipe *);
int64_t price_probe(int64_t bytes);
/* The most that the reserve takes. */
#define PRICE_SMALL	250000

#endif
