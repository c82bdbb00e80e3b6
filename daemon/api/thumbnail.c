/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GET /sourceimages/{organization}/{hash}/thumbnail?size=: a small picture of a
 * source image, deleted and protected ones too, for who may see the list. By its
 * hash it never changes.
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/endpoints.h"
#include "api/source.h"
#include "recipe/recipe.h"
#include "render/render.h"
#include "store/store_source.h"
#include "url.h"

static void
thumbnail_send(struct call *c, const struct render_result *r)
{
	int fd = fcntl(r->fd, F_DUPFD_CLOEXEC, 3);

	if (fd < 0) {
		http_add_header(c->req, "Retry-After", "2");
		reply_error(c, 503, "Out of descriptors; try again.");
		return;
	}
	c->answered = true;
	http_add_header(c->req, "Cache-Control",
	    "private, max-age=31536000, immutable");
	http_add_header(c->req, "Vary", "Cookie");
	http_add_header(c->req, "Content-Type", r->mimetype);
	http_add_header(c->req, "Cross-Origin-Resource-Policy", "same-origin");
	http_add_header(c->req, "Content-Security-Policy",
	    "sandbox; default-src 'none'");
	http_add_header(c->req, "X-Content-Type-Options", "nosniff");
	http_reply_fd(c->req, 200, fd, 0, r->len);
}

static void
thumbnail_rendered(void *arg, const struct render_result *r)
{
	struct call *c = CAST_OBJ(arg, CALL_MAGIC);

	switch (r->status) {
	case RENDER_OK:
		thumbnail_send(c, r);
		break;
	case RENDER_BUSY:
		http_add_header(c->req, "Retry-After", "2");
		reply_error(c, 503, "The render queue is full; try again.");
		break;
	case RENDER_BAD_IMAGE:
	case RENDER_LIMIT:
		reply_error(c, 422, "%s", r->error);
		break;
	default:
		reply_error(c, 500, "The thumbnail could not be rendered; the "
		    "server's log says why.");
	}
	call_release(c);
}

static struct recipe *
thumbnail_recipe(struct call *c, unsigned size, const char *hash)
{
	char target[128], err[256];
	struct recipe *r;
	struct url u;
	int status;

	(void)snprintf(target, sizeof target, "/dynamic/resize-width-%u-"
	    "height-%u-mode-box-upscale-false/%s.webp", size, size, hash);
	if (url_parse(target, strlen(target), &u) != URL_HASH) {
		reply_store(c, STORE_ERROR, "");
		return (NULL);
	}
	r = recipe_new(NULL, &u, NULL, &status, err, sizeof err);
	if (r == NULL)
		reply_error(c, status, "%s", err);
	return (r);
}

static void source_thumbnail(struct call *);

static void
thumbnail_render(struct call *c, const struct store_source *s, unsigned size)
{
	char hash[HASH_HEX + 1];
	struct recipe *r;
	const char *why;
	int status, fd;

	hash_to_hex(&s->hash, hash);
	if ((r = thumbnail_recipe(c, size, hash)) == NULL)
		return;
	fd = source_open_bytes(c, s, source_thumbnail, &status, &why);
	if (fd < 0 && status != 0)
		source_refuse_bytes(c, status, why);
	else if (fd >= 0) {
		const struct render_ask ask = { .org = s->org, .source = hash,
		    .fd = fd, .secondary_fd = -1, .width = s->width,
		    .height = s->height, .animated = s->animated,
		    .format = s->format };

		(void)render_submit(c->api->pool, &ask, r, thumbnail_rendered,
		    call_hold(c));
		(void)close(fd);
	}
	recipe_free(r);
}

static void
source_thumbnail(struct call *c)
{
	struct store_source s = { .size = 0 };
	unsigned size;

	if (!call_query_number(c, "size", 640, 320, &size))
		return;
	if (size != 160 && size != 320 && size != 640)
		reply_error(c, 400, "size: must be 160, 320 or 640.");
	else if (source_find_any(c, &s))
		thumbnail_render(c, &s, size);
	store_source_clear(&s);
}

const struct endpoint endpoint_source_thumbnail = {
	.rights = RIGHT_SOURCE_READ, .by_cookie = true,
	.handle = source_thumbnail,
};
