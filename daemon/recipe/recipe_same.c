/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether two recipes are the same in all that a worker sees. Renders are
 * joined by this, as a digest may one day leave something out.
 */
#include "config.h"

#include <string.h>

#include "recipe/recipe_data.h"

static bool
value_same(const struct optspec *spec, const struct recipe *a, double va,
    const struct recipe *b, double vb)
{
	if (isnan(va) || isnan(vb))
		return (isnan(va) && isnan(vb));
	if (spec->type == OPT_STR)
		return (strcmp(recipe_text(a, va), recipe_text(b, vb)) == 0);
	return (va == vb);
}

static bool
area_same(const struct area *a, const struct area *b)
{
	return (a->kind == b->kind && (a->kind == AREA_NONE ||
	    (a->percent == b->percent && a->x == b->x && a->y == b->y &&
	    a->w == b->w && a->h == b->h)));
}

static bool
op_same(const struct recipe *a, const struct rop *oa, const struct recipe *b,
    const struct rop *ob)
{
	const struct opspec *spec = &opspecs[oa->id];

	if (oa->id != ob->id || !area_same(&oa->area, &ob->area))
		return (false);
	for (unsigned i = 0; i < spec->n_opts; i++)
		if (!value_same(&spec->opts[i], a, oa->v[i], b, ob->v[i]))
			return (false);
	return (true);
}

bool
recipe_same(const struct recipe *a, const struct recipe *b)
{
	if (a->n_ops != b->n_ops || a->format != b->format ||
	    a->accept != b->accept)
		return (false);
	for (unsigned i = 0; i < a->n_ops; i++)
		if (!op_same(a, &a->ops[i], b, &b->ops[i]))
			return (false);
	for (int i = 0; i < SO_MAX; i++)
		if (a->so_given[i] != b->so_given[i] ||
		    !value_same(&stackopts[i], a, a->so[i], b, b->so[i]))
			return (false);
	return (true);
}
