/* SPDX-License-Identifier: BSD-2-Clause */
/* What is asked of a pool of the test's own, and what came of it. */
#ifndef RENDER_ASKED_H
#define RENDER_ASKED_H

#include <sys/types.h>

#include "render_util.h"

/* A second or more for a worker, and next to nothing */
#define SLOW	"resize-width-3000--blur-sigma-11--blur-sigma-11--" \
	"blur-sigma-11--blur-sigma-11"
#define QUICK	"resize-width-20"

struct asked {
	unsigned	answers;
	struct render_result r;
	char		error[256];
	unsigned	*left;
};

extern struct event_base *asked_base;
extern int asked_fd;		/* a picture, the source of all */

/* A render_done_f for a struct asked: the loop ends when *left* is 0. */
void asked_done(void *arg, const struct render_result *);

/*
 * Submits *segments* as JPEG to *a*, and counts it in *left. Any name *source*
 * is enough to tell sources apart.
 */
struct render_job *ask(struct render_pool *, const char *source,
    const char *segments, struct asked *a, unsigned *left);

/* The same for an organization; the other is "demo". */
struct render_job *ask_for(struct render_pool *, const char *org,
    const char *source, const char *segments, struct asked *a,
    unsigned *left);

/* The process ids of our children, *most* at most; returns how many. */
unsigned children(pid_t *pids, unsigned most);

/* For cmocka, as a group's set-up and tear-down */
int asked_start(void **state);
int asked_end(void **state);

#endif
