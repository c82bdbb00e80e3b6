/* SPDX-License-Identifier: BSD-2-Clause */
/* From a request to its endpoint: route, key, body. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/absent.h"
#include "api/api.h"
#include "api/auth.h"
#include "api/call.h"
#include "api/client.h"
#include "api/cors.h"
#include "api/dashboard.h"
#include "api/image.h"
#include "api/kept.h"
#include "api/metrics.h"
#include "api/remote.h"
#include "api/routes.h"
#include "api/sending.h"
#include "api/token_secret.h"
#include "base/clock.h"
#include "log.h"
#include "map.h"
#include "recipe/recipe.h"
#include "url.h"

#define JSON_BODY_MAX	(1024 * 1024)
/* Clients send "{}" or "null" with what needs no body: it is passed over. */
#define SPARE_BODY_MAX	(64 * 1024)
/* What a multipart body may hold beside its files. */
#define UPLOAD_ROOM	(1024 * 1024)

struct api *
api_new(struct conf *conf, struct store *store, struct render_pool *pool,
    struct purge *purge, struct fetch *fetch)
{
	struct api *a = calloc(1, sizeof *a);
	const struct route *table;

	if (a == NULL)
		return (NULL);
	a->magic = API_MAGIC;
	a->conf = conf;
	recipe_set_avif_effort(conf->render.avif_effort);
	a->store = store;
	a->pool = pool;
	a->purge = purge;
	a->fetch = fetch;
	LIST_INIT(&a->sending);
	a->map = map_reader_open(conf->map_dir);
	a->metrics = metrics_new(routes(&table));
	a->clients = clients_new();
	a->kept = kept_new();
	a->dashboard = dashboard_new(conf);
	token_secret_load(conf->store_dir, a->token_secret);
	a->remotes = remotes_new();
	if (a->map != NULL && a->metrics != NULL && a->clients != NULL &&
	    a->kept != NULL && a->remotes != NULL && a->dashboard != NULL)
		return (a);
	api_free(a);
	return (NULL);
}

void
api_on_ready(struct api *a, bool (*alive)(void *), void *arg)
{
	a->alive = alive;
	a->alive_arg = arg;
}

void
api_stop(struct api *a)
{
	if (a == NULL)
		return;
	a->stopped = true;
	remotes_stop(a->remotes);
}

void
api_free(struct api *a)
{
	if (a == NULL)
		return;
	remotes_free(a->remotes);
	map_reader_close(a->map);
	metrics_free(a->metrics);
	clients_free(a->clients);
	kept_free(a->kept);
	dashboard_free(a->dashboard);
	free(a);
}

void
api_reload(struct api *a)
{
	struct dashboard *d = dashboard_new(a->conf);

	if (d == NULL)
		return;
	dashboard_free(a->dashboard);
	a->dashboard = d;
}

/*--------------------------------------------------------------------
 * The HTTP server's four calls
 */

/* Whether it is a preflight, for a path that exists or from a browser. */
static bool
is_preflight(struct call *c, int route)
{
	return (strcmp(http_method(c->req), "OPTIONS") == 0 && (route == 405 ||
	    (route == 404 && http_header(c->req,
	    "Access-Control-Request-Method") != NULL)));
}

static bool
call_route(struct call *c)
{
	const struct route *table;
	size_t n = routes(&table);
	int e;

	e = route_find(table, n, http_method(c->req), http_target(c->req),
	    &c->match);
	if (is_preflight(c, e)) {
		cors_preflight(c, e == 405 ? c->match.allow : "");
		return (false);
	}
	if (e != 0 && absent_refused(c))
		return (false);
	if (e == 405)
		http_add_header(c->req, "Allow", c->match.allow);
	if (e != 0) {
		reply_error(c, e, e == 405 ? "%s is not a method of this path."
		    : e == 404 ? "There is no such route."
		    : "The path is malformed.", http_method(c->req));
		return (false);
	}
	c->endpoint = c->match.route->handler;
	return (call_query_good(c));
}

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
	c->begun_us = clock_us();
	http_set_data(req, c);
	return (c);
}

static bool
call_has_body(struct call *c)
{
	const char *length = http_header(c->req, "Content-Length");

	return ((length != NULL && strcmp(length, "0") != 0) ||
	    http_header(c->req, "Transfer-Encoding") != NULL);
}

/* Bodies are taken as they are: a coding would be kept, or read as JSON. */
static bool
call_coding_good(struct call *c)
{
	const char *coding = http_header(c->req, "Content-Encoding");

	if (coding == NULL || *coding == '\0' ||
	    strcasecmp(coding, "identity") == 0 || !call_has_body(c))
		return (true);
	http_add_header(c->req, "Accept-Encoding", "identity");
	reply_error(c, 415, "Content-Encoding: \"%.60s\" is not understood "
	    "here; send the body without one.", coding);
	return (false);
}

