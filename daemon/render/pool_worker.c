/* SPDX-License-Identifier: BSD-2-Clause */
/* One worker process, seen from the daemon. */
#include "config.h"

#include <sys/socket.h>
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
#include "log.h"
#include "obj.h"
#include "render/pool_priv.h"

#define START_MS	10000	/* to become ready */

static void worker_start(struct worker *);

static void
timer_set(struct worker *wk, unsigned ms)
{
	struct timeval tv = { ms / 1000, (suseconds_t)(ms % 1000) * 1000 };

	(void)evtimer_add(wk->on_timer, &tv);
}

/*--------------------------------------------------------------------
 * The process
 */

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static void
event_gone(struct event **ev)
{
	if (*ev != NULL)
		event_free(*ev);
	*ev = NULL;
}

static void
describe_exit(int st, bool late, char *buf, size_t len)
{
	if (late)
		(void)snprintf(buf, len, "took too long");
	else if (WIFSIGNALED(st))
		(void)snprintf(buf, len, "ended by signal %d", WTERMSIG(st));
	else if (WEXITSTATUS(st) > WIRE_SIGNAL)
		(void)snprintf(buf, len, "ended by signal %d",
		    WEXITSTATUS(st) - WIRE_SIGNAL);
	else
		(void)snprintf(buf, len, "left with status %d",
		    WEXITSTATUS(st));
}

/* Its job, if it had one, fails; a new process takes its place. */
static void
worker_gone(struct worker *wk, int st)
{
	struct job *j = wk->job;
	char how[40], text[128];

	close_fd(&wk->sock);
	close_fd(&wk->pidfd);
	event_gone(&wk->on_reply);
	event_gone(&wk->on_exit);
	(void)evtimer_del(wk->on_timer);
	wk->pid = 0;
	wk->job = NULL;
	if (j != NULL)
		share_end(j);
	if (wk->leaving) {
		worker_start(wk);
		return;
	}
	describe_exit(st, wk->late, how, sizeof how);
	wk->pool->stats.crashed += wk->ready;
	log_error("render_worker_died", wk->ready ?
	    "the image or what was asked of it is to blame; a new worker "
	    "starts" : "it could not start: see its message above",
	    KV("how", how), KV("source", j == NULL ? "-" : j->source));
	if (!wk->ready)
		wk->failures++;
	if (j != NULL && j->source[0] != '\0')
		/* A slow recipe must not close the image to the others. */
		blame_add(&wk->pool->blame, j->source,
		    wk->late ? j->digest : "");
	if (wk->failures > 0)
		timer_set(wk, 1000);	/* not in a tight loop */
	else
		worker_start(wk);
	if (j != NULL) {
		(void)snprintf(text, sizeof text,
		    "the worker that had the image %s", how);
		job_fail(j, RENDER_CRASHED, text);
	}
}

static void
on_gone(evutil_socket_t fd, short what, void *arg)
{
	struct worker *wk = CAST_OBJ(arg, WORKER_MAGIC);
	int st = 0;

	(void)fd;
	(void)what;
	if (waitpid(wk->pid, &st, WNOHANG) == wk->pid)
		worker_gone(wk, st);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct worker *wk = CAST_OBJ(arg, WORKER_MAGIC);

	(void)fd;
	(void)what;
	if (wk->pid == 0) {
		worker_start(wk);
		return;
	}
	wk->late = true;
	(void)kill(wk->pid, SIGKILL);	/* on_gone() does the rest */
}

/*--------------------------------------------------------------------
 * Messages
 */

static void
on_ready(struct worker *wk, const struct wire_reply *rp)
{
	if (rp->status != RENDER_OK) {
		log_error("render_worker_refused", "no picture is made until "
		    "it is mended; if a list of system calls forbids it, as "
		    "a systemd unit's, allow them there",
		    KV("error", rp->error));
		return;		/* it leaves */
	}
	wk->ready = wk->proven = true;
	wk->libs = rp->libs.tag;
	cage_told(wk->pool, &rp->cage);
	libs_told(wk->pool, &rp->libs);
	(void)evtimer_del(wk->on_timer);
}

/* Its answer is malformed, so it has been taken over, or is broken. */
static void
distrust(struct worker *wk, const struct job *j)
{
	log_error("render_worker_lies", "keep the image, and report it; a new "
	    "worker starts", KV("source", j->source[0] == '\0' ? "-" :
	    j->source));
	wk->leaving = true;
	(void)event_del(wk->on_reply);
	(void)kill(wk->pid, SIGKILL);
}

