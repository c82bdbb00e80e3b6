/* SPDX-License-Identifier: BSD-2-Clause */
/* Listeners: who may come in, and how many. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <event2/bufferevent.h>
#include <event2/buffer.h>
#include <event2/listener.h>

#include "conn.h"
#include "log.h"

#define TELL_SECONDS	10
#define SPARE		16

struct listener {
	unsigned		magic;
#define LISTENER_MAGIC		0x9a5c7e7f
	struct http_server	*server;
	struct evconnlistener	*accept;
	int			tag;
	TAILQ_ENTRY(listener)	list;
};

static void
listeners_enable(struct http_server *s, bool on)
{
	struct listener *l;

	TAILQ_FOREACH(l, &s->listeners, list) {
		if (on)
			evconnlistener_enable(l->accept);
		else
			evconnlistener_disable(l->accept);
	}
}

static void
on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct http_server *s = CAST_OBJ(arg, SERVER_MAGIC);

	(void)fd;
	(void)what;
	listeners_enable(s, true);
}

/*
 * One too many: it shall know at once rather than wait in the backlog. What
 * has come in is read, else closing resets the answer away.
 */
static void
turn_away(int fd)
{
	static const char answer[] =
	    "HTTP/1.1 503 Service Unavailable\r\n"
	    "Connection: close\r\n"
	    "Retry-After: 1\r\n"
	    "Content-Type: application/json\r\n"
	    "Content-Length: 66\r\n\r\n"
	    "{\"error\":{\"code\":503,"
	    "\"message\":\"There are too many connections.\"}}";
	char drop[4096];

	(void)send(fd, answer, sizeof answer - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)shutdown(fd, SHUT_WR);
	(void)recv(fd, drop, sizeof drop, MSG_DONTWAIT);
	close(fd);
}

/* Not a line for each: this is when there are thousands a second. */
static void
tell_cap(struct http_server *s, int tag)
{
	time_t now = time(NULL);

	if (now < s->told + TELL_SECONDS)
		return;
	s->told = now;
	log_warn("http_connections", "raise http_connections or find out who "
	    "keeps them open", KV("limit", s->limits.connections),
	    KV("listener", tag), KV("connections", s->n_of_tag[tag]),
	    KV("refused", s->stats.over_cap));
}

static bool
has_room(const struct http_server *s, int tag)
{
	unsigned n = s->limits.connections, reserve = s->limits.reserve;

	if (s->has_spare && tag == s->spare_tag)
		return (s->n_conns < n + SPARE);
	return (s->n_conns < n && s->n_of_tag[tag] + reserve < n);
}

static void
on_accept(struct evconnlistener *ev, evutil_socket_t fd, struct sockaddr *sa,
    int len, void *arg)
{
	struct listener *l = CAST_OBJ(arg, LISTENER_MAGIC);
	struct http_server *s = l->server;

	(void)ev;
	(void)sa;
	(void)len;
	if (has_room(s, l->tag)) {
		conn_new(s, fd, l->tag);
		return;
	}
	s->stats.over_cap++;
	turn_away(fd);
	tell_cap(s, l->tag);
}

/*
 * Out of descriptors or memory: the connection stays in the backlog, and
 * polling for it would spin. A second from now something may have closed.
 */
static void
on_accept_error(struct evconnlistener *ev, void *arg)
{
	struct listener *l = CAST_OBJ(arg, LISTENER_MAGIC);
	struct timeval second = { 1, 0 };

	(void)ev;
	log_error("http_accept", "accepting rests for a second; raise the limit "
	    "of open files", KV("error", strerror(errno)));
	listeners_enable(l->server, false);
	evtimer_add(l->server->resume, &second);
}

/* Other events handled before quick ones are looked for. */
#define CALLBACKS	8

