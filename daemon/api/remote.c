/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <sys/queue.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/file_name.h"
#include "api/image_find.h"
#include "api/remote.h"
#include "api/source.h"
#include "base/clock.h"
#include "fetch/fetch.h"
#include "log.h"
#include "render/render.h"
#include "store/store_source.h"

/* What failed lately, by a digest of organization and URL; a power of two. */
#define FAILURES	1024
#define FAILURE_TEXT	200
/* Our own failures may be mended any moment. */
#define BROKEN_S	5

struct failure {
	uint8_t		key[16];
	int64_t		until_us;	/* 0: free */
	int		status;
	char		text[FAILURE_TEXT];
};

struct waiter {
	STAILQ_ENTRY(waiter) next;
	struct call	*call;
};

STAILQ_HEAD(waiters, waiter);

/* One under way. */
struct remote {
	unsigned	magic;
#define REMOTE_MAGIC		0x19c4e75a
	LIST_ENTRY(remote) next;
	struct api	*api;
	char		url[FETCH_URL_MAX + 1];
	struct store_source_put put;
	struct waiters	waiters;
	void		(*again)(struct call *);
	int		error;		/* errno of the blob's */
	bool		over;		/* the waiters are told */
	struct failure	failure;	/* status 0: there is the image */
};

LIST_HEAD(remote_list, remote);

struct remotes {
	struct remote_list list;
	bool		stopped;
	unsigned	waiting;
	uint64_t	kept_failures;
	struct failure	failures[FAILURES];
};

struct remotes *
remotes_new(void)
{
	return (calloc(1, sizeof(struct remotes)));
}

static void
remote_free(struct remotes *rs, struct remote *r)
{
	struct waiter *w;

	while ((w = STAILQ_FIRST(&r->waiters)) != NULL) {
		STAILQ_REMOVE_HEAD(&r->waiters, next);
		rs->waiting--;
		free(w);
	}
	LIST_REMOVE(r, next);
	store_blob_free(r->put.blob);
	store_source_clear(&r->put.source);
	r->magic = 0;
	free(r);
}

void
remotes_stop(struct remotes *rs)
{
	rs->stopped = true;
}

void
remotes_free(struct remotes *rs)
{
	struct remote *r;

	if (rs == NULL)
		return;
	while ((r = LIST_FIRST(&rs->list)) != NULL)
		remote_free(rs, r);
	free(rs);
}

void
remotes_stats(const struct remotes *rs, struct remotes_stats *out)
{
	out->waiting = rs->waiting;
	out->kept_failures = rs->kept_failures;
}

/*--------------------------------------------------------------------
 * Failures
 */

/* Where it is kept, if it is. */
static struct failure *
failure_slot(struct remotes *rs, const char *org, const char *url,
    uint8_t key[16])
{
	crypto_generichash_state st;
	uint32_t at;

	(void)crypto_generichash_init(&st, NULL, 0, 16);
	(void)crypto_generichash_update(&st, (const uint8_t *)org,
	    strlen(org) + 1);
	(void)crypto_generichash_update(&st, (const uint8_t *)url,
	    strlen(url));
	(void)crypto_generichash_final(&st, key, 16);
	memcpy(&at, key, sizeof at);
	return (&rs->failures[at % FAILURES]);
}

static void
failure_keep(struct remote *r, unsigned seconds)
{
	struct failure *f;
	uint8_t key[16];

	f = failure_slot(r->api->remotes, r->put.source.org, r->url, key);
	*f = r->failure;
	memcpy(f->key, key, sizeof key);
	f->until_us = clock_us() + (int64_t)seconds * 1000000;
}

static const struct failure *
failure_find(struct remotes *rs, const char *org, const char *url)
{
	uint8_t key[16];
	struct failure *f = failure_slot(rs, org, url, key);

	if (f->until_us <= clock_us() || memcmp(f->key, key, sizeof key) != 0)
		return (NULL);
	rs->kept_failures++;
	return (f);
}

/*--------------------------------------------------------------------
 * The end
 */

