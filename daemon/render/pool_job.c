/* SPDX-License-Identifier: BSD-2-Clause */
/* Jobs: what is asked, who waits, and the answer. */
#include "config.h"

#include <sys/mman.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "log.h"
#include "render/pool_priv.h"

static void
job_keep(struct job *j, enum wire_fd as, int fd)
{
	j->fds[as] = fd;
	j->lacks_fd |= fd < 0;
}

/*
 * *fd* opened anew, to be read only: of a duplicate a worker could move the
 * place, change the flags and, if the daemon may write, write.
 */
static int
open_again(int fd)
{
	char path[40];
	int again;

	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	again = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (again >= 0 || errno != ENOENT ||
	    (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY)
		return (again);
	return (fcntl(fd, F_DUPFD_CLOEXEC, 3));
}

void
job_dup(struct job *j, enum wire_fd as, int fd)
{
	job_keep(j, as, open_again(fd));
}

struct job *
job_new(struct render_pool *p, enum wire_kind kind, const char *source,
    int source_fd)
{
	struct job *j = calloc(1, sizeof *j);

	if (j == NULL)
		abort();
	j->pool = p;
	j->kind = kind;
	TAILQ_INIT(&j->askers);
	(void)snprintf(j->source, sizeof j->source, "%s", source);
	for (int i = 0; i < WIRE__FDS; i++)
		j->fds[i] = -1;
	job_dup(j, WIRE_SOURCE, source_fd);
	if (kind == WIRE_RENDER)
		job_keep(j, WIRE_RESULT, memfd_create("moniker-render",
		    MFD_CLOEXEC | MFD_ALLOW_SEALING));
	return (j);
}

void
job_free(struct job *j)
{
	for (int i = 0; i < WIRE__FDS; i++)
		if (j->fds[i] >= 0)
			(void)close(j->fds[i]);
	free(j);
}

struct render_job *
job_join(struct job *j, render_done_f *done, probe_done_f *probed, void *arg)
{
	struct render_job *a = calloc(1, sizeof *a);

	if (a == NULL)
		abort();
	a->magic = ASKER_MAGIC;
	a->job = j;
	a->done = done;
	a->probed = probed;
	a->arg = arg;
	TAILQ_INSERT_TAIL(&j->askers, a, list);
	return (a);
}

void
job_done(struct job *j, const struct wire_reply *rp)
{
	struct render_pool *p = j->pool;
	struct render_result rr;
	struct probe_result pr;
	struct render_job *a;

	/* From here nobody can join; an asker may submit the same again. */
	j->state = JOB_ENDS;
	if (j->joinable)
		TAILQ_REMOVE(&p->jobs, j, all);
	if (j->kind == WIRE_RENDER) {
		answer_render(j, rp, &rr);
		if (rr.status == RENDER_OK) {
			p->stats.rendered++;
			times_add(&p->times, &j->recipe,
			    (enum format)rp->format,
			    clock_us() - j->given_us);
		}
	} else
		answer_probe(rp, &pr);
	while ((a = TAILQ_FIRST(&j->askers)) != NULL) {
		TAILQ_REMOVE(&j->askers, a, list);
		if (j->kind == WIRE_RENDER)
			a->done(a->arg, &rr);
		else
			a->probed(a->arg, &pr);
		free(a);
	}
	job_free(j);
}

void
job_fail(struct job *j, enum render_status status, const char *error)
{
	struct wire_reply rp = { .status = status };

	(void)snprintf(rp.error, sizeof rp.error, "%s", error);
	job_done(j, &rp);
}
