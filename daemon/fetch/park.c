/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fetcher whose POST was accepted waits for a moment: the next one to the same
 * URL goes over its connection. To start a process takes far longer than to send.
 */
#include "config.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fetch/fetch_priv.h"

#define PARKED_MAX	32
#define PARKED_S	2
/* Its processor time is limited. */
#define POSTS_MAX	1000

static void
drop_texts(struct fetch_job *j)
{
	free(j->post);
	free(j->headers);
	j->post = j->headers = NULL;
}

bool
park_put(struct fetch_job *j)
{
	static const struct timeval tv = { .tv_sec = PARKED_S };
	struct fetch *f = j->fetch;

	if (j->post == NULL || f->parked >= PARKED_MAX ||
	    ++j->posts >= POSTS_MAX || evtimer_add(j->timer, &tv) != 0)
		return (false);
	drop_texts(j);
	TAILQ_REMOVE(&f->jobs, j, next);
	TAILQ_INSERT_TAIL(&f->waiting, j, next);
	f->parked++;
	f->running--;
	j->running = false;
	j->parked = true;
	event_active(f->turn, EV_TIMEOUT, 0);
	return (true);
}

void
park_leave(struct fetch_job *j)
{
	struct fetch *f = j->fetch;

	TAILQ_REMOVE(&f->waiting, j, next);
	TAILQ_INSERT_TAIL(&f->jobs, j, next);
	f->parked--;
	j->parked = false;
}

static struct fetch_job *
find(struct fetch *f, const struct fetch_ask *ask, const struct fetch_url *u)
{
	struct fetch_job *j;

	for (j = TAILQ_FIRST(&f->waiting); j != NULL; j = TAILQ_NEXT(j, next))
		if (strcmp(j->url.text, u->text) == 0 &&
		    strcmp(j->org, ask->org) == 0)
			return (j);
	return (NULL);
}

bool
park_take(struct fetch *f, const struct fetch_ask *ask,
    const struct fetch_url *u)
{
	struct fetch_job *j;
	struct timeval tv;

	if (ask->post == NULL || f->running >= f->conf->at_once ||
	    (j = find(f, ask, u)) == NULL)
		return (false);
	j->post = strdup(ask->post);
	j->headers = strdup(ask->headers);
	j->end_us = clock_us() + (int64_t)f->conf->timeout_ms * 1000;
	fetch_time(f, &tv);
	if (j->post == NULL || j->headers == NULL ||
	    evtimer_add(j->timer, &tv) != 0 || child_again(j) != 0) {
		drop_texts(j);
		return (false);
	}
	j->ask = *ask;
	park_leave(j);
	j->running = j->again = true;
	f->running++;
	return (true);
}