/* Tells all that wait. They look again: there is the image, or r->failure. */
static void
remote_over(struct remote *r)
{
	struct remotes *rs = r->api->remotes;
	struct waiter *w;
	struct call *c;

	r->over = true;
	while ((w = STAILQ_FIRST(&r->waiters)) != NULL) {
		STAILQ_REMOVE_HEAD(&r->waiters, next);
		rs->waiting--;
		c = w->call;
		free(w);
		if (!rs->stopped)
			r->again(c);
		call_release(c);
	}
	remote_free(rs, r);
}

static void __attribute__((format(printf, 4, 5)))
remote_fail(struct remote *r, int status, unsigned keep_s, const char *fmt,
    ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(r->failure.text, sizeof r->failure.text, fmt, ap);
	va_end(ap);
	r->failure.status = status;
	if (keep_s > 0)
		failure_keep(r, keep_s);
	remote_over(r);
}

static void
on_put(struct store_job *job)
{
	struct remote *r = CAST_OBJ(job->arg, REMOTE_MAGIC);
	unsigned retry_s = r->api->conf->fetch.retry_s;

	switch (job->status) {
	case STORE_OK:
	case STORE_CREATED:
		remote_over(r);
		return;
	case STORE_LIMIT:
	case STORE_QUOTA:
		log_warn("remote_quota", "delete source images, or raise the "
		    "organization's quota",
		    KV("organization", r->put.source.org));
		remote_fail(r, 503, retry_s, "a quota of the organization is "
		    "used up");
		return;
	default:
		remote_fail(r, 503, BROKEN_S, "it could not be kept");
	}
}

static void
on_probed(void *arg, const struct probe_result *p)
{
	struct remote *r = CAST_OBJ(arg, REMOTE_MAGIC);
	unsigned retry_s = r->api->conf->fetch.retry_s;

	if (p->status == RENDER_BUSY) {
		remote_fail(r, 503, 0, "the server is busy");
		return;
	}
	if (p->status == RENDER_BAD_IMAGE || p->status == RENDER_LIMIT) {
		remote_fail(r, 502, retry_s, "%s", p->error);
		return;
	}
	if (p->status != RENDER_OK) {
		remote_fail(r, 502, retry_s, "it could not be read");
		return;
	}
	source_take_probe(&r->put.source, p);
	r->put.remote_url = r->url;
	r->put.remote_most = (int64_t)r->api->conf->fetch.remembered;
	r->put.job.done = on_put;
	r->put.job.arg = r;
	store_source_put(r->api->store, &r->put);
}

/* What the other side is to blame for is 502, but for what is not there. */
static void
fetch_failed(struct remote *r, const struct fetch_result *f)
{
	unsigned retry_s = r->api->conf->fetch.retry_s;

	switch (f->status) {
	case FETCH_BROKEN:
		remote_fail(r, 503, BROKEN_S, "it could not be fetched");
		return;
	case FETCH_REFUSED:
		remote_fail(r, 404, retry_s, "%s", f->error);
		return;
	default:
		remote_fail(r, f->code == 404 || f->code == 410 ? 404 : 502,
		    retry_s, "%s", f->error);
	}
}

static void
on_done(void *arg, const struct fetch_result *f)
{
	struct remote *r = CAST_OBJ(arg, REMOTE_MAGIC);
	struct store_source *s = &r->put.source;

	if (f->status != FETCH_OK) {
		fetch_failed(r, f);
		return;
	}
	file_name_fetched(s->name, sizeof s->name, f->disposition, f->url);
	store_blob_sync(r->put.blob);
	render_probe(r->api->pool, s->org, store_blob_fd(r->put.blob),
	    on_probed, r);
}

static int
on_data(void *arg, const void *data, size_t len)
{
	struct remote *r = CAST_OBJ(arg, REMOTE_MAGIC);

	r->error = store_blob_write(r->put.blob, data, len);
	return (r->error);
}

/*--------------------------------------------------------------------
 * The beginning
 */

