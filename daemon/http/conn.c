/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One connection: its life, its deadlines, and what the event loop calls. What
 * it does in each phase is in step.c.
 */
#include "config.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "base/clock.h"
#include "conn.h"

#define LINGER_MS	5000
#define LINGER_MAX_MS	30000
#define READ_AHEAD	(64 << 10)

size_t
conn_unsent(const struct http_conn *c)
{
	return (evbuffer_get_length(bufferevent_get_output(c->bev)));
}

static void
conn_timer(struct http_conn *c, unsigned ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000L };

	if (ms == 0)
		evtimer_del(c->timer);
	else
		evtimer_add(c->timer, &tv);
}

static unsigned
linger_ms(const struct http_conn *c)
{
	unsigned ms = c->server->limits.linger_ms;

	return (ms > 0 ? ms : LINGER_MS);
}

/* What is left of the time that it may linger at most. */
static unsigned
linger_left_ms(const struct http_conn *c)
{
	unsigned max = c->server->limits.linger_max_ms;
	int64_t ms = (clock_us() - c->lingers_since_us) / 1000;

	if (max == 0)
		max = LINGER_MAX_MS;
	return (ms < max ? max - (unsigned)ms : 0);
}

static void
linger_leave(struct http_conn *c)
{
	if (!c->lingers)
		return;
	c->lingers = false;
	TAILQ_REMOVE(&c->server->lingering, c, later);
	c->server->n_lingering--;
}

void
conn_linger(struct http_conn *c)
{
	struct http_server *s = c->server;
	struct http_conn *first;

	c->lingers_since_us = clock_us();
	c->lingers = true;
	TAILQ_INSERT_TAIL(&s->lingering, c, later);
	s->n_lingering++;
	if (s->limits.lingering > 0 && s->n_lingering > s->limits.lingering) {
		first = TAILQ_FIRST(&s->lingering);
		linger_leave(first);
		conn_abort(first);
	}
	conn_phase(c, PHASE_LINGER);
}

static unsigned
linger_span_ms(const struct http_conn *c)
{
	unsigned span = linger_ms(c), left = linger_left_ms(c);

	/* 0 would be no deadline. */
	return (left == 0 ? 1 : left < span ? left : span);
}

void
conn_phase(struct http_conn *c, enum phase phase)
{
	const struct http_limits *l = &c->server->limits;

	c->phase = phase;
	c->moved = 0;
	c->unsent = UINT64_MAX;		/* no rate is asked in the first span */
	switch (phase) {
	case PHASE_IDLE:
		conn_timer(c, l->idle_ms);
		break;
	case PHASE_HEAD:
		conn_timer(c, l->head_ms);
		break;
	case PHASE_BODY:
	case PHASE_SEND:
		conn_timer(c, l->body_grace_ms);
		break;
	case PHASE_WAIT:
		conn_timer(c, 0);
		break;
	case PHASE_LINGER:
		conn_timer(c, linger_span_ms(c));
		break;
	}
}

/* Exactly once for each head(): req is NULL afterwards. */
void
conn_over(struct http_conn *c)
{
	const struct http_handler *h = &c->server->handler;
	struct http_request *r = c->req;

	request_log(r, conn_unsent(c) == 0);
	c->req = NULL;
	r->conn = NULL;
	h->over(r, c->server->arg);
	request_unref(r);
}

static bool
has_next(const struct http_conn *c)
{
	return (c->phase == PHASE_IDLE && evbuffer_get_length(conn_input(c)) > 0);
}

/*
 * A peer may send ahead of our answers, but not into our memory: with so much
 * here, no more is read until some of it has been taken. A high watermark will
 * not do: as long as the input is there, libevent calls us without a pause,
 * before events of a lower priority, and so keeps our turn from coming.
 */
static void
conn_read_ahead(struct http_conn *c)
{
	bool reads = (bufferevent_get_enabled(c->bev) & EV_READ) != 0;
	bool room = evbuffer_get_length(conn_input(c)) <
	    c->server->limits.head_bytes + READ_AHEAD;

	if (reads && !room)
		(void)bufferevent_disable(c->bev, EV_READ);
	else if (!reads && room && !c->eof)
		(void)bufferevent_enable(c->bev, EV_READ);
}

/* After a request the next one, sent ahead, waits for another turn. */
void
conn_run(struct http_conn *c)
{
	enum step s;

	CHECK_OBJ(c, CONN_MAGIC);
	do
		s = c->dead ? STEP_CLOSE : conn_step(c);
	while (s == STEP_AGAIN && !c->dead && !has_next(c));
	if (s == STEP_CLOSE || c->dead) {
		conn_free(c);
		return;
	}
	conn_read_ahead(c);
	if (has_next(c))
		turn_wait(c);
}

/*--------------------------------------------------------------------
 * What the event loop calls
 */

static void
on_data(struct bufferevent *bev, void *arg)
{
	struct http_conn *c = CAST_OBJ(arg, CONN_MAGIC);

	(void)bev;
	conn_read_ahead(c);
	turn_data(c);
}

/* Little is left to do for a request: what waits in line is the next one. */
static void
on_written(struct bufferevent *bev, void *arg)
{
	(void)bev;
	conn_run(CAST_OBJ(arg, CONN_MAGIC));
}

