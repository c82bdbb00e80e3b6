/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One connection: a phase at a time, each with a step that takes what has come
 * in and a deadline of its own. Handlers are called from steps only, and
 * nothing that a handler may call frees a connection.
 */
#include "config.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "conn.h"

#define LINGER_MS	5000
#define LINGER_BYTES	(64 << 20)
#define READ_AHEAD	(64 << 10)

enum step { STEP_AGAIN, STEP_WAIT, STEP_CLOSE };

static struct evbuffer *
input(const struct http_conn *c)
{
	return (bufferevent_get_input(c->bev));
}

static size_t
unsent(const struct http_conn *c)
{
	return (evbuffer_get_length(bufferevent_get_output(c->bev)));
}

static void
conn_timer(struct http_conn *c, unsigned ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

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
		conn_timer(c, linger_ms(c));
		break;
	}
}

/* Exactly once for each head(): req is NULL afterwards. */
static void
request_over(struct http_conn *c)
{
	const struct http_handler *h = &c->server->handler;
	struct http_request *r = c->req;

	c->req = NULL;
	r->conn = NULL;
	h->over(r, c->server->arg);
	request_unref(r);
}

/*--------------------------------------------------------------------
 * Steps
 */

static enum step
step_idle(struct http_conn *c)
{
	if (evbuffer_get_length(input(c)) == 0)
		return (c->eof || c->server->draining ?
		    STEP_CLOSE : STEP_WAIT);
	conn_phase(c, PHASE_HEAD);
	return (STEP_AGAIN);
}

/*
 * Asks the handler. Its phase is BODY already, so that an answer from inside
 * head() finds a connection that is not idle.
 */
static void
request_begin(struct http_conn *c)
{
	const struct http_handler *h = &c->server->handler;
	struct http_request *r = c->req;

	c->server->stats.requests++;
	c->left = r->head.length;
	memset(&c->chunked, 0, sizeof c->chunked);
	r->unread = r->head.chunked || c->left > 0;
	c->ended = !r->unread;
	conn_phase(c, PHASE_BODY);
	r->want = h->head(r, c->server->arg, &r->body_max);
	if (r->status != 0 || !r->unread)
		return;
	if (r->want == HTTP_BODY_NONE)
		r->body_max = 0;
	if (c->left > r->body_max)
		reply_fail(r, 413, "The body is too large.");
	else if (r->head.expect && evbuffer_get_length(input(c)) == 0)
		bufferevent_write(c->bev, "HTTP/1.1 100 Continue\r\n\r\n",
		    25);
}

/* The head is *n* bytes of the input. */
static void
head_complete(struct http_conn *c, size_t n)
{
	char *text = malloc(n + 1);
	struct http_request *r;
	const char *why;
	int status;

	r = text != NULL ? request_new(c, text) : NULL;
	if (r == NULL) {
		free(text);
		reply_refuse(c, 503, "There is no memory.");
		return;
	}
	evbuffer_remove(input(c), text, n);
	text[n] = '\0';
	status = head_parse(text, n, &r->head, &why);
	if (status != 0) {
		request_unref(r);
		reply_refuse(c, status, why);
		return;
	}
	c->req = r;
	request_begin(c);
}

static enum step
step_head(struct http_conn *c)
{
	size_t max = c->server->limits.head_bytes;
	size_t len = evbuffer_get_length(input(c));
	const char *why, *p;
	ssize_t n;

	if (len > max)
		len = max;
	p = (const char *)evbuffer_pullup(input(c), (ssize_t)len);
	n = len > 0 ? head_scan(p, len, &c->scanned, &why) : 0;
	if (n == 0 && len < max)
		return (c->eof ? STEP_CLOSE : STEP_WAIT);
	c->scanned = 0;
	if (n > 0)
		head_complete(c, (size_t)n);
	else if (n < 0)
		reply_refuse(c, 400, why);
	else if (memchr(p, '\r', len) == NULL)
		reply_refuse(c, 414, "The target is too long.");
	else
		reply_refuse(c, 431, "The headers are too large.");
	return (STEP_AGAIN);
}

