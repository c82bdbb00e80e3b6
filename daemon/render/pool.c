/* SPDX-License-Identifier: BSD-2-Clause */
/* The pool: what comes in, joining, refusing. */
#include "config.h"

#include <sys/stat.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "obj.h"
#include "recipe/recipe.h"
#include "render/pool_priv.h"

/* Refused jobs are answered from the loop, never from inside a submit. */
static void
on_refused(evutil_socket_t fd, short what, void *arg)
{
	struct render_pool *p = CAST_OBJ(arg, POOL_MAGIC);
	struct job *j;

	(void)fd;
	(void)what;
	while ((j = TAILQ_FIRST(&p->refused)) != NULL) {
		TAILQ_REMOVE(&p->refused, j, list);
		job_fail(j, j->status, j->error);
	}
}

static void
refuse(struct render_pool *p, struct job *j, enum render_status status,
    const char *error)
{
	j->state = JOB_REFUSED;
	j->status = status;
	if (j->joinable)
		TAILQ_REMOVE(&p->jobs, j, all);
	j->joinable = false;
	(void)snprintf(j->error, sizeof j->error, "%s", error);
	TAILQ_INSERT_TAIL(&p->refused, j, list);
	p->stats.refused++;
	event_active(p->on_refused, 0, 0);
}

static bool
is_idle(const struct worker *wk)
{
	return (wk->ready && !wk->leaving && wk->pid != 0 && wk->job == NULL);
}

/* Whether *wk* has seen no other organization's images, or may have. */
static bool
may_see(const struct worker *wk, const char *org)
{
	return (!wk->pool->isolate || wk->org[0] == '\0' ||
	    strcmp(wk->org, org) == 0);
}

/*
 * *wk* has seen others' images than those of *org*: a new one takes its place,
 * unless an idle one will do, or enough of them are on their way.
 */
static void
replace_worker(struct render_pool *p, struct worker *wk, const char *org)
{
	unsigned starting = 0;

	for (unsigned i = 0; i < p->n_workers; i++) {
		const struct worker *o = &p->workers[i];

		if (o->reserve != wk->reserve)
			continue;
		if (is_idle(o) && may_see(o, org))
			return;
		starting += !o->ready || o->leaving;
	}
	if (starting < p->stats.waiting)
		worker_recycle(wk);
}

void
pool_run(struct render_pool *p)
{
	struct job *j;

	/* The reserve comes last: it is for what the others cannot take. */
	for (unsigned i = 0; i < p->n_workers; i++) {
		struct worker *wk = &p->workers[i];

		if (!is_idle(wk) || (j = share_next(p, wk)) == NULL)
			continue;
		if (may_see(wk, j->share->org))
			worker_give(wk, j);
		else
			replace_worker(p, wk, j->share->org);
	}
}

/* Whether a worker has nothing to do and would take *j*, of *s*. */
static bool
has_worker(struct render_pool *p, const struct share *s, const struct job *j)
{
	for (unsigned i = 0; i < p->n_workers; i++)
		if (is_idle(&p->workers[i]) && (!p->workers[i].reserve ||
		    (s->holds == 0 && j->price_us <= PRICE_SMALL)))
			return (true);
	return (false);
}

static void
refuse_full(struct render_pool *p, struct job *j, struct share *s)
{
	user_of(p, s->org)->refused++;
	user_held_back(p, s);
	refuse(p, j, RENDER_BUSY, "too many renders are waiting");
}

/*
 * When the queue is full, whoever has most in it loses the last of that, or
 * *j*, of *s*, does not come in. Returns whether it does.
 */
static bool
make_room(struct render_pool *p, struct job *j, struct share *s)
{
	struct share *longest;
	struct job *last;

	if (p->stats.waiting < p->queue_most || has_worker(p, s, j))
		return (true);
	last = share_last_of_longest(p, s);
	if (last == NULL) {
		refuse_full(p, j, s);
		return (false);
	}
	longest = last->share;
	share_remove(last);
	refuse_full(p, last, longest);
	return (true);
}