struct event_base *
http_event_base(void)
{
	struct event_config *conf = event_config_new();
	struct event_base *base = NULL;

	if (conf != NULL && event_config_set_max_dispatch_interval(conf, NULL,
	    CALLBACKS, PRIORITY_ALL) == 0)
		base = event_base_new_with_config(conf);
	if (conf != NULL)
		event_config_free(conf);
	if (base != NULL && event_base_priority_init(base, PRIORITIES) != 0) {
		event_base_free(base);
		return (NULL);
	}
	return (base);
}

struct http_server *
http_server_new(struct event_base *base, const struct http_limits *limits,
    const struct http_handler *handler, void *arg)
{
	struct http_server *s = calloc(1, sizeof *s);

	if (s == NULL)
		return (NULL);
	s->magic = SERVER_MAGIC;
	s->base = base;
	s->limits = *limits;
	s->handler = *handler;
	s->arg = arg;
	TAILQ_INIT(&s->listeners);
	TAILQ_INIT(&s->conns);
	TAILQ_INIT(&s->lingering);
	s->resume = evtimer_new(base, on_resume, s);
	if (s->resume == NULL || turn_init(s) != 0) {
		if (s->resume != NULL)
			event_free(s->resume);
		free(s);
		return (NULL);
	}
	signal(SIGPIPE, SIG_IGN);
	return (s);
}

int
http_server_listen(struct http_server *s, int fd, int tag)
{
	struct listener *l;

	CHECK_OBJ(s, SERVER_MAGIC);
	assert(tag >= 0 && tag < HTTP_TAGS);
	l = calloc(1, sizeof *l);
	if (l == NULL || evutil_make_socket_nonblocking(fd) != 0 ||
	    listen(fd, SOMAXCONN) != 0)
		goto fail;
	l->magic = LISTENER_MAGIC;
	l->server = s;
	l->tag = tag;
	l->accept = evconnlistener_new(s->base, on_accept, l,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (l->accept == NULL)
		goto fail;
	evconnlistener_set_error_cb(l->accept, on_accept_error);
	TAILQ_INSERT_TAIL(&s->listeners, l, list);
	return (0);
fail:
	free(l);
	close(fd);
	return (-1);
}

static void
listeners_free(struct http_server *s)
{
	struct listener *l;

	evtimer_del(s->resume);
	while ((l = TAILQ_FIRST(&s->listeners)) != NULL) {
		TAILQ_REMOVE(&s->listeners, l, list);
		evconnlistener_free(l->accept);
		free(l);
	}
}

static bool
conn_is_idle(const struct http_conn *c)
{
	return ((c->phase == PHASE_IDLE || c->phase == PHASE_HEAD) &&
	    evbuffer_get_length(conn_input(c)) == 0);
}

void
http_server_drain(struct http_server *s)
{
	struct http_conn *c, *next;

	CHECK_OBJ(s, SERVER_MAGIC);
	s->draining = true;
	listeners_free(s);
	for (c = TAILQ_FIRST(&s->conns); c != NULL; c = next) {
		next = TAILQ_NEXT(c, list);
		if (conn_is_idle(c))
			conn_free(c);
	}
}

void
http_server_spare(struct http_server *s, int tag)
{
	CHECK_OBJ(s, SERVER_MAGIC);
	s->has_spare = true;
	s->spare_tag = tag;
}

void
http_server_set_limits(struct http_server *s, const struct http_limits *limits)
{
	CHECK_OBJ(s, SERVER_MAGIC);
	s->limits = *limits;
}

unsigned
http_server_connections(const struct http_server *s)
{
	return (s->n_conns);
}

void
http_server_stats(const struct http_server *s, struct http_stats *out)
{
	*out = s->stats;
}

void
http_server_free(struct http_server *s)
{
	if (s == NULL)
		return;
	CHECK_OBJ(s, SERVER_MAGIC);
	listeners_free(s);
	while (!TAILQ_EMPTY(&s->conns))
		conn_free(TAILQ_FIRST(&s->conns));
	event_free(s->resume);
	event_free(s->turn);
	s->magic = 0;
	free(s);
}
