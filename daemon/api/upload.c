/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * POST /sourceimages/{organization}: multipart/form-data with one or more
 * files, or URLs that they are fetched from. The bytes go to blobs as they come;
 * when all are in, every file is looked at by a render worker, and only when all
 * are images is any kept.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/dynamic.h"
#include "api/endpoints.h"
#include "api/file_name.h"
#include "api/source.h"
#include "api/upload_field.h"
#include "api/upload_url.h"
#include "http/multipart.h"
#include "render/render.h"
#include "store/store_source.h"

/* Bytes of one text part, and of all. */
#define UPLOAD_TEXT	(64 * 1024)
#define UPLOAD_TEXTS	(1024 * 1024)

struct upload_file {
	unsigned		magic;
#define UPLOAD_FILE_MAGIC		0xc1f05105
	struct upload		*upload;
	struct store_source_put	put;
	struct upload_url	url;
};

struct upload {
	unsigned		magic;
#define UPLOAD_MAGIC		0x75706c64
	struct call		*call;
	struct multipart	*multipart;
	struct upload_file	*files[UPLOAD_FILES];
	unsigned		n;
	bool			in_file;
	char			*field;		/* name of a text part */
	char			*text;		/* of UPLOAD_TEXT bytes */
	size_t			text_len, texts;
	struct upload_meta	metas[UPLOAD_FILES];
	int			error;		/* errno of a failed write */
	unsigned		waiting;	/* probes or puts under way */
	enum store_status	failed;		/* of the first that failed */
};

static int
upload_begin_text(struct upload *u, const char *name)
{
	free(u->field);
	u->field = strdup(name);
	if (u->text == NULL)
		u->text = malloc(UPLOAD_TEXT);
	u->text_len = 0;
	return (u->field == NULL || u->text == NULL ? (u->error = ENOMEM) : 0);
}

/* One more. NULL after an answer, or with u->error set. */
static struct upload_file *
upload_file(struct upload *u, const char *part)
{
	struct upload_file *f;

	if (u->n == UPLOAD_FILES) {
		reply_error(u->call, 400, "%s: at most %d files at once.",
		    part, UPLOAD_FILES);
		return (NULL);
	}
	f = calloc(1, sizeof *f);
	if (f == NULL) {
		u->error = ENOMEM;
		return (NULL);
	}
	u->files[u->n++] = f;
	f->magic = UPLOAD_FILE_MAGIC;
	f->upload = u;
	f->url.call = u->call;
	f->url.put = &f->put;
	text_copy(f->put.source.org, sizeof f->put.source.org,
	    call_param(u->call, "organization"));
	f->put.blob = store_blob_new(u->call->api->store);
	if (f->put.blob != NULL)
		return (f);
	u->error = errno;
	return (NULL);
}

static int
upload_begin_part(void *arg, const struct multipart_part *part)
{
	struct upload *u = CAST_OBJ(arg, UPLOAD_MAGIC);
	struct upload_file *f;

	u->in_file = part->filename != NULL;
	if (!u->in_file)
		return (upload_begin_text(u, part->name));
	f = upload_file(u, part->name);
	if (f != NULL)
		file_name(f->put.source.name, sizeof f->put.source.name,
		    part->filename);
	return (f != NULL ? 0 : 1);
}

static int
upload_data_text(struct upload *u, const void *data, size_t len)
{
	u->texts += len;
	if (u->text_len + len > UPLOAD_TEXT || u->texts > UPLOAD_TEXTS) {
		reply_error(u->call, 413, "%.60s: a text part may have at "
		    "most %d bytes, all together %d.", u->field, UPLOAD_TEXT,
		    UPLOAD_TEXTS);
		return (1);
	}
	(void)memcpy(u->text + u->text_len, data, len);
	u->text_len += len;
	return (0);
}

static int
upload_data_part(void *arg, const void *data, size_t len)
{
	struct upload *u = CAST_OBJ(arg, UPLOAD_MAGIC);
	struct store_blob *b;

	if (!u->in_file)
		return (upload_data_text(u, data, len));
	b = u->files[u->n - 1]->put.blob;
	if ((uint64_t)store_blob_size(b) + len >
	    u->call->api->conf->upload_max) {
		reply_error(u->call, 413, "%s: a source image may have at "
		    "most %llu bytes.", u->files[u->n - 1]->put.source.name,
		    (unsigned long long)u->call->api->conf->upload_max);
		return (1);
	}
	return (u->error = store_blob_write(b, data, len));
}

