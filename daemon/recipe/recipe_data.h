/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The inside of a recipe. It has no pointers, so that it crosses to a worker,
 * which is the same program, as it is.
 */
#ifndef RECIPE_DATA_H
#define RECIPE_DATA_H

#include <stdint.h>

#include "recipe/areas.h"
#include "recipe/format.h"
#include "recipe/optable.h"

#define RECIPE_OPS	16
#define RECIPE_TEXT	1024

/* One operation; values by OPT_<operation>_<option>, NAN: not given. */
struct rop {
	enum op_id	id;
	double		v[OP_OPTS];	/* STR: where in recipe.text */
	struct area	area;		/* that a crop follows */
};

struct recipe {
	unsigned	magic;
#define RECIPE_MAGIC	0x52454332
	unsigned	n_ops;
	struct rop	ops[RECIPE_OPS];
	double		so[SO_MAX];
	bool		so_given[SO_MAX];	/* not only the default */
	enum format	format;		/* that the URL names */
	uint32_t	accept;		/* formats of Accept, 1 << format */
	unsigned	text_len;
	char		text[RECIPE_TEXT];
};

/* recipe_ask.c: whether the picture may come out as *f*. */
bool recipe_may_give(const struct recipe *, enum format f);

/* Where *text* went in the recipe, or -1 when it is full. */
int recipe_text_add(struct recipe *, const char *text);

/* All that a worker sees of both is the same. */
bool recipe_same(const struct recipe *, const struct recipe *);

static inline const char *
recipe_text(const struct recipe *r, double at)
{
	return (isnan(at) ? NULL : r->text + (unsigned)at);
}

/* Whether *list* ("a,b", or NULL) has *word*. */
bool recipe_listed(const char *list, const char *word);

/* A sigma below this is narrower than a pixel: nothing to see. */
#define BLUR_SEEN	0.2

#define OPTV(o, op, name)	((o)->v[OPT_##op##_##name])
#define OPTGIVEN(o, op, name)	(!isnan(OPTV(o, op, name)))
#define OPTIS(o, op, name, word)				\
	opt_value_is(&opspecs[OPS_##op].opts[OPT_##op##_##name],	\
	    OPTV(o, op, name), word)
#define SOIS(r, id, word)					\
	opt_value_is(&stackopts[SO_##id], (r)->so[SO_##id], word)

#endif
