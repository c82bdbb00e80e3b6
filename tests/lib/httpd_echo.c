/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The daemon's HTTP server with handlers that do one thing each, for tests
 * from outside: httpd_echo SOCKET [LIMIT=NUMBER...]. Listens on the Unix socket
 * and on a TCP port of loopback that it prints; ends on SIGTERM.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <event2/buffer.h>
#include <event2/event.h>

#include "http/http.h"
#include "log.h"

#define MEMORY_MAX	65536
#define STREAM_MAX	(UINT64_C(1) << 40)

struct call {
	uint64_t		received, sum;
	struct http_request	*req;
	struct call		*next;		/* held */
};

static struct event_base *base;
static struct http_server *server;
static struct call *held;
static unsigned heads, completes, overs, early_answers_seen;

static void
say(struct http_request *r, int status, const char *text)
{
	struct evbuffer *b = evbuffer_new();

	evbuffer_add(b, text, strlen(text));
	http_add_header(r, "Content-Type", "text/plain");
	http_reply(r, status, b);
	evbuffer_free(b);
}

/*--------------------------------------------------------------------*/

static void
stats(struct http_request *r)
{
	struct http_stats s;
	char text[512];

	http_server_stats(server, &s);
	snprintf(text, sizeof text, "{\"heads\":%u,\"completes\":%u,"
	    "\"overs\":%u,\"connections\":%u,\"held\":%d,"
	    "\"accepted\":%ju,\"over_cap\":%ju,\"requests\":%ju,"
	    "\"refused\":%ju,\"aborted\":%ju}", heads, completes, overs,
	    http_server_connections(server), held != NULL,
	    (uintmax_t)s.accepted, (uintmax_t)s.over_cap,
	    (uintmax_t)s.requests, (uintmax_t)s.refused,
	    (uintmax_t)s.aborted);
	say(r, 200, text);
}

static void
answer_fd(struct http_request *r)
{
	long len = http_query(r) != NULL ? atol(http_query(r)) : 0;
	int fd = memfd_create("answer", MFD_CLOEXEC);

	/* ?-N promises N bytes that are not there. */
	if (fd < 0 || ftruncate(fd, len < 0 ? 10 : len + 3) != 0 ||
	    pwrite(fd, "abcdef", 6, 0) != 6)
		abort();
	http_add_header(r, "Content-Type", "image/x-test");
	http_reply_fd(r, 200, fd, len < 0 ? 0 : 3, labs(len));
}

static void
hold(struct call *c)
{
	http_hold(c->req);
	c->next = held;
	held = c;
}

static void
release_held(struct http_request *r)
{
	struct call *c;
	unsigned n = 0, gone = 0;
	char text[64];

	while ((c = held) != NULL) {
		held = c->next;
		n++;
		gone += http_gone(c->req);
		say(c->req, 200, "held");
		http_release(c->req);
		free(c);
	}
	snprintf(text, sizeof text, "{\"held\":%u,\"gone\":%u}", n, gone);
	say(r, 200, text);
}

static void
echo_headers(struct http_request *r)
{
	const char *v = http_header(r, "X-Echo");

	http_add_headerf(r, "X-Echo", "%s", v != NULL ? v : "none");
	http_add_header(r, "X-Split", "a\r\nInjected: 1");
	http_add_header(r, "Content-Length", "1");
	say(r, 200, http_query(r) != NULL ? http_query(r) : "");
}

static void
identity(struct http_request *r)
{
	char text[64];

	snprintf(text, sizeof text, "{\"uid\":%ld,\"listener\":%d}",
	    http_peer_uid(r), http_listener(r));
	say(r, 200, text);
}

/* Which of all requests this one is, in the order in which they are served. */
static void
nth(struct http_request *r)
{
	char text[16];

	snprintf(text, sizeof text, "%u", heads);
	say(r, 200, text);
}

/* What needs no body; 0 when *r* is none of it. */
static int
answer_simple(struct http_request *r)
{
	if (http_path_is(r, "/hello"))
		say(r, 200, "hello");
	else if (http_path_is(r, "/headers"))
		echo_headers(r);
	else if (http_path_is(r, "/uid"))
		identity(r);
	else if (http_path_is(r, "/stats"))
		stats(r);
	else if (http_path_is(r, "/nth"))
		nth(r);
	else if (http_path_is(r, "/fd"))
		answer_fd(r);
	else if (http_path_is(r, "/204"))
		say(r, 204, "dropped");
	else if (http_path_is(r, "/304"))
		say(r, 304, "dropped");
	else if (http_path_is(r, "/empty"))
		say(r, 200, "");
	else if (http_path_is(r, "/twice")) {
		say(r, 200, "first");
		say(r, 500, "second");
	} else if (http_path_is(r, "/refuse"))
		say(r, 403, "refused");
	else if (http_path_is(r, "/release"))
		release_held(r);
	else if (http_path_is(r, "/drain")) {
		http_server_drain(server);
		say(r, 200, "draining");
	} else
		return (0);
	return (1);
}

/*--------------------------------------------------------------------*/

