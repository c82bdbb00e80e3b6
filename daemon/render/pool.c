/* SPDX-License-Identifier: BSD-2-Clause */
/* The pool: queue, joining, refusing. */
#include "config.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "render/pool_priv.h"

/* Refused jobs are answered from the loop, never from inside a submit. */
static void
on_refused_cb(evutil_socket_t fd, short what, void *arg)
{
	struct render_pool *p = arg;
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
	snprintf(j->error, sizeof(j->error), "%s", error);
	TAILQ_INSERT_TAIL(&p->refused, j, list);
	p->stats.refused++;
	event_active(p->on_refused, 0, 0);
}

static struct worker *
idle_worker(struct render_pool *p)
{
	for (unsigned i = 0; i < p->n_workers; i++) {
		struct worker *wk = &p->workers[i];

		if (wk->ready && !wk->leaving && wk->pid != 0 &&
		    wk->job == NULL)
			return (wk);
	}
	return (NULL);
}

void
pool_run(struct render_pool *p)
{
	struct worker *wk;
	struct job *j;

	while ((j = TAILQ_FIRST(&p->queue)) != NULL &&
	    (wk = idle_worker(p)) != NULL) {
		TAILQ_REMOVE(&p->queue, j, list);
		p->stats.waiting--;
		worker_give(wk, j);
	}
}

static void
enqueue(struct render_pool *p, struct job *j)
{
	if (j->lacks_fd) {
		refuse(p, j, RENDER_BUSY, "no file descriptor is free");
		return;
	}
	if (p->stats.waiting >= p->queue_most && idle_worker(p) == NULL) {
		refuse(p, j, RENDER_BUSY, "too many renders are waiting");
		return;
	}
	TAILQ_INSERT_TAIL(&p->queue, j, list);
	if (j->kind == WIRE_RENDER) {
		TAILQ_INSERT_TAIL(&p->jobs, j, all);
		j->joinable = true;
	}
	p->stats.waiting++;
	pool_run(p);
}

static struct job *
find_equal(struct render_pool *p, const char *source, const char *digest)
{
	struct job *j;

	TAILQ_FOREACH(j, &p->jobs, all)
		if (strcmp(j->digest, digest) == 0 &&
		    strcmp(j->source, source) == 0)
			return (j);
	return (NULL);
}

struct render_job *
render_submit(struct render_pool *p, const char *source, int source_fd,
    const struct recipe *recipe, render_done_f *done, void *arg)
{
	return (render_submit_two(p, source, source_fd, -1, recipe, done,
	    arg));
}

struct render_job *
render_submit_two(struct render_pool *p, const char *source, int source_fd,
    int secondary_fd, const struct recipe *recipe, render_done_f *done,
    void *arg)
{
	struct render_job *a;
	char digest[33];
	struct job *j;

	recipe_digest(recipe, digest);
	if ((j = find_equal(p, source, digest)) != NULL) {
		p->stats.joined++;
		return (job_join(j, done, NULL, arg));
	}
	j = job_new(p, WIRE_RENDER, source, source_fd);
	j->recipe = *recipe;
	memcpy(j->digest, digest, sizeof(digest));
	if (secondary_fd >= 0)
		job_dup(j, WIRE_SECONDARY, secondary_fd);
	a = job_join(j, done, NULL, arg);
	if (blame_has(p, source, digest))
		refuse(p, j, RENDER_LIMIT, "this picture has gone over a "
		    "limit of time or memory repeatedly and is refused for a "
		    "while");
	else if (blame_has(p, source, ""))
		refuse(p, j, RENDER_BAD_IMAGE, "the image has made the "
		    "renderer fail repeatedly and is refused for a while");
	else
		enqueue(p, j);
	return (a);
}

void
render_cancel(struct render_job *a)
{
	struct job *j = a->job;

	TAILQ_REMOVE(&j->askers, a, list);
	free(a);
	if (!TAILQ_EMPTY(&j->askers) || j->state != JOB_WAITS)
		return;		/* what has begun ends, to nobody */
	TAILQ_REMOVE(&j->pool->queue, j, list);
	TAILQ_REMOVE(&j->pool->jobs, j, all);
	j->pool->stats.waiting--;
	job_free(j);
}

void
render_probe(struct render_pool *p, int source_fd, probe_done_f *probed,
    void *arg)
{
	struct job *j = job_new(p, WIRE_PROBE, "", source_fd);

	(void)job_join(j, NULL, probed, arg);
	enqueue(p, j);
}

void
render_pool_stats(const struct render_pool *p, struct render_stats *out)
{
	*out = p->stats;
	out->workers = 0;
	out->busy = 0;
	for (unsigned i = 0; i < p->n_workers; i++) {
		out->workers += p->workers[i].ready;
		out->busy += p->workers[i].job != NULL;
	}
}

/*--------------------------------------------------------------------
 * Begin and end
 */

static uint32_t
allowed_formats(const struct render_conf *c)
{
	uint32_t set = (UINT32_C(1) << FORMAT__MAX) - 1;

	if (!c->allow_svg)
		set &= ~(UINT32_C(1) << FORMAT_SVG);
	if (!c->allow_pdf)
		set &= ~(UINT32_C(1) << FORMAT_PDF);
	return (set);
}

struct render_pool *
render_pool_new(struct event_base *base, const struct render_conf *c,
    char *err, size_t err_len)
{
	struct render_pool *p = calloc(1, sizeof(*p));

	if (p == NULL)
		abort();
	p->magic = POOL_MAGIC;
	p->base = base;
	TAILQ_INIT(&p->queue);
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
	p->n_workers = c->workers > 0 ? c->workers :
	    (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	p->workers = calloc(p->n_workers, sizeof(*p->workers));
	p->on_refused = event_new(base, -1, 0, on_refused_cb, p);
	if (p->program == NULL || p->workers == NULL)
		abort();
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
	if (p == NULL)
		return;
	for (unsigned i = 0; i < p->n_workers; i++) {
		struct worker *wk = &p->workers[i];

		worker_close(wk);
		if (wk->job != NULL)
			TAILQ_INSERT_TAIL(&p->queue, wk->job, list);
	}
	drop_all(&p->queue);
	drop_all(&p->refused);
	event_free(p->on_refused);
	free(p->workers);
	free(p->program);
	free(p);
}
