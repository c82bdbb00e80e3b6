/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <event2/event.h>

#include "base/clock.h"
#include "log.h"
#include "obj.h"
#include "purge/find.h"
#include "purge/target.h"

#define BACKOFF_MIN_MS	100
/* The longest: to look for one on this machine costs next to nothing. */
#define LOCAL_MAX_MS	1000
#define VARNISH_MAX_MS	5000
#define WEBHOOK_MAX_MS	30000
/*
 * A wrong secret stays wrong until somebody mends it, and Varnish logs each
 * attempt.
 */
#define REFUSED_MS	30000
/* The line stands, only the worker is away: it may be back any moment. */
#define PAUSE_MAX_MS	2000
#define IDLE_MS		5000

static void target_pump(struct target *);

static void
target_after(struct target *t, int64_t ms)
{
	struct timeval tv = { .tv_sec = ms / 1000,
	    .tv_usec = ms % 1000 * 1000 };

	(void)evtimer_add(t->timer, &tv);
}

/*
 * Doubles with each failure in a row, and is cut by a random half at most, so
 * that daemons which lost the same Varnish do not come back in step.
 */
static uint32_t
backoff_ms(unsigned tries, uint32_t max_ms)
{
	uint32_t ms = max_ms;

	if (tries < 9 && ms > (uint32_t)BACKOFF_MIN_MS << tries)
		ms = (uint32_t)BACKOFF_MIN_MS << tries;
	return (ms - randombytes_uniform(ms / 2));
}

/* On this machine: Debian's varnishd, for one, has -T localhost:6082. */
static bool
is_local(const struct purge_target_conf *conf)
{
	static const char *const begin[] = { "127.", "localhost:", "[::1]:" };

	for (size_t i = 0; i < 3 && conf->address != NULL; i++)
		if (strncmp(conf->address, begin[i], strlen(begin[i])) == 0)
			return (true);
	return (conf->instance != NULL);
}

uint32_t
target_backoff_ms(const struct purge_target_conf *conf, unsigned tries)
{
	uint32_t max_ms = VARNISH_MAX_MS;

	if (conf->retry_max_ms != 0)
		max_ms = conf->retry_max_ms;
	else if (is_local(conf))
		max_ms = LOCAL_MAX_MS;
	else if (conf->webhook != NULL)
		max_ms = WEBHOOK_MAX_MS;
	return (backoff_ms(tries, max_ms));
}

/* Says it once, not at every attempt; NULL: it does what it is for. */
void
target_note(struct target *t, const char *why)
{
	if (why == NULL) {
		if (*t->error != '\0')
			log_info("varnish_back", KV("target", t->conf->name));
		t->error[0] = '\0';
		t->tries = 0;
		return;
	}
	if (strcmp(t->error, why) == 0)
		return;
	(void)snprintf(t->error, sizeof t->error, "%s", why);
	log_warn("varnish_trouble", "its bans wait in the outbox; see "
	    "moniker-purging(7)", KV("target", t->conf->name),
	    KV("error", t->error));
}

/* An attempt to reach one that is down does not count as a change. */
static void
target_state(struct target *t, enum target_state state)
{
	if ((state == TARGET_UP) != t->was_up || t->since_ms == 0)
		t->since_ms = clock_wall_ms();
	t->was_up = state == TARGET_UP;
	t->state = state;
}

/*--------------------------------------------------------------------
 * The window
 */

struct ack {
	struct store_ban_ack	op;
	struct target		*target;
};

static void
target_pause(struct target *t)
{
	t->paused = true;
	target_after(t, backoff_ms(t->tries++, PAUSE_MAX_MS));
}

static void
ack_done(struct store_job *job)
{
	struct ack *a = CAST_OBJ(job, STORE_BAN_ACK_MAGIC);
	struct target *t = a->target;

	t->acking = false;
	if (t->dead) {
		free(t);
	} else if (job->status == STORE_OK) {
		target_pump(t);
	} else {
		target_note(t, "the store cannot write: is the disk full?");
		target_pause(t);
	}
	free(a);
}

/* The bans were carried out; should the ack fail, they are once more. */
static void
target_ack(struct target *t)
{
	struct ack *a = calloc(1, sizeof *a);
	size_t i;

	for (i = 0; a != NULL && i < t->n; i++)
		if (t->answers[i] == TARGET_ACK ||
		    t->answers[i] == TARGET_REFUSED)
			a->op.ids[a->op.n++] = t->ids[i];
	t->n = t->next = 0;
	if (a == NULL)
		target_pause(t);
	if (a == NULL || a->op.n == 0) {
		free(a);
		return;
	}
	(void)snprintf(a->op.target, sizeof a->op.target, "%s",
	    t->conf->name);
	a->op.repeat_ms = t->conf->repeat_ms;
	a->op.job.done = ack_done;
	a->target = t;
	t->acking = true;
	store_ban_ack(t->store, &a->op);
}

/* Every row of the window has its answer. */
static void
target_window_end(struct target *t)
{
	bool retry = false;
	size_t i;

	for (i = 0; i < t->n; i++)
		retry |= t->answers[i] == TARGET_RETRY;
	if (retry && t->state == TARGET_UP)
		target_pause(t);
	target_ack(t);
}

void
target_answer(struct target *t, enum target_answer a, const char *why)
{
	while (t->next < t->n && t->answers[t->next] != TARGET_PENDING)
		t->next++;
	if (t->next == t->n)
		return;
	t->answers[t->next++] = a;
	if (a == TARGET_ACK)
		t->acked++;
	else
		t->failed++;
	target_note(t, a == TARGET_ACK ? NULL : why);
	while (t->next < t->n && t->answers[t->next] != TARGET_PENDING)
		t->next++;
	if (t->next == t->n && !t->sending)
		target_window_end(t);
}