static struct remote *
remote_get(struct remotes *rs, const char *org, const char *url)
{
	struct remote *r;

	LIST_FOREACH(r, &rs->list, next)
		if (strcmp(r->url, url) == 0 &&
		    strcmp(r->put.source.org, org) == 0)
			return (r);
	return (NULL);
}

static struct remote *
remote_new(struct api *a, const char *org, const char *url)
{
	struct remote *r = calloc(1, sizeof *r);

	if (r == NULL)
		return (NULL);
	r->magic = REMOTE_MAGIC;
	r->api = a;
	STAILQ_INIT(&r->waiters);
	(void)snprintf(r->url, sizeof r->url, "%s", url);
	text_copy(r->put.source.org, sizeof r->put.source.org, org);
	LIST_INSERT_HEAD(&a->remotes->list, r, next);
	r->put.blob = store_blob_new(a->store);
	if (r->put.blob != NULL)
		return (r);
	remote_free(a->remotes, r);
	return (NULL);
}

static bool
refuse(struct call *c, int status, const char *why)
{
	image_refuse(c, status, "The remote image cannot be shown: %s.", why);
	return (false);
}

/* Begins to fetch. NULL after an answer. */
static struct remote *
remote_begin(struct call *c, const char *org, const char *url)
{
	struct remote *r = remote_new(c->api, org, url);
	struct fetch_ask ask = { .org = org, .url = url, .data = on_data,
	    .done = on_done, .arg = r };
	enum fetch_status status;
	char err[256];

	if (r == NULL) {
		(void)refuse(c, 503, "out of memory or descriptors");
		return (NULL);
	}
	status = fetch_begin(c->api->fetch, &ask, err, sizeof err);
	if (status == FETCH_OK)
		return (r);
	remote_free(c->api->remotes, r);
	(void)refuse(c, status == FETCH_REFUSED ? 404 : 503, err);
	return (NULL);
}

/* False after an answer. */
static bool
remote_wait(struct call *c, struct remote *r, void (*again)(struct call *))
{
	struct waiter *w = calloc(1, sizeof *w);

	if (w == NULL)
		return (refuse(c, 503, "out of memory"));
	w->call = call_hold(c);
	r->again = again;
	STAILQ_INSERT_TAIL(&r->waiters, w, next);
	c->api->remotes->waiting++;
	return (true);
}

/* Looks among what was fetched before. *known*: it was; true: it is there. */
static bool
find_known(struct call *c, struct image_find *f, const char *url,
    bool *known)
{
	struct hash_prefix p;
	struct hash hash;

	*known = store_remote_get(c->api->store, f->org, url, &hash) ==
	    STORE_OK;
	if (!*known)
		return (false);
	p = hash_prefix_whole(&hash);
	if (store_source_get(c->api->store, f->org, &p, false, &f->source) !=
	    STORE_OK)
		return (refuse(c, 404, "it was deleted; DELETE /sourceimages/"
		    "ORGANIZATION/remote?url=URL has it fetched again"));
	hash_to_hex(&hash, f->hash);
	return (true);
}

bool
remote_find(struct call *c, struct image_find *f,
    void (*again)(struct call *))
{
	const struct failure *failed;
	char url[FETCH_URL_MAX + 1], why[256];
	struct remote *r;
	bool known;

	if (!remote_target(c->api, f, url, why, sizeof why))
		return (refuse(c, 404, why));
	if (find_known(c, f, url, &known) || known)
		return (!c->answered);
	r = remote_get(c->api->remotes, f->org, url);
	if (r != NULL && r->over)
		return (refuse(c, r->failure.status != 0 ? r->failure.status :
		    502, r->failure.status != 0 ? r->failure.text :
		    "it is gone"));
	failed = failure_find(c->api->remotes, f->org, url);
	if (r == NULL && failed != NULL)
		return (refuse(c, failed->status, failed->text));
	if (r == NULL)
		r = remote_begin(c, f->org, url);
	if (r != NULL)
		(void)remote_wait(c, r, again);
	return (false);
}
