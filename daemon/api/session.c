/* SPDX-License-Identifier: BSD-2-Clause */
/* /session: signing in to the dashboard and out. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "api/client.h"
#include "api/dashboard.h"
#include "api/endpoints.h"
#include "api/session.h"
#include "render/render.h"
#include "store/store_org.h"

#define HEADER	"Moniker-Dashboard"

/* The prefix keeps other hosts of the domain from setting it. */
static bool
is_secure(const struct call *c)
{
	return (strncmp(c->api->conf->api_url, "https://", 8) == 0);
}

static const char *
cookie_name(const struct call *c)
{
	return (is_secure(c) ? "__Host-moniker" : "moniker");
}

static bool
is_secret(const char *p)
{
	return (strspn(p, "0123456789abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == SESSION_LEN &&
	    (p[SESSION_LEN] == '\0' || p[SESSION_LEN] == ';'));
}

/* Of two, one was put there by somebody else: none counts. */
static bool
cookie_secret(struct call *c, char secret[SESSION_LEN + 1])
{
	const char *p = http_header(c->req, "Cookie"), *name = cookie_name(c);
	size_t len = strlen(name);
	unsigned n = 0;

	while (p != NULL && *p != '\0') {
		p += strspn(p, "; ");
		if (strncmp(p, name, len) == 0 && p[len] == '=') {
			n++;
			if (is_secret(p + len + 1))
				(void)snprintf(secret, SESSION_LEN + 1,
				    "%.*s", SESSION_LEN, p + len + 1);
			else
				n++;
		}
		p += strcspn(p, ";");
	}
	return (n == 1);
}

static bool
has_header(struct call *c)
{
	const char *v = http_header(c->req, HEADER);

	return (v != NULL && strcmp(v, "1") == 0);
}

/* A page of another origin has no business here, whatever it can send. */
static bool
is_foreign(struct call *c)
{
	const char *origin = http_header(c->req, "Origin");
	const char *url = c->api->conf->api_url;

	return (origin != NULL && *url != '\0' && strcasecmp(origin, url) != 0);
}

bool
session_carried(struct call *c, char secret[SESSION_LEN + 1])
{
	bool shown = c->endpoint->by_cookie &&
	    strcmp(http_method(c->req), "GET") == 0;

	return (http_listener(c->req) == LISTEN_API &&
	    (shown || has_header(c)) && !is_foreign(c) &&
	    cookie_secret(c, secret));
}

/*--------------------------------------------------------------------*/

static void
cookie_set(struct call *c, const char *secret, long long seconds)
{
	http_add_headerf(c->req, "Set-Cookie", "%s=%s; Path=/; HttpOnly; "
	    "SameSite=Strict; Max-Age=%lld%s", cookie_name(c), secret, seconds,
	    is_secure(c) ? "; Secure" : "");
}

static json_t *
formats_json(const struct call *c)
{
	json_t *list = json_array();
	const char *ext;
	bool has;

	for (size_t i = 0; render_pool_format(c->api->pool, i, false, &ext,
	    &has); i++)
		if (ext != NULL && has)
			(void)json_array_append_new(list, json_string(ext));
	return (list);
}

static json_t *
session_json(struct call *c, const char *display_name)
{
	const struct conf *conf = c->api->conf;
	json_t *o = json_pack("{s:s, s:s, s:{s:s, s:s}, s:o, s:o, s:s, s:s, "
	    "s:i, s:i, s:b, s:I, s:o}", "organization", c->key.org,
	    "display_name", display_name, "key", "id", c->key.id, "comment",
	    c->key.comment, "roles", rights_json(c->key.rights), "rights",
	    rights_json(c->rights), "version", PACKAGE_VERSION, "api_url",
	    conf->api_url, "alias_max_age", (int)conf->alias_max_age,
	    "alias_swr", (int)conf->alias_swr, "overwrite_purges",
	    conf->overwrite_purges != 0, "upload_max", (json_int_t)
	    conf->upload_max, "formats", formats_json(c));

	if (o != NULL)
		(void)json_object_set_new(o, "render_host",
		    dashboard_pictures(conf->render_host, c->key.org));
	return (o);
}

static void
session_get(struct call *c)
{
	struct store_org org;
	enum store_status st;

	st = store_org_get(c->api->store, c->key.org, &org);
	if (st != STORE_OK)
		reply_store(c, st, "organization: a session is of a key");
	else
		reply_json(c, 200, session_json(c, org.display_name));
}

const struct endpoint endpoint_session_get = {
	.rights = RIGHTS_ANY, .seen = SEEN_API, .handle = session_get,
};

/*--------------------------------------------------------------------*/

static void
session_new_done(struct store_job *job)
{
	struct store_session_new *op = CAST_OBJ(job, STORE_SESSION_NEW_MAGIC);
	struct call *c = CAST_OBJ(job->arg, CALL_MAGIC);

	if (job->status == STORE_CREATED) {
		cookie_set(c, op->secret, SESSION_MS / 1000);
		reply_json(c, 201, json_pack("{s:o}", "expires",
		    json_date(op->expires_ms)));
	} else if (job->status != STORE_NOT_FOUND)
		reply_store(c, job->status, "");
	else if (!client_throttled(c))
		reply_error(c, 403, "The link is not valid any more: it lasts "
		    "a day and can be used once.");
	explicit_bzero(op->secret, sizeof op->secret);
	explicit_bzero(op->link, sizeof op->link);
	call_job_over(job);
}

/* By the key of the call, which is good, or by a link, which is yet to be seen. */
static void
session_begin(struct call *c, const char *link)
{
	struct store_session_new *op;

	op = call_job(c, sizeof *op, session_new_done);
	if (op == NULL)
		return;
	text_copy(op->key, sizeof op->key, c->key.id);
	text_copy(op->link, sizeof op->link, link);
	store_session_new(c->api->store, op);
}

/* A page of anybody's may not sign a browser in, perhaps as somebody else. */
static bool
session_asked_well(struct call *c)
{
	if (has_header(c) && !is_foreign(c))
		return (true);
	reply_error(c, 403, "Sessions are for the dashboard: send " HEADER
	    ": 1, from the page at api_url.");
	return (false);
}

static void
session_post(struct call *c)
{
	if (!session_asked_well(c))
		return;
	if (c->token != NULL)
		reply_error(c, 403, "A session begins by the API key, not by "
		    "a token.");
	else
		session_begin(c, "");
}

const struct endpoint endpoint_session_post = {
	.rights = RIGHTS_ANY, .seen = SEEN_API, .handle = session_post,
};

/* The secret of a link comes in a header, which no log has. */
static void
session_by_link(struct call *c)
{
	const char *link = http_header(c->req, "Moniker-Link");

	client_address(c->req, c->actor.from, sizeof c->actor.from);
	if (!session_asked_well(c))
		return;
	if (link == NULL || !is_secret(link) || strlen(link) != SESSION_LEN)
		reply_error(c, 400, "Moniker-Link: must be what the link has "
		    "behind welcome/.");
	else
		session_begin(c, link);
}

const struct endpoint endpoint_session_link = {
	.seen = SEEN_API, .handle = session_by_link,
};

/*--------------------------------------------------------------------*/

static void
session_end_done(struct store_job *job)
{
	struct store_session_end *op = CAST_OBJ(job, STORE_SESSION_END_MAGIC);
	struct call *c = CAST_OBJ(job->arg, CALL_MAGIC);

	if (job->status == STORE_OK) {
		cookie_set(c, "", 0);
		http_add_header(c->req, "Clear-Site-Data", "\"cache\"");
		reply_empty(c, 204);
	} else
		reply_store(c, job->status, "");
	explicit_bzero(op->secret, sizeof op->secret);
	call_job_over(job);
}

static void
session_delete(struct call *c)
{
	char secret[SESSION_LEN + 1];
	struct store_session_end *op;

	if (!session_carried(c, secret)) {
		reply_error(c, 400, "This call has no session to end: it has an "
		    "API key, or nothing.");
		return;
	}
	op = call_job(c, sizeof *op, session_end_done);
	if (op == NULL)
		return;
	text_copy(op->secret, sizeof op->secret, secret);
	store_session_end(c->api->store, op);
}

const struct endpoint endpoint_session_delete = {
	.rights = RIGHTS_ANY, .seen = SEEN_API, .handle = session_delete,
};

/*--------------------------------------------------------------------
 * POST /organizations/{organization}/keys/{key}/links
 */

static void
link_done(struct store_job *job)
{
	struct store_session_new *op = CAST_OBJ(job, STORE_SESSION_NEW_MAGIC);
	struct call *c = CAST_OBJ(job->arg, CALL_MAGIC);
	const char *url = c->api->conf->api_url;

	if (job->status == STORE_CREATED)
		reply_json(c, 201, json_pack("{s:o, s:o, s:o}", "link",
		    json_sprintf("%s/dashboard/#/welcome/%s", url, op->secret),
		    "token", json_string(op->secret),
		    "expires", json_date(op->expires_ms)));
	else
		reply_store(c, job->status, "such key");
	explicit_bzero(op->secret, sizeof op->secret);
	call_job_over(job);
}

struct key_wanted {
	unsigned	magic;
#define KEY_WANTED_MAGIC	0x2f6c41d8
	const char	*id;
	bool		found;
};

static int
key_seek(void *arg, const struct store_key *k)
{
	struct key_wanted *w = CAST_OBJ(arg, KEY_WANTED_MAGIC);

	w->found = strcmp(w->id, k->id) == 0;
	return (w->found);
}

static void
link_new(struct call *c)
{
	struct key_wanted w = { .magic = KEY_WANTED_MAGIC,
	    .id = call_param(c, "key") };
	struct store_session_new *op;
	enum store_status st;

	st = store_key_each(c->api->store, call_param(c, "organization"),
	    key_seek, &w);
	if (st == STORE_OK && !w.found)
		st = STORE_NOT_FOUND;
	if (st != STORE_OK) {
		reply_store(c, st, "such key");
		return;
	}
	op = call_job(c, sizeof *op, link_done);
	if (op == NULL)
		return;
	text_copy(op->key, sizeof op->key, w.id);
	op->as_link = true;
	store_session_new(c->api->store, op);
}

const struct endpoint endpoint_session_link_new = {
	.rights = RIGHT_ADMIN, .handle = link_new,
};