/* What is at the URL comes in its place. */
static int
upload_take_url(struct upload *u)
{
	struct upload_file *f = upload_file(u, u->field);

	if (f == NULL)
		return (1);
	text_copy(f->url.field, sizeof f->url.field, u->field);
	f->url.url = strndup(u->text, u->text_len);
	return (f->url.url != NULL ? 0 : (u->error = ENOMEM));
}

static int
upload_end_part(void *arg)
{
	struct upload *u = CAST_OBJ(arg, UPLOAD_MAGIC);
	char err[400];

	if (!u->in_file && upload_url_is(u->field))
		return (upload_take_url(u));
	if (u->in_file || upload_field(u->metas, u->field, u->text,
	    u->text_len, err, sizeof err))
		return (0);
	reply_error(u->call, 400, "%s", err);
	return (1);
}

static const struct multipart_events upload_events = {
	.begin = upload_begin_part,
	.data = upload_data_part,
	.end = upload_end_part,
};

static void
upload_begin(struct call *c)
{
	struct upload *u = calloc(1, sizeof *u);

	if (u == NULL) {
		reply_store(c, STORE_ERROR, "");
		return;
	}
	u->magic = UPLOAD_MAGIC;
	u->call = c;
	c->priv = u;
	u->multipart = multipart_new(http_header(c->req, "Content-Type"),
	    &upload_events, u);
	if (u->multipart == NULL)
		reply_error(c, 400, "Content-Type: must be "
		    "multipart/form-data with a boundary.");
}

/* *e* is an errno of the blob's. */
static void
upload_failed(struct call *c, int e)
{
	if (e == EMFILE || e == ENFILE) {
		http_add_header(c->req, "Retry-After", "2");
		reply_error(c, 503, "Out of descriptors; try again.");
	} else
		reply_store(c, e == ENOSPC || e == EDQUOT ? STORE_FULL :
		    STORE_ERROR, "upload");
}

static int
upload_data(struct call *c, const void *data, size_t len)
{
	struct upload *u = c->priv;
	int e;

	if (u == NULL)
		return (-1);
	CHECK_OBJ(u, UPLOAD_MAGIC);
	if (u->multipart == NULL)
		return (-1);
	e = multipart_feed(u->multipart, data, len);
	if (e == 0 || c->answered)
		return (e);
	if (u->error != 0)
		upload_failed(c, u->error);
	else
		reply_error(c, 400, "The body is not multipart/form-data: %s",
		    multipart_reason(u->multipart));
	return (e);
}

static void
upload_end(struct call *c)
{
	struct upload *u = CAST_OBJ(c->priv, UPLOAD_MAGIC);

	for (unsigned i = 0; i < u->n; i++) {
		store_blob_free(u->files[i]->put.blob);
		store_source_clear(&u->files[i]->put.source);
		free(u->files[i]->url.url);
		free(u->files[i]);
	}
	for (unsigned i = 0; i < UPLOAD_FILES; i++)
		upload_meta_clear(&u->metas[i]);
	multipart_free(u->multipart);
	free(u->field);
	free(u->text);
	free(u);
	c->priv = NULL;
}

/*--------------------------------------------------------------------*/

static void
upload_answer(struct upload *u)
{
	json_t *items = json_array();

	for (unsigned i = 0; i < u->n; i++)
		(void)json_array_append_new(items,
		    source_json(&u->files[i]->put.source));
	reply_json(u->call, 200, json_pack("{s:i, s:o}", "total", (int)u->n,
	    "items", items));
}

static void
upload_put_done(struct store_job *job)
{
	struct upload_file *f = CAST_OBJ(job->arg, UPLOAD_FILE_MAGIC);
	struct upload *u = f->upload;
	struct call *c = u->call;

	if (job->status != STORE_OK && job->status != STORE_CREATED)
		u->failed = job->status;
	if (--u->waiting == 0) {
		if (u->failed == STORE_OK)
			upload_answer(u);
		else
			reply_store(c, u->failed, "source image");
	}
	call_release(c);
}

