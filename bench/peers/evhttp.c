/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libevent's own HTTP server with the answers of tests/lib/httpd_echo.c that
 * bench/http.sh asks for. Prints its port.
 */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>

static void
hello(struct evhttp_request *r, void *arg)
{
	struct evbuffer *b = evbuffer_new();

	(void)arg;
	evbuffer_add(b, "hello", 5);
	evhttp_add_header(evhttp_request_get_output_headers(r),
	    "Content-Type", "text/plain");
	evhttp_send_reply(r, 200, "OK", b);
	evbuffer_free(b);
}

static void
file(struct evhttp_request *r, void *arg)
{
	const char *q = evhttp_uri_get_query(
	    evhttp_request_get_evhttp_uri(r));
	long len = q != NULL ? atol(q) : 0;
	struct evbuffer *b = evbuffer_new();
	int fd = memfd_create("answer", MFD_CLOEXEC);

	(void)arg;
	if (fd < 0 || ftruncate(fd, len) != 0 ||
	    evbuffer_add_file(b, fd, 0, len) != 0)
		abort();
	evhttp_add_header(evhttp_request_get_output_headers(r),
	    "Content-Type", "image/x-test");
	evhttp_send_reply(r, 200, "OK", b);
	evbuffer_free(b);
}

int
main(void)
{
	struct event_base *base = event_base_new();
	struct evhttp *http = evhttp_new(base);
	struct evhttp_bound_socket *s;
	struct sockaddr_storage sa;
	socklen_t len = sizeof sa;
	const unsigned char *p = (const unsigned char *)&sa;

	signal(SIGPIPE, SIG_IGN);
	evhttp_set_cb(http, "/hello", hello, NULL);
	evhttp_set_cb(http, "/fd", file, NULL);
	evhttp_set_cb(http, "/sink", hello, NULL);
	evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_PUT);
	s = evhttp_bind_socket_with_handle(http, "127.0.0.1", 0);
	if (s == NULL || getsockname(evhttp_bound_socket_get_fd(s),
	    (struct sockaddr *)&sa, &len) != 0)
		return (1);
	printf("port=%d\n", p[2] << 8 | p[3]);
	fflush(stdout);
	return (event_base_dispatch(base));
}
