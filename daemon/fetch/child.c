/* SPDX-License-Identifier: BSD-2-Clause */
/* Fetching processes: started for a URL each, ended, and cleared away. */
#include "config.h"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cage/spawn.h"
#include "fetch/fetch_priv.h"
#include "obj.h"

static void
fill_request(const struct fetch_job *j, const struct spawn *sp,
    struct fetch_request *rq)
{
	const struct fetch_conf *c = j->fetch->conf;
	int64_t left = (j->end_us - clock_us()) / 1000;

	memset(rq, 0, sizeof *rq);
	rq->url = j->url;
	(void)snprintf(rq->allow_nets, sizeof rq->allow_nets, "%s",
	    c->allow_nets);
	(void)snprintf(rq->ca_file, sizeof rq->ca_file, "%s", c->ca_file);
	rq->max_bytes = c->max_bytes;
	rq->timeout_ms = left > 1 ? (uint32_t)left : 1;
	rq->rate = c->rate;
	rq->user_namespace = sp->user_namespace;
	rq->refused = (uint32_t)sp->refused;
	if (j->post == NULL)
		return;
	(void)snprintf(rq->headers, sizeof rq->headers, "%s", j->headers);
	rq->post_len = (uint32_t)strnlen(j->post, sizeof rq->post);
	memcpy(rq->post, j->post, rq->post_len);
}

/* The process and its socket; what is there of them on failure, too. */
static int
start(struct fetch_job *j)
{
	const char *program = j->fetch->conf->program;
	struct spawn sp = { .name = "monikerd: fetch", .flag = "--fetch",
	    .program = program == NULL ? "/proc/self/exe" : program,
	    .network = true };
	static struct fetch_request rq;
	struct child *c = &j->child;
	int sv[2];

	if (spawn_pair(sv) != 0)
		return (-1);
	c->sock = sv[0];
	sp.sock = sv[1];
	c->pid = spawn_caged(&sp);
	(void)close(sv[1]);
	if (c->pid < 0) {
		c->pid = 0;
		return (-1);
	}
	c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
	if (c->pidfd < 0 || fcntl(c->sock, F_SETFL, O_NONBLOCK) != 0)
		return (-1);
	fill_request(j, &sp, &rq);
	return (wire_send(c->sock, &rq, FETCH_REQUEST_LEN(&rq), NULL, 0));
}

static void
reset(struct fetch_job *j, bool shut)
{
	j->state = (struct frame_state){
	    .max_bytes = j->fetch->conf->max_bytes,
	    .post = j->post != NULL, .shut = shut };
}

int
child_again(struct fetch_job *j)
{
	static const struct spawn sp;
	static struct fetch_request rq;

	fill_request(j, &sp, &rq);
	reset(j, true);
	return (wire_send(j->child.sock, &rq, FETCH_REQUEST_LEN(&rq), NULL, 0));
}

int
child_start(struct fetch_job *j, void (*on_frame)(int, short, void *))
{
	struct child *c = &j->child;
	int e;

	*c = (struct child){ .sock = -1, .pidfd = -1 };
	reset(j, false);
	if (start(j) == 0 && (c->event = event_new(j->fetch->base, c->sock,
	    EV_READ | EV_PERSIST, on_frame, j)) != NULL &&
	    event_add(c->event, NULL) == 0)
		return (0);
	e = errno;
	child_end(j);
	errno = e;
	return (-1);
}

/*--------------------------------------------------------------------
 * The end
 */

static void
bury(struct corpse *c, int flags)
{
	if (waitpid(c->pid, NULL, flags) == 0)
		return;		/* it lives still */
	LIST_REMOVE(c, next);
	if (c->event != NULL)
		event_free(c->event);
	if (c->pidfd >= 0)
		(void)close(c->pidfd);
	c->magic = 0;
	free(c);
}

static void
on_dead(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	bury(CAST_OBJ(arg, CORPSE_MAGIC), WNOHANG);
}

void
child_bury_all(struct fetch *f)
{
	struct corpse *c, *next;

	for (c = LIST_FIRST(&f->corpses); c != NULL; c = next) {
		next = LIST_NEXT(c, next);
		bury(c, 0);
	}
}

/* The kernel takes some milliseconds for a namespace: the loop does not wait. */
static void
lay_out(struct fetch *f, struct child *c)
{
	struct corpse *o = calloc(1, sizeof *o);

	if (o == NULL || c->pidfd < 0) {
		(void)waitpid(c->pid, NULL, 0);
		if (c->pidfd >= 0)
			(void)close(c->pidfd);
		free(o);
		return;
	}
	o->magic = CORPSE_MAGIC;
	o->fetch = f;
	o->pid = c->pid;
	o->pidfd = c->pidfd;
	LIST_INSERT_HEAD(&f->corpses, o, next);
	o->event = event_new(f->base, o->pidfd, EV_READ | EV_PERSIST, on_dead,
	    o);
	if (o->event == NULL || event_add(o->event, NULL) != 0)
		bury(o, 0);
}

void
child_end(struct fetch_job *j)
{
	struct child *c = &j->child;

	if (c->event != NULL)
		event_free(c->event);
	if (c->sock >= 0)
		(void)close(c->sock);
	if (c->pid != 0) {
		(void)kill(c->pid, SIGKILL);
		lay_out(j->fetch, c);
	}
	*c = (struct child){ .sock = -1, .pidfd = -1 };
}
