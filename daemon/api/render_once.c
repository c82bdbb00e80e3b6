/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * POST /utils/{organization}/render/{stack}[/segments].{format}: a picture of the
 * image in the body, of which nothing is kept. The bytes lie in a file without a
 * name until the answer is made.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/endpoints.h"
#include "api/image_layers.h"
#include "api/kept.h"
#include "http/multipart.h"
#include "store/store_source.h"

#define ONCE_MAX	(100 * 1024 * 1024)

struct once {
	unsigned		magic;
#define ONCE_MAGIC		0x7c1de4b3
	struct call		*call;
	struct multipart	*multipart;	/* NULL: the body is the file */
	struct store_blob	*blob;
	bool			has_file;
	int			error;		/* errno of a failed write */
	crypto_generichash_state sum;
	char			*form;		/* as a picture's URL */
	struct image_find	find;
	struct layers		*layers;
	struct chain		*chain;
};

/*--------------------------------------------------------------------
 * The body
 */

static int
once_begin_part(void *arg, const struct multipart_part *part)
{
	struct once *o = CAST_OBJ(arg, ONCE_MAGIC);

	if (part->filename == NULL)
		reply_error(o->call, 400, "%.60s: unknown field; the path "
		    "says how to render.", part->name);
	else if (o->has_file)
		reply_error(o->call, 400, "%.60s: send one file only.",
		    part->name);
	else {
		o->has_file = true;
		return (0);
	}
	return (1);
}

static int
once_data_part(void *arg, const void *data, size_t len)
{
	struct once *o = CAST_OBJ(arg, ONCE_MAGIC);
	uint64_t most = o->call->api->conf->upload_max;

	if (most > ONCE_MAX)
		most = ONCE_MAX;
	if ((uint64_t)store_blob_size(o->blob) + len > most) {
		reply_error(o->call, 413, "The image may have at most %llu "
		    "bytes.", (unsigned long long)most);
		return (1);
	}
	crypto_generichash_update(&o->sum, data, len);
	return (o->error = store_blob_write(o->blob, data, len));
}

static int
once_end_part(void *arg)
{
	(void)arg;
	return (0);
}

static const struct multipart_events once_events = {
	.begin = once_begin_part,
	.data = once_data_part,
	.end = once_end_part,
};

static void
once_failed(struct call *c, int e)
{
	if (e == EMFILE || e == ENFILE) {
		http_add_header(c->req, "Retry-After", "2");
		reply_error(c, 503, "Out of descriptors; try again.");
	} else
		reply_store(c, e == ENOSPC || e == EDQUOT ? STORE_FULL :
		    STORE_ERROR, "image");
}

static bool
is_multipart(struct call *c)
{
	const char *type = http_header(c->req, "Content-Type");

	return (type != NULL && strncasecmp(type, "multipart/", 10) == 0);
}

static void
once_begin(struct call *c)
{
	struct once *o = calloc(1, sizeof *o);

	if (o == NULL) {
		reply_store(c, STORE_ERROR, "");
		return;
	}
	o->magic = ONCE_MAGIC;
	o->call = c;
	c->priv = o;
	crypto_generichash_init(&o->sum, NULL, 0, sizeof(struct hash));
	o->blob = store_blob_new(c->api->store);
	if (o->blob == NULL)
		once_failed(c, errno);
	else if (!is_multipart(c))
		o->has_file = true;
	else if ((o->multipart = multipart_new(http_header(c->req,
	    "Content-Type"), &once_events, o)) == NULL)
		reply_error(c, 400, "Content-Type: must be the image's, or "
		    "multipart/form-data with a boundary.");
}

