/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The steps of a connection: each phase takes what has come in as far as it
 * can. The handlers of requests are called from here, and nothing that they may
 * call frees a connection.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "conn.h"

#define LINGER_BYTES	(64 << 20)

static const char no_memory[] = "There is no memory.";

static enum step
step_idle(struct http_conn *c)
{
	if (evbuffer_get_length(conn_input(c)) == 0)
		return (c->eof || c->server->draining ?
		    STEP_CLOSE : STEP_WAIT);
	conn_phase(c, PHASE_HEAD);
	return (STEP_AGAIN);
}

static const char *
too_large(const struct http_request *r)
{
	return (r->want == HTTP_BODY_NONE ? "This request takes no body." :
	    "The body is too large.");
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
		response_fail(r, 413, too_large(r));
	else if (r->head.expect && evbuffer_get_length(conn_input(c)) == 0)
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

	r = text != NULL ? request_new(c, text, n) : NULL;
	if (r == NULL) {
		free(text);
		response_refuse(c, 503, no_memory);
		return;
	}
	evbuffer_remove(conn_input(c), text, n);
	text[n] = '\0';
	status = head_parse(text, n, &r->head, &why);
	if (status != 0) {
		request_unref(r);
		response_refuse(c, status, why);
		return;
	}
	request_identify(r);
	c->req = r;
	request_begin(c);
}

static enum step
step_head(struct http_conn *c)
{
	size_t max = c->server->limits.head_bytes;
	size_t len = evbuffer_get_length(conn_input(c));
	const char *why, *p;
	ssize_t n;

	if (len > max)
		len = max;
	p = (const char *)evbuffer_pullup(conn_input(c), (ssize_t)len);
	n = len > 0 ? head_scan(p, len, &c->scanned, &why) : 0;
	if (n == 0 && len < max)
		return (c->eof ? STEP_CLOSE : STEP_WAIT);
	c->scanned = 0;
	if (n > 0)
		head_complete(c, (size_t)n);
	else if (n < 0)
		response_refuse(c, 400, why);
	else if (memchr(p, '\r', len) == NULL)
		response_refuse(c, 414, "The target is too long.");
	else
		response_refuse(c, 431, "The headers are too large.");
	return (STEP_AGAIN);
}

static void
body_complete(struct http_conn *c)
{
	const struct http_handler *h = &c->server->handler;
	struct http_request *r = c->req;

	r->unread = false;
	/* In one piece with its NUL from now on: http_body() cannot fail. */
	if (evbuffer_add(r->body, "", 1) != 0 ||
	    evbuffer_pullup(r->body, -1) == NULL) {
		response_fail(r, 503, no_memory);
		return;
	}
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
		response_fail(r, 413, too_large(r));
	else if (r->want == HTTP_BODY_MEMORY) {
		if (evbuffer_add(r->body, data, len) != 0)
			response_fail(r, 503, no_memory);
	} else if (h->body(r, c->server->arg, data, len) != 0 && r->status == 0)
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
		response_fail(c->req, 400, why);
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

	while (!c->ended && c->phase == PHASE_BODY) {
		if (evbuffer_peek(conn_input(c), -1, NULL, &v, 1) < 1 ||
		    v.iov_len == 0)
			return (c->eof ? STEP_CLOSE : STEP_WAIT);
		evbuffer_drain(conn_input(c), body_take(c, v.iov_base, v.iov_len));
	}
	if (c->phase != PHASE_BODY)
		return (STEP_AGAIN);
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
	if (conn_unsent(c) > 0)
		return (STEP_WAIT);
	if (c->req != NULL)
		conn_over(c);
	if (!c->close) {
		conn_phase(c, PHASE_IDLE);
		return (STEP_AGAIN);
	}
	if (!c->linger || c->eof)
		return (STEP_CLOSE);
	/* Closed now, what it still sends would reset our answer away. */
	shutdown(bufferevent_getfd(c->bev), SHUT_WR);
	conn_linger(c);
	return (STEP_AGAIN);
}

static enum step
step_linger(struct http_conn *c)
{
	uint64_t max = c->server->limits.linger_bytes;
	size_t n = evbuffer_get_length(conn_input(c));

	if (max == 0)
		max = LINGER_BYTES;
	c->discarded += n;
	c->moved += n;
	evbuffer_drain(conn_input(c), n);
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

enum step
conn_step(struct http_conn *c)
{
	return (steps[c->phase](c));
}
