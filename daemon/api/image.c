/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "api/albums.h"
#include "api/image.h"
#include "api/image_find.h"
#include "api/image_layers.h"
#include "api/source.h"
#include "etag.h"
#include "http/head.h"
#include "log.h"
#include "recipe/recipe.h"
#include "render/render.h"
#include "store/store_source.h"

#define UNKNOWN	(-1)

struct image {
	unsigned		magic;
#define IMAGE_MAGIC		0x0c50696c
	struct render_job	*job;
	char			org[ORG_MAX + 1];
	char			source[HASH_HEX + 1];
	char			etag[96];
	char			digest[33];	/* of the recipe */
	int			edition;	/* of the sources, or UNKNOWN */
	uint64_t		libs;		/* 0: the source's own file */
	char			cache_control[96];
	bool			attachment;
	const char		*missing;	/* why, see image_find */
	int			status;		/* of the answer */
	bool			varies;		/* by Accept */
	bool			varies_save;	/* by Save-Data */
	/* What else a composition shows, and as of which purge */
	char			*tags;
	uint64_t		tags_epoch;
	/* That has more than one step, for which the next are kept */
	struct chain		*chain;
	char			format[8];
};

static struct recipe *
image_recipe(struct call *c, const struct image_find *f)
{
	const struct recipe_image image = image_facts(f);
	char err[256];
	struct recipe *r;
	int status;

	r = recipe_new_for(&image, f->stack, &f->plain,
	    http_header(c->req, "Accept"), &status, err, sizeof err);
	if (r == NULL)
		image_refuse(c, status, "%s", err);
	return (r);
}

/*
 * The edition tells a picture from the one that an earlier release made of the
 * same source and recipe; see edition.c. Most have none. The libraries are in
 * the digest's second half: other versions make other bytes, and a range of one
 * must not be joined to the rest of another.
 */
static void
image_etag(struct image *img, int edition, uint64_t libs)
{
	uint64_t half = strtoull(img->digest + 16, NULL, 16);
	size_t n;

	img->edition = edition;
	img->libs = libs;
	n = (size_t)snprintf(img->etag, sizeof img->etag,
	    "\"%s-%.16s%016" PRIx64, img->source, img->digest, half ^ libs);
	(void)snprintf(img->etag + n, sizeof img->etag - n,
	    edition > 0 ? "-%d\"" : "\"", edition);
}

/* The highest of both sources and the recipe, if all are known. */
static int
image_edition_of(const struct image_find *f, const struct recipe *r,
    const struct layers *layers, uint64_t libs)
{
	const int all[] = { f->source.edition, layers_edition(layers),
	    recipe_edition(r, f->source.width, f->source.height) };
	int most = 0;

	if (recipe_source_file(r))
		return (0);
	if (libs == 0)
		return (UNKNOWN);	/* no worker is up yet */
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		if (all[i] == UNKNOWN)
			return (UNKNOWN);
		most = all[i] > most ? all[i] : most;
	}
	return (most);
}

static struct image *
image_new(struct call *c, const struct image_find *f, const struct recipe *r,
    struct layers *layers)
{
	struct image *img = calloc(1, sizeof *img);
	uint64_t libs = recipe_source_file(r) ? 0 :
	    render_pool_libs(c->api->pool);

	if (img == NULL) {
		image_refuse(c, 503, "Out of memory; try again.");
		return (NULL);
	}
	img->magic = IMAGE_MAGIC;
	recipe_digest(r, img->digest);
	text_copy(img->org, sizeof img->org, f->org);
	text_copy(img->source, sizeof img->source, f->hash);
	if (layers != NULL) {
		img->tags = layers->tags;
		img->tags_epoch = layers->epoch;
		layers->tags = NULL;
	}
	image_etag(img, image_edition_of(f, r, layers, libs), libs);
	image_control(c->api->conf, f, layers, img->cache_control,
	    sizeof img->cache_control);
	img->varies = recipe_varies(r);
	img->varies_save = recipe_varies_by_save_data(f->stack) ||
	    (layers != NULL && layers->varies_save);
	img->attachment = recipe_attachment(r);
	img->missing = f->missing;
	img->status = f->missing != NULL ? f->missing_status : 200;
	c->priv = img;
	return (img);
}

/*--------------------------------------------------------------------*/

