/* SPDX-License-Identifier: BSD-2-Clause */
/* From a request to its endpoint: route, key, body. */
#include "config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/api.h"
#include "api/call.h"
#include "api/image.h"
#include "api/roles.h"
#include "api/routes.h"
#include "log.h"

#define JSON_BODY_MAX	(1024 * 1024)
/* What a multipart body may hold beside its files. */
#define UPLOAD_ROOM	(1024 * 1024)

struct api *
api_new(struct conf *conf, struct store *store, struct render_pool *pool,
    struct purge *purge)
{
	struct api *a = calloc(1, sizeof *a);

	if (a == NULL)
		return (NULL);
	a->magic = API_MAGIC;
	a->conf = conf;
	a->store = store;
	a->pool = pool;
	a->purge = purge;
	return (a);
}

void
api_free(struct api *a)
{
	free(a);
}

struct call *
call_hold(struct call *c)
{
	assert(c->magic == CALL_MAGIC && c->refs > 0);
	c->refs++;
	http_hold(c->req);
	return (c);
}

static void
call_unref(struct call *c)
{
	if (--c->refs > 0)
		return;
	if (c->endpoint != NULL && c->endpoint->end != NULL && c->priv != NULL)
		c->endpoint->end(c);
	json_decref(c->body);
	c->magic = 0;
	free(c);
}

void
call_release(struct call *c)
{
	struct http_request *req = c->req;

	assert(c->magic == CALL_MAGIC);
	call_unref(c);
	http_release(req);
}

const char *
call_param(const struct call *c, const char *name)
{
	const char *v = route_param(&c->match, name);

	return (v != NULL ? v : "");
}

/*--------------------------------------------------------------------*/

/* Browsers ask first; rokka.js runs in them (contract, part 6). */
static void
cors_headers(struct call *c)
{
	http_add_header(c->req, "Access-Control-Allow-Origin", "*");
	http_add_header(c->req, "Access-Control-Expose-Headers",
	    "Location, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, "
	    "X-RateLimit-Retry-After");
}

static void
cors_preflight(struct call *c)
{
	http_add_header(c->req, "Access-Control-Allow-Methods",
	    "GET, HEAD, POST, PUT, PATCH, DELETE, COPY, OPTIONS");
	http_add_header(c->req, "Access-Control-Allow-Headers",
	    "Api-Key, Api-Version, Authorization, Content-Type, Destination, "
	    "Overwrite");
	http_add_header(c->req, "Access-Control-Max-Age", "86400");
	reply_empty(c, 204);
}

static void
reply_credentials(struct call *c, const char *message)
{
	reply_json(c, 403, json_pack("{s:i, s:s, s:b}", "code", 403, "message",
	    message, "invalid_authentication", 1));
}

static bool
call_identify(struct call *c)
{
	const char *key;
	long uid;

	if (http_listener(c->req) == LISTEN_LOCAL) {
		uid = http_peer_uid(c->req);
		if (uid == 0 || uid == (long)geteuid()) {
			c->key.rights = rights_all();
			return (true);
		}
		reply_credentials(c, "Only root and the daemon's user may use "
		    "the local socket.");
		return (false);
	}
	key = http_header(c->req, "Api-Key");
	if (key == NULL) {
		reply_credentials(c, "API credentials are not supplied or not "
		    "a valid format: send the header Api-Key.");
		return (false);
	}
	if (store_key_check(c->api->store, key, &c->key) != STORE_OK) {
		reply_credentials(c, "The API key is not valid.");
		return (false);
	}
	c->key.rights = rights_implied(c->key.rights);
	return (true);
}