static bool
target_concerns(const struct target *t, const struct store_ban *b)
{
	const char *org = t->conf->organization;

	if (org != NULL && strcmp(org, b->org) != 0)
		return (false);
	/* One Surrogate-Key stands for a source image, first or second. */
	if (t->conf->webhook != NULL)
		return (strcmp(b->header, "x-moniker-secondary") != 0);
	/* It was a webhook under the same name. */
	return (!b->soft);
}

static int
target_row(void *arg, const struct store_ban *b)
{
	struct target *t = CAST_OBJ(arg, TARGET_MAGIC);
	enum target_answer a = TARGET_ACK;

	/* What does not concern it is done with. */
	if (target_concerns(t, b))
		a = t->transport->send(t, b);
	t->ids[t->n] = b->id;
	t->answers[t->n++] = a;
	if (a == TARGET_REFUSED) {
		t->failed++;
		log_error("ban_refused", "it cannot be expressed and is "
		    "dropped: please report it", KV("target", t->conf->name),
		    KV("ban", b->id), KV("header", b->header),
		    KV("value", b->value));
	}
	return (0);
}

/* When the next row is due, or it is time to see whether it is alive. */
static void
target_rest(struct target *t)
{
	int64_t due = INT64_MAX, wait = IDLE_MS;

	if (store_ban_due(t->store, t->conf->name, &due) == STORE_OK &&
	    due != INT64_MAX && due - clock_wall_ms() < wait)
		wait = due - clock_wall_ms();
	target_after(t, wait < 1 ? 1 : wait);
}

static void
target_pump(struct target *t)
{
	enum store_status st;

	if (t->state != TARGET_UP || t->n > 0 || t->acking || t->paused)
		return;
	t->next = 0;
	t->sending = true;
	st = store_ban_each(t->store, t->conf->name, 0, TARGET_WINDOW,
	    target_row, t);
	t->sending = false;
	if (st != STORE_OK && st != STORE_NOT_FOUND)
		target_pause(t);
	else if (t->n == 0)
		target_rest(t);
	else {
		while (t->next < t->n && t->answers[t->next] != TARGET_PENDING)
			t->next++;
		if (t->next == t->n)
			target_window_end(t);
	}
}

/*--------------------------------------------------------------------
 * Up and down
 */

void
target_up(struct target *t)
{
	target_state(t, TARGET_UP);
	t->paused = false;
	if (t->transport == &transport_cli)
		log_info("varnish_connected", KV("target", t->conf->name));
	target_pump(t);
	/* Is the worker there as well? */
	if (t->state == TARGET_UP && t->n == 0)
		t->transport->idle(t);
}

static void
target_close(struct target *t)
{
	find_cancel(t->find);
	t->find = NULL;
	t->transport->close(t);
}

static uint32_t
target_wait_ms(const struct target *t)
{
	uint32_t ms = target_backoff_ms(t->conf, t->tries);

	if (t->refused && t->conf->retry_max_ms == 0 && ms < REFUSED_MS / 2)
		ms = REFUSED_MS - randombytes_uniform(REFUSED_MS / 2);
	return (ms);
}

void
target_down(struct target *t, const char *why)
{
	size_t i;

	target_note(t, why);
	target_state(t, TARGET_DOWN);
	target_close(t);
	for (i = t->next; i < t->n; i++)
		if (t->answers[i] == TARGET_PENDING)
			t->answers[i] = TARGET_RETRY;
	if (t->n > 0)
		target_window_end(t);
	target_after(t, target_wait_ms(t));
	t->tries++;
}

static void
on_found(void *arg, const struct found *found)
{
	struct target *t = CAST_OBJ(arg, TARGET_MAGIC);

	t->find = NULL;
	if (*found->error != '\0')
		target_down(t, found->error);
	else
		t->transport->open(t, found);
}

static void
target_open(struct target *t)
{
	t->state = TARGET_OPENING;
	t->refused = false;
	t->find = find_start(t->base, t->conf, on_found, t);
	if (t->find == NULL)
		target_down(t, "out of memory");
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct target *t = CAST_OBJ(arg, TARGET_MAGIC);
	bool rested = !t->paused;

	(void)fd;
	(void)what;
	t->paused = false;
	if (t->state == TARGET_DOWN) {
		target_open(t);
		return;
	}
	target_pump(t);
	if (rested && t->state == TARGET_UP && t->n == 0 && !t->acking)
		t->transport->idle(t);
}

void
target_kick(struct target *t)
{
	target_pump(t);
}

struct target *
target_new(struct event_base *base, struct store *store,
    const struct purge_target_conf *conf)
{
	struct target *t = calloc(1, sizeof *t);

	if (t == NULL)
		return (NULL);
	t->magic = TARGET_MAGIC;
	t->base = base;
	t->store = store;
	t->conf = conf;
	t->transport = conf->url != NULL || conf->webhook != NULL ?
	    &transport_http : &transport_cli;
	t->link = calloc(1, t->transport->link_size);
	t->timer = evtimer_new(base, on_timer, t);
	if (t->link == NULL || t->timer == NULL) {
		if (t->timer != NULL)
			event_free(t->timer);
		free(t->link);
		free(t);
		return (NULL);
	}
	*(unsigned *)t->link = t->transport->link_magic;
	target_after(t, 0);
	return (t);
}

void
target_free(struct target *t)
{
	if (t == NULL)
		return;
	target_close(t);
	if (t->transport->free != NULL)
		t->transport->free(t);
	free(t->link);
	event_free(t->timer);
	t->magic = 0;
	t->dead = true;
	/* Else its job gives it back. */
	if (!t->acking)
		free(t);
}