/* What a picture (or the word that the client has it) is sent with. */
static void
image_headers(struct call *c, const struct image *img)
{
	http_add_header(c->req, "ETag", img->etag);
	http_add_header(c->req, "Cache-Control", img->cache_control);
	if (img->missing != NULL)
		image_missing_tell(c, img->org, img->missing);
	if (img->varies || img->varies_save)
		http_add_header(c->req, "Vary", !img->varies ? "Save-Data" :
		    img->varies_save ? "Accept, Save-Data" : "Accept");
	if (img->tags == NULL)
		return;
	/* So that Varnish can tell when one of them is not what it was. */
	http_add_header(c->req, "X-Moniker-Secondary", img->tags);
	http_add_headerf(c->req, "X-Moniker-Secondary-Epoch", "%llu",
	    (unsigned long long)img->tags_epoch);
}

/*
 * Names the file after the URL as it was sent, since the canonical form has no
 * slug. It never tells the source image's name, which not everybody who may see
 * the picture may know.
 */
static void
image_disposition(struct call *c, const struct image *img, const char *type)
{
	const char *target = http_target(c->req);
	char value[URL_DOWNLOAD_MAX];
	struct url u;

	(void)url_parse(target, strlen(target), &u);
	if (url_download(&u, type, img->source, value))
		http_add_header(c->req, "Content-Disposition", value);
}

static void
image_send(struct call *c, const struct image *img, int fd, int64_t len,
    const char *mimetype)
{
	c->answered = true;
	image_headers(c, img);
	http_add_header(c->req, "Content-Type", mimetype);
	http_add_header(c->req, "X-Content-Type-Options", "nosniff");
	if (strcmp(mimetype, "image/svg+xml") == 0)	/* a source_file */
		http_add_header(c->req, "Content-Security-Policy",
		    "default-src 'none'; style-src 'unsafe-inline'; sandbox");
	if (img->attachment)
		image_disposition(c, img, mimetype);
	if (strcmp(http_method(c->req), "GET") == 0)
		store_sent(c->api->store, img->org, len);
	http_reply_fd(c->req, img->status, fd, 0, len);
}

/* True when the client's copy is current: 304. */
static bool
image_not_modified(struct call *c, const struct image *img)
{
	const char *have = http_header(c->req, "If-None-Match");

	if (have == NULL || img->status != 200 || img->edition == UNKNOWN ||
	    !etag_listed(have, img->etag, ETAG_WEAK))
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
		log_error("render_failed", "keep the image, and report it",
		    KV("id", http_id(c->req)), KV("source", img->source),
		    KV_CUT("path", http_target(c->req),
		    http_path_len(c->req)), KV("error", r->error));
		image_refuse(c, 500, "The picture could not be rendered.");
	}
}

static void
image_rendered(void *arg, const struct render_result *r)
{
	struct call *c = CAST_OBJ(arg, CALL_MAGIC);
	struct image *img = CAST_OBJ(c->priv, IMAGE_MAGIC);
	int fd;

	img->job = NULL;
	if (r->status != RENDER_OK) {
		image_failed(c, img, r);
		return;
	}
	if (img->edition == UNKNOWN || img->libs != r->libs) {
		image_etag(img, (int)r->edition, r->libs);
		if (image_not_modified(c, img))
			return;
	}
	if ((fd = fcntl(r->fd, F_DUPFD_CLOEXEC, 3)) < 0)
		image_refuse(c, 503, "Out of descriptors; try again.");
	else
		image_send(c, img, fd, r->len, r->mimetype);
}

/* The peer has gone: a render that has not begun is dropped. */
static void
image_over(struct call *c)
{
	struct image *img = CAST_OBJ(c->priv, IMAGE_MAGIC);

	if (img->job != NULL)
		render_cancel(img->job);
	chain_free(img->chain);
	free(img->tags);
	free(img);
	c->priv = NULL;
}

/* -1 after an answer, or when image_handle() will be called again. */
static int
image_open(struct call *c, const struct image_find *f)
{
	const char *why;
	int status, fd = source_open_bytes(c, &f->source, f->again, &status,
	    &why);

	if (fd < 0 && status == 0)
		image_over(c);
	else if (fd < 0)
		image_refuse(c, status, "%s", why);
	return (fd);
}

