/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers: status line, headers, body; and how a connection goes on after. */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "conn.h"
#include "log.h"

/* Those that the daemon sends. */
#define STATUSES							\
	X(200, "OK") X(201, "Created") X(204, "No Content")		\
	X(304, "Not Modified") X(307, "Temporary Redirect")		\
	X(400, "Bad Request") X(401, "Unauthorized")			\
	X(403, "Forbidden") X(404, "Not Found")				\
	X(405, "Method Not Allowed") X(408, "Request Timeout")		\
	X(409, "Conflict") X(412, "Precondition Failed")		\
	X(413, "Content Too Large") X(414, "URI Too Long")		\
	X(415, "Unsupported Media Type") X(417, "Expectation Failed")	\
	X(422, "Unprocessable Content") X(429, "Too Many Requests")	\
	X(431, "Request Header Fields Too Large")			\
	X(500, "Internal Server Error") X(503, "Service Unavailable")	\
	X(505, "HTTP Version Not Supported") X(507, "Insufficient Storage")

const char *
http_reason(int status)
{
	switch (status) {
#define X(code, text)	case code: return (text);
	STATUSES
#undef X
	default:
		return ("Unknown");
	}
}

/* The server's own headers, which no handler may add a second time. */
static bool
is_own(const char *name)
{
	return (strcasecmp(name, "Date") == 0 ||
	    strcasecmp(name, "Connection") == 0 ||
	    strcasecmp(name, "Content-Length") == 0 ||
	    strcasecmp(name, "Transfer-Encoding") == 0);
}

void
http_add_header(struct http_request *r, const char *name, const char *value)
{
	char *copy, *p;

	CHECK_OBJ(r, REQUEST_MAGIC);
	if (r->status != 0 || is_own(name))
		return;
	copy = strdup(value);
	if (copy == NULL)
		return;
	for (p = copy; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
	if (strcasecmp(name, "Content-Type") == 0 ||
	    strcasecmp(name, "Cache-Control") == 0) {
		char **one = strcasecmp(name, "Cache-Control") == 0 ?
		    &r->cache_control : &r->type;

		free(*one);
		*one = copy;
		return;
	}
	evbuffer_add_printf(r->headers, "%s: %s\r\n", name, copy);
	free(copy);
}

void
http_add_headerf(struct http_request *r, const char *name, const char *fmt, ...)
{
	char *value;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&value, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	http_add_header(r, name, value);
	free(value);
}

size_t
http_headers_len(const struct http_request *r)
{
	return (evbuffer_get_length(r->headers));
}

void
http_headers_cut(struct http_request *r, size_t len)
{
	struct evbuffer *keep = evbuffer_new();

	CHECK_OBJ(r, REQUEST_MAGIC);
	if (keep == NULL)
		return;
	evbuffer_remove_buffer(r->headers, keep, len);
	evbuffer_drain(r->headers, evbuffer_get_length(r->headers));
	evbuffer_add_buffer(r->headers, keep);
	evbuffer_free(keep);
}

/* Formatted once a second. */
static const char *
date(void)
{
	static char text[40];
	static time_t when;
	time_t now = time(NULL);
	struct tm tm;

	if (now != when) {
		gmtime_r(&now, &tm);
		strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
		when = now;
	}
	return (text);
}

static void
status_line(struct evbuffer *out, int status, bool close)
{
	evbuffer_add_printf(out, "HTTP/1.1 %d %s\r\nDate: %s\r\n", status,
	    http_reason(status), date());
	if (close)
		evbuffer_add_printf(out, "Connection: close\r\n");
}

static bool
is_bodyless(int status)
{
	return (status == 204 || status == 304);
}

/*
 * Writes all but the body. Returns where that goes, or NULL when there is
 * none to send: the peer has gone, asked by HEAD, or the status forbids it.
 */
static struct evbuffer *
response_head(struct http_request *r, int status, uint64_t len)
{
	struct http_conn *c;
	struct evbuffer *out;

	CHECK_OBJ(r, REQUEST_MAGIC);
	c = r->conn;
	if (c == NULL || r->status != 0)
		return (NULL);
	CHECK_OBJ(c, CONN_MAGIC);
	r->status = status;
	/* Where an unread body ends, and the next request begins, is moot. */
	if (r->unread || r->head.close || c->server->draining)
		c->close = true;
	c->linger = r->unread;
	out = bufferevent_get_output(c->bev);
	status_line(out, status, c->close);
	if (!is_bodyless(status)) {
		if (r->type != NULL && len > 0)
			evbuffer_add_printf(out, "Content-Type: %s\r\n",
			    r->type);
		evbuffer_add_printf(out, "Content-Length: %ju\r\n",
		    (uintmax_t)len);
	}
	if (r->cache_control != NULL)
		evbuffer_add_printf(out, "Cache-Control: %s\r\n",
		    r->cache_control);
	evbuffer_add_buffer(out, r->headers);
	evbuffer_add(out, "\r\n", 2);
	turn_reply(c, len);
	conn_phase(c, PHASE_SEND);
	if (is_bodyless(status) || strcmp(r->head.method, "HEAD") == 0)
		return (NULL);
	r->sent = len;
	return (out);
}

void
http_reply(struct http_request *r, int status, struct evbuffer *body)
{
	size_t len = body != NULL ? evbuffer_get_length(body) : 0;
	struct evbuffer *out = response_head(r, status, len);

	if (body == NULL)
		return;
	if (out != NULL)
		evbuffer_add_buffer(out, body);
	else
		evbuffer_drain(body, len);
}

void
http_reply_fd(struct http_request *r, int status, int fd, int64_t off,
    int64_t len)
{
	struct evbuffer *out = response_head(r, status, (uint64_t)len);

	if (out == NULL || len == 0) {
		close(fd);
		return;
	}
	if (evbuffer_add_file(out, fd, off, len) == 0)
		return;
	/* The head has promised more: only a cut connection tells. */
	log_error("http_reply_fd", "lower http_connections or render_queue",
	    KV("len", (intmax_t)len), KV("error", "out of memory"));
	conn_abort(r->conn);
}

#define ERROR_BODY	"{\"error\":{\"code\":%d,\"message\":\"%s\"}}"

void
response_fail(struct http_request *r, int status, const char *why)
{
	struct evbuffer *body = evbuffer_new();

	if (body != NULL)
		evbuffer_add_printf(body, ERROR_BODY, status, why);
	http_add_header(r, "Content-Type", "application/json");
	http_reply(r, status, body);
	if (body != NULL)
		evbuffer_free(body);
}

void
response_refuse(struct http_conn *c, int status, const char *why)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);
	int len = snprintf(NULL, 0, ERROR_BODY, status, why);

	c->server->stats.refused++;
	c->close = c->linger = true;
	status_line(out, status, true);
	evbuffer_add_printf(out, "Content-Type: application/json\r\n"
	    "Content-Length: %d\r\n\r\n" ERROR_BODY, len, status, why);
	conn_phase(c, PHASE_SEND);
}