static int
once_data(struct call *c, const void *data, size_t len)
{
	struct once *o;
	int e;

	if (c->priv == NULL)
		return (-1);
	o = CAST_OBJ(c->priv, ONCE_MAGIC);
	e = o->multipart != NULL ? multipart_feed(o->multipart, data, len) :
	    once_data_part(o, data, len);
	if (e == 0 || c->answered)
		return (e);
	if (o->error != 0)
		once_failed(c, o->error);
	else
		reply_error(c, 400, "The body is not multipart/form-data: %s",
		    multipart_reason(o->multipart));
	return (e);
}

static void
once_end(struct call *c)
{
	struct once *o = CAST_OBJ(c->priv, ONCE_MAGIC);

	chain_free(o->chain);
	layers_free(o->layers);
	image_find_clear(&o->find);
	multipart_free(o->multipart);
	store_blob_free(o->blob);
	free(o->form);
	free(o);
	c->priv = NULL;
}

/*--------------------------------------------------------------------
 * The path, as if it were that of a picture
 */

/* Any hash: a picture's URL needs one, and this picture has none. */
#define NO_HASH		"000000"

/* "/STACK/SEGMENTS/000000.FORMAT?QUERY", or NULL: the path has no format. */
static char *
picture_target(struct call *c)
{
	const char *p = http_target(c->req), *dot = NULL;
	const char *end = p + http_path_len(c->req);
	char *out;

	for (int slashes = 0; slashes < 4; p++)
		slashes += *p == '/';
	for (const char *q = p; q < end; q++)
		if (*q == '.')
			dot = q;
	if (dot == NULL || asprintf(&out, "/%.*s/" NO_HASH "%s",
	    (int)(dot - p), p, dot) < 0)
		return (NULL);
	return (out);
}

static bool
once_url(struct once *o)
{
	char *target = picture_target(o->call);
	size_t size = target == NULL ? 0 : strlen(target) + 32;
	struct url u;
	bool good;

	o->form = malloc(size + 1);
	good = target != NULL && o->form != NULL &&
	    url_parse(target, strlen(target), &u) == URL_HASH &&
	    url_canonical(&u, NULL, o->form, size) > 0 &&
	    url_parse(o->form, strlen(o->form), &o->find.url) == URL_HASH;
	free(target);
	if (!good)
		reply_error(o->call, 400, "The path must end in the stack, "
		    "segments if there are any, and the format: "
		    "render/STACK/resize-width-80.jpg.");
	return (good);
}

/*--------------------------------------------------------------------*/

static void
once_send(struct call *c, const struct render_result *r)
{
	int fd = fcntl(r->fd, F_DUPFD_CLOEXEC, 3);

	if (fd < 0) {
		once_failed(c, errno);
		return;
	}
	c->answered = true;
	http_add_header(c->req, "Content-Type", r->mimetype);
	http_add_header(c->req, "X-Content-Type-Options", "nosniff");
	http_reply_fd(c->req, 200, fd, 0, r->len);
}

static void
once_refuse(struct call *c, enum render_status status, const char *error,
    int unfit)
{
	switch (status) {
	case RENDER_BUSY:
		http_add_header(c->req, "Retry-After", "5");
		reply_error(c, 503, "The server is busy; try again.");
		return;
	case RENDER_BAD_IMAGE:
		reply_error(c, unfit, "%s", error);
		return;
	case RENDER_LIMIT:
		reply_error(c, 422, "%s", error);
		return;
	case RENDER_BAD_RECIPE:
		reply_error(c, 400, "%s", error);
		return;
	default:
		reply_error(c, 500, "The picture could not be rendered; the "
		    "server's log says why.");
	}
}

static void
once_rendered(void *arg, const struct render_result *r)
{
	struct call *c = CAST_OBJ(arg, CALL_MAGIC);

	if (r->status == RENDER_OK)
		once_send(c, r);
	else
		once_refuse(c, r->status, r->error, 422);
}