static void
on_reply(evutil_socket_t fd, short what, void *arg)
{
	struct worker *wk = CAST_OBJ(arg, WORKER_MAGIC);
	struct render_pool *p = wk->pool;
	struct wire_reply rp = { .status = RENDER_FAILED };
	struct job *j = wk->job;

	(void)what;
	if (wire_recv(fd, &rp, sizeof rp, NULL, 0) != sizeof rp) {
		/* It has died or talks nonsense. */
		(void)event_del(wk->on_reply);
		(void)kill(wk->pid, SIGKILL);
		return;
	}
	if (!wk->ready) {
		on_ready(wk, &rp);
		pool_run(p);
		return;
	}
	if (j == NULL) {	/* nobody asked: it is not our program now */
		(void)event_del(wk->on_reply);
		(void)kill(wk->pid, SIGKILL);
		return;
	}
	wk->job = NULL;
	share_end(j);
	wk->failures = 0;
	wk->leaving = rp.last != 0;
	if (!answer_check(j, &rp))
		distrust(wk, j);
	if (rp.gave_up != 0 && j->source[0] != '\0')
		blame_add(&p->blame, j->source, j->digest);
	(void)evtimer_del(wk->on_timer);
	if (wk->leaving)	/* but only for so long */
		timer_set(wk, START_MS);
	rp.libs.tag = wk->libs;	/* as it was before it saw an image */
	/* The next job first: the worker works while we answer. */
	pool_run(p);
	job_done(j, &rp);
}

void
worker_give(struct worker *wk, struct job *j)
{
	struct wire_request rq = { .kind = j->kind };
	unsigned n = WIRE_SECONDARY;
	int fds[WIRE__FDS];

	memcpy(fds, j->fds, sizeof fds);
	if (j->kind == WIRE_PROBE)
		n = WIRE_RESULT;
	else
		rq.recipe = j->recipe;
	if (fds[WIRE_SECONDARY] >= 0) {
		rq.has_secondary = 1;
		n = WIRE__FDS;
	}
	share_begin(j);
	(void)snprintf(wk->org, sizeof wk->org, "%s", j->share->org);
	wk->job = j;
	j->state = JOB_RUNS;
	j->given_us = clock_us();
	timer_set(wk, wk->pool->limits.wall_ms);
	if (wire_send(wk->sock, &rq, sizeof rq, fds, n) != 0)
		(void)kill(wk->pid, SIGKILL);
}

/*--------------------------------------------------------------------
 * Start and end
 */

static int
worker_connect(struct worker *wk)
{
	struct wire_request rq = { .kind = WIRE_LIMITS };
	struct spawn sp = { .program = wk->pool->program,
	    .name = "monikerd: worker", .flag = "--render-worker" };
	int sv[2];

	if (spawn_pair(sv) != 0)
		return (-1);
	wk->sock = sv[0];
	sp.sock = sv[1];
	wk->pid = spawn_caged(&sp);
	rq.limits = wk->pool->limits;
	rq.limits.user_namespace = sp.user_namespace;
	rq.limits.refused = (uint32_t)sp.refused;
	(void)close(sv[1]);
	if (wk->pid < 0) {
		wk->pid = 0;
		return (-1);
	}
	/* A worker that answers and never reads must not hold up the loop. */
	if (fcntl(wk->sock, F_SETFL, O_NONBLOCK) != 0)
		return (-1);
	wk->pidfd = (int)syscall(SYS_pidfd_open, wk->pid, 0);
	rq.limits.nice = wk->reserve ? 0 : wk->pool->nice;
	return (wk->pidfd < 0 ? -1 :
	    wire_send(wk->sock, &rq, sizeof rq, NULL, 0));
}

static void
worker_start(struct worker *wk)
{
	wk->ready = wk->late = wk->leaving = false;
	wk->org[0] = '\0';
	if (worker_connect(wk) != 0) {
		log_error("render_worker_start", "tried again in a second",
		    KV("program", wk->pool->program),
		    KV("error", strerror(errno)));
		wk->failures++;
		if (wk->pid != 0) {
			(void)kill(wk->pid, SIGKILL);
			(void)waitpid(wk->pid, NULL, 0);
			wk->pid = 0;
		}
		close_fd(&wk->sock);
		close_fd(&wk->pidfd);
		timer_set(wk, 1000);
		return;
	}
	wk->on_reply = event_new(wk->pool->base, wk->sock,
	    EV_READ | EV_PERSIST, on_reply, wk);
	wk->on_exit = event_new(wk->pool->base, wk->pidfd,
	    EV_READ | EV_PERSIST, on_gone, wk);
	(void)event_add(wk->on_reply, NULL);
	(void)event_add(wk->on_exit, NULL);
	timer_set(wk, START_MS);
}

void
worker_recycle(struct worker *wk)
{
	wk->leaving = true;
	wk->pool->stats.recycled++;
	(void)event_del(wk->on_reply);
	(void)kill(wk->pid, SIGKILL);	/* on_gone() starts the next */
}

int
worker_open(struct worker *wk, struct render_pool *p, char *err,
    size_t err_len)
{
	wk->magic = WORKER_MAGIC;
	wk->pool = p;
	wk->sock = wk->pidfd = -1;
	wk->on_timer = evtimer_new(p->base, on_timer, wk);
	worker_start(wk);
	if (wk->pid != 0)
		return (0);
	(void)snprintf(err, err_len, "cannot start %s: %s", p->program,
	    strerror(errno));
	return (-1);
}

void
worker_close(struct worker *wk)
{
	event_gone(&wk->on_reply);
	event_gone(&wk->on_exit);
	event_gone(&wk->on_timer);
	if (wk->pid != 0) {
		(void)kill(wk->pid, SIGKILL);
		(void)waitpid(wk->pid, NULL, 0);
	}
	close_fd(&wk->sock);
	close_fd(&wk->pidfd);
}
