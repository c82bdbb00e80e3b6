/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decides whose turn it is. Each organization has a share for its renders and
 * one for its probes, and each share a clock of the workers' time that it had.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "render/pool_priv.h"

/* The pool's clock is where the waiting share furthest back is; never back. */
static void
clock_move(struct render_pool *p)
{
	const struct share *s;
	int64_t least = INT64_MAX;

	TAILQ_FOREACH(s, &p->shares, list)
		if (s->waiting > 0 && s->clock_us < least)
			least = s->clock_us;
	if (least != INT64_MAX && least > p->clock_us)
		p->clock_us = least;
}

static bool
share_rests(const struct share *s)
{
	return (s->waiting == 0 && s->holds == 0);
}

/*
 * Forgets the shares that rest and owe nothing; when all rest, every one, as
 * nobody is left to whom they could owe.
 */
static void
shares_forget(struct render_pool *p)
{
	struct shares kept = TAILQ_HEAD_INITIALIZER(kept);
	struct share *s;
	bool all = true;

	TAILQ_FOREACH(s, &p->shares, list)
		all &= share_rests(s);
	while ((s = TAILQ_FIRST(&p->shares)) != NULL) {
		TAILQ_REMOVE(&p->shares, s, list);
		if (share_rests(s) && (all || s->clock_us <= p->clock_us))
			free(s);
		else
			TAILQ_INSERT_TAIL(&kept, s, list);
	}
	TAILQ_CONCAT(&p->shares, &kept, list);
}

struct share *
share_of(struct render_pool *p, const char *org, enum wire_kind kind)
{
	struct share *s;

	shares_forget(p);
	TAILQ_FOREACH(s, &p->shares, list)
		if (s->kind == kind && strcmp(s->org, org) == 0)
			return (s);
	s = calloc(1, sizeof *s);
	if (s == NULL)
		abort();
	(void)snprintf(s->org, sizeof s->org, "%s", org);
	s->kind = kind;
	s->clock_us = p->clock_us;
	TAILQ_INIT(&s->queue);
	TAILQ_INSERT_TAIL(&p->shares, s, list);
	return (s);
}

void
share_add(struct share *s, struct job *j)
{
	if (s->waiting == 0 && s->clock_us < j->pool->clock_us)
		s->clock_us = j->pool->clock_us;
	j->share = s;
	j->state = JOB_WAITS;
	TAILQ_INSERT_TAIL(&s->queue, j, list);
	s->waiting++;
	j->pool->stats.waiting++;
}

static void
share_take(struct job *j)
{
	TAILQ_REMOVE(&j->share->queue, j, list);
	j->share->waiting--;
	j->pool->stats.waiting--;
}

void
share_remove(struct job *j)
{
	share_take(j);
	j->share = NULL;
}

/*--------------------------------------------------------------------
 * The next
 */

/* Workers, without the reserve, that *org* has. */
static unsigned
org_holds(const struct render_pool *p, const char *org)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->n_regular; i++) {
		const struct job *j = p->workers[i].job;

		n += j != NULL && strcmp(j->share->org, org) == 0;
	}
	return (n);
}

/* The reserve takes small work of shares that have nothing else in hand. */
static struct job *
reserve_job(const struct share *s)
{
	struct job *j = NULL;

	if (s->holds == 0)
		TAILQ_FOREACH(j, &s->queue, list)
			if (j->price_us <= PRICE_SMALL)
				break;
	return (j);
}

/* While others wait, no organization holds more than half of the workers. */
static bool
is_bounded(const struct render_pool *p, const struct share *s)
{
	return (org_holds(p, s->org) >= (p->n_regular + 1) / 2);
}

static bool
goes_before(const struct render_pool *p, const struct share *a,
    const struct share *b)
{
	bool bound_a = is_bounded(p, a), bound_b = is_bounded(p, b);

	if (bound_a != bound_b)
		return (bound_b);
	return (a->clock_us < b->clock_us);
}

struct job *
share_next(struct render_pool *p, const struct worker *wk)
{
	struct share *s = NULL, *best = NULL;
	struct job *j, *found = NULL;

	TAILQ_FOREACH(s, &p->shares, list) {
		j = wk->reserve ? reserve_job(s) : TAILQ_FIRST(&s->queue);
		if (j == NULL || (best != NULL && !goes_before(p, s, best)))
			continue;
		best = s;
		found = j;
	}
	return (found);
}

/* Notes shares with long queues that *j* overtakes, though it came later. */
static void
tell_overtaken(struct render_pool *p, const struct job *j)
{
	const struct share *s;

	TAILQ_FOREACH(s, &p->shares, list)
		if (s != j->share && s->waiting > p->queue_most / 4 &&
		    TAILQ_FIRST(&s->queue)->number < j->number)
			user_held_back(p, s);
}

void
share_begin(struct job *j)
{
	struct render_pool *p = j->pool;
	struct share *s = j->share;

	clock_move(p);
	share_take(j);
	tell_overtaken(p, j);
	s->holds++;
	s->clock_us += j->price_us;
	user_of(p, s->org)->begun++;
}

void
share_end(struct job *j)
{
	int64_t took = clock_us() - j->given_us;
	struct share *s = j->share;

	s->holds--;
	s->clock_us += took - j->price_us;
	s->last_us = took;
	user_of(j->pool, s->org)->used_us += (uint64_t)took;
	j->share = NULL;
}

struct job *
share_last_of_longest(struct render_pool *p, const struct share *s)
{
	struct share *most = NULL, *o;

	TAILQ_FOREACH(o, &p->shares, list)
		if (most == NULL || o->waiting > most->waiting)
			most = o;
	if (most == NULL || most->waiting <= s->waiting + 1)
		return (NULL);
	return (TAILQ_LAST(&most->queue, jobs));
}

void
share_free_all(struct render_pool *p)
{
	struct share *s;

	while ((s = TAILQ_FIRST(&p->shares)) != NULL) {
		TAILQ_REMOVE(&p->shares, s, list);
		free(s);
	}
}
