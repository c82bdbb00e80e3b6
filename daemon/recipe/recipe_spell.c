/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The canonical spelling of a picture's URL: what it changes of the stack, and
 * nothing else. Whatever a URL may leave out without another picture coming of
 * it is found by leaving it out.
 */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "recipe/exprs.h"
#include "recipe/recipe_spell.h"

/* A trial takes up to 50 us; a URL of everyday use needs a few. */
#define TRIALS	40

enum say { SAY_ALL, SAY_LENIENT, SAY_PLAIN };

static bool
spell_say(const json_t *stack, const struct url *u, enum say how,
    struct recipe *r, struct vars *vars)
{
	char err[8];
	struct maker m = { .r = r, .vars = vars, .dynamic = stack == NULL,
	    .lenient = how != SAY_ALL, .plain = how == SAY_PLAIN,
	    .err = err, .err_len = sizeof err };

	recipe_clear(r);
	if (recipe_say(&m, stack, u) != 0)
		return (false);
	recipe_normal(r);
	return (true);
}

static bool
spell_complete(const struct speller *s, struct recipe *r)
{
	char err[8];
	struct maker m = { .r = r, .vars = s->vars, .any_image = true,
	    .err = err, .err_len = sizeof err };

	return (recipe_complete(&m, s->format) == 0);
}

/* What tells the picture of *said* from others; false if it is invalid. */
static bool
spell_sum(const struct speller *s, const struct recipe *said, char sum[33])
{
	struct recipe r = *said;

	if (!spell_complete(s, &r))
		return (false);
	recipe_reduce(&r);
	recipe_digest(&r, sum);
	return (true);
}

static bool
spell_is_same(struct speller *s, const struct recipe *said)
{
	char sum[33];

	if (s->trials == 0)
		return (false);
	s->trials--;
	return (spell_sum(s, said, sum) && strcmp(sum, s->sum) == 0);
}

/*--------------------------------------------------------------------
 * Leaving out. The operations of a named stack are those of its base.
 */

static const double *
base_op_value(const struct speller *s, unsigned k, unsigned j)
{
	static const double none = NAN;

	return (s->stack == NULL ? &none : &s->base.ops[k].v[j]);
}

bool
spell_op_differs(const struct speller *s, unsigned k, unsigned j)
{
	const struct rop *o = &s->said.ops[k];

	return (!recipe_same_value(&s->said, o->v[j], &s->base,
	    *base_op_value(s, k, j), &opspecs[o->id].opts[j]));
}

bool
spell_option_differs(const struct speller *s, int i)
{
	return (s->said.so_given[i] != s->base.so_given[i] ||
	    !recipe_same_value(&s->said, s->said.so[i], &s->base,
	    s->base.so[i], &stackopts[i]));
}

/* The value *v* of the base, in *r*; false without room for its text. */
static bool
take_value(struct recipe *r, const struct recipe *base, double v,
    const struct optspec *spec, double *out)
{
	int at;

	*out = v;
	if (isnan(v) || spec->type != OPT_STR)
		return (true);
	at = recipe_text_add(r, recipe_text(base, v));
	*out = at;
	return (at >= 0);
}

/* Option *j* of all operations of the name (in "dynamic": of *k* alone). */
static bool
drop_option(struct speller *s, unsigned k, unsigned j)
{
	const struct rop *o = &s->said.ops[k];
	struct recipe r = s->said;

	for (unsigned i = k; i < r.n_ops; i++)
		if ((i == k || s->stack != NULL) && r.ops[i].id == o->id &&
		    !take_value(&r, &s->base, *base_op_value(s, i, j),
		    &opspecs[o->id].opts[j], &r.ops[i].v[j]))
			return (false);
	if (!spell_is_same(s, &r))
		return (false);
	s->said = r;
	return (true);
}

static bool
drop_stackopt(struct speller *s, int i)
{
	struct recipe r = s->said;

	if (!take_value(&r, &s->base, s->base.so[i], &stackopts[i], &r.so[i]))
		return (false);
	r.so_given[i] = s->base.so_given[i];
	if (!spell_is_same(s, &r))
		return (false);
	s->said = r;
	return (true);
}

static bool
drop_op(struct speller *s, unsigned k)
{
	struct recipe r = s->said;

	memmove(&r.ops[k], &r.ops[k + 1],
	    (r.n_ops - k - 1) * sizeof *r.ops);
	r.n_ops--;
	if (!spell_is_same(s, &r))
		return (false);
	s->said = r;
	return (true);
}

/*
 * What is worth a trial, by the complete recipe and by what is left of it when
 * all takes its default that shows in no pixel.
 */
struct outcome {
	struct recipe	full, thin;
	int		at[RECIPE_OPS];	/* of what is said; -1: not run */
};

static bool
outcome_make(const struct speller *s, struct outcome *o)
{
	int n = 0;

	o->full = s->said;
	if (!spell_complete(s, &o->full))
		return (false);
	o->thin = o->full;
	recipe_reduce_values(&o->thin);
	for (unsigned k = 0; k < s->said.n_ops; k++) {
		const struct rop *op = &s->said.ops[k];

		o->at[k] = op->v[0] == 0 || op->id == OPS_noop ||
		    o->thin.n_ops == 0 ? -1 : n++;
	}
	return (true);
}

