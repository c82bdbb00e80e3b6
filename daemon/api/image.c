/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/call.h"
#include "api/image.h"
#include "log.h"
#include "render/render.h"
#include "url.h"

/* Seconds that a refusal may be kept: long enough to blunt a storm. */
#define NEGATIVE_MAX_AGE	5

struct image {
	struct render_job	*job;
	char			source[HASH_HEX + 1];
	char			etag[80];
	bool			by_alias;
};

static void __attribute__((format(printf, 3, 4)))
image_refuse(struct call *c, int status, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	http_add_headerf(c->req, "Cache-Control", "public, max-age=%d",
	    NEGATIVE_MAX_AGE);
	reply_error(c, status, "%s", text);
}

/*
 * Varnish says which organization it found; without it the first label of the
 * host name is it. Returns false after an answer.
 */
static bool
image_org(struct call *c, char org[ORG_MAX + 1])
{
	const char *h = http_header(c->req, "X-Moniker-Organization");
	size_t n;

	if (h == NULL)
		h = http_header(c->req, "Host");
	n = h != NULL ? strcspn(h, ".:") : 0;
	if (n <= ORG_MAX)
		(void)snprintf(org, ORG_MAX + 1, "%.*s", (int)n,
		    h != NULL ? h : "");
	if (n <= ORG_MAX && is_org_name(org))
		return (true);
	image_refuse(c, 404, "organization: the host name does not begin with "
	    "the name of one.");
	return (false);
}

/* The source image that the URL names, by its hash or by an alias. */
static bool
image_source(struct call *c, const struct url *u, const char *org,
    struct store_source *s)
{
	struct store_alias a;
	char hash[HASH_HEX + 1];

	if (u->kind == URL_ALIAS) {
		if (store_alias_get(c->api->store, org, u->alias, &a) !=
		    STORE_OK) {
			image_refuse(c, 404, "There is no alias \"%s\".",
			    u->alias);
			return (false);
		}
		http_add_header(c->req, "X-Moniker-Alias", a.name);
		(void)strcpy(hash, a.hash);
	} else
		(void)snprintf(hash, sizeof hash, "%.*s", (int)u->image.len,
		    u->image.p);
	if (store_source_get(c->api->store, org, hash, false, s) == STORE_OK)
		return (true);
	image_refuse(c, 404, "There is no source image %s.", hash);
	return (false);
}

static bool
image_stack(struct call *c, const struct url *u, const char *org, json_t **def)
{
	struct store_stack s = { .definition = NULL };
	char name[NAME_MAX_LEN + 1];

	*def = NULL;
	(void)snprintf(name, sizeof name, "%.*s", (int)u->stack.len,
	    u->stack.p);
	http_add_header(c->req, "X-Moniker-Stack", name);
	if (strcmp(name, "dynamic") == 0)
		return (true);
	if (u->stack.len > NAME_MAX_LEN || store_stack_get(c->api->store, org,
	    name, &s) != STORE_OK) {
		image_refuse(c, 404, "There is no stack \"%s\".", name);
		return (false);
	}
	*def = json_loads(s.definition, 0, NULL);
	store_stack_clear(&s);
	if (*def == NULL)
		image_refuse(c, 500, "The stack \"%s\" cannot be read.", name);
	return (*def != NULL);
}

static char *
span_dup(struct url_span s)
{
	return (strndup(s.p != NULL ? s.p : "", s.len));
}

static struct recipe *
image_recipe(struct call *c, const struct url *u, const json_t *def)
{
	char *segments = span_dup(u->segments), *format = span_dup(u->format);
	char *query = span_dup(u->query), err[256] = "out of memory";
	struct recipe *r = NULL;
	int status = 500;

	if (segments != NULL && format != NULL && query != NULL)
		r = recipe_new(def, segments, format, query,
		    http_header(c->req, "Accept"), &status, err, sizeof err);
	if (r == NULL)
		image_refuse(c, status, "%s", err);
	free(segments);
	free(format);
	free(query);
	return (r);
}

/*--------------------------------------------------------------------*/

/* What a picture (or the word that the client has it) is sent with. */
static void
image_headers(struct call *c, const struct image *img)
{
	const struct conf *conf = c->api->conf;

	http_add_header(c->req, "ETag", img->etag);
	if (img->by_alias)
		http_add_headerf(c->req, "Cache-Control", "public, max-age=%u, "
		    "stale-while-revalidate=%u", conf->alias_max_age,
		    conf->alias_swr);
	else
		http_add_header(c->req, "Cache-Control",
		    "public, max-age=31536000, immutable");
}

/* True when the client's copy is current: 304, and nothing to render. */
static bool
image_not_modified(struct call *c, const struct image *img)
{
	const char *have = http_header(c->req, "If-None-Match");

	if (have == NULL || (strstr(have, img->etag) == NULL &&
	    strcmp(have, "*") != 0))
		return (false);
	image_headers(c, img);
	reply_empty(c, 304);
	return (true);
}

