/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Recipes: stack and URL, resolved to numbers. What follows from all of it is
 * in recipe_check.c.
 */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/trust_me.h"
#include "recipe/exprs.h"
#include "recipe/hosted.h"
#include "recipe/recipe_priv.h"
#include "recipe/remote_opt.h"

/* What a client writes for a value that it does not have. */
#define UNDEFINED	"__undefined__"

int
recipe_fail(struct maker *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	/* va_start() is not seen through. */
	(void)vsnprintf(m->err, m->err_len, fmt, ap);	/* NOLINT(*valist*) */
	va_end(ap);
	return (-1);
}

int
recipe_text_add(struct recipe *r, const char *text)
{
	size_t n = strlen(text) + 1;
	unsigned at = r->text_len;

	if (n > sizeof r->text - at)
		return (-1);
	memcpy(r->text + at, text, n);
	r->text_len += (unsigned)n;
	return ((int)at);
}

int
recipe_set(struct maker *m, const struct optspec *spec, const char *owner,
    const char *text, double *out)
{
	char what[80];
	double d;
	int at, rc = 0;

	if (strcmp(text, UNDEFINED) == 0)
		return (0);
	if (m->exprs != NULL && *text == '$')
		rc = exprs_resolve(m, spec, text + 1, &text);
	if (rc < 0 || text == NULL)
		return (rc < 0 && !m->lenient ? -1 : 0);
	text = vars_resolve(m->vars, text, m->err, m->err_len);
	if (text == NULL)
		return (m->lenient ? 0 : -1);
	if (opt_parse(spec, text, "", &d, m->err, m->err_len) != 0) {
		/* To write its name takes longer than to parse the value. */
		(void)snprintf(what, sizeof what, "%s.%s", owner, spec->name);
		return (opt_parse(spec, text, what, &d, m->err, m->err_len));
	}
	if (spec->type == OPT_STR) {
		if ((at = recipe_text_add(m->r, text)) < 0)
			return (recipe_fail(m, "%s.%s: too much text", owner,
			    spec->name));
		d = at;
	}
	*out = d;
	return (1);
}

static int
set_op_option(struct maker *m, struct rop *op, const char *key,
    const char *text)
{
	const struct opspec *spec = &opspecs[op->id];
	int i = op_opt_find(spec, key);

	if (i < 0)
		return (recipe_fail(m, "%s.%.60s: unknown option", spec->name,
		    key));
	return (recipe_set(m, &spec->opts[i], spec->name, text, &op->v[i]));
}

static int
set_stackopt(struct maker *m, const char *key, const char *text)
{
	int i = stackopt_find(key), rc;

	if (i < 0)
		return (recipe_fail(m, hosted_video_option(key) ?
		    "options.%.60s: " HOSTED_VIDEO :
		    "options.%.60s: unknown option", key));
	rc = recipe_set(m, &stackopts[i], "options", text, &m->r->so[i]);
	if (rc == 1)
		m->r->so_given[i] = true;
	return (rc);
}

/*--------------------------------------------------------------------
 * From a stack
 */

static struct rop *
add_op(struct maker *m, const char *name)
{
	struct recipe *r = m->r;
	int id = op_find(name);
	struct rop *op;

	if (id < 0) {
		recipe_fail(m, hosted_operation(name) ? HOSTED_OPERATION :
		    "unknown operation \"%.40s\"", name);
		return (NULL);
	}
	if (r->n_ops == RECIPE_OPS) {
		recipe_fail(m, "more than %d operations", RECIPE_OPS);
		return (NULL);
	}
	op = &r->ops[r->n_ops++];
	op->id = (enum op_id)id;
	for (int i = 0; i < OP_OPTS; i++)
		op->v[i] = NAN;
	return (op);
}

/* An object: of variables for another stack. */
static int
take_variables(struct maker *m, struct rop *op, const char *key,
    const json_t *object, bool computed)
{
	char text[VARIABLES_MAX];

	if (op == NULL || !json_is_object(object))
		return (0);
	if (recipe_second_variables(m, object, computed, text,
	    sizeof text) != 0)
		return (-1);
	return (set_op_option(m, op, key, text));
}