static void
body_complete(struct http_conn *c)
{
	const struct http_handler *h = &c->server->handler;
	struct http_request *r = c->req;

	r->unread = false;
	evbuffer_add(r->body, "", 1);
	conn_phase(c, PHASE_WAIT);
	h->complete(r, c->server->arg);
}

static void
body_piece(struct http_conn *c, const char *data, size_t len)
{
	const struct http_handler *h = &c->server->handler;
	struct http_request *r = c->req;

	c->moved += len;
	r->body_len += len;
	if (r->body_len > r->body_max)
		reply_fail(r, 413, "The body is too large.");
	else if (r->want == HTTP_BODY_MEMORY)
		evbuffer_add(r->body, data, len);
	else if (h->body(r, c->server->arg, data, len) != 0 && r->status == 0)
		conn_phase(c, PHASE_WAIT);
}

/* Takes from *data*; returns how much. */
static size_t
body_take(struct http_conn *c, const char *data, size_t len)
{
	const char *piece, *why = "";
	size_t used, n;

	if (!c->req->head.chunked) {
		used = len < c->left ? len : (size_t)c->left;
		c->left -= used;
		c->ended = c->left == 0;
		body_piece(c, data, used);
		return (used);
	}
	switch (chunked_feed(&c->chunked, data, len, &used, &piece, &n, &why)) {
	case CHUNKED_DATA:
		body_piece(c, piece, n);
		break;
	case CHUNKED_END:
		c->ended = true;
		break;
	case CHUNKED_BAD:
		c->server->stats.refused++;
		reply_fail(c->req, 400, why);
		break;
	case CHUNKED_MORE:
		break;
	}
	return (used);
}

static enum step
step_body(struct http_conn *c)
{
	struct evbuffer_iovec v;

	while (!c->ended && c->phase == PHASE_BODY && !c->req->paused) {
		if (evbuffer_peek(input(c), -1, NULL, &v, 1) < 1 ||
		    v.iov_len == 0)
			return (c->eof ? STEP_CLOSE : STEP_WAIT);
		evbuffer_drain(input(c), body_take(c, v.iov_base, v.iov_len));
	}
	if (c->phase != PHASE_BODY)
		return (STEP_AGAIN);
	if (c->req->paused)
		return (STEP_WAIT);
	body_complete(c);
	return (STEP_AGAIN);
}

static enum step
step_wait(struct http_conn *c)
{
	(void)c;
	return (STEP_WAIT);
}

static enum step
step_send(struct http_conn *c)
{
	if (unsent(c) > 0)
		return (STEP_WAIT);
	if (c->req != NULL)
		request_over(c);
	if (!c->close) {
		conn_phase(c, PHASE_IDLE);
		return (STEP_AGAIN);
	}
	if (!c->linger || c->eof)
		return (STEP_CLOSE);
	/* Closed now, what it still sends would reset our answer away. */
	shutdown(bufferevent_getfd(c->bev), SHUT_WR);
	conn_phase(c, PHASE_LINGER);
	return (STEP_AGAIN);
}

static enum step
step_linger(struct http_conn *c)
{
	uint64_t max = c->server->limits.linger_bytes;
	size_t n = evbuffer_get_length(input(c));

	if (max == 0)
		max = LINGER_BYTES;
	c->discarded += n;
	c->moved += n;
	evbuffer_drain(input(c), n);
	return (c->eof || c->discarded > max ? STEP_CLOSE : STEP_WAIT);
}

static enum step (*const steps[])(struct http_conn *) = {
	[PHASE_IDLE] = step_idle,
	[PHASE_HEAD] = step_head,
	[PHASE_BODY] = step_body,
	[PHASE_WAIT] = step_wait,
	[PHASE_SEND] = step_send,
	[PHASE_LINGER] = step_linger,
};