static void
image_failed(struct call *c, const struct image *img,
    const struct render_result *r)
{
	switch (r->status) {
	case RENDER_BUSY:
		http_add_header(c->req, "Retry-After", "2");
		image_refuse(c, 503, "The render queue is full; try again.");
		return;
	case RENDER_BAD_IMAGE:
	case RENDER_LIMIT:
		image_refuse(c, 422, "%s", r->error);
		return;
	case RENDER_BAD_RECIPE:
		image_refuse(c, 400, "%s", r->error);
		return;
	default:
		log_error("render_failed", "source=%s path=%s error=\"%s\"",
		    img->source, http_path(c->req), r->error);
		image_refuse(c, 500, "The picture could not be rendered.");
	}
}

static void
image_rendered(void *arg, const struct render_result *r)
{
	struct call *c = arg;
	struct image *img = c->priv;
	int fd;

	img->job = NULL;
	if (r->status != RENDER_OK)
		image_failed(c, img, r);
	else if ((fd = dup(r->fd)) < 0)
		image_refuse(c, 503, "Out of descriptors; try again.");
	else {
		c->answered = true;
		image_headers(c, img);
		http_add_header(c->req, "Content-Type", r->mimetype);
		http_add_header(c->req, "X-Content-Type-Options", "nosniff");
		http_reply_fd(c->req, 200, fd, 0, r->len);
	}
}

static void
image_render(struct call *c, const struct store_source *s,
    const struct recipe *r)
{
	struct image *img = c->priv;
	int fd;

	fd = store_source_open(c->api->store, s);
	if (fd < 0) {
		log_error("blob_missing", "org=%s source=%s content=%s the "
		    "file of this source image cannot be opened: restore it "
		    "from a backup", s->org, s->hash, s->content);
		image_refuse(c, 500, "The source image cannot be read.");
		return;
	}
	img->job = render_submit(c->api->pool, s->hash, fd, r, image_rendered,
	    c);
	(void)close(fd);
}

static struct image *
image_new(struct call *c, const struct url *u, const struct store_source *s,
    const struct recipe *r)
{
	struct image *img = calloc(1, sizeof *img);
	char digest[33];

	if (img == NULL) {
		image_refuse(c, 503, "Out of memory; try again.");
		return (NULL);
	}
	recipe_digest(r, digest);
	(void)strcpy(img->source, s->hash);
	(void)snprintf(img->etag, sizeof img->etag, "\"%s-%s\"", s->hash,
	    digest);
	img->by_alias = u->kind == URL_ALIAS;
	c->priv = img;
	return (img);
}

static void
image_get(struct call *c, const struct url *u)
{
	struct store_source s = { .size = 0 };
	char org[ORG_MAX + 1];
	json_t *def = NULL;
	struct recipe *r = NULL;
	struct image *img;

	if (image_org(c, org) && image_source(c, u, org, &s) &&
	    image_stack(c, u, org, &def) &&
	    (r = image_recipe(c, u, def)) != NULL &&
	    (img = image_new(c, u, &s, r)) != NULL) {
		http_add_header(c->req, "X-Moniker-Org", org);
		http_add_header(c->req, "X-Moniker-Source", s.hash);
		if (!image_not_modified(c, img))
			image_render(c, &s, r);
	}
	recipe_free(r);
	json_decref(def);
	store_source_clear(&s);
}

static void
image_handle(struct call *c)
{
	const char *method = http_method(c->req), *query = http_query(c->req);
	struct url u;
	char *target = NULL;

	if (strcmp(http_path(c->req), "/health") == 0) {
		reply_json(c, 200, json_pack("{s:s}", "status", "ok"));
		return;
	}
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
		http_add_header(c->req, "Allow", "GET, HEAD");
		image_refuse(c, 405, "%s is no method of pictures.", method);
		return;
	}
	if (asprintf(&target, "%s%s%s", http_path(c->req),
	    query != NULL ? "?" : "", query != NULL ? query : "") < 0) {
		image_refuse(c, 503, "Out of memory; try again.");
		return;
	}
	switch (url_parse(target, strlen(target), &u)) {
	case URL_HASH:
	case URL_ALIAS:
		image_get(c, &u);
		break;
	default:
		image_refuse(c, 404, "The path is no render URL: "
		    "/STACK/HASH.jpg or /STACK/-_ALIAS_-.jpg.");
	}
	free(target);
}

/* The peer has gone: a render that has not begun is dropped. */
static void
image_over(struct call *c)
{
	struct image *img = c->priv;

	if (img->job != NULL)
		render_cancel(img->job);
	free(img);
	c->priv = NULL;
}

const struct endpoint image_endpoint = {
	.handle = image_handle, .end = image_over,
};
