/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <event2/event.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "fetch/fetch.h"
#include "hook/hook.h"
#include "hook/hook_sign.h"
#include "log.h"
#include "obj.h"
#include "store/store_hook.h"

#define RETRY_MS	500		/* after the first failure */
#define AT_ONCE		256		/* webhooks; fetch has a bound, too */
#define BEGIN		64		/* of one look */
#define PAUSE_MS	5000		/* when the store cannot write */
#define LOOK_MS		30000		/* the clock may have been set */

/* An event on its way; then a job of the store with what became of it. */
struct sending {
	struct store_hook_result result;	/* its magic is ours */
	LIST_ENTRY(sending) next;
	struct hooks	*hooks;		/* NULL: they are gone */
	char		org[ORG_MAX + 1];
	char		type[32];
	int64_t		created_ms;
	unsigned	tries;		/* of the webhook, before */
};

struct hooks {
	unsigned	magic;
#define HOOKS_MAGIC	0x3a90e7d4
	struct event_base *base;
	struct store	*store;
	struct fetch	*fetch;
	const struct hook_conf *conf;
	LIST_HEAD(sendings, sending) sending;
	struct event	*timer;
	bool		paused, stopping;
	struct hooks_stats stats;
};

/*--------------------------------------------------------------------
 * What became of one
 */

static void
sending_free(struct sending *s)
{
	if (s->hooks != NULL) {
		LIST_REMOVE(s, next);
		s->hooks->stats.sending--;
	}
	free(s);
}

static void
hooks_wait(struct hooks *h, int64_t ms)
{
	const struct timeval tv = { .tv_sec = ms / 1000,
	    .tv_usec = ms % 1000 * 1000 };

	(void)evtimer_add(h->timer, &tv);
}

/* The store calls hooks_kick() as well. */
static void
on_noted(struct store_job *job)
{
	struct sending *s = CAST_OBJ(job, STORE_HOOK_RESULT_MAGIC);
	struct hooks *h = s->hooks;

	if (h != NULL && job->status != STORE_OK &&
	    job->status != STORE_NOT_FOUND) {
		h->paused = true;
		hooks_wait(h, PAUSE_MS);
	}
	if (h != NULL && job->status == STORE_OK && s->result.disabled) {
		h->stats.disabled++;
		log_error("webhook_disabled", "nothing is sent to it any more; "
		    "have its receiver mended, then enable it again",
		    KV("organization", s->org), KV("webhook", s->result.hook),
		    KV("error", s->result.error));
	}
	sending_free(s);
}

/* What says neither "later" nor "not you": the next try ends no better. */
static bool
is_refusal(unsigned code)
{
	static const unsigned later[] = { 401, 403, 404, 407, 408, 409, 410,
	    423, 425, 429 };

	for (size_t i = 0; i < sizeof later / sizeof *later; i++)
		if (code == later[i])
			return (false);
	return (code >= 400 && code < 500);
}

/* Doubles, and is cut by a random half at most. */
static unsigned
backoff_ms(const struct hook_conf *c, unsigned tries)
{
	unsigned ms = c->retry_max_ms;

	if (tries < 16 && ms > (unsigned)RETRY_MS << tries)
		ms = (unsigned)RETRY_MS << tries;
	return (ms - randombytes_uniform(ms / 2 + 1));
}

static void
log_failure(const struct sending *s)
{
	if (s->result.refused)
		log_error("webhook_event_refused", "the event was refused for too "
		    "long, and the next ones are sent; it can be sent again",
		    KV("organization", s->org), KV("webhook", s->result.hook),
		    KV("number", s->result.event), KV("type", s->type),
		    KV("error", s->result.error));
	else if (s->tries == 0)
		log_warn("webhook_failed", "it is tried again until it is "
		    "accepted; its receiver may have to be mended",
		    KV("organization", s->org), KV("webhook", s->result.hook),
		    KV("number", s->result.event), KV("type", s->type),
		    KV("error", s->result.error));
}

static void
note(struct sending *s, enum fetch_status status, unsigned code,
    const char *error)
{
	const struct hook_conf *c = s->hooks->conf;
	struct hooks_stats *stats = &s->hooks->stats;
	struct store_hook_result *r = &s->result;

	r->delivered = status == FETCH_OK;
	r->gone = code == 410;
	r->refused = is_refusal(code) &&
	    clock_wall_ms() - s->created_ms >= c->refused_ms;
	r->code = code;
	(void)snprintf(r->error, sizeof r->error, "%s", error);
	r->wait_ms = backoff_ms(c, s->tries);
	r->give_up_ms = c->give_up_ms;
	if (r->delivered)
		stats->delivered++;
	else if (r->refused)
		stats->refused++;
	else
		stats->failed++;
	if (!r->delivered)
		log_failure(s);
	r->job.done = on_noted;
	store_hook_result(s->hooks->store, r);
}

static void
on_sent(void *arg, const struct fetch_result *r)
{
	struct sending *s = CAST_OBJ(arg, STORE_HOOK_RESULT_MAGIC);

	if (s->hooks->stopping)
		sending_free(s);
	else
		note(s, r->status, r->code, r->error);
}

