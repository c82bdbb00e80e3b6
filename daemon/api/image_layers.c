/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/borrow.h"
#include "api/image_layers.h"
#include "api/kept.h"
#include "api/source.h"
#include "store/store_alias.h"
#include "store/store_stack.h"

#define UNKNOWN	(-1)

/* What is found layer by layer. */
struct finder {
	struct call		*c;
	struct image_find	*f;
	struct layers		*all;
};

static void
raise_epoch(struct layers *all, uint64_t epoch)
{
	if (epoch > all->epoch)
		all->epoch = epoch;
}

/* "HASH", "_ALIAS_=HASH", "/STACK": see vmod/current.c. */
static bool
add_tag(struct layers *all, const char *before, const char *name,
    const char *behind)
{
	char *more = NULL;

	if (asprintf(&more, "%s%s%s%s%s", all->tags == NULL ? "" : all->tags,
	    all->tags == NULL ? "" : ",", before, name, behind) < 0)
		return (false);
	free(all->tags);
	all->tags = more;
	return (true);
}

/*--------------------------------------------------------------------
 * The image
 */

static bool
find_alias(struct finder *x, const char *field, const char *text,
    struct hash_prefix *p)
{
	char name[NAME_MAX_LEN + 1], end[HASH_HEX + 3];
	struct store_alias a;

	(void)snprintf(name, sizeof name, "%.*s", (int)strlen(text) - 2,
	    text + 1);
	if (store_alias_get(x->c->api->store, x->f->org, name, &a) !=
	    STORE_OK) {
		image_refuse(x->c, 404, "%s: unknown alias \"%.60s\".",
		    field, name);
		return (false);
	}
	end[0] = '_';
	end[1] = '=';
	hash_to_hex(&a.hash, end + 2);
	*p = hash_prefix_whole(&a.hash);
	raise_epoch(x->all, a.epoch);
	x->all->moves = true;
	if (a.due_ms != 0 && (x->all->due_ms == 0 ||
	    a.due_ms < x->all->due_ms))
		x->all->due_ms = a.due_ms;
	return (add_tag(x->all, "_", name, end));
}

/* *above* has the picture that it lies in. */
static bool
find_hash(struct finder *x, const char *field, const char *text,
    const struct store_source *above, struct hash_prefix *p)
{
	if (text == NULL)
		*p = hash_prefix_whole(&above->hash);
	else if (*text == '_')
		return (find_alias(x, field, text, p));
	else if (!hash_prefix_from_hex(p, text, strlen(text))) {
		image_refuse(x->c, 404, "%s: unknown source image %.40s.",
		    field, text);
		return (false);
	}
	return (true);
}

static bool
find_source(struct finder *x, const struct recipe_second *s,
    const struct store_source *above, struct layer *l)
{
	const char *field = s->font ? "text.font" : "secondary_image";
	const char *text = s->image;
	struct store *store = x->c->api->store;
	struct hash_prefix p;
	uint64_t epoch;

	if (!find_hash(x, field, text, above, &p))
		return (false);
	if (borrow_source(x->c, x->f->org, &p, &l->source) != STORE_OK)
		image_refuse(x->c, 404, "%s: unknown source image %.40s.",
		    field, text == NULL ? x->f->hash : text);
	else if (s->font && strcmp(l->source.format, "ttf") != 0)
		image_refuse(x->c, 400, "%s: %.40s is not a font; upload a "
		    "TrueType or OpenType file.", field, text);
	else if (!s->font && strcmp(l->source.format, "ttf") == 0)
		image_refuse(x->c, 400, "%s: the file is a font, which the "
		    "operation \"text\" takes.", field);
	else if (l->source.protected && !image_guard_more(x->c, x->f,
	    "A protected secondary image or font needs a signed URL."))
		return (false);
	else if (store_source_epoch(store, x->f->org, &l->source.hash,
	    &epoch) != STORE_OK)
		image_refuse(x->c, 500, "The source image cannot be read.");
	else {
		raise_epoch(x->all, epoch);
		hash_to_hex(&l->source.hash, l->hash);
		return (add_tag(x->all, l->hash, "", ""));
	}
	return (false);
}

static bool
open_source(struct finder *x, struct layer *l)
{
	const char *why;
	int status;

	l->fd = source_open_bytes(x->c, &l->source, x->f->again, &status,
	    &why);
	if (l->fd < 0 && status != 0)
		image_refuse(x->c, status, "%s", why);
	return (l->fd >= 0);
}

/*--------------------------------------------------------------------
 * Its stack
 */

static bool
refuse_stack(struct finder *x, enum kept_status status, const char *name)
{
	if (status == KEPT_TOO_DEEP)
		image_refuse(x->c, 400, "secondary_stack: more than %d "
		    "stacks are based on each other.", BASE_STACKS);
	else
		image_refuse(x->c, 404, "secondary_stack: unknown %sstack "
		    "\"%.60s\".", status == KEPT_NO_BASE ? "base " : "", name);
	return (false);
}

static bool
may_show(struct finder *x, const json_t *definition)
{
	const json_t *o = json_object_get(definition, "stack_options");

	if (json_is_true(json_object_get(o, "source_file"))) {
		image_refuse(x->c, 400, "secondary_stack: a stack with "
		    "source_file renders nothing.");
		return (false);
	}
	return (!json_is_true(json_object_get(o, "protected")) ||
	    image_guard_more(x->c, x->f, "secondary_stack: a protected one "
	    "needs a signed URL."));
}