/*
 * Varnish sends the head alone first, to ask whether the body is wanted, and
 * then the same request with its body. What is public needs none. A VCL that
 * shows the answer to the client must not make it look as if all were done.
 */
static bool
call_asked(struct call *c)
{
	const char *asked = http_header(c->req, "X-Moniker-Body");

	if (asked == NULL || strcmp(asked, "ask") != 0 ||
	    c->endpoint->rights == 0 || call_has_body(c))
		return (false);
	if (!sending_allowed(c))
		return (true);
	c->match.route = NULL;		/* it counts when it is done */
	http_add_header(c->req, "X-Moniker-Body", "take");
	reply_error(c, 417, "The body was not requested: vcl_deliver of "
	    "moniker.vcl must run for every answer.");
	return (true);
}

static bool
call_may_send(struct call *c)
{
	if (!call_has_body(c))
		return (true);
	if (!sending_allowed(c))
		return (false);
	sending_begin(c);
	return (true);
}

static enum http_body
call_head(struct http_request *req, void *arg, uint64_t *body_max)
{
	struct api *a = CAST_OBJ(arg, API_MAGIC);
	struct call *c = call_new(a, req);

	*body_max = 0;
	if (c == NULL) {
		http_reply(req, 503, NULL);
		return (HTTP_BODY_NONE);
	}
	if (http_listener(req) == LISTEN_IMAGE) {
		cors_picture(c);
		c->endpoint = &image_endpoint;
		return (HTTP_BODY_NONE);
	}
	if (!dashboard_is(req))
		cors_headers(c);
	/* Read your writes, through whatever cache lies between. */
	http_add_header(req, "Cache-Control", "private, no-cache");
	if (!call_route(c) || !call_authorize(c) ||
	    !call_coding_good(c) || call_asked(c) || !call_may_send(c))
		return (HTTP_BODY_NONE);
	switch (c->endpoint->body) {
	case BODY_JSON:
	case BODY_RAW:
		*body_max = JSON_BODY_MAX;
		return (HTTP_BODY_MEMORY);
	case BODY_STREAM:
		*body_max = a->conf->upload_max + UPLOAD_ROOM;
		c->endpoint->begin(c);
		return (HTTP_BODY_STREAM);
	default:
		*body_max = SPARE_BODY_MAX;
		return (HTTP_BODY_MEMORY);
	}
}

static int
call_data(struct http_request *req, void *arg, const void *data, size_t len)
{
	struct call *c = CAST_OBJ(http_data(req), CALL_MAGIC);

	(void)arg;
	return (c->answered ? -1 : c->endpoint->data(c, data, len));
}

static bool
call_parse_body(struct call *c)
{
	char err[256];
	const char *p;
	size_t len;

	p = http_body(c->req, &len);
	if (len == 0)
		return (true);
	c->body = json_strict(p, len, err, sizeof err);
	if (c->body != NULL || c->endpoint->body == BODY_RAW)
		return (true);
	reply_error(c, 400, "The body is not valid JSON: %s.", err);
	return (false);
}

static void
call_complete(struct http_request *req, void *arg)
{
	struct call *c = http_data(req);

	(void)arg;
	if (c == NULL)
		return;
	CHECK_OBJ(c, CALL_MAGIC);
	sending_over(c);
	if (c->answered)
		return;
	if ((c->endpoint->body == BODY_JSON ||
	    c->endpoint->body == BODY_RAW) && !call_parse_body(c))
		return;
	c->headers = http_headers_len(req);
	c->endpoint->handle(c);
}

static void
call_count(const struct call *c)
{
	const struct route *table;
	size_t n = routes(&table);

	if (c->match.route != NULL)
		n = (size_t)(c->match.route - table);
	else if (c->endpoint != &image_endpoint)
		return;
	metrics_request(c->api->metrics, n, http_status(c->req),
	    clock_us() - c->begun_us);
}

static void
call_over(struct http_request *req, void *arg)
{
	struct call *c = http_data(req);

	(void)arg;
	http_set_data(req, NULL);
	if (c == NULL)
		return;
	CHECK_OBJ(c, CALL_MAGIC);
	sending_over(c);
	call_count(c);
	call_unref(c);
}

const struct http_handler api_handler = {
	.head = call_head,
	.body = call_data,
	.complete = call_complete,
	.over = call_over,
};
