/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "purge/purge.h"
#include "purge/target.h"
#include "purge/wait.h"

struct purge {
	struct event_base *base;
	struct store	*store;
	struct wait_list waits;
	bool		waits_over;
	size_t		n;
	struct target	*targets[];
};

/*
 * The store owes each ban to those that it knows. A ban is hard and takes grace
 * away with the object, so no Varnish hears of a soft purge; its map tells it.
 */
static int
purge_tell(struct store *store, const struct purge_target_conf *conf,
    size_t n)
{
	struct store_target *targets = calloc(n + 1, sizeof *targets);
	enum store_status st;

	if (targets == NULL)
		return (-1);
	for (size_t i = 0; i < n; i++)
		targets[i] = (struct store_target){
			.name = conf[i].name,
			.soft = conf[i].webhook != NULL,
			.org = conf[i].organization,
		};
	st = store_targets_set(store, targets, n);
	free(targets);
	return (st == STORE_OK ? 0 : -1);
}

struct purge *
purge_new(struct event_base *base, struct store *store,
    const struct purge_target_conf *conf, size_t n, char *err, size_t err_len)
{
	struct purge *p = calloc(1, sizeof *p + n * sizeof *p->targets);

	(void)snprintf(err, err_len, "out of memory");
	if (p == NULL)
		return (NULL);
	p->base = base;
	p->store = store;
	TAILQ_INIT(&p->waits);
	if (purge_tell(store, conf, n) != 0) {
		(void)snprintf(err, err_len, "the store cannot note the names "
		    "of the Varnishes");
		purge_free(p);
		return (NULL);
	}
	for (; p->n < n; p->n++) {
		p->targets[p->n] = target_new(base, store, &conf[p->n]);
		if (p->targets[p->n] == NULL) {
			purge_free(p);
			return (NULL);
		}
	}
	return (p);
}

void
purge_free(struct purge *p)
{
	if (p == NULL)
		return;
	purge_wait_no_more(p);
	for (size_t i = 0; i < p->n; i++)
		target_free(p->targets[i]);
	free(p);
}

void
purge_kick(struct purge *p)
{
	for (size_t i = 0; i < p->n; i++)
		target_kick(p->targets[i]);
}

size_t
purge_targets(const struct purge *p)
{
	return (p->n);
}

void
purge_target_status(const struct purge *p, size_t i,
    struct purge_target_status *s)
{
	const struct target *t = p->targets[i];

	(void)memset(s, 0, sizeof *s);
	s->name = t->conf->name;
	s->connected = t->state == TARGET_UP;
	s->since_ms = t->since_ms;
	s->acked = t->acked;
	s->failed = t->failed;
	(void)snprintf(s->error, sizeof s->error, "%s", t->error);
	(void)store_ban_count(p->store, s->name, &s->pending, &s->oldest_ms);
}

struct purge_wait *
purge_wait(struct purge *p, int64_t id, unsigned ms, void (*done)(void *),
    void *arg)
{
	if (p->waits_over)
		return (NULL);
	return (wait_new(&p->waits, p->base, p->store, id, ms, done, arg));
}

void
purge_wait_no_more(struct purge *p)
{
	p->waits_over = true;
	wait_end(&p->waits);
}