static bool
is_default(const struct recipe *r, double v, const struct optspec *spec)
{
	char err[8];
	double d;

	if (isnan(v) || spec->def == NULL)
		return (isnan(v));
	if (spec->type == OPT_STR)
		return (strcmp(recipe_text(r, v), spec->def) == 0);
	return (opt_parse(spec, spec->def, "", &d, err, sizeof err) == 0 &&
	    d == v);
}

static bool
try_option(const struct speller *s, const struct outcome *o, unsigned k,
    unsigned j)
{
	const struct rop *said = &s->said.ops[k];
	const struct optspec *spec = &opspecs[said->id].opts[j];
	int at = o->at[k];

	return (spell_op_differs(s, k, j) && (at < 0 || s->stack != NULL ||
	    is_default(&s->said, said->v[j], spec) ||
	    !recipe_same_value(&o->full, o->full.ops[at].v[j], &o->thin,
	    o->thin.ops[at].v[j], spec)));
}

/* Only one that does not run or does nothing, or follows one of its name. */
static bool
try_op(const struct speller *s, const struct outcome *o, unsigned k)
{
	const struct rop *op = &s->said.ops[k];

	return (s->stack == NULL && (o->at[k] < 0 ||
	    recipe_op_is_idle(&o->thin.ops[o->at[k]]) ||
	    (op > s->said.ops && op->id == op[-1].id)));
}

/* One round; whether something was left out. */
static bool
drop_some(struct speller *s)
{
	struct outcome o;
	bool some = false;

	if (!outcome_make(s, &o))
		return (false);
	for (unsigned k = s->said.n_ops; k-- > 0;)
		if (try_op(s, &o, k) && drop_op(s, k))
			return (true);
	for (unsigned k = 0; k < s->said.n_ops; k++)
		for (unsigned j = 0; j < opspecs[s->said.ops[k].id].n_opts; j++)
			if (try_option(s, &o, k, j))
				some |= drop_option(s, k, j);
	for (int i = 0; i < SO_MAX; i++)
		if (spell_option_differs(s, i))
			some |= drop_stackopt(s, i);
	return (some);
}

/*--------------------------------------------------------------------*/

/* Written, read again, and found to be the same picture. */
static bool
spell_write(struct speller *s)
{
	struct url u = { .kind = URL_OTHER, .format = s->format };
	struct recipe again;
	struct vars *vars;
	bool good;

	if (!spell_text(s))
		return (false);
	u.segments = url_text(s->text);
	s->trials = 1;
	vars = vars_new();
	good = spell_say(s->stack, &u, SAY_ALL, &again, vars) &&
	    spell_is_same(s, &again);
	vars_free(vars);
	return (good);
}

/* Spells the URL without repetitions. */
static bool
spell_shortest(struct speller *s, const struct url *u)
{
	const struct url none = { .format = u->format };
	bool good;

	if (!spell_say(s->stack, u, SAY_ALL, &s->said, s->vars) ||
	    !spell_say(s->stack, &none, SAY_LENIENT, &s->base,
	    s->base_vars) || !spell_sum(s, &s->said, s->sum))
		return (false);
	while (drop_some(s))
		continue;
	good = spell_write(s);
	if (!good && s->by_vars) {
		s->as_text = true;
		good = spell_write(s);
	}
	return (good);
}

/*
 * Where expressions depend on the image: what the URL says, and the variables
 * that some expression mentions. It is the same for all images.
 */
static bool
spell_computed(struct speller *s, const struct url *u)
{
	const struct url none = { .format = u->format };

	if (!spell_say(s->stack, u, SAY_PLAIN, &s->said, s->vars) ||
	    !spell_say(s->stack, &none, SAY_PLAIN, &s->base, s->base_vars))
		return (false);
	exprs_use_all(s->stack, s->vars);
	s->all_vars = s->as_text = true;
	return (spell_text(s));
}

static bool
spell_any(struct speller *s, const struct url *u)
{
	const bool computed = s->stack != NULL && exprs_there(s->stack);

	if (computed && exprs_need_image(s->stack))
		return (spell_computed(s, u));
	return (spell_shortest(s, u) || (computed && spell_computed(s, u)));
}

char *
recipe_spell(const json_t *stack, const struct url *u,
    struct url_span *format)
{
	struct speller *s = calloc(1, sizeof *s);
	char *text = NULL;

	if (s == NULL)
		abort();
	s->stack = stack;
	s->format = *format = u->format;
	s->vars = vars_new();
	s->base_vars = vars_new();
	s->trials = TRIALS;
	if (spell_any(s, u)) {
		text = strdup(s->text);
		if (s->said.so[SO_source_file] != 1)
			*format = url_text(formats[format_find(format->p,
			    format->len)].ext);
	}
	vars_free(s->vars);
	vars_free(s->base_vars);
	free(s);
	return (text);
}
