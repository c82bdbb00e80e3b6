/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decides which URL is fetched next, reads what the fetcher says, and follows
 * redirects: each is checked like the first URL, and has a process of its own.
 */
#include "config.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fetch/fetch_priv.h"
#include "log.h"
#include "obj.h"

#define WAITING_MAX	1000	/* over all organizations */
#define WAITING_ORG	128	/* of one; an upload may name 64 URLs */
#define FRAMES_AT_ONCE	16
/* The fetcher ends by itself; one that does not is ended so much later. */
#define GRACE_MS	1000

bool
fetch_allowed(const struct fetch_conf *c, const char *url,
    struct fetch_url *u, char *err, size_t err_len)
{
	const char *keys = c->webhooks != NULL ? c->webhooks : "fetch";
	char why[128];

	if (!fetch_url_parse(url, u, why, sizeof why))
		(void)snprintf(err, err_len, "the URL %s", why);
	else if (*c->allow == '\0' && c->webhooks != NULL)
		(void)snprintf(err, err_len, "this server sends no webhooks; "
		    "webhook_allow of monikerd.conf names the hosts that it "
		    "may send to");
	else if (*c->allow == '\0')
		(void)snprintf(err, err_len, "this server fetches nothing; "
		    "fetch_allow of monikerd.conf names the hosts that it "
		    "may fetch from");
	else if (!fetch_host_listed(c->allow, u->host))
		(void)snprintf(err, err_len, "the host %.100s is not among "
		    "those of %s_allow in monikerd.conf", u->host, keys);
	else if (!fetch_port_listed(c->ports, u->port))
		(void)snprintf(err, err_len, "port %u is not among those of "
		    "%s_ports in monikerd.conf", u->port, keys);
	else
		return (true);
	return (false);
}

/*--------------------------------------------------------------------
 * The end of a job
 */

static void
job_gone(struct fetch_job *j)
{
	struct fetch *f = j->fetch;

	child_end(j);
	if (j->parked)
		park_leave(j);
	TAILQ_REMOVE(&f->jobs, j, next);
	if (j->running)
		f->running--;
	event_active(f->turn, EV_TIMEOUT, 0);
	if (j->timer != NULL)
		event_free(j->timer);
	free(j->post);
	free(j->headers);
	j->magic = 0;
	free(j);
}

static void
log_over(const struct fetch_job *j, const struct fetch_result *r)
{
	/* The caller logs what became of a POST. */
	if (j->post != NULL && r->status != FETCH_BROKEN)
		return;
	switch (r->status) {
	case FETCH_REFUSED:
		log_warn("fetch_refused", "nothing was fetched; allow it in "
		    "monikerd.conf if it should be",
		    KV("organization", j->org), KV("host", j->url.host),
		    KV("error", r->error));
		return;
	case FETCH_BROKEN:
		log_error("fetch_broken", "nothing can be fetched until it is "
		    "mended; the error says by what",
		    KV("organization", j->org), KV("host", j->url.host),
		    KV("error", r->error));
		return;
	default:
		log_info("fetch", KV("organization", j->org),
		    KV("host", j->url.host), KV("code", r->code),
		    KV("bytes", j->state.got), KV("redirects", j->moves),
		    KV("error", r->error));
	}
}

/* Its turn is over before it is told of. */
static void
job_over(struct fetch_job *j, enum fetch_status status, unsigned code,
    const char *error, const char *disposition)
{
	struct fetch *f = j->fetch;
	struct fetch_ask ask = j->ask;
	struct fetch_url url = j->url;
	struct fetch_result r = { status, code, error, url.text,
	    disposition };

	log_over(j, &r);
	f->stats.over[status]++;
	f->stats.bytes += j->state.got;
	if (status != FETCH_OK || !park_put(j))
		job_gone(j);
	ask.done(ask.arg, &r);
}

/*--------------------------------------------------------------------
 * Frames
 */

/* It is malformed, so the fetcher has been taken over, or is broken. */
static void
job_distrust(struct fetch_job *j)
{
	log_error("fetcher_lies", "keep what the host sends, and report it",
	    KV("organization", j->org), KV("host", j->url.host));
	job_over(j, FETCH_FAILED, 0, "the fetcher's answer is malformed", "");
}

