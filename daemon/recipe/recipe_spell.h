/* SPDX-License-Identifier: BSD-2-Clause */
/* What recipe_spell.c and recipe_write.c share. */
#ifndef RECIPE_SPELL_H
#define RECIPE_SPELL_H

#include "recipe/recipe_priv.h"

struct speller {
	const json_t	*stack;
	struct url_span	format;
	struct recipe	said;		/* by the URL; gets smaller */
	struct recipe	base;		/* by the stack alone */
	struct vars	*vars, *base_vars;
	char		sum[33];	/* of the picture */
	unsigned	trials;		/* left, so that none takes long */
	bool		all_vars;	/* the stack's expressions need them */
	bool		by_vars;	/* some cannot be said otherwise */
	bool		as_text;	/* and are no numbers */
	char		text[4096];
	size_t		len;		/* of the text; too much: sizeof */
};

/* Whether option *j* of operation *k*, or a stack option, is not the base's. */
bool spell_op_differs(const struct speller *, unsigned k, unsigned j);
bool spell_option_differs(const struct speller *, int i);

/* recipe_write.c: s->text, and s->by_vars; false if it does not fit. */
bool spell_text(struct speller *);

#endif
