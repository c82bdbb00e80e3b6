/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small, strict HTTP/1.1 server on libevent's bufferevents, for the daemon's
 * own sockets. Varnish is the server that the world sees; this one refuses
 * whatever two HTTP implementations could read in two ways.
 *
 * All calls are made from the event loop's thread.
 */
#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct evbuffer;
struct http_server;
struct http_request;

struct http_limits {
	size_t		head_bytes;	/* request line and headers, 32 kB */
	unsigned	head_ms;	/* absolute: first byte to blank line */
	unsigned	idle_ms;	/* between requests */
	unsigned	body_rate;	/* bytes a second a body must keep up */
	/* Each span of this length must bring its share of body_rate. */
	unsigned	body_grace_ms;
	unsigned	connections;	/* at once, over all listeners */
	/* How many of these the listeners of each tag leave to the others */
	unsigned	reserve;
	/*
	 * A body that was refused is read and thrown away up to here, for as
	 * long as each linger_ms brings its share of body_rate, so that the
	 * peer comes to read why. 0: 64 MB, 5 s.
	 */
	uint64_t	linger_bytes;
	unsigned	linger_ms;
	/* It ends after this, however fast it comes. 0: 30 s. */
	unsigned	linger_max_ms;
	/* And when so many others came to linger after it. 0: never. */
	unsigned	lingering;
};

/* What a handler wants done with the body, decided when the head is in. */
enum http_body {
	HTTP_BODY_NONE,		/* more than nothing is 413 */
	HTTP_BODY_MEMORY,	/* kept whole, up to *body_max* */
	HTTP_BODY_STREAM	/* handed to body() as it comes */
};

struct http_handler {
	/*
	 * The head is complete. Either answers at once (the body is then not
	 * read and the connection closes after it), or returns what shall be
	 * done with the body and sets *body_max*, its limit in bytes, which is
	 * 0 before.
	 */
	enum http_body	(*head)(struct http_request *, void *arg,
			    uint64_t *body_max);
	/*
	 * A piece of a streamed body. Other than 0: it has answered, or holds
	 * the request and will; no more of the body is read.
	 */
	int		(*body)(struct http_request *, void *arg,
			    const void *data, size_t len);
	/* The request is complete; may answer now or later. */
	void		(*complete)(struct http_request *, void *arg);
	/*
	 * The request is over: answered in full, or the peer has gone. Called
	 * exactly once for every head(). Free what http_set_data() holds
	 * unless a job still runs on it; see http_hold().
	 */
	void		(*over)(struct http_request *, void *arg);
};

/*
 * An event loop in which who reads now and then does not wait for a hundred
 * who write; the server works in any other, too. Events that are not given a
 * priority get the one that is libevent's default. NULL without memory.
 */
struct event_base *http_event_base(void);

/*
 * The handler is copied. SIGPIPE becomes ignored in this process: sendfile()
 * to a peer that has gone would else end it. NULL without memory.
 */
struct http_server *http_server_new(struct event_base *,
    const struct http_limits *, const struct http_handler *, void *arg);

/*
 * Serves a listening socket (Unix or TCP); takes *fd* over. *tag*, less than
 * HTTP_TAGS, is found again by http_listener(). Returns 0 or -1 with errno.
 */
#define HTTP_TAGS	8

int http_server_listen(struct http_server *, int fd, int tag);

/*
 * Connections to the listeners of *tag* may exceed the cap by a few: whoever
 * looks what fills the server up must still get in.
 */
void http_server_spare(struct http_server *, int tag);

/* From now on; a connection's deadline that runs is not moved. */
void http_server_set_limits(struct http_server *, const struct http_limits *);

/*
 * Stops accepting; idle connections close, running requests end. Done when
 * http_server_connections() is 0.
 */
void http_server_drain(struct http_server *);
unsigned http_server_connections(const struct http_server *);
/* Drops what is left; over() is called for each request. */
void http_server_free(struct http_server *);

struct http_stats {
	uint64_t	accepted;	/* connections */
	uint64_t	over_cap;	/* answered 503, one too many */
	uint64_t	requests;	/* heads that got through */
	uint64_t	refused;	/* malformed, too large or too slow */
	uint64_t	aborted;	/* the peer went before its answer */
};
void http_server_stats(const struct http_server *, struct http_stats *);

/*--------------------------------------------------------------------*/

/* For log lines: the number that Varnish gave it, else "m1", "m2" ... */
const char *http_id(const struct http_request *);
int http_listener(const struct http_request *);
/* uid of a Unix peer, or -1. */
long http_peer_uid(const struct http_request *);
/*
 * The address at the other end, "" for a Unix socket and for one that has gone.
 */
void http_peer_address(const struct http_request *, char *buf, size_t size);
const char *http_method(const struct http_request *);
/*
 * The target as it was sent: path and query. How many bytes of it are the path;
 * whether they are *path*; what follows "?", or NULL.
 */
const char *http_target(const struct http_request *);
size_t http_path_len(const struct http_request *);
bool http_path_is(const struct http_request *, const char *path);
const char *http_query(const struct http_request *);
/*
 * Value of a header, any case, or NULL. Several lines of one name are one list,
 * in their order, with commas between (RFC 9110 5.3).
 */
const char *http_header(struct http_request *, const char *name);
/* The body of HTTP_BODY_MEMORY; NUL-terminated behind *len*. */
const char *http_body(const struct http_request *, size_t *len);

void http_set_data(struct http_request *, void *);
void *http_data(const struct http_request *);

/*
 * A job that answers later holds the request, so that the pointer stays good
 * when the peer goes; answering one that has gone does nothing.
 */
void http_hold(struct http_request *);
void http_release(struct http_request *);
bool http_gone(const struct http_request *);

/*
 * Adds a header to the answer; a control character in *value* becomes a blank.
 * Of Content-Type and Cache-Control, the last one counts.
 * Date, Connection and Content-Length are the server's.
 */
void http_add_header(struct http_request *, const char *name,
    const char *value);
void http_add_headerf(struct http_request *, const char *name,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* How many bytes they are, and back to that: for a handler that begins anew. */
size_t http_headers_len(const struct http_request *);
void http_headers_cut(struct http_request *, size_t len);

/*
 * Answers. *body* may be NULL; it is drained. HEAD gets the length only; 204
 * and 304 no body, type or length. A second answer is dropped.
 */
void http_reply(struct http_request *, int status, struct evbuffer *body);
/* Answers with *len* bytes of *fd* from *off*, by sendfile; takes *fd*. */
void http_reply_fd(struct http_request *, int status, int fd, int64_t off,
    int64_t len);

/* The status answered with, or 0. */
int http_status(const struct http_request *);

/* "Not Found" for 404. */
const char *http_reason(int status);

#endif