/* What the cage lacks is told once, and when it changes. */
static void
cage_told(struct fetch *f, const struct frame_view *v)
{
	struct wire_cage c;

	memcpy(&c, v->bytes, sizeof c);
	c.lacks[sizeof c.lacks - 1] = '\0';
	if (strcmp(c.lacks, f->lacks) == 0)
		return;
	(void)snprintf(f->lacks, sizeof f->lacks, "%s", c.lacks);
	log_warn("fetch_cage", "monikerd(8) says what each part is for",
	    KV("lacks", f->lacks));
}

static void on_frame(evutil_socket_t, short, void *);

static void
job_start(struct fetch_job *j)
{
	char err[128];

	if (child_start(j, on_frame) == 0)
		return;
	(void)snprintf(err, sizeof err, "no process can be started: %s",
	    strerror(errno));
	job_over(j, FETCH_BROKEN, 0, err, "");
}

static void
job_moved(struct fetch_job *j, const char *to)
{
	const struct fetch_conf *c = j->fetch->conf;
	struct fetch_url u;
	char err[256];

	child_end(j);
	if (j->moves >= c->redirects) {
		(void)snprintf(err, sizeof err, "it is redirected more than "
		    "%u times", c->redirects);
		job_over(j, FETCH_FAILED, 0, err, "");
		return;
	}
	if (!fetch_allowed(c, to, &u, err, sizeof err)) {
		job_over(j, FETCH_REFUSED, 0, err, "");
		return;
	}
	j->url = u;
	j->moves++;
	j->fetch->stats.redirects++;
	job_start(j);
}

/* False when the job or its process has ended. */
static bool
job_frame(struct fetch_job *j, const struct frame_view *v)
{
	switch (v->kind) {
	case FRAME_SHUT:
		cage_told(j->fetch, v);
		return (true);
	case FRAME_DATA:
		if (j->ask.data(j->ask.arg, v->bytes, v->len) == 0)
			return (true);
		job_over(j, FETCH_BROKEN, v->code, "the file cannot be "
		    "stored",
		    "");
		return (false);
	case FRAME_MOVED:
		job_moved(j, v->text);
		return (false);
	case FRAME_FAILED:
		/* The connection ended before it was used again: another one. */
		if (v->status == FETCH_BUSY && j->again) {
			child_end(j);
			j->again = false;
			job_start(j);
			return (false);
		}
		/* FALLTHROUGH */
	default:
		job_over(j, v->status, v->code, v->status == FETCH_OK ? "" :
		    v->text, v->status == FETCH_OK ? v->text : "");
		return (false);
	}
}

static void
on_frame(evutil_socket_t fd, short what, void *arg)
{
	static struct frame fr;
	struct fetch_job *j = CAST_OBJ(arg, FETCH_JOB_MAGIC);
	struct frame_view v;
	ssize_t n;

	(void)what;
	for (int i = 0; i < FRAMES_AT_ONCE; i++) {
		n = wire_recv(fd, &fr, sizeof fr, NULL, 0);
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (j->parked) {
			job_gone(j);
			return;
		}
		if (n <= 0) {
			job_over(j, n == 0 ? FETCH_FAILED : FETCH_BROKEN, 0,
			    "the fetcher died", "");
			return;
		}
		if (!frame_take(&j->state, &fr, (size_t)n, &v)) {
			job_distrust(j);
			return;
		}
		if (!job_frame(j, &v))
			return;
	}
}

static void
on_late(evutil_socket_t fd, short what, void *arg)
{
	struct fetch_job *j = CAST_OBJ(arg, FETCH_JOB_MAGIC);

	(void)fd;
	(void)what;
	if (j->parked)
		job_gone(j);
	else
		job_over(j, FETCH_FAILED, 0, "it takes too long", "");
}

/*--------------------------------------------------------------------
 * Whose turn it is
 */

static void
count(const struct fetch *f, const char *org, unsigned *running,
    unsigned *waiting, unsigned *all_waiting)
{
	const struct fetch_job *j;

	*running = *waiting = *all_waiting = 0;
	for (j = TAILQ_FIRST(&f->jobs); j != NULL; j = TAILQ_NEXT(j, next)) {
		*all_waiting += !j->running;
		if (strcmp(j->org, org) != 0)
			continue;
		*running += j->running;
		*waiting += !j->running;
	}
}

/* The first of an organization that may have one more. */
static struct fetch_job *
next_job(struct fetch *f)
{
	unsigned running, waiting, all;
	struct fetch_job *j;

	for (j = TAILQ_FIRST(&f->jobs); j != NULL; j = TAILQ_NEXT(j, next)) {
		if (j->running)
			continue;
		count(f, j->org, &running, &waiting, &all);
		if (running < f->conf->at_once_org)
			return (j);
	}
	return (NULL);
}