/* Their sizes are known now. False after an answer. */
static bool
upload_areas_fit(struct upload *u)
{
	const struct store_source *s;
	char err[256];

	for (unsigned i = 0; i < u->n; i++) {
		s = &u->files[i]->put.source;
		if (dynamic_fit(u->metas[i].dynamic, s->width, s->height, err,
		    sizeof err))
			continue;
		reply_error(u->call, 400, "meta_dynamic[%u]: %s.", i, err);
		return (false);
	}
	return (true);
}

static void
upload_put(struct upload *u)
{
	u->waiting = u->n;
	for (unsigned i = 0; i < u->n; i++) {
		struct store_source_put *put = &u->files[i]->put;

		put->source.protected = u->metas[i].protected;
		if (u->metas[i].user != NULL)
			put->source.user_metadata = json_dumps(
			    u->metas[i].user, JSON_COMPACT);
		if (json_object_size(u->metas[i].dynamic) > 0)
			put->source.dynamic_metadata = json_dumps(
			    u->metas[i].dynamic, JSON_COMPACT);
		put->job.done = upload_put_done;
		put->job.arg = u->files[i];
		put->job.actor = &u->call->actor;
		(void)call_hold(u->call);
		store_source_put(u->call->api->store, put);
	}
}

static void
upload_refuse(struct call *c, const char *name, const struct probe_result *r)
{
	switch (r->status) {
	case RENDER_BAD_IMAGE:
		reply_error(c, 400, "%s: %s", name, r->error);
		return;
	case RENDER_LIMIT:
		reply_error(c, 422, "%s: %s", name, r->error);
		return;
	case RENDER_BUSY:
		http_add_header(c->req, "Retry-After", "5");
		reply_error(c, 503, "The server is busy; try again.");
		return;
	default:
		reply_error(c, 500, "%s: could not be read; the server's "
		    "log says why.", name);
	}
}

static void
upload_probed(void *arg, const struct probe_result *r)
{
	struct upload_file *f = CAST_OBJ(arg, UPLOAD_FILE_MAGIC);
	struct upload *u = f->upload;
	struct call *c = u->call;
	struct store_source *s = &f->put.source;

	u->waiting--;
	if (r->status != RENDER_OK)
		upload_refuse(c, s->name, r);
	else
		source_take_probe(s, r);
	if (u->waiting == 0 && !c->answered && upload_areas_fit(u))
		upload_put(u);
	call_release(c);
}

static void
upload_probe(struct upload *u)
{
	struct call *c = u->call;

	u->waiting = u->n;
	for (unsigned i = 0; i < u->n; i++) {
		(void)call_hold(c);
		store_blob_sync(u->files[i]->put.blob);
		render_probe(c->api->pool, u->files[i]->put.source.org,
		    store_blob_fd(u->files[i]->put.blob), upload_probed,
		    u->files[i]);
	}
}

static void
upload_fetched(void *arg)
{
	struct upload *u = CAST_OBJ(arg, UPLOAD_MAGIC);

	if (--u->waiting == 0 && !u->call->answered)
		upload_probe(u);
}

/* Fetches all of them, or none. */
static void
upload_fetch(struct upload *u)
{
	struct upload_url *url;

	u->waiting = 1;
	for (unsigned i = 0; i < u->n; i++) {
		url = &u->files[i]->url;
		if (url->url == NULL)
			continue;
		url->done = upload_fetched;
		url->arg = u;
		if (!upload_url_fetch(url))
			break;
		u->waiting++;
	}
	upload_fetched(u);
}

static void
upload_complete(struct call *c)
{
	struct upload *u = CAST_OBJ(c->priv, UPLOAD_MAGIC);
	char err[400];

	if (multipart_finish(u->multipart) != 0) {
		reply_error(c, 400, "The body is not multipart/form-data: %s",
		    multipart_reason(u->multipart));
		return;
	}
	if (u->n == 0) {
		reply_error(c, 400, "filedata: the body has neither a file "
		    "nor a part url[0].");
		return;
	}
	if (!upload_fields_used(u->metas, u->n, err, sizeof err)) {
		reply_error(c, 400, "%s", err);
		return;
	}
	upload_fetch(u);
}

const struct endpoint endpoint_upload = {
	.rights = RIGHT_UPLOAD,
	.body = BODY_STREAM,
	.handle = upload_complete,
	.begin = upload_begin,
	.data = upload_data,
	.end = upload_end,
};