/* The options of *o*, but *except*; *op* NULL: of the stack. */
static int
take_options(struct maker *m, struct rop *op, const json_t *o,
    const json_t *except)
{
	const char *key, *text;
	json_t *v;
	char buf[32];

	json_object_foreach(TRUST_ME(o), key, v) {
		if (op == NULL && remote_opt_is(key))
			continue;	/* of no picture */
		if (except != NULL && json_object_get(except, key) != NULL)
			continue;
		if ((text = opt_json_text(v, buf)) == NULL) {
			if (take_variables(m, op, key, v, false) < 0)
				return (-1);
			continue;	/* null: not given */
		}
		if ((op == NULL ? set_stackopt(m, key, text) :
		    set_op_option(m, op, key, text)) < 0)
			return (-1);
	}
	return (0);
}

int
recipe_take_options(struct maker *m, const json_t *options)
{
	return (take_options(m, NULL, options, NULL));
}

/* What expressions say of an operation, which wins over its options. */
static int
take_expressions(struct maker *m, struct rop *op, const json_t *expressions)
{
	const struct opspec *spec = &opspecs[op->id];
	const char *key, *text;
	char buf[32];
	json_t *v;
	int i;

	if (m->plain)
		return (0);
	json_object_foreach(TRUST_ME(expressions), key, v) {
		if (take_variables(m, op, key, v, true) < 0)
			return (-1);
		if ((text = opt_json_text(v, buf)) == NULL ||
		    (i = op_opt_find(spec, key)) < 0)
			continue;
		if (exprs_set(m, &spec->opts[i], spec->name, text,
		    &op->v[i]) < 0)
			return (-1);
	}
	return (0);
}

static int
take_ops(struct maker *m, const json_t *stack)
{
	const json_t *ops = json_object_get(stack, "stack_operations");
	json_t *o;
	size_t i;

	json_array_foreach(ops, i, o) {
		const char *name =
		    json_string_value(json_object_get(o, "name"));
		struct rop *op = add_op(m, name == NULL ? "" : name);
		const json_t *computed = m->exprs == NULL ? NULL :
		    json_object_get(o, "expressions");

		if (op == NULL || take_options(m, op,
		    json_object_get(o, "options"), computed) != 0 ||
		    take_expressions(m, op, computed) != 0)
			return (-1);
	}
	return (0);
}

/*--------------------------------------------------------------------
 * From the URL
 */

/* Variables first, since an earlier part may use a later one's. */
static int
url_variables(struct maker *m, struct url_span segments)
{
	struct parts parts = parts_of(segments);
	struct part pt;
	int rc;

	while ((rc = part_next(&parts, &pt, m->err, m->err_len)) == 1)
		for (unsigned i = 0; part_is_variables(&pt) && i < pt.n; i++)
			if (strcmp(pt.value[i], UNDEFINED) != 0)
				vars_set(m->vars, pt.key[i], pt.value[i]);
	return (rc);
}

static int
op_pairs(struct maker *m, struct rop *op, const struct part *pt)
{
	for (unsigned i = 0; i < pt->n; i++)
		if (set_op_option(m, op, pt->key[i], pt->value[i]) < 0)
			return (-1);
	return (0);
}

/* The first segment of "dynamic" that has an operation defines the stack. */
static int
op_part(struct maker *m, unsigned segment, const struct part *pt)
{
	struct rop *op;

	if (m->dynamic && m->defining == 0)
		m->defining = segment + 1;
	if (m->dynamic && m->defining == segment + 1) {
		op = add_op(m, pt->name);
		return (op == NULL ? -1 : op_pairs(m, op, pt));
	}
	for (unsigned i = 0; i < m->r->n_ops; i++) {
		op = &m->r->ops[i];
		if (strcmp(opspecs[op->id].name, pt->name) == 0 &&
		    op_pairs(m, op, pt) != 0)
			return (-1);
	}
	return (0);
}

static int
url_stackopt(struct maker *m, const char *key, const char *text)
{
	int i = stackopt_find(key);

	if (i >= 0 && stackopt_is_fixed(&stackopts[i]) &&
	    strcmp(text, UNDEFINED) != 0)
		return (recipe_fail(m, "options.%s: only allowed in a stack",
		    key));
	return (set_stackopt(m, key, text));
}

