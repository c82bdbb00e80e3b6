/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of this folder share: server, connection, request. All of it
 * belongs to the event loop's thread.
 */
#ifndef HTTP_CONN_H
#define HTTP_CONN_H

#include <sys/queue.h>
#include <assert.h>
#include <time.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "chunked.h"
#include "head.h"
#include "http.h"
#include "obj.h"

struct bufferevent;
struct http_conn;
struct listener;
TAILQ_HEAD(conns, http_conn);
TAILQ_HEAD(listeners, listener);

/* Priorities of the loop's events, see http_event_base(). */
enum { PRIORITY_QUICK, PRIORITY_ALL, PRIORITIES };

/* The queues of connections that wait for a turn, see turn.c. */
enum line { LINE_READS, LINE_OTHERS, LINES };

struct http_server {
	unsigned		magic;
#define SERVER_MAGIC		0x41f5c0e2
	struct event_base	*base;
	struct http_limits	limits;
	struct http_handler	handler;
	void			*arg;
	struct listeners	listeners;
	struct conns		conns;
	unsigned		n_conns, n_of_tag[HTTP_TAGS];
	struct conns		lingering;	/* the oldest first */
	unsigned		n_lingering;
	bool			has_spare;	/* for the listeners of a tag */
	int			spare_tag;
	bool			draining;
	struct conns		lines[LINES];
	struct event		*turn;		/* due while somebody waits */
	bool			serving;	/* that turn */
	uint64_t		quick_window;
	unsigned		quick_pieces;	/* that came in it */
	struct event		*resume;	/* accepting, after EMFILE */
	time_t			told;		/* the operator, of the cap */
	struct http_stats	stats;
};

struct http_request {
	unsigned		magic;
#define REQUEST_MAGIC		0x8e1d7a36
	unsigned		refs;		/* connection and holders */
	struct http_conn	*conn;		/* NULL: gone or over */
	char			*text;		/* what head points into */
	size_t			text_len;
	char			*joined;	/* and it; see http_header() */
	size_t			joined_len;
	struct head		head;
	char			id[24];
	int64_t			began_us;	/* clock_us() */
	int			tag;
	long			uid;
	void			*data;
	enum http_body		want;
	uint64_t		body_max, body_len;
	struct evbuffer		*body;
	struct evbuffer		*headers;	/* of the answer */
	char			*type;		/* its Content-Type */
	char			*cache_control;
	int			status;		/* 0: not answered */
	uint64_t		sent;		/* bytes of the answer's body */
	bool			unread;		/* body not read to its end */
};

/* The way of a connection; each phase has a step in step.c. */
enum phase {
	PHASE_IDLE,		/* nothing of a request is here */
	PHASE_HEAD,
	PHASE_BODY,
	PHASE_WAIT,		/* complete; the handler will answer */
	PHASE_SEND,
	PHASE_LINGER		/* answered and shut; the peer may still send */
};

struct http_conn {
	unsigned		magic;
#define CONN_MAGIC		0x2b96d5f4
	enum phase		phase;
	struct http_server	*server;
	TAILQ_ENTRY(http_conn)	list;
	TAILQ_ENTRY(http_conn)	next;		/* in its line */
	TAILQ_ENTRY(http_conn)	later;		/* in lingering */
	bool			lingers;	/* is in it */
	int64_t			lingers_since_us; /* clock_us() */
	enum line		line;
	bool			waits;		/* in that line */
	bool			quick;		/* its events come first */
	struct bufferevent	*bev;
	struct event		*timer;		/* of the phase */
	struct http_request	*req;		/* NULL in IDLE, HEAD, LINGER */
	int			tag;
	long			uid;
	size_t			scanned;	/* of the head under way */
	struct chunked		chunked;
	uint64_t		left;		/* of a body that is not chunked */
	bool			ended;		/* the body */
	uint64_t		moved;		/* bytes in, in this span */
	uint64_t		unsent;		/* when this span began */
	uint64_t		discarded;
	bool			eof;		/* the peer sends no more */
	bool			close;		/* after the answer */
	bool			linger;		/* the peer may still send then */
	bool			dead;		/* free it at the next step */
};

static inline struct evbuffer *
conn_input(const struct http_conn *c)
{
	return (bufferevent_get_input(c->bev));
}

enum step { STEP_AGAIN, STEP_WAIT, STEP_CLOSE };

/* step.c: does what can be done now in the phase that the connection is in. */
enum step conn_step(struct http_conn *);

/* conn.c; takes *fd*, also when it fails. */
void conn_new(struct http_server *, int fd, int tag);
/* Does what can be done now, up to the end of a request; may free it. */
void conn_run(struct http_conn *);
/* Drops it at once; the request, if any, is over. */
void conn_free(struct http_conn *);
/* The request has been answered, or cannot be. */
void conn_over(struct http_conn *);
/* Bytes of the answer that are still here. */
size_t conn_unsent(const struct http_conn *);
/*
 * Answered and shut: reads on for a while. Beyond the limit on such connections
 * the one that has lingered longest is dropped.
 */
void conn_linger(struct http_conn *);
/* Enters a phase and sets its deadline. */
void conn_phase(struct http_conn *, enum phase);
/* Drops it, but not under the feet of the caller. */
void conn_abort(struct http_conn *);

/* turn.c: has conn_run() called when it is the connection's turn. */
void turn_wait(struct http_conn *);
/* Something has come in: the same, or at once if it is quick; may free it. */
void turn_data(struct http_conn *);
/* A request is answered with *len* bytes: is the connection quick from now? */
void turn_reply(struct http_conn *, uint64_t len);
/* Takes it out of its line, should it be in one. */
void turn_leave(struct http_conn *);
/* 0, or -1 without memory. */
int turn_init(struct http_server *);

/* request.c */
struct http_request *request_new(struct http_conn *, char *text, size_t len);
void request_unref(struct http_request *);
/* Gives it its id once the head is parsed. */
void request_identify(struct http_request *);
/* Its line in the log. */
void request_log(const struct http_request *, bool sent);

/* response.c: answers what never became a request. *why* needs no escapes. */
void response_refuse(struct http_conn *, int status, const char *why);
/* The same for a request, unless it is answered. */
void response_fail(struct http_request *, int status, const char *why);

#endif