static enum http_body
on_head(struct http_request *r, void *arg, uint64_t *max)
{
	struct call *c;

	(void)arg;
	heads++;
	if (*max != 0 || http_gone(r))
		abort();
	if (answer_simple(r))
		return (HTTP_BODY_NONE);
	c = calloc(1, sizeof *c);
	c->req = r;
	http_set_data(r, c);
	*max = STREAM_MAX;
	if (http_path_is(r, "/sink"))
		return (HTTP_BODY_STREAM);
	*max = MEMORY_MAX;
	if (http_path_is(r, "/stop") || http_path_is(r, "/stop-later"))
		return (HTTP_BODY_STREAM);
	return (http_path_is(r, "/echo") ? HTTP_BODY_MEMORY : HTTP_BODY_NONE);
}

static int
on_body(struct http_request *r, void *arg, const void *data, size_t len)
{
	struct call *c = http_data(r);
	const unsigned char *p = data;

	(void)arg;
	if (len == 0)
		abort();
	for (size_t i = 0; i < len; i++)
		c->sum = c->sum * 31 + p[i];
	c->received += len;
	if (http_path_is(r, "/stop-later") && c->received > 10) {
		hold(c);
		http_set_data(r, NULL);
		return (1);
	}
	if (!http_path_is(r, "/stop") || c->received <= 10)
		return (0);
	say(r, 422, "stopped");
	return (1);
}

static void
echo(struct http_request *r)
{
	struct evbuffer *b = evbuffer_new();
	size_t len;
	const char *body = http_body(r, &len);

	if (body[len] != '\0')
		abort();
	evbuffer_add(b, body, len);
	http_reply(r, 200, b);
	evbuffer_free(b);
}

static void
on_complete(struct http_request *r, void *arg)
{
	struct call *c = http_data(r);
	char text[96];

	(void)arg;
	completes++;
	if (http_path_is(r, "/hold")) {
		hold(c);
		http_set_data(r, NULL);
	} else if (http_path_is(r, "/echo"))
		echo(r);
	else if (http_path_is(r, "/sink")) {
		snprintf(text, sizeof text, "{\"received\":%ju,\"sum\":%ju}",
		    (uintmax_t)c->received, (uintmax_t)c->sum);
		say(r, 200, text);
	} else
		say(r, 404, "nothing here");
}

static void
on_over(struct http_request *r, void *arg)
{
	struct call *c = http_data(r);

	(void)arg;
	overs++;
	if (!http_gone(r))
		abort();
	if (http_status(r) == 422)
		early_answers_seen++;
	if (c == NULL)
		return;
	free(c);
	http_set_data(r, NULL);
}

/*--------------------------------------------------------------------*/

static int
listen_unix(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sun.sun_path, sizeof sun.sun_path, "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sun, sizeof sun) != 0)
		return (-1);
	return (fd);
}

static int
listen_tcp(unsigned *port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof sin;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&sin, sizeof sin) != 0 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) != 0)
		return (-1);
	*port = ntohs(sin.sin_port);
	return (fd);
}

static void
set_limit(struct http_limits *l, const char *arg)
{
	unsigned long v;
	char name[32];

	if (sscanf(arg, "%31[a-z_]=%lu", name, &v) != 2)
		exit(2);
	if (strcmp(name, "head_bytes") == 0)
		l->head_bytes = v;
	else if (strcmp(name, "head_ms") == 0)
		l->head_ms = (unsigned)v;
	else if (strcmp(name, "idle_ms") == 0)
		l->idle_ms = (unsigned)v;
	else if (strcmp(name, "body_rate") == 0)
		l->body_rate = (unsigned)v;
	else if (strcmp(name, "body_grace_ms") == 0)
		l->body_grace_ms = (unsigned)v;
	else if (strcmp(name, "connections") == 0)
		l->connections = (unsigned)v;
	else if (strcmp(name, "linger_ms") == 0)
		l->linger_ms = (unsigned)v;
	else if (strcmp(name, "linger_max_ms") == 0)
		l->linger_max_ms = (unsigned)v;
	else if (strcmp(name, "lingering") == 0)
		l->lingering = (unsigned)v;
	else if (strcmp(name, "reserve") == 0)
		l->reserve = (unsigned)v;
	else if (strcmp(name, "linger_bytes") == 0)
		l->linger_bytes = v;
	else if (strcmp(name, "log_level") == 0)
		log_set_level((enum log_level)v);
	else
		exit(2);
}

static void
on_term(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	event_base_loopbreak(base);
}

int
main(int argc, char **argv)
{
	struct http_limits limits = { .head_bytes = 16384, .head_ms = 10000,
	    .idle_ms = 10000, .body_rate = 100, .body_grace_ms = 10000,
	    .connections = 1000 };
	struct http_handler handler = { .head = on_head, .body = on_body,
	    .complete = on_complete, .over = on_over };
	struct event *term;
	unsigned port = 0;

	for (int i = 2; i < argc; i++)
		set_limit(&limits, argv[i]);
	base = http_event_base();
	server = http_server_new(base, &limits, &handler, NULL);
	if (argc < 2 || server == NULL ||
	    http_server_listen(server, listen_tcp(&port), 7) != 0 ||
	    http_server_listen(server, listen_unix(argv[1]), 3) != 0)
		return (2);
	http_server_spare(server, 7);
	term = evsignal_new(base, SIGTERM, on_term, NULL);
	event_add(term, NULL);
	printf("port=%u\n", port);
	fflush(stdout);
	event_base_dispatch(base);
	http_server_free(server);
	while (held != NULL) {
		struct call *c = held;

		held = c->next;
		http_release(c->req);
		free(c);
	}
	event_free(term);
	event_base_free(base);
	printf("heads=%u overs=%u\n", heads, overs);
	return (heads == overs ? 0 : 1);
}
