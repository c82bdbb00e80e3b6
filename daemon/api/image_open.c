/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an organization lets a URL ask for that nobody signed. Its options are
 * in closing[] of store/withdraw.c, too: to set one purges.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "api/image_find.h"
#include "api/kept.h"
#include "recipe/recipe.h"
#include "store/store_org.h"

/*
 * The canonical spelling has what the picture differs in. Of a URL that has
 * none, any segment may be one that counts.
 */
static bool
is_as_stack_says(struct image_find *f)
{
	struct url_span v;

	if (f->stack == NULL)
		return (false);
	if (f->url.segments.len <= 1 && !url_query(&f->url, "v", &v))
		return (true);
	image_spell(f);
	return (f->segments != NULL && *f->segments == '\0');
}

struct recipe_image
image_facts(const struct image_find *f)
{
	const struct store_source *s = &f->source;

	return ((struct recipe_image){ .hash = f->hash, .format = s->format,
	    .width = s->width, .height = s->height, .animated = s->animated,
	    .dynamic_metadata = s->dynamic_metadata,
	    .save_data = f->save_data });
}

static bool
has_sizes(const struct image_find *f, const json_t *o, char *why, size_t len)
{
	const struct recipe_image image = image_facts(f);
	const struct recipe_sizes sizes = {
		json_object_get(o, "allowed_widths"),
		json_object_get(o, "allowed_heights")
	};

	if ((json_array_size(sizes.widths) == 0 &&
	    json_array_size(sizes.heights) == 0) || *f->hash == '\0')
		return (true);
	return (recipe_sizes_allowed(&image, f->stack, &f->plain, &sizes, why,
	    len));
}

bool
image_is_open(struct call *c, struct image_find *f,
    const struct store_org *org, char *why, size_t len)
{
	json_t *o = kept_options(c->api->kept, org);
	bool open = false;

	(void)snprintf(why, len, "This picture needs a signed URL.");
	/* An expression is as good as a stack of one's own. */
	if ((f->stack == NULL || f->computed != NULL) &&
	    json_is_true(json_object_get(o, "protect_dynamic_stack")))
		;
	else if (json_is_true(json_object_get(o, "protect_overrides")) &&
	    !is_as_stack_says(f))
		(void)snprintf(why, len, "protect_overrides: the picture is "
		    "not as a stack says; ask for it as it is, or sign the "
		    "URL.");
	else
		open = has_sizes(f, o, why, len);
	json_decref(o);
	return (open);
}