#define TAKE_OPTIONS	1u
#define TAKE_OPS	2u

static int
take_url(struct maker *m, struct url_span segments, unsigned what)
{
	struct parts parts = parts_of(segments);
	struct part pt;
	int rc;

	while ((rc = part_next(&parts, &pt, m->err, m->err_len)) == 1) {
		if (part_is_variables(&pt))
			continue;
		if (!part_is_options(&pt)) {
			if ((what & TAKE_OPS) != 0 &&
			    op_part(m, parts.segment, &pt) != 0)
				return (-1);
			continue;
		}
		for (unsigned i = 0; (what & TAKE_OPTIONS) != 0 && i < pt.n;
		    i++)
			if (url_stackopt(m, pt.key[i], pt.value[i]) < 0)
				return (-1);
	}
	return (rc);
}

/*--------------------------------------------------------------------*/

static int
url_take_variables(struct maker *m, const struct url *u)
{
	if (url_variables(m, u->segments) != 0)
		return (-1);
	return (vars_set_query(m->vars, u, m->err, m->err_len));
}

/*
 * Expressions see the options of stack and URL. What overrides these wins over
 * the URL; what an operation's expression says does not.
 */
int
recipe_say_options(struct maker *m, const json_t *stack, const struct url *u)
{
	m->exprs = exprs_new(m, stack, u);
	if (url_take_variables(m, u) != 0 || recipe_take_options(m,
	    json_object_get(stack, "stack_options")) != 0 ||
	    take_url(m, u->segments, TAKE_OPTIONS) != 0 ||
	    (!m->plain && exprs_override(m) != 0))
		return (-1);
	return (0);
}

static int
say_computed(struct maker *m, const json_t *stack, const struct url *u)
{
	int rc;

	if (recipe_say_options(m, stack, u) != 0 || take_ops(m, stack) != 0)
		rc = -1;
	else
		rc = take_url(m, u->segments, TAKE_OPS);
	exprs_free(m->exprs);
	m->exprs = NULL;
	return (rc);
}

int
recipe_say(struct maker *m, const json_t *stack, const struct url *u)
{
	if (stack != NULL && exprs_there(stack))
		return (say_computed(m, stack, u));
	vars_set_json(m->vars, json_object_get(stack, "stack_variables"));
	if (url_take_variables(m, u) != 0)
		return (-1);
	if (stack != NULL && (recipe_take_options(m, json_object_get(stack,
	    "stack_options")) != 0 || take_ops(m, stack) != 0))
		return (-1);
	return (take_url(m, u->segments, TAKE_OPTIONS | TAKE_OPS));
}

void
recipe_clear(struct recipe *r)
{
	memset(r, 0, sizeof *r);
	r->magic = RECIPE_MAGIC;
	for (int i = 0; i < SO_MAX; i++)
		r->so[i] = NAN;
}

struct recipe *
recipe_new(const json_t *stack, const struct url *u, const char *accept,
    int *status, char *err, size_t err_len)
{
	return (recipe_new_for(NULL, stack, u, accept, status, err, err_len));
}

struct recipe *
recipe_new_for(const struct recipe_image *image, const json_t *stack,
    const struct url *u, const char *accept, int *status, char *err,
    size_t err_len)
{
	struct maker m = { .dynamic = stack == NULL, .image = image,
	    .err = err, .err_len = err_len };
	int rc;

	m.r = malloc(sizeof *m.r);
	if (m.r == NULL)
		abort();
	recipe_clear(m.r);
	m.vars = vars_new();
	rc = recipe_say(&m, stack, u);
	if (rc == 0)
		rc = recipe_complete(&m, u->format);
	vars_free(m.vars);
	if (rc != 0) {
		free(m.r);
		*status = 400;
		return (NULL);
	}
	if (recipe_varies(m.r))
		m.r->accept = recipe_accept(accept);
	return (m.r);
}

void
recipe_free(struct recipe *r)
{
	free(r);
}