void
fetch_time(const struct fetch *f, struct timeval *tv)
{
	const unsigned ms = f->conf->timeout_ms + GRACE_MS;

	tv->tv_sec = ms / 1000;
	tv->tv_usec = (suseconds_t)(ms % 1000) * 1000;
}

static void
run(struct fetch *f)
{
	const struct fetch_conf *c = f->conf;
	struct fetch_job *j;
	struct timeval tv;

	fetch_time(f, &tv);
	while (f->running < c->at_once && (j = next_job(f)) != NULL) {
		j->running = true;
		f->running++;
		j->end_us = clock_us() + (int64_t)c->timeout_ms * 1000;
		(void)evtimer_add(j->timer, &tv);
		job_start(j);
	}
}

/* A job came or went. */
static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	run(CAST_OBJ(arg, FETCH_MAGIC));
}

static struct fetch_job *
job_new(struct fetch *f, const struct fetch_ask *ask,
    const struct fetch_url *u)
{
	struct fetch_job *j = calloc(1, sizeof *j);

	if (j == NULL)
		return (NULL);
	j->magic = FETCH_JOB_MAGIC;
	j->fetch = f;
	j->ask = *ask;
	j->url = *u;
	j->child = (struct child){ .sock = -1, .pidfd = -1 };
	(void)snprintf(j->org, sizeof j->org, "%s", ask->org);
	if (ask->post != NULL) {
		j->post = strdup(ask->post);
		j->headers = strdup(ask->headers);
	}
	TAILQ_INSERT_TAIL(&f->jobs, j, next);
	j->timer = evtimer_new(f->base, on_late, j);
	if (j->timer == NULL || (ask->post != NULL && (j->post == NULL ||
	    j->headers == NULL))) {
		job_gone(j);
		return (NULL);
	}
	event_active(f->turn, EV_TIMEOUT, 0);
	return (j);
}

enum fetch_status
fetch_begin(struct fetch *f, const struct fetch_ask *ask,
    char *err, size_t err_len)
{
	unsigned running, waiting, all;
	struct fetch_url u;

	if (!fetch_allowed(f->conf, ask->url, &u, err, err_len)) {
		f->stats.over[FETCH_REFUSED]++;
		return (FETCH_REFUSED);
	}
	count(f, ask->org, &running, &waiting, &all);
	if (waiting >= WAITING_ORG || all >= WAITING_MAX) {
		f->stats.over[FETCH_BUSY]++;
		(void)snprintf(err, err_len, "too many URLs are fetched at "
		    "once; try again");
		return (FETCH_BUSY);
	}
	if ((running < f->conf->at_once_org && park_take(f, ask, &u)) ||
	    job_new(f, ask, &u) != NULL)
		return (FETCH_OK);
	(void)snprintf(err, err_len, "out of memory");
	return (FETCH_BROKEN);
}

void
fetch_stats(const struct fetch *f, struct fetch_stats *out)
{
	unsigned running, waiting;

	*out = f->stats;
	out->running = f->running;
	count(f, "", &running, &waiting, &out->waiting);
}

struct fetch *
fetch_new(struct event_base *base, const struct fetch_conf *conf)
{
	struct fetch *f = calloc(1, sizeof *f);

	if (f == NULL)
		return (NULL);
	f->magic = FETCH_MAGIC;
	f->base = base;
	f->conf = conf;
	TAILQ_INIT(&f->jobs);
	TAILQ_INIT(&f->waiting);
	LIST_INIT(&f->corpses);
	f->turn = evtimer_new(base, on_turn, f);
	if (f->turn != NULL)
		return (f);
	free(f);
	return (NULL);
}

void
fetch_free(struct fetch *f)
{
	struct fetch_job *j, *next;

	if (f == NULL)
		return;
	for (j = TAILQ_FIRST(&f->waiting); j != NULL; j = next) {
		next = TAILQ_NEXT(j, next);
		job_gone(j);
	}
	for (j = TAILQ_FIRST(&f->jobs); j != NULL; j = next) {
		next = TAILQ_NEXT(j, next);
		job_over(j, FETCH_BUSY, 0, "the server stops; try again", "");
	}
	child_bury_all(f);
	event_free(f->turn);
	f->magic = 0;
	free(f);
}
