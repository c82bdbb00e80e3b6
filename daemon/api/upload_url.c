/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "api/file_name.h"
#include "api/upload_url.h"
#include "fetch/fetch.h"

bool
upload_url_is(const char *name)
{
	if (strncmp(name, "url", 3) != 0)
		return (false);
	name += 3;
	if (*name == '\0' || strcmp(name, "[]") == 0)
		return (true);
	if (*name++ != '[' || !isdigit((unsigned char)*name))
		return (false);
	while (isdigit((unsigned char)*name))
		name++;
	return (strcmp(name, "]") == 0);
}

/* Names only the URL's host: the rest may be secret, and errors are kept. */
static void
refuse(const struct upload_url *u, enum fetch_status status, const char *why)
{
	struct call *c = u->call;

	if (c->answered)
		return;
	switch (status) {
	case FETCH_BUSY:
		http_add_header(c->req, "Retry-After", "5");
		reply_error(c, 503, "%s: %s.", u->field, why);
		return;
	case FETCH_BROKEN:
		reply_error(c, 500, "%s: it could not be fetched; the "
		    "server's log says why.", u->field);
		return;
	case FETCH_TOO_BIG:
		reply_error(c, 413, "%s: a source image may have at most "
		    "%llu bytes.", u->field,
		    (unsigned long long)c->api->conf->fetch.max_bytes);
		return;
	default:
		reply_error(c, 400, "%s: %s.", u->field, why);
	}
}

static int
on_data(void *arg, const void *data, size_t len)
{
	struct upload_url *u = CAST_OBJ(arg, UPLOAD_URL_MAGIC);

	if (u->call->answered)
		return (-1);	/* another one was refused */
	u->error = store_blob_write(u->put->blob, data, len);
	return (u->error);
}

static void
on_done(void *arg, const struct fetch_result *r)
{
	struct upload_url *u = CAST_OBJ(arg, UPLOAD_URL_MAGIC);
	struct call *c = u->call;

	if (u->error == ENOSPC || u->error == EDQUOT) {
		if (!c->answered)
			reply_store(c, STORE_FULL, "upload");
	} else if (r->status != FETCH_OK)
		refuse(u, r->status, r->error);
	else
		file_name_fetched(u->put->source.name,
		    sizeof u->put->source.name, r->disposition, r->url);
	u->done(u->arg);
	call_release(c);
}

bool
upload_url_fetch(struct upload_url *u)
{
	const struct fetch_ask ask = {
		.org = u->put->source.org, .url = u->url,
		.data = on_data, .done = on_done, .arg = u
	};
	enum fetch_status status;
	char err[256];

	u->magic = UPLOAD_URL_MAGIC;
	status = fetch_begin(u->call->api->fetch, &ask, err, sizeof err);
	if (status != FETCH_OK) {
		refuse(u, status, err);
		return (false);
	}
	(void)call_hold(u->call);
	return (true);
}