static void
conn_run(struct http_conn *c)
{
	enum step s = STEP_AGAIN;

	CHECK_OBJ(c, CONN_MAGIC);
	while (s == STEP_AGAIN && !c->dead)
		s = steps[c->phase](c);
	if (s == STEP_CLOSE || c->dead)
		conn_free(c);
}

/*--------------------------------------------------------------------
 * What the event loop calls
 */

static void
on_data(struct bufferevent *bev, void *arg)
{
	(void)bev;
	conn_run(arg);
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
	struct http_conn *c = arg;

	(void)bev;
	if ((what & BEV_EVENT_EOF) && (what & BEV_EVENT_READING) &&
	    !peer_has_closed(c)) {
		c->eof = true;
		conn_run(c);
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

	if (c->req->paused || keeps_up(c, c->moved, ms)) {
		conn_phase(c, PHASE_BODY);
		return;
	}
	c->server->stats.refused++;
	reply_fail(c->req, 408, "The body came too slowly.");
}

static void
on_send_span(struct http_conn *c)
{
	unsigned ms = c->server->limits.body_grace_ms;
	uint64_t now = unsent(c);

	if (!keeps_up(c, c->unsent - now, ms)) {
		conn_free(c);
		return;
	}
	conn_phase(c, PHASE_SEND);
	c->unsent = now;
}

/* Varnish sends a body to its end before it reads: while it does, wait. */
static void
on_linger_span(struct http_conn *c)
{
	if (c->moved > 0 && keeps_up(c, c->moved, linger_ms(c)))
		conn_phase(c, PHASE_LINGER);
	else
		conn_free(c);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct http_conn *c = arg;

	(void)fd;
	(void)what;
	CHECK_OBJ(c, CONN_MAGIC);
	if (c->phase == PHASE_BODY)
		on_body_span(c);
	else if (c->phase == PHASE_SEND)
		on_send_span(c);
	else if (c->phase == PHASE_LINGER)
		on_linger_span(c);
	else if (c->phase == PHASE_HEAD && evbuffer_get_length(input(c)) > 0)
		reply_refuse(c, 408, "The head came too slowly.");
	else
		conn_free(c);
}

void
conn_wake(struct http_conn *c)
{
	if (c->phase == PHASE_BODY)
		conn_phase(c, PHASE_BODY);
	bufferevent_trigger(c->bev, EV_READ,
	    BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
}

void
conn_abort(struct http_conn *c)
{
	c->dead = true;
	conn_wake(c);
}

/*--------------------------------------------------------------------*/

/* uid of the process at the other end of a Unix socket, else -1. */
static long
peer_uid(int fd)
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
	size_t ahead = c->server->limits.head_bytes + READ_AHEAD;

	c->timer = evtimer_new(c->server->base, on_timer, c);
	c->bev = bufferevent_socket_new(c->server->base, fd,
	    BEV_OPT_CLOSE_ON_FREE);
	if (c->timer == NULL || c->bev == NULL)
		return (-1);
	/* A peer may send ahead of our answers, but not into our memory. */
	bufferevent_setwatermark(c->bev, EV_READ, 0, ahead);
	bufferevent_set_max_single_write(c->bev, 1 << 20);
	bufferevent_setcb(c->bev, on_data, on_data, on_event, c);
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
	c->uid = peer_uid(fd);
	if (c->uid == -1)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
		    sizeof one);
	TAILQ_INSERT_TAIL(&s->conns, c, list);
	s->n_conns++;
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
		request_over(c);
	}
	TAILQ_REMOVE(&c->server->conns, c, list);
	c->server->n_conns--;
	if (c->timer != NULL)
		event_free(c->timer);
	if (c->bev != NULL)
		bufferevent_free(c->bev);
	c->magic = 0;
	free(c);
}