static int
on_data(void *arg, const void *data, size_t len)
{
	(void)arg;
	(void)data;
	(void)len;
	return (-1);
}

/*--------------------------------------------------------------------
 * What is sent
 */

static enum fetch_status
post(struct sending *s, const struct store_hook *h,
    const struct store_hook_event *e, char *err, size_t err_len)
{
	char headers[FETCH_HEADERS_MAX], id[48];
	const int64_t now_ms = clock_wall_ms();
	const struct fetch_ask ask = { .org = h->org, .url = h->url,
	    .post = e->body, .headers = headers, .data = on_data,
	    .done = on_sent, .arg = s };

	store_hook_event_name(e, id);
	if (hook_sign(headers, sizeof headers, id, now_ms / 1000, e->body,
	    h->secret, now_ms < h->old_until_ms ? h->old_secret : "") != 0) {
		(void)snprintf(err, err_len, "its secret is damaged; rotate it");
		return (FETCH_BROKEN);
	}
	return (fetch_begin(s->hooks->fetch, &ask, err, err_len));
}

static bool
is_sending(const struct hooks *hs, int64_t hook)
{
	const struct sending *s;

	LIST_FOREACH(s, &hs->sending, next)
		if (s->result.hook == hook)
			return (true);
	return (false);
}

static struct sending *
sending_new(struct hooks *hs, const struct store_hook *h)
{
	struct sending *s = calloc(1, sizeof *s);

	if (s == NULL)
		return (NULL);
	s->result.job.magic = STORE_HOOK_RESULT_MAGIC;
	s->result.hook = h->id;
	s->hooks = hs;
	s->tries = h->tries;
	(void)snprintf(s->org, sizeof s->org, "%s", h->org);
	LIST_INSERT_HEAD(&hs->sending, s, next);
	hs->stats.sending++;
	return (s);
}

/* Its next event; other than 0: no more for now. */
static int
send_next(void *arg, const struct store_hook *h)
{
	struct hooks *hs = CAST_OBJ(arg, HOOKS_MAGIC);
	struct store_hook_event e;
	enum fetch_status status = FETCH_BROKEN;
	char err[256] = "its queue cannot be read; run monikerd --fsck";
	struct sending *s;

	if (is_sending(hs, h->id))
		return (0);
	if (hs->stats.sending >= AT_ONCE || (s = sending_new(hs, h)) == NULL)
		return (1);
	if (store_hook_event_get(hs->store, h->id, 0, &e) == STORE_OK) {
		s->result.event = e.id;
		s->created_ms = e.created_ms;
		(void)snprintf(s->type, sizeof s->type, "%s", e.type);
		status = post(s, h, &e, err, sizeof err);
		free(e.body);
	}
	if (status != FETCH_OK)
		note(s, status, 0, err);
	return (0);
}

void
hooks_kick(struct hooks *hs)
{
	/* The same for both: what is due in between would be seen by neither. */
	const int64_t now = clock_wall_ms();
	int64_t next, wait = LOOK_MS;

	if (hs->paused || hs->stopping)
		return;
	(void)store_hook_due(hs->store, now, hs->stats.sending + BEGIN,
	    send_next, hs);
	if (store_hook_next(hs->store, now, &next) == STORE_OK &&
	    next != INT64_MAX && next - clock_wall_ms() < wait)
		wait = next - clock_wall_ms();
	hooks_wait(hs, wait < 1 ? 1 : wait);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct hooks *hs = CAST_OBJ(arg, HOOKS_MAGIC);

	(void)fd;
	(void)what;
	hs->paused = false;
	hooks_kick(hs);
}

void
hooks_stats(const struct hooks *hs, struct hooks_stats *out)
{
	*out = hs->stats;
}

struct hooks *
hooks_new(struct event_base *base, struct store *store,
    const struct fetch_conf *fetch, const struct hook_conf *conf)
{
	struct hooks *hs = calloc(1, sizeof *hs);

	if (hs == NULL)
		return (NULL);
	hs->magic = HOOKS_MAGIC;
	hs->base = base;
	hs->store = store;
	hs->conf = conf;
	LIST_INIT(&hs->sending);
	hs->fetch = fetch_new(base, fetch);
	hs->timer = evtimer_new(base, on_timer, hs);
	if (hs->fetch != NULL && hs->timer != NULL)
		return (hs);
	hooks_free(hs);
	return (NULL);
}

void
hooks_free(struct hooks *hs)
{
	struct sending *s;

	if (hs == NULL)
		return;
	hs->stopping = true;
	fetch_free(hs->fetch);
	/* The rest are the store's jobs. */
	while ((s = LIST_FIRST(&hs->sending)) != NULL) {
		LIST_REMOVE(s, next);
		s->hooks = NULL;
	}
	if (hs->timer != NULL)
		event_free(hs->timer);
	hs->magic = 0;
	free(hs);
}
