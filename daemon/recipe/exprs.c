/* SPDX-License-Identifier: BSD-2-Clause */
/* Expressions in the making of a recipe. */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/trust_me.h"
#include "recipe/exprs.h"
#include "url.h"

#define CHAIN	32	/* variables that need each other, in a row */

struct exprs {
	struct maker	*m;
	const json_t	*vars, *list;	/* of the stack */
	json_t		*over;		/* what overrides variables */
	json_t		*done;		/* values of variables, by name */
	struct url_span	format;
	bool		ready;		/* the options are complete */
	struct exprs_subject subject;
	unsigned	chain;
	struct expr_room room;
};

/* Without more than a look at most texts. */
static bool
is_expression(const char *text)
{
	char err[8];

	return ((strchr(text, '$') != NULL || strstr(text, "image.") != NULL ||
	    strstr(text, "options.") != NULL ||
	    strstr(text, "request.") != NULL) &&
	    exprs_variable(text, "", err, sizeof err) == 1);
}

/* The text of a variable of the stack that is an expression, or NULL. */
static const char *
variable_expression(const json_t *vars, const char *name)
{
	const char *text = json_string_value(json_object_get(vars, name));

	return (text != NULL && is_expression(text) ? text : NULL);
}

bool
exprs_there(const json_t *stack)
{
	const json_t *ops = json_object_get(stack, "stack_operations");
	const json_t *vars = json_object_get(stack, "stack_variables");
	const char *name;
	json_t *v;
	size_t i;

	json_array_foreach(ops, i, v)
		if (json_object_get(v, "expressions") != NULL)
			return (true);
	json_object_foreach(TRUST_ME(vars), name, v)
		if (json_is_string(v) && is_expression(json_string_value(v)))
			return (true);
	return (json_array_size(json_object_get(stack,
	    "stack_expressions")) > 0);
}

struct exprs *
exprs_new(struct maker *m, const json_t *stack, const struct url *u)
{
	struct exprs *x = calloc(1, sizeof *x);
	const char *name, *text;
	char buf[32];
	json_t *v;

	if (x == NULL)
		abort();
	x->m = m;
	x->vars = json_object_get(stack, "stack_variables");
	x->list = json_object_get(stack, "stack_expressions");
	x->over = json_object();
	x->done = json_object();
	x->format = u->format;
	json_object_foreach(TRUST_ME(x->vars), name, v)
		if (variable_expression(x->vars, name) == NULL &&
		    (text = opt_json_text(v, buf)) != NULL)
			vars_set(m->vars, name, text);
	return (x);
}

void
exprs_free(struct exprs *x)
{
	json_decref(x->over);
	json_decref(x->done);
	free(x);
}

/*--------------------------------------------------------------------
 * Names
 */

static bool exprs_eval(struct exprs *, const char *text, struct expr_value *,
    struct expr_fault *);

/*
 * A variable that is set: by an override, by the stack, or by the URL, whose
 * "true" and "false" are bools where the stack has a bool.
 */
static struct expr_value
set_value(const struct exprs *x, const char *name, const char *text)
{
	const json_t *over = json_object_get(x->over, name);
	const json_t *own = json_object_get(x->vars, name);
	const char *own_text;
	char buf[32];

	if (over != NULL)
		return (exprs_of_json(over));
	own_text = own == NULL ? NULL : opt_json_text(own, buf);
	if (own_text != NULL && strcmp(own_text, text) == 0)
		return (exprs_of_json(own));
	if (json_is_boolean(own) && (strcmp(text, "true") == 0 ||
	    strcmp(text, "false") == 0))
		return (expr_of_bool(*text == 't'));
	return (expr_of_text(text));
}

static bool
compute_variable(struct exprs *x, const char *name, const char *text,
    struct expr_value *out, char *why, size_t len)
{
	struct expr_fault f;
	bool good;

	if (x->chain == CHAIN) {
		(void)snprintf(why, len, "variable \"%.40s\" needs itself, or "
		    "more than %d others", name, CHAIN);
		return (false);
	}
	x->chain++;
	good = exprs_eval(x, text, out, &f);
	x->chain--;
	if (!good)
		(void)snprintf(why, len, "variable \"%.20s\": %.90s", name,
		    f.why);
	else
		(void)json_object_set_new(x->done, name, exprs_to_json(out));
	return (good);
}

static bool
look_variable(struct exprs *x, const char *name, struct expr_value *out,
    char *why, size_t len)
{
	const char *text;
	const json_t *done;

	vars_use(x->m->vars, name);
	text = json_string_value(json_object_get(vars_all(x->m->vars), name));
	if (text != NULL) {
		*out = set_value(x, name, text);
		return (true);
	}
	done = json_object_get(x->done, name);
	if (done != NULL) {
		*out = exprs_of_json(done);
		return (true);
	}
	text = variable_expression(x->vars, name);
	if (text != NULL)
		return (compute_variable(x, name, text, out, why, len));
	*out = (struct expr_value){ .type = EXPR_NULL };
	if (json_object_get(x->vars, name) != NULL)
		return (true);		/* null, by the stack */
	(void)snprintf(why, len, "variable \"%.60s\" is not set", name);
	return (false);
}