static struct recipe *
make_recipe(struct finder *x, const struct layer *l, const json_t *definition,
    const char *variables)
{
	struct image_find f = { .source = l->source,
	    .save_data = x->f->save_data };
	char *segments = recipe_second_segments(variables == NULL ? "" :
	    variables), err[256];
	const struct url u = { .segments = url_text(segments),
	    .format = url_text("png") };
	struct recipe_image image;
	struct recipe *r;
	int status;

	text_copy(f.hash, sizeof f.hash, l->hash);
	image = image_facts(&f);
	r = recipe_new_for(&image, definition, &u, NULL, &status, err,
	    sizeof err);
	free(segments);
	if (r == NULL)
		image_refuse(x->c, status, "secondary_stack: %s", err);
	else
		recipe_as_layer(r);
	return (r);
}

static bool
find_stack(struct finder *x, const struct recipe_second *s, struct layer *l)
{
	struct kept_stack k = { .definition = NULL };
	enum kept_status status;
	uint64_t epoch;

	text_copy(k.name, sizeof k.name, s->stack);
	/* Before it is read, so that a change is seen. */
	if (store_stack_epoch(x->c->api->store, x->f->org, s->stack,
	    &epoch) != STORE_OK) {
		image_refuse(x->c, 500, "The stack cannot be read.");
		return (false);
	}
	status = kept_stack(x->c->api->kept, x->c->api->store, x->f->org, &k);
	if (status != KEPT_OK)
		return (refuse_stack(x, status, k.name));
	raise_epoch(x->all, epoch);
	x->all->preview |= name_is_preview(s->stack);
	x->all->stacked = true;
	x->all->varies_save |= recipe_varies_by_save_data(k.definition);
	if (may_show(x, k.definition))
		l->recipe = make_recipe(x, l, k.definition, s->variables);
	json_decref(k.definition);
	return (l->recipe != NULL && add_tag(x->all, "/", s->stack, ""));
}

/*--------------------------------------------------------------------*/

static bool
find_layer(struct finder *x, const struct recipe_second *s,
    const struct store_source *above)
{
	struct layer *l;

	if (x->all->n == LAYERS) {
		image_refuse(x->c, 400, "Composition nesting too deep: at "
		    "most %d pictures may be nested.", LAYERS);
		return (false);
	}
	l = &x->all->layer[x->all->n++];
	l->fd = -1;
	return (find_source(x, s, above, l) &&
	    (s->stack == NULL || find_stack(x, s, l)) && open_source(x, l));
}

/* From the bottom, as the digest of each is a part of that above. */
static bool
resolve(struct finder *x, struct recipe *top)
{
	for (unsigned i = x->all->n; i-- > 0;) {
		const struct layer *l = &x->all->layer[i];
		char digest[33] = "";

		if (l->recipe != NULL)
			recipe_digest(l->recipe, digest);
		if (!recipe_resolve_second(i == 0 ? top :
		    x->all->layer[i - 1].recipe, l->hash,
		    l->recipe != NULL ? digest : NULL)) {
			image_refuse(x->c, 400, "secondary_image: too much "
			    "text.");
			return (false);
		}
	}
	return (true);
}

bool
image_layers(struct call *c, struct image_find *f, struct recipe *top,
    struct layers **out)
{
	struct finder x = { .c = c, .f = f };
	const struct store_source *above = &f->source;
	const struct recipe *r = top;
	struct recipe_second s;

	*out = NULL;
	if (!recipe_second(top, &s))
		return (true);
	*out = x.all = calloc(1, sizeof *x.all);
	if (x.all == NULL) {
		image_refuse(c, 503, "Out of memory; try again.");
		return (false);
	}
	while (r != NULL && recipe_second(r, &s)) {
		if (!find_layer(&x, &s, above))
			return (false);
		above = &x.all->layer[x.all->n - 1].source;
		r = x.all->layer[x.all->n - 1].recipe;
	}
	return (resolve(&x, top));
}

void
layers_free(struct layers *all)
{
	if (all == NULL)
		return;
	for (unsigned i = 0; i < all->n; i++) {
		struct layer *l = &all->layer[i];

		store_source_clear(&l->source);
		recipe_free(l->recipe);
		if (l->fd >= 0)
			(void)close(l->fd);
	}
	free(all->tags);
	free(all);
}

int
layers_edition(const struct layers *all)
{
	int most = 0, one;

	for (unsigned i = 0; all != NULL && i < all->n; i++) {
		const struct layer *l = &all->layer[i];

		one = l->recipe == NULL ? 0 : recipe_edition(l->recipe,
		    l->source.width, l->source.height);
		if (one == UNKNOWN || l->source.edition == UNKNOWN)
			return (UNKNOWN);
		most = one > most ? one : most;
		most = l->source.edition > most ? l->source.edition : most;
	}
	return (most);
}

struct render_ask
layer_ask(const char *org, const struct layer *l, int second)
{
	return ((struct render_ask){
	    .org = org, .source = l->hash, .fd = l->fd,
	    .secondary_fd = second, .width = l->source.width,
	    .height = l->source.height, .animated = l->source.animated,
	    .format = l->source.format });
}