/* A stack that is made of another, or that renders nothing */
static bool
once_stack(struct once *o)
{
	const json_t *options;

	if (!image_find_stack(o->call, &o->find))
		return (false);
	options = json_object_get(o->find.stack, "stack_options");
	if (o->find.based)
		reply_error(o->call, 400, "basestack: a stack based on "
		    "another cannot be rendered here; copy its operations.");
	else if (json_is_true(json_object_get(options, "source_file")))
		reply_error(o->call, 400, "source_file: this stack "
		    "delivers the source file and renders nothing.");
	else
		return (true);
	return (false);
}

static struct recipe *
once_recipe(struct once *o)
{
	struct image_find *f = &o->find;
	struct recipe_image image;
	struct recipe_second s;
	struct recipe *r;
	char err[256];
	int status;

	if (!once_stack(o) || !image_find_plain(o->call, f))
		return (NULL);
	image = image_facts(f);
	r = recipe_new_for(&image, f->stack, &f->plain,
	    http_header(o->call->req, "Accept"), &status, err, sizeof err);
	if (r == NULL) {
		reply_error(o->call, status, "%s", err);
		return (NULL);
	}
	if (recipe_second(r, &s) && s.image == NULL)
		reply_error(o->call, 400, "secondary_stack: needs a "
		    "secondary_image, as this picture is not stored.");
	else if (image_layers(o->call, f, r, &o->layers))
		return (r);
	recipe_free(r);
	return (NULL);
}

static void
once_render(struct once *o)
{
	const struct store_source *s = &o->find.source;
	struct recipe *r = once_recipe(o);
	int fd;

	if (r == NULL)
		return;
	fd = fcntl(store_blob_fd(o->blob), F_DUPFD_CLOEXEC, 3);
	if (fd < 0) {
		once_failed(o->call, errno);
		recipe_free(r);
		return;
	}
	o->chain = chain_start(o->call->api->pool, &(struct chain_top){
	    .recipe = r, .ask = { .org = o->find.org, .source = o->find.hash,
	    .fd = fd, .width = s->width, .height = s->height,
	    .animated = s->animated, .format = s->format } }, o->layers,
	    once_rendered, o->call);
	o->layers = NULL;
}

static void
once_probed(void *arg, const struct probe_result *r)
{
	struct call *c = CAST_OBJ(arg, CALL_MAGIC);
	struct once *o = CAST_OBJ(c->priv, ONCE_MAGIC);
	struct store_source *s = &o->find.source;

	if (r->status != RENDER_OK)
		once_refuse(c, r->status, r->error, 400);
	else if (!http_gone(c->req)) {
		text_copy(s->format, sizeof s->format, r->format);
		s->width = r->width;
		s->height = r->height;
		s->animated = r->frames > 1;
		once_render(o);
	}
	call_release(c);
}

static void
once_complete(struct call *c)
{
	struct once *o = CAST_OBJ(c->priv, ONCE_MAGIC);
	struct image_find *f = &o->find;

	if (o->multipart != NULL && multipart_finish(o->multipart) != 0) {
		reply_error(c, 400, "The body is not multipart/form-data: %s",
		    multipart_reason(o->multipart));
		return;
	}
	if (!o->has_file || store_blob_size(o->blob) == 0) {
		reply_error(c, 400, "The body has no image.");
		return;
	}
	if (!once_url(o))
		return;
	text_copy(f->org, sizeof f->org, call_param(c, "organization"));
	crypto_generichash_final(&o->sum, f->source.hash.b,
	    sizeof f->source.hash.b);
	hash_to_hex(&f->source.hash, f->hash);
	(void)call_hold(c);
	render_probe(c->api->pool, f->org, store_blob_fd(o->blob),
	    once_probed, c);
}

#define ONCE	{ .rights = RIGHT_UPLOAD, .body = BODY_STREAM,		\
    .handle = once_complete, .begin = once_begin, .data = once_data,	\
    .end = once_end }

const struct endpoint endpoint_render_once = ONCE;
const struct endpoint endpoint_render_once_by = ONCE;
const struct endpoint endpoint_render_once_by_two = ONCE;
