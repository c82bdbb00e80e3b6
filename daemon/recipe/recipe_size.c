/* SPDX-License-Identifier: BSD-2-Clause */
/* Which sizes a URL asks for that its stack does not. */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "recipe/recipe_priv.h"

static bool
size_say(const struct recipe_image *image, const json_t *stack,
    const struct url *u, struct recipe *r)
{
	char err[8];
	struct maker m = { .r = r, .dynamic = stack == NULL, .lenient = true,
	    .image = image, .err = err, .err_len = sizeof err };
	int rc;

	recipe_clear(r);
	m.vars = vars_new();
	rc = recipe_say(&m, stack, u);
	vars_free(m.vars);
	return (rc == 0);
}

/* Option *j* of operation *k*, in pixels. */
static double
size_pixels(const struct recipe *r, unsigned k, unsigned j)
{
	double dpr = r->so[SO_dpr];

	if (k >= r->n_ops)
		return (NAN);
	return (opt_round(r->ops[k].v[j] * (isnan(dpr) ? 1 : dpr)));
}

static bool
size_listed(const json_t *list, double pixels)
{
	json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
		if ((double)json_integer_value(v) == pixels)
			return (true);
	return (false);
}

/* The list for an option, NULL: none. */
static const json_t *
size_list(const struct optspec *spec, const struct recipe_sizes *sizes)
{
	if (!(spec->flags & OPT_PX))
		return (NULL);
	if (strcmp(spec->name, "width") == 0)
		return (sizes->widths);
	return (strcmp(spec->name, "height") == 0 ? sizes->heights : NULL);
}

static bool
op_allowed(const struct recipe *r, const struct recipe *base, unsigned k,
    const struct recipe_sizes *sizes, char *why, size_t len)
{
	const struct opspec *spec = &opspecs[r->ops[k].id];

	for (unsigned j = 0; j < spec->n_opts; j++) {
		const json_t *list = size_list(&spec->opts[j], sizes);
		double px = size_pixels(r, k, j);

		if (isnan(px) || px == size_pixels(base, k, j) ||
		    json_array_size(list) == 0 || size_listed(list, px))
			continue;
		(void)snprintf(why, len, "%s.%s: %.9g pixels are not among "
		    "the organization's allowed_%ss; use one of these, or "
		    "sign the URL.", spec->name, spec->opts[j].name, px,
		    spec->opts[j].name);
		return (false);
	}
	return (true);
}

bool
recipe_sizes_allowed(const struct recipe_image *image, const json_t *stack,
    const struct url *u, const struct recipe_sizes *sizes, char *why, size_t len)
{
	const struct url none = { .format = u->format };
	struct recipe r, base;

	/* A URL that is not a recipe is refused as one. */
	if (!size_say(image, stack, u, &r))
		return (true);
	if (stack == NULL || !size_say(image, stack, &none, &base))
		recipe_clear(&base);
	/* The operations of a named stack are those of its base. */
	for (unsigned k = 0; k < r.n_ops; k++)
		if (r.ops[k].v[0] != 0 &&
		    !op_allowed(&r, &base, k, sizes, why, len))
			return (false);
	return (true);
}
