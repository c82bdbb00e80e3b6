/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DELETE /sourceimages/{organization}/remote?url=...: the next request fetches
 * it again. The source image that it led to stays.
 */
#include "config.h"

#include <stdlib.h>

#include "api/endpoints.h"
#include "fetch/fetch_url.h"
#include "store/store_source.h"

struct forget {
	struct store_remote_forget op;	/* first: call_job() */
	char		url[FETCH_URL_MAX + 1];
};

static void
forget_done(struct store_job *job)
{
	struct call *c = CAST_OBJ(job->arg, CALL_MAGIC);

	if (job->status == STORE_OK)
		reply_empty(c, 204);
	else
		reply_store(c, job->status, "remote image of this URL");
	call_job_over(job);
}

static void
forget(struct call *c, const char *text)
{
	struct fetch_url u;
	struct forget *f;
	char why[128];

	if (!fetch_url_parse(text, &u, why, sizeof why)) {
		reply_error(c, 400, "url: %s.", why);
		return;
	}
	f = call_job(c, sizeof *f, forget_done);
	if (f == NULL)
		return;
	text_copy(f->op.org, sizeof f->op.org, call_param(c, "organization"));
	text_copy(f->url, sizeof f->url, u.text);
	f->op.url = f->url;
	store_remote_forget(c->api->store, &f->op);
}

static void
remote_forget(struct call *c)
{
	char *url = call_query(c, "url");

	if (url == NULL)
		reply_error(c, 400, "url: is missing; it is the URL that the "
		    "image was fetched from.");
	else
		forget(c, url);
	free(url);
}

const struct endpoint endpoint_remote_forget = {
	.rights = RIGHT_SOURCE_WRITE, .handle = remote_forget,
};