/*
 * A peer that only ended its sending side still wants its answer. A Unix peer
 * that has closed shows as a hangup; a TCP peer cannot be told from a half
 * closed one before it resets what we write.
 */
static bool
peer_has_closed(const struct http_conn *c)
{
	struct pollfd p = { .fd = bufferevent_getfd(c->bev) };

	return (poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR)) != 0);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct http_conn *c = CAST_OBJ(arg, CONN_MAGIC);

	(void)bev;
	if ((what & BEV_EVENT_EOF) && (what & BEV_EVENT_READING) &&
	    !peer_has_closed(c)) {
		c->eof = true;
		turn_wait(c);
	} else
		conn_free(c);
}

/* Whether *n* bytes in *ms* keep up with the configured rate. */
static bool
keeps_up(const struct http_conn *c, uint64_t n, unsigned ms)
{
	return (n >= (uint64_t)c->server->limits.body_rate * ms / 1000);
}

static void
on_body_span(struct http_conn *c)
{
	unsigned ms = c->server->limits.body_grace_ms;

	if (keeps_up(c, c->moved, ms)) {
		conn_phase(c, PHASE_BODY);
		return;
	}
	c->server->stats.refused++;
	response_fail(c->req, 408, "The body came too slowly.");
}

static void
on_send_span(struct http_conn *c)
{
	unsigned ms = c->server->limits.body_grace_ms;
	uint64_t now = conn_unsent(c);

	if (!keeps_up(c, c->unsent - now, ms)) {
		conn_free(c);
		return;
	}
	conn_phase(c, PHASE_SEND);
	c->unsent = now;
}

/*
 * Varnish sends a body to its end before it reads, so wait while it does. Not
 * for ever: a refused client must not stay longer than an accepted one.
 */
static void
on_linger_span(struct http_conn *c)
{
	if (c->moved > 0 && keeps_up(c, c->moved, linger_ms(c)) &&
	    linger_left_ms(c) > 0)
		conn_phase(c, PHASE_LINGER);
	else
		conn_free(c);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct http_conn *c = CAST_OBJ(arg, CONN_MAGIC);

	(void)fd;
	(void)what;
	CHECK_OBJ(c, CONN_MAGIC);
	if (c->phase == PHASE_BODY)
		on_body_span(c);
	else if (c->phase == PHASE_SEND)
		on_send_span(c);
	else if (c->phase == PHASE_LINGER)
		on_linger_span(c);
	else if (c->phase == PHASE_HEAD && evbuffer_get_length(conn_input(c)) > 0)
		response_refuse(c, 408, "The head came too slowly.");
	else if (!has_next(c))
		conn_free(c);
}

void
conn_abort(struct http_conn *c)
{
	c->dead = true;
	bufferevent_trigger(c->bev, EV_READ,
	    BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
}

/*--------------------------------------------------------------------*/

/* uid of the process at the other end of a Unix socket, else -1. */
static long
socket_uid(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof cred;
	int domain = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) != 0 ||
	    domain != AF_UNIX)
		return (-1);
	len = sizeof cred;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
		return (-1);
	return ((long)cred.uid);
}

static int
conn_init(struct http_conn *c, int fd)
{
	c->timer = evtimer_new(c->server->base, on_timer, c);
	c->bev = bufferevent_socket_new(c->server->base, fd,
	    BEV_OPT_CLOSE_ON_FREE);
	if (c->timer == NULL || c->bev == NULL)
		return (-1);
	bufferevent_set_max_single_write(c->bev, 1 << 20);
	bufferevent_setcb(c->bev, on_data, on_written, on_event, c);
	return (bufferevent_enable(c->bev, EV_READ | EV_WRITE));
}

void
conn_new(struct http_server *s, int fd, int tag)
{
	struct http_conn *c = calloc(1, sizeof *c);
	int one = 1;

	if (c == NULL) {
		close(fd);
		return;
	}
	c->magic = CONN_MAGIC;
	c->server = s;
	c->tag = tag;
	c->uid = socket_uid(fd);
	if (c->uid == -1)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
		    sizeof one);
	TAILQ_INSERT_TAIL(&s->conns, c, list);
	s->n_conns++;
	s->n_of_tag[tag]++;
	s->stats.accepted++;
	if (conn_init(c, fd) != 0) {
		if (c->bev == NULL)
			close(fd);
		conn_free(c);
		return;
	}
	/* Not IDLE: who connects has something to say, and soon. */
	conn_phase(c, PHASE_HEAD);
}

void
conn_free(struct http_conn *c)
{
	CHECK_OBJ(c, CONN_MAGIC);
	if (c->req != NULL) {
		c->server->stats.aborted++;
		conn_over(c);
	}
	turn_leave(c);
	linger_leave(c);
	TAILQ_REMOVE(&c->server->conns, c, list);
	c->server->n_conns--;
	c->server->n_of_tag[c->tag]--;
	if (c->timer != NULL)
		event_free(c->timer);
	if (c->bev != NULL)
		bufferevent_free(c->bev);
	c->magic = 0;
	free(c);
}