/* A key sees its own organization; others might as well not exist. */
static bool
call_authorize(struct call *c)
{
	const char *org = route_param(&c->match, "organization");

	if (c->endpoint->local && http_listener(c->req) != LISTEN_LOCAL) {
		reply_error(c, 404, "There is no such route.");
		return (false);
	}
	if (c->endpoint->rights == 0)
		return (true);
	if (!call_identify(c))
		return (false);
	if (org != NULL && !is_org_name(org)) {
		reply_error(c, 404, "organization: \"%s\" is no name of an "
		    "organization.", org);
		return (false);
	}
	if (org != NULL && http_listener(c->req) != LISTEN_LOCAL &&
	    strcmp(org, c->key.org) != 0) {
		reply_error(c, 404, "organization: there is no \"%s\" that "
		    "this key can see.", org);
		return (false);
	}
	if ((c->key.rights & c->endpoint->rights) == 0) {
		reply_json(c, 403, json_pack("{s:i, s:s}", "code", 403,
		    "message", "This API key lacks the role for this call."));
		return (false);
	}
	return (true);
}

static bool
call_route(struct call *c)
{
	const struct route *table;
	size_t n = routes(&table);
	int e;

	if (strcmp(http_method(c->req), "OPTIONS") == 0) {
		cors_preflight(c);
		return (false);
	}
	e = route_find(table, n, http_method(c->req), http_path(c->req),
	    &c->match);
	if (e == 405)
		http_add_header(c->req, "Allow", c->match.allow);
	if (e != 0) {
		reply_error(c, e, e == 405 ? "%s is not a method of this path."
		    : e == 404 ? "There is no such route."
		    : "The path is malformed.", http_method(c->req));
		return (false);
	}
	c->endpoint = c->match.route->handler;
	return (true);
}

/*--------------------------------------------------------------------
 * The HTTP server's four calls
 */

static struct call *
call_new(struct api *a, struct http_request *req)
{
	struct call *c = calloc(1, sizeof *c);

	if (c == NULL)
		return (NULL);
	c->magic = CALL_MAGIC;
	c->refs = 1;
	c->api = a;
	c->req = req;
	http_set_data(req, c);
	return (c);
}

static enum http_body
call_head(struct http_request *req, void *arg, uint64_t *body_max)
{
	struct api *a = arg;
	struct call *c = call_new(a, req);

	assert(a->magic == API_MAGIC);
	*body_max = 0;
	if (c == NULL) {
		http_reply(req, 503, NULL);
		return (HTTP_BODY_NONE);
	}
	if (http_listener(req) == LISTEN_IMAGE) {
		c->endpoint = &image_endpoint;
		return (HTTP_BODY_NONE);
	}
	cors_headers(c);
	if (!call_route(c) || !call_authorize(c))
		return (HTTP_BODY_NONE);
	switch (c->endpoint->body) {
	case BODY_JSON:
		*body_max = JSON_BODY_MAX;
		return (HTTP_BODY_MEMORY);
	case BODY_STREAM:
		*body_max = a->conf->upload_max + UPLOAD_ROOM;
		c->endpoint->begin(c);
		return (HTTP_BODY_STREAM);
	default:
		return (HTTP_BODY_NONE);
	}
}

static int
call_data(struct http_request *req, void *arg, const void *data, size_t len)
{
	struct call *c = http_data(req);

	(void)arg;
	return (c->answered ? -1 : c->endpoint->data(c, data, len));
}

static bool
call_parse_body(struct call *c)
{
	json_error_t e;
	const char *p;
	size_t len;

	p = http_body(c->req, &len);
	if (len == 0)
		return (true);
	c->body = json_loadb(p, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY,
	    &e);
	if (c->body != NULL)
		return (true);
	reply_error(c, 400, "The body is not valid JSON: %s (line %d, column "
	    "%d).", e.text, e.line, e.column);
	return (false);
}

static void
call_complete(struct http_request *req, void *arg)
{
	struct call *c = http_data(req);

	(void)arg;
	if (c == NULL || c->answered)
		return;
	assert(c->magic == CALL_MAGIC);
	if (c->endpoint->body == BODY_JSON && !call_parse_body(c))
		return;
	c->endpoint->handle(c);
}

static void
call_over(struct http_request *req, void *arg)
{
	struct call *c = http_data(req);

	(void)arg;
	http_set_data(req, NULL);
	if (c != NULL)
		call_unref(c);
}

const struct http_handler api_handler = {
	.head = call_head,
	.body = call_data,
	.complete = call_complete,
	.over = call_over,
};