static void
enqueue(struct render_pool *p, struct job *j, const char *org)
{
	struct share *s;

	if (j->lacks_fd) {
		refuse(p, j, RENDER_BUSY, "no file descriptor is free");
		return;
	}
	s = share_of(p, org, j->kind);
	j->number = ++p->numbered;
	if (j->kind == WIRE_PROBE && s->last_us > j->price_us)
		j->price_us = s->last_us;
	if (!make_room(p, j, s))
		return;
	share_add(s, j);
	if (j->kind == WIRE_RENDER) {
		TAILQ_INSERT_TAIL(&p->jobs, j, all);
		j->joinable = true;
	}
	pool_run(p);
}

static struct job *
find_equal(struct render_pool *p, const struct render_ask *ask,
    const char *digest, const struct recipe *recipe)
{
	struct job *j;

	TAILQ_FOREACH(j, &p->jobs, all)
		if (strcmp(j->digest, digest) == 0 &&
		    strcmp(j->source, ask->source) == 0 &&
		    strcmp(j->share->org, ask->org) == 0 &&
		    recipe_same(&j->recipe, recipe))
			return (j);
	return (NULL);
}

static struct job *
render_job(struct render_pool *p, const struct render_ask *ask,
    const char *digest, const struct recipe *recipe)
{
	struct job *j = job_new(p, WIRE_RENDER, ask->source, ask->fd);

	j->recipe = *recipe;
	j->price_us = price_render(ask, recipe);
	memcpy(j->digest, digest, sizeof j->digest);
	if (ask->secondary_fd >= 0)
		job_dup(j, WIRE_SECONDARY, ask->secondary_fd);
	return (j);
}

struct render_job *
render_submit(struct render_pool *p, const struct render_ask *ask,
    const struct recipe *recipe, render_done_f *done, void *arg)
{
	struct render_job *a;
	char digest[33];
	struct job *j;

	recipe_digest(recipe, digest);
	if ((j = find_equal(p, ask, digest, recipe)) != NULL) {
		p->stats.joined++;
		return (job_join(j, done, NULL, arg));
	}
	j = render_job(p, ask, digest, recipe);
	a = job_join(j, done, NULL, arg);
	if (blame_has(&p->blame, ask->source, digest))
		refuse(p, j, RENDER_LIMIT, "this picture has gone over a "
		    "limit of time or memory repeatedly and is refused for a "
		    "while");
	else if (blame_has(&p->blame, ask->source, ""))
		refuse(p, j, RENDER_BAD_IMAGE, "the image has made the "
		    "renderer fail repeatedly and is refused for a while");
	else
		enqueue(p, j, ask->org);
	return (a);
}

void
render_cancel(struct render_job *a)
{
	struct job *j;

	CHECK_OBJ(a, ASKER_MAGIC);
	j = a->job;
	TAILQ_REMOVE(&j->askers, a, list);
	free(a);
	if (!TAILQ_EMPTY(&j->askers) || j->state != JOB_WAITS)
		return;		/* what has begun ends, to nobody */
	TAILQ_REMOVE(&j->pool->jobs, j, all);
	share_remove(j);
	job_free(j);
}

void
render_probe(struct render_pool *p, const char *org, int source_fd,
    probe_done_f *probed, void *arg)
{
	struct job *j = job_new(p, WIRE_PROBE, "", source_fd);
	struct stat st;

	if (fstat(source_fd, &st) == 0)
		j->price_us = price_probe(st.st_size);
	(void)job_join(j, NULL, probed, arg);
	enqueue(p, j, org);
}

void
render_pool_stats(const struct render_pool *p, struct render_stats *out)
{
	const struct share *s;

	*out = p->stats;
	out->workers = 0;
	out->busy = 0;
	out->able = 0;
	out->probes = 0;
	TAILQ_FOREACH(s, &p->shares, list)
		if (s->kind == WIRE_PROBE)
			out->probes += s->waiting;
	for (unsigned i = 0; i < p->n_workers; i++) {
		const struct worker *wk = &p->workers[i];

		out->workers += wk->ready;
		out->busy += wk->job != NULL;
		out->able += !wk->reserve && (wk->ready ||
		    (wk->proven && wk->failures == 0));
	}
}

