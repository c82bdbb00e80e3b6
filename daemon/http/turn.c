/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decides whose turn it is. What comes in does not run its connection at once,
 * but puts it in one of two lines: requests that read, and all else, which is
 * more work and mostly waits for the disk anyway. A turn serves some of each,
 * then the loop looks for what else has come. So a read waits for a few calls
 * instead of all that are due; and as each turn serves both lines, each
 * connection once, neither endless reads nor endless writes keep the others
 * out.
 *
 * A client that reads now and then does not even wait for that. When a commit
 * has answered sixty writers and all have sent their next request, the loop
 * would take in all of them before it comes to the reader. So connections that
 * read are quick: their events come before all others, which the loop handles
 * a few at a time. A bound keeps them from keeping the others out.
 */
#include "config.h"

#include <string.h>
#include <time.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/clock.h"
#include "conn.h"

/* Served in a turn, at most. A turn of others is what a read may wait for. */
static const unsigned turn_max[LINES] = {
	[LINE_READS] = 32,
	[LINE_OTHERS] = 4,
};

/* What quick connections may send in a window, pieces in all. */
#define QUICK_PIECES	20
#define WINDOW_MS	10
/* A longer answer is not written by quick events. */
#define QUICK_BYTES	(64 << 10)

/* Whether there is room for a piece in this window. */
static bool
quick_room(struct http_server *s)
{
	uint64_t window = (uint64_t)clock_coarse_ms() / WINDOW_MS;

	if (window != s->quick_window) {
		s->quick_window = window;
		s->quick_pieces = 0;
	}
	return (s->quick_pieces < QUICK_PIECES);
}

static void
quick_set(struct http_conn *c, bool quick)
{
	int other = event_base_get_npriorities(c->server->base) / 2;

	/* It fails while an event of it is due: it stays what it was. */
	if (quick != c->quick && other != PRIORITY_QUICK &&
	    bufferevent_priority_set(c->bev, quick ? PRIORITY_QUICK :
	    other) == 0)
		c->quick = quick;
}

/* From the current request, else from the first letter of the next one. */
static enum line
line_of(const struct http_conn *c)
{
	char first = '\0';

	if (c->req != NULL)
		first = c->req->head.method[0];
	else
		evbuffer_copyout(conn_input(c), &first, 1);
	return (first == 'G' || first == 'H' ? LINE_READS : LINE_OTHERS);
}

void
turn_wait(struct http_conn *c)
{
	struct http_server *s = c->server;

	if (c->waits)
		return;
	c->waits = true;
	c->line = line_of(c);
	TAILQ_INSERT_TAIL(&s->lines[c->line], c, next);
	/* After all that the loop has found by now; a turn sees to itself. */
	if (!s->serving)
		event_active(s->turn, EV_TIMEOUT, 0);
}

void
turn_data(struct http_conn *c)
{
	struct http_server *s = c->server;

	if (c->quick && (line_of(c) != LINE_READS || !quick_room(s)))
		quick_set(c, false);
	if (!c->quick || c->waits) {
		turn_wait(c);
		return;
	}
	s->quick_pieces++;
	conn_run(c);
}

void
turn_reply(struct http_conn *c, uint64_t len)
{
	quick_set(c, len <= QUICK_BYTES && line_of(c) == LINE_READS &&
	    quick_room(c->server));
}

void
turn_leave(struct http_conn *c)
{
	if (!c->waits)
		return;
	c->waits = false;
	TAILQ_REMOVE(&c->server->lines[c->line], c, next);
}

/* Each once: an answer is written by the loop before the next is due. */
static void
turn_serve(struct http_server *s, enum line line)
{
	struct conns *l = &s->lines[line];
	struct http_conn *c;

	for (unsigned n = turn_max[line]; n > 0; n--) {
		c = TAILQ_FIRST(l);
		if (c == NULL)
			return;
		turn_leave(c);
		conn_run(c);
	}
}

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval now = { 0, 0 };
	struct http_server *s = CAST_OBJ(arg, SERVER_MAGIC);

	(void)fd;
	(void)what;
	s->serving = true;
	for (enum line l = 0; l < LINES; l++)
		turn_serve(s, l);
	s->serving = false;
	/* Not at once, but after what the loop finds when it looks again. */
	for (enum line l = 0; l < LINES; l++)
		if (!TAILQ_EMPTY(&s->lines[l]))
			(void)evtimer_add(s->turn, &now);
}

int
turn_init(struct http_server *s)
{
	for (enum line l = 0; l < LINES; l++)
		TAILQ_INIT(&s->lines[l]);
	s->turn = evtimer_new(s->base, on_turn, s);
	return (s->turn != NULL ? 0 : -1);
}
