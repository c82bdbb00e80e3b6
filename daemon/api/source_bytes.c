/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "api/call.h"
#include "api/source.h"
#include "log.h"
#include "store/store_source.h"

/* That one call waits for: more than a composition has, and few enough. */
#define FETCHES	32

struct wait {
	struct store_fetch	fetch;		/* first: a job */
	void			(*again)(struct call *);
};

static void
log_missing(const struct call *c, const struct store_source *s,
    const char *error)
{
	char hex[HASH_HEX + 1], content[HASH_HEX + 1];

	hash_to_hex(&s->hash, hex);
	hash_to_hex(&s->content, content);
	log_error("blob_missing", "the file of this source image is missing or "
	    "damaged: restore it from a backup", KV("id", http_id(c->req)),
	    KV("org", s->org), KV("source", hex), KV("content", content),
	    KV("error", error));
}

static void
on_fetched(struct store_job *job)
{
	struct wait *w = CAST_OBJ(job, STORE_FETCH_MAGIC);
	struct call *c = CAST_OBJ(job->arg, CALL_MAGIC);

	if (w->again != NULL && !c->api->stopped) {
		c->fetched = job->status;
		http_headers_cut(c->req, c->headers);
		w->again(c);
	}
	call_job_over(job);
}

/* False after an answer. */
static bool
fetch_begin_bytes(struct call *c, const struct store_source *s,
    void (*again)(struct call *))
{
	struct wait *w = call_job(c, sizeof *w, on_fetched);

	if (w == NULL)
		return (false);
	w->again = again;
	w->fetch.content = s->content;
	w->fetch.size = s->size;
	c->fetches++;
	store_source_fetch(c->api->store, &w->fetch);
	return (true);
}

/* They are in the bucket, and what came of asking for them, if that was done. */
static void
open_elsewhere(struct call *c, const struct store_source *s,
    void (*again)(struct call *), int *status, const char **why)
{
	*status = 503;
	switch (c->fetched) {
	case STORE_OK:
		break;
	case STORE_AWAY:
		*why = "The bucket that keeps the source images gives no "
		    "answer; try again.";
		return;
	case STORE_FULL:
		*why = "The server's disk has no room for the source image; "
		    "try again.";
		return;
	default:
		*status = 500;
		*why = "The source image cannot be read.";
		log_missing(c, s, c->fetched == STORE_NOT_FOUND ?
		    "the bucket has no such object" :
		    "the bucket has other bytes");
		return;
	}
	*why = "The source image is being fetched from its bucket; try again.";
	if (c->fetches < FETCHES && fetch_begin_bytes(c, s, again) &&
	    again != NULL)
		*status = 0;
}

int
source_open_bytes(struct call *c, const struct store_source *s,
    void (*again)(struct call *), int *status, const char **why)
{
	int fd = store_source_open(c->api->store, s);

	if (fd >= 0)
		return (fd);
	*status = 503;
	*why = "Out of descriptors; try again.";
	if (errno == EAGAIN)
		open_elsewhere(c, s, again, status, why);
	else if (errno != EMFILE && errno != ENFILE) {
		*status = 500;
		*why = "The source image cannot be read.";
		log_missing(c, s, strerror(errno));
	}
	return (-1);
}

void
source_refuse_bytes(struct call *c, int status, const char *why)
{
	if (status == 503)
		http_add_header(c->req, "Retry-After", "2");
	reply_error(c, status, "%s", why);
}
