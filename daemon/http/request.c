/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <inttypes.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "base/clock.h"
#include "conn.h"
#include "log.h"

/* Takes *text* of *len* bytes over. NULL without memory. */
struct http_request *
request_new(struct http_conn *c, char *text, size_t len)
{
	struct http_request *r = calloc(1, sizeof *r);

	if (r == NULL)
		return (NULL);
	r->body = evbuffer_new();
	r->headers = evbuffer_new();
	if (r->body == NULL || r->headers == NULL) {
		if (r->body != NULL)
			evbuffer_free(r->body);
		free(r);
		return (NULL);
	}
	r->magic = REQUEST_MAGIC;
	r->refs = 1;
	r->conn = c;
	r->text = text;
	r->text_len = len;
	r->tag = c->tag;
	r->uid = c->uid;
	return (r);
}

void
request_unref(struct http_request *r)
{
	CHECK_OBJ(r, REQUEST_MAGIC);
	assert(r->refs > 0);
	if (--r->refs > 0)
		return;
	evbuffer_free(r->body);
	evbuffer_free(r->headers);
	free(r->type);
	free(r->cache_control);
	free(r->joined);
	free(r->text);
	r->magic = 0;
	free(r);
}

/*
 * Varnish numbers its requests, and shows the number in its own log: it is the
 * id here as well. Anything but digits could forge a line of the log.
 */
void
request_identify(struct http_request *r)
{
	static uint64_t counter;
	const char *xid = head_find(&r->head, "X-Vinyl");
	size_t n;

	if (xid == NULL)
		xid = head_find(&r->head, "X-Varnish");
	n = xid != NULL ? strspn(xid, "0123456789") : 0;
	r->began_us = clock_us();
	if (n > 0 && n < sizeof r->id && xid[n] == '\0')
		memcpy(r->id, xid, n + 1);
	else
		snprintf(r->id, sizeof r->id, "m%" PRIu64, ++counter);
}

/* No query: signatures and search words are nobody's business. */
void
request_log(const struct http_request *r, bool sent)
{
	log_detail(r->status >= 500, "request", KV("id", r->id),
	    KV("listener", r->tag), KV("method", r->head.method),
	    KV_CUT("path", r->head.target, r->head.path_len),
	    KV("status", r->status), KV("in", r->body_len),
	    KV("out", r->sent),
	    KV("ms", (double)(clock_us() - r->began_us) / 1e3),
	    KV("aborted", !sent || r->status == 0));
}

const char *
http_id(const struct http_request *r)
{
	return (r->id);
}

void
http_hold(struct http_request *r)
{
	CHECK_OBJ(r, REQUEST_MAGIC);
	r->refs++;
}

void
http_release(struct http_request *r)
{
	request_unref(r);
}

bool
http_gone(const struct http_request *r)
{
	return (r->conn == NULL);
}

int
http_listener(const struct http_request *r)
{
	return (r->tag);
}

long
http_peer_uid(const struct http_request *r)
{
	return (r->uid);
}

void
http_peer_address(const struct http_request *r, char *buf, size_t size)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof sa;

	*buf = '\0';
	if (r->conn != NULL && r->uid == -1 &&
	    getpeername(bufferevent_getfd(r->conn->bev),
	    (struct sockaddr *)&sa, &len) == 0 &&
	    getnameinfo((struct sockaddr *)&sa, len, buf, (socklen_t)size,
	    NULL, 0, NI_NUMERICHOST) != 0)
		*buf = '\0';
}

const char *
http_method(const struct http_request *r)
{
	return (r->head.method);
}

const char *
http_target(const struct http_request *r)
{
	return (r->head.target);
}

size_t
http_path_len(const struct http_request *r)
{
	return (r->head.path_len);
}

bool
http_path_is(const struct http_request *r, const char *path)
{
	return (strlen(path) == r->head.path_len &&
	    memcmp(path, r->head.target, r->head.path_len) == 0);
}

const char *
http_query(const struct http_request *r)
{
	return (r->head.query);
}

const char *
http_header(struct http_request *r, const char *name)
{
	if (head_count(&r->head, name) > 1) {
		if (r->joined == NULL)
			r->joined = malloc(r->text_len);
		if (r->joined == NULL)
			return (NULL);
		r->joined_len += head_join(&r->head, name,
		    r->joined + r->joined_len);
	}
	return (head_find(&r->head, name));
}

/* The terminating NUL is in the buffer since the body's end was seen. */
const char *
http_body(const struct http_request *r, size_t *len)
{
	const char *p = (const char *)evbuffer_pullup(r->body, -1);

	*len = p != NULL ? (size_t)r->body_len : 0;
	return (p != NULL ? p : "");
}

void
http_set_data(struct http_request *r, void *data)
{
	r->data = data;
}

void *
http_data(const struct http_request *r)
{
	return (r->data);
}

int
http_status(const struct http_request *r)
{
	return (r->status);
}