bool
render_pool_time(const struct render_pool *p, size_t i,
    struct render_time *out)
{
	return (times_get(&p->times, i, out));
}

/*--------------------------------------------------------------------
 * Begin and end
 */

static uint32_t
allowed_formats(const struct render_conf *c)
{
	uint32_t set = 0;

	for (int i = 0; i < FORMAT_MAX; i++)
		if (!(formats[i].holds & FORMAT_TEXT))
			set |= UINT32_C(1) << i;
	if (!c->allow_svg)
		set &= ~(UINT32_C(1) << FORMAT_SVG);
	if (!c->allow_pdf)
		set &= ~(UINT32_C(1) << FORMAT_PDF);
	if (!c->allow_jp2)
		set &= ~(UINT32_C(1) << FORMAT_JP2);
	if (!c->allow_ttf)
		set &= ~(UINT32_C(1) << FORMAT_TTF);
	return (set);
}

struct render_pool *
render_pool_new(struct event_base *base, const struct render_conf *c,
    char *err, size_t err_len)
{
	struct render_pool *p = calloc(1, sizeof *p);

	if (p == NULL)
		abort();
	p->magic = POOL_MAGIC;
	p->base = base;
	TAILQ_INIT(&p->shares);
	TAILQ_INIT(&p->jobs);
	TAILQ_INIT(&p->refused);
	p->limits = (struct wire_limits){ .memory = c->memory,
	    .pixels = c->pixels, .output = c->output, .side = c->side,
	    .frames = c->frames, .wall_ms = c->wall_ms,
	    .allowed = allowed_formats(c), .jit = c->jit,
	    .partial = c->allow_partial };
	p->queue_most = c->queue;
	p->program = strdup(c->program == NULL ? "/proc/self/exe" :
	    c->program);
	p->n_regular = c->workers > 0 ? c->workers :
	    (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	p->n_workers = p->n_regular + c->reserve;
	p->nice = c->nice;
	p->isolate = c->isolate != 0;
	p->workers = calloc(p->n_workers, sizeof *p->workers);
	p->on_refused = event_new(base, -1, 0, on_refused, p);
	if (p->program == NULL || p->workers == NULL)
		abort();
	for (unsigned i = p->n_regular; i < p->n_workers; i++)
		p->workers[i].reserve = true;
	for (unsigned i = 0; i < p->n_workers; i++)
		if (worker_open(&p->workers[i], p, err, err_len) != 0) {
			p->n_workers = i + 1;
			render_pool_free(p);
			return (NULL);
		}
	return (p);
}

/* Renders were cancelled before; who probes cannot, and holds what to free. */
static void
drop_all(struct jobs *list)
{
	const struct probe_result none = { .status = RENDER_FAILED };
	struct render_job *a;
	struct job *j;

	while ((j = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, j, list);
		while ((a = TAILQ_FIRST(&j->askers)) != NULL) {
			TAILQ_REMOVE(&j->askers, a, list);
			if (a->probed != NULL)
				a->probed(a->arg, &none);
			free(a);
		}
		job_free(j);
	}
}

void
render_pool_free(struct render_pool *p)
{
	struct share *s;

	if (p == NULL)
		return;
	for (unsigned i = 0; i < p->n_workers; i++) {
		struct worker *wk = &p->workers[i];

		worker_close(wk);
		if (wk->job != NULL)
			TAILQ_INSERT_TAIL(&p->refused, wk->job, list);
	}
	TAILQ_FOREACH(s, &p->shares, list)
		drop_all(&s->queue);
	drop_all(&p->refused);
	share_free_all(p);
	event_free(p->on_refused);
	free(p->workers);
	free(p->program);
	free(p);
}
