/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GET /_albums/{album}/all.json of a render host: the images whose user metadata
 * names the album in array:albums; favorites.json: those of them that name it in
 * array:favorites, too. Without a key, where the option "albums" is on.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "api/albums.h"
#include "api/image_find.h"
#include "api/kept.h"
#include "store/store_source.h"
#include "url.h"

#define ITEMS_MAX	1000
#define MAX_AGE		"60"	/* seconds that caches keep one */

struct album {
	struct store_read	read;
	unsigned		magic;
#define ALBUM_MAGIC		0x5e6b2fd1
	struct store_query	query;
	json_t			*items;
};

static struct album *
album_of(void *read)
{
	struct album *a = CAST_OBJ(read, STORE_READ_MAGIC);

	CHECK_OBJ(a, ALBUM_MAGIC);
	return (a);
}

/* What a gallery needs to show it. */
static int
album_append(void *arg, const struct store_source *s)
{
	struct album *a = album_of(arg);
	char hex[HASH_HEX + 1];

	if (s->protected)
		return (0);
	hash_to_hex(&s->hash, hex);
	return (json_array_append_new(a->items, json_pack(
	    "{s:s, s:s, s:s, s:s, s:I, s:I}", "hash", hex, "name", s->name,
	    "mimetype", s->mimetype, "format", s->format, "width",
	    (json_int_t)s->width, "height", (json_int_t)s->height)));
}

static enum store_status
album_read(struct store *store, struct store_read *read)
{
	struct album *a = album_of(read);

	return (store_source_query(store, &a->query, album_append, NULL, a));
}

static void
album_done(struct store_job *job)
{
	struct album *a = album_of(job);
	struct call *c = CAST_OBJ(job->arg, CALL_MAGIC);
	const size_t n = json_array_size(a->items);

	if (job->status == STORE_SLOW)
		image_refuse(c, 503, "The album takes longer than "
		    "search_max_ms.");
	else if (job->status != STORE_OK)
		image_refuse(c, 500, "The album cannot be read.");
	else {
		/* Names without images are endless. */
		http_add_header(c->req, "Cache-Control", n > 0 ?
		    "public, max-age=" MAX_AGE : "public, max-age=1");
		http_add_header(c->req, "Access-Control-Allow-Origin", "*");
		reply_json(c, 200, json_pack("{s:I, s:O}", "total",
		    (json_int_t)n, "items", a->items));
	}
	json_decref(a->items);
	call_job_over(job);
}

static void
album_filter(struct album *a, const char *term, const char *name)
{
	struct store_filter *f = store_filter_add(&a->query, FIELD_N);

	(void)snprintf(f->term, sizeof f->term, "%s", term);
	f->type = VALUE_TEXT;
	f->op = FILTER_EQUAL;
	(void)snprintf(f->low, sizeof f->low, "%s", name);
}

static bool
album_is_open(struct call *c, const char *name)
{
	struct store_org org;
	json_t *options;
	bool open;

	if (store_org_get(c->api->store, name, &org) != STORE_OK) {
		image_refuse(c, 404, "There is no organization \"%s\".", name);
		return (false);
	}
	options = kept_options(c->api->kept, &org);
	open = json_is_true(json_object_get(options, "albums"));
	json_decref(options);
	if (!open)
		image_refuse(c, 404, "The organization's option \"albums\" is "
		    "not on.");
	return (open);
}

static void
album_submit(struct call *c, const char *album, bool favorites)
{
	char org[ORG_MAX + 1];
	struct album *a;

	if (!image_find_org(c, org) || !album_is_open(c, org))
		return;
	a = call_job(c, sizeof *a, album_done);
	if (a == NULL)
		return;
	a->magic = ALBUM_MAGIC;
	a->items = json_array();
	text_copy(a->query.org, sizeof a->query.org, org);
	a->query.limit = ITEMS_MAX;
	album_filter(a, "user:array:albums", album);
	if (favorites)
		album_filter(a, "user:array:favorites", album);
	a->read.read = album_read;
	store_read_submit(c->api->store, &a->read);
}

/* What is between "/_albums/" and the last "/", decoded; false: no such path. */
static bool
album_name(const char *path, size_t len, char *name, size_t size,
    bool *favorites)
{
	static const char lead[] = "/_albums/";
	static const char *const files[] = { "/all.json", "/favorites.json" };
	const size_t n = sizeof lead - 1;
	struct url_span s;

	if (len <= n || memcmp(path, lead, n) != 0)
		return (false);
	for (int i = 0; i < 2; i++) {
		const size_t end = strlen(files[i]);

		if (len <= n + end ||
		    memcmp(path + len - end, files[i], end) != 0)
			continue;
		*favorites = i == 1;
		s = (struct url_span){ path + n, len - n - end };
		return (memchr(s.p, '/', s.len) == NULL &&
		    url_decode(s, name, size) > 0);
	}
	return (false);
}

bool
albums_get(struct call *c)
{
	char name[256];
	bool favorites;

	if (!album_name(http_target(c->req), http_path_len(c->req), name,
	    sizeof name, &favorites))
		return (false);
	album_submit(c, name, favorites);
	return (true);
}