static bool
look(void *arg, const char *name, struct expr_value *out, char *why,
    size_t len)
{
	struct exprs *x = arg;

	if (*name == '$')
		return (look_variable(x, name + 1, out, why, len));
	if (strncmp(name, "image.", 6) == 0 || strcmp(name, SAVE_DATA) == 0) {
		*out = exprs_image(x->m->image, &x->subject, name);
		return (true);
	}
	if (!x->ready) {
		(void)snprintf(why, len, "%.60s is not known before the "
		    "stack's options are", name);
		return (false);
	}
	*out = exprs_option(x->m, x->format, name, &x->room);
	return (true);
}

static bool
exprs_eval(struct exprs *x, const char *text, struct expr_value *out,
    struct expr_fault *f)
{
	struct expr *e = expr_parse(text, strlen(text), f);
	const char *kept;
	bool good;

	if (e == NULL)
		return (false);
	good = expr_eval(e, look, x, &x->room, out, f);
	/* A text may be the expression's own. */
	if (good && out->type == EXPR_TEXT) {
		kept = expr_keep(out->p, &x->room);
		if (kept == NULL) {
			(void)snprintf(f->why, sizeof f->why, "too much text");
			good = false;
		} else
			*out = expr_of_text(kept);
	}
	expr_free(e);
	return (good);
}

/*--------------------------------------------------------------------
 * Options
 */

static bool
is_numeric(const struct optspec *spec)
{
	return (spec->type == OPT_INT || spec->type == OPT_NUM);
}

/* Digits without an exponent; a whole number where the option needs one. */
static const char *
number_text(const struct optspec *spec, const struct expr_value *v,
    struct expr_room *room)
{
	struct expr_value n;
	char text[400];
	double d;

	if (v->type == EXPR_TEXT && strncmp(v->p, "__", 2) == 0)
		return (v->p);
	if (!expr_number(v, &n))
		return (v->p);
	d = n.type == EXPR_INT ? (double)n.i : n.d;
	(void)snprintf(text, sizeof text, "%.*f", spec->type == OPT_INT ? 0 :
	    10, spec->type == OPT_INT ? round(d) : d);
	return (expr_keep(text, room));
}

static const char *
bool_text(const struct expr_value *v)
{
	if (v->type == EXPR_TEXT && strcmp(v->p, "false") == 0)
		return ("false");
	return (expr_truth(v) ? "true" : "false");
}

/* What is written for an option, or NULL: no room. */
static const char *
option_text(struct exprs *x, const struct optspec *spec,
    const struct expr_value *v)
{
	if (is_numeric(spec))
		return (number_text(spec, v, &x->room));
	if (spec->type == OPT_BOOL || v->type == EXPR_BOOL)
		return (bool_text(v));
	return (expr_text(v, &x->room));
}

int
exprs_resolve(struct maker *m, const struct optspec *spec, const char *name,
    const char **text)
{
	struct exprs *x = m->exprs;
	struct expr_value v;

	if (json_object_get(vars_all(m->vars), name) != NULL ||
	    variable_expression(x->vars, name) == NULL)
		return (0);
	*text = NULL;
	if (m->plain)
		return (1);
	if (!look_variable(x, name, &v, m->err, m->err_len))
		return (-1);
	if (v.type != EXPR_NULL && (*text = option_text(x, spec, &v)) == NULL)
		return (recipe_fail(m, "variable \"%.60s\": too much text",
		    name));
	return (1);
}

int
exprs_value(struct maker *m, const struct optspec *spec, const char *owner,
    const char *text, const char **out)
{
	struct exprs *x = m->exprs;
	struct expr_value v;
	struct expr_fault f;

	*out = NULL;
	if (!exprs_eval(x, text, &v, &f))
		return (recipe_fail(m, "%s.%s: at character %u: %s", owner,
		    spec->name, f.at + 1, f.why));
	if (v.type == EXPR_NULL)
		return (0);
	*out = option_text(x, spec, &v);
	return (*out != NULL ? 1 : recipe_fail(m, "%s.%s: too much text",
	    owner, spec->name));
}

int
exprs_set(struct maker *m, const struct optspec *spec, const char *owner,
    const char *text, double *out)
{
	int rc = exprs_value(m, spec, owner, text, &text);

	if (rc < 0 && m->lenient)
		return (0);
	return (rc <= 0 ? rc : recipe_set(m, spec, owner, text, out));
}

/*--------------------------------------------------------------------
 * Overrides
 */

static int
apply_overrides(struct maker *m, const json_t *overrides)
{
	struct exprs *x = m->exprs;
	const char *name, *text;
	char buf[32];
	json_t *v;

	json_object_foreach(TRUST_ME(json_object_get(overrides, "variables")),
	    name, v) {
		if ((text = opt_json_text(v, buf)) == NULL)
			continue;
		vars_set(m->vars, name, text);
		(void)json_object_set(x->over, name, v);
		(void)json_object_clear(x->done);
	}
	return (recipe_take_options(m, json_object_get(overrides,
	    "options")));
}

int
exprs_override(struct maker *m)
{
	struct exprs *x = m->exprs;
	struct expr_value v;
	struct expr_fault f;
	json_t *one;
	size_t i;

	x->ready = true;
	json_array_foreach(x->list, i, one) {
		const char *text = json_string_value(json_object_get(one,
		    "expression"));

		if (!exprs_eval(x, text, &v, &f)) {
			if (m->lenient)
				continue;
			return (recipe_fail(m, "expressions[%zu]: at character "
			    "%u: %s", i, f.at + 1, f.why));
		}
		if (expr_truth(&v) && apply_overrides(m,
		    json_object_get(one, "overrides")) != 0)
			return (-1);
	}
	return (0);
}
