/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <event2/event.h>

#include "obj.h"
#include "purge/wait.h"
#include "store/store.h"

struct purge_wait {
	unsigned		magic;
#define WAIT_MAGIC		0x77616974
	struct wait_list	*all;
	TAILQ_ENTRY(purge_wait)	list;
	struct store		*store;
	struct store_watch	watch;
	struct event		*timer;
	void			(*done)(void *);
	void			*arg;
};

static void
wait_over(struct purge_wait *w)
{
	void (*done)(void *) = w->done;
	void *arg = w->arg;

	TAILQ_REMOVE(w->all, w, list);
	store_purge_unwatch(w->store, &w->watch);
	event_free(w->timer);
	w->magic = 0;
	free(w);
	done(arg);
}

static void
on_watch(struct store_watch *watch)
{
	wait_over(CAST_OBJ(watch->arg, WAIT_MAGIC));
}

static void
on_time(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	wait_over(CAST_OBJ(arg, WAIT_MAGIC));
}

struct purge_wait *
wait_new(struct wait_list *all, struct event_base *base, struct store *store,
    int64_t id, unsigned ms, void (*done)(void *), void *arg)
{
	struct timeval tv = { .tv_sec = ms / 1000,
	    .tv_usec = ms % 1000 * 1000 };
	struct purge_wait *w = calloc(1, sizeof *w);

	if (w == NULL)
		return (NULL);
	w->timer = evtimer_new(base, on_time, w);
	if (w->timer == NULL) {
		free(w);
		return (NULL);
	}
	w->magic = WAIT_MAGIC;
	w->all = all;
	w->store = store;
	w->done = done;
	w->arg = arg;
	w->watch.purge = id;
	w->watch.done = on_watch;
	w->watch.arg = w;
	(void)evtimer_add(w->timer, &tv);
	TAILQ_INSERT_TAIL(all, w, list);
	store_purge_watch(store, &w->watch);
	return (w);
}

void
wait_end(struct wait_list *all)
{
	/* The analyzer does not see that wait_over() takes it off the list. */
	while (!TAILQ_EMPTY(all))
		wait_over(TAILQ_FIRST(all));	/* NOLINT(*Malloc) */
}