/* Takes over recipe, layers and *fd*. */
static void
image_start_chain(struct call *c, const struct image_find *f,
    struct recipe *r, struct layers *layers, int fd)
{
	struct image *img = CAST_OBJ(c->priv, IMAGE_MAGIC);
	const struct chain_top top = { .recipe = r, .ask = {
	    .org = img->org, .source = img->source, .fd = fd,
	    .width = f->source.width, .height = f->source.height,
	    .animated = f->source.animated, .format = img->format } };

	text_copy(img->format, sizeof img->format, f->source.format);
	img->chain = chain_start(c->api->pool, &top, layers, image_rendered,
	    c);
}

static void
image_submit(struct call *c, const struct image_find *f,
    const struct recipe *r, const struct layers *layers, int fd)
{
	struct image *img = CAST_OBJ(c->priv, IMAGE_MAGIC);
	const struct render_ask ask = {
		.org = f->org, .source = f->hash, .fd = fd,
		.secondary_fd = layers != NULL ? layers->layer[0].fd : -1,
		.width = f->source.width, .height = f->source.height,
		.animated = f->source.animated, .format = f->source.format
	};

	img->job = render_submit(c->api->pool, &ask, r, image_rendered, c);
	(void)close(fd);
}

/* Recipe and layers are taken over, and then NULL. */
static void
image_render(struct call *c, const struct image_find *f, struct recipe **r,
    struct layers **layers)
{
	struct image *img = CAST_OBJ(c->priv, IMAGE_MAGIC);
	int fd = image_open(c, f);

	if (fd < 0)
		return;
	if (recipe_source_file(*r))
		image_send(c, img, fd, f->source.size, f->source.mimetype);
	else if (*layers == NULL || !(*layers)->stacked)
		image_submit(c, f, *r, *layers, fd);
	else {
		image_start_chain(c, f, *r, *layers, fd);
		*r = NULL;
		*layers = NULL;
	}
}

static void
image_get(struct call *c, struct image_find *f)
{
	struct layers *layers = NULL;
	struct image *img;
	struct recipe *r;

	if (!image_find(c, f) || (r = image_recipe(c, f)) == NULL)
		return;
	if (image_layers(c, f, r, &layers) && !image_respell(c, f)) {
		img = image_new(c, f, r, layers);
		if (img != NULL && img->attachment && img->missing != NULL)
			image_refuse(c, 404, "%s", c->missing);
		else if (img != NULL && !image_not_modified(c, img))
			image_render(c, f, &r, &layers);
	}
	layers_free(layers);
	recipe_free(r);
}

/* The canonical form of a target, which may be longer by a few bytes. */
#define FORM_MAX	(HEAD_TARGET + 16)

/*
 * Parses the canonical form of *target*, which is what Varnish sends, so that a
 * spelling means the same here and there. *u* points into *target* or *form*.
 * False if it is not a picture's.
 */
static bool
image_url(const char *target, char form[FORM_MAX], struct url *u)
{
	const size_t len = strlen(target);
	enum url_kind kind = url_parse(target, len, u);
	size_t n;

	if (kind == URL_OTHER)
		return (false);
	n = url_canonical(u, NULL, form, FORM_MAX);
	if (n == len && memcmp(form, target, n) == 0)
		return (true);
	return (n > 0 && url_parse(form, n, u) == kind);
}

static void
image_handle(struct call *c)
{
	const char *method = http_method(c->req);
	struct image_find f = { .again = image_handle };
	char form[FORM_MAX];

	if (http_path_is(c->req, "/health")) {
		reply_json(c, 200, json_pack("{s:s}", "status", "ok"));
		return;
	}
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
		http_add_header(c->req, "Allow", "GET, HEAD");
		image_refuse(c, 405, "%s is not allowed for pictures; "
		    "use GET or HEAD.", method);
		return;
	}
	if (image_url(http_target(c->req), form, &f.url))
		image_get(c, &f);
	else if (!albums_get(c))
		image_refuse(c, 404, "The path is not a render URL: "
		    "/STACK/HASH.jpg, /STACK/-_ALIAS_-.jpg or "
		    "/STACK/-REMOTE-.jpg.");
	image_find_clear(&f);
}

const struct endpoint image_endpoint = {
	.handle = image_handle, .end = image_over,
};
