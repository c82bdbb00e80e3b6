/* SPDX-License-Identifier: BSD-2-Clause */
/* Definitions of stacks: checked, and brought into one form. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/trust_me.h"
#include "base/word.h"
#include "recipe/exprs.h"
#include "recipe/hosted.h"
#include "recipe/recipe.h"
#include "recipe/recipe_data.h"
#include "recipe/remote_opt.h"

struct ctx {
	char	*err;
	size_t	err_len;
	unsigned n_exprs;	/* of operations */
};

#define FAIL(c, ...)	\
	(snprintf((c)->err, (c)->err_len, __VA_ARGS__), NULL)

/* Clients of PHP write an empty map as []. */
static bool
is_empty(const json_t *v)
{
	return (v == NULL || json_is_null(v) ||
	    (json_is_array(v) && json_array_size(v) == 0));
}

/* A value that is only known when the variables are. */
static bool
is_deferred(const json_t *v)
{
	const char *s = json_string_value(v);

	return (s != NULL && *s == '$');
}

/* "$name"; more, as "$name * 2", has to be among the expressions. */
static bool
is_variable(const json_t *v)
{
	const char *name = json_string_value(v) + 1;
	size_t n = strspn(name, "0123456789_abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	return (n > 0 && name[n] == '\0');
}

static json_t *
deferred_value(struct ctx *c, const struct optspec *spec, const char *what,
    json_t *v)
{
	if (!is_variable(v))
		return (FAIL(c, "%s: \"%.40s\" is not a variable; an expression "
		    "belongs into \"expressions\"", what,
		    json_string_value(v)));
	if (stackopt_is_fixed(spec))
		return (FAIL(c, "%s: may not be a variable", what));
	return (json_incref(v));
}

static bool
is_variables(const struct optspec *spec)
{
	const struct optspec *opts = opspecs[OPS_composition].opts;

	return (spec == &opts[OPT_composition_secondary_stack_variables]);
}

/* Variables for another stack, which keep their form. */
static json_t *
second_variables(struct ctx *c, const char *what, json_t *object)
{
	const char *name;
	char buf[32];
	json_t *v;

	json_object_foreach(object, name, v) {
		if (opt_json_text(v, buf) == NULL)
			return (FAIL(c, "%s.%.60s: has to be text, a number or "
			    "a bool", what, name));
		if (is_deferred(v) && !is_variable(v))
			return (FAIL(c, "%s.%.60s: \"%.40s\" is not a variable; "
			    "an expression belongs into \"expressions\"", what,
			    name, json_string_value(v)));
	}
	return (json_incref(object));
}

/* One option's value in its own type; JSON null for "not given". */
static json_t *
normal_value(struct ctx *c, const struct optspec *spec, const char *what,
    json_t *v)
{
	char buf[32];
	const char *text;
	double d;

	if (json_is_null(v))
		return (json_incref(v));
	if (is_deferred(v))
		return (deferred_value(c, spec, what, v));
	if (json_is_object(v) && is_variables(spec))
		return (second_variables(c, what, v));
	text = opt_json_text(v, buf);
	if (text == NULL)
		return (FAIL(c, "%s: a list or an object is not allowed",
		    what));
	if (opt_parse(spec, text, what, &d, c->err, c->err_len) != 0)
		return (NULL);
	/* A real number keeps its digits, all else takes its option's type. */
	return (spec->type == OPT_NUM && json_is_number(v) ? json_incref(v) :
	    opt_json(spec, text));
}

static bool
put_remote(struct ctx *c, json_t *out, const char *name, json_t *v)
{
	char why[320];

	if (!remote_opt_good(name, v, why, sizeof why))
		return (FAIL(c, "options.%s: %s", name, why) != NULL);
	return (json_object_set(out, name, v) == 0);
}

/* The options of one operation (*op*), or of the stack (NULL). */
static json_t *
normal_options(struct ctx *c, const struct opspec *op, const json_t *in)
{
	json_t *out = json_object(), *v, *norm;
	const char *key;
	char what[120];
	int i;

	json_object_foreach(TRUST_ME(in), key, v) {
		(void)snprintf(what, sizeof what, "%s%s%.60s",
		    op == NULL ? "options" : op->name, ".", key);
		if (op == NULL && remote_opt_is(key)) {
			if (!put_remote(c, out, key, v)) {
				json_decref(out);
				return (NULL);
			}
			continue;
		}
		i = op == NULL ? stackopt_find(key) : op_opt_find(op, key);
		if (i < 0) {
			json_decref(out);
			return (FAIL(c, op == NULL && hosted_video_option(key) ?
			    "%s: " HOSTED_VIDEO : "%s: unknown option",
			    what));
		}
		norm = normal_value(c,
		    op == NULL ? &stackopts[i] : &op->opts[i], what, v);
		if (norm == NULL) {
			json_decref(out);
			return (NULL);
		}
		json_object_set_new(out,
		    op == NULL ? stackopts[i].name : key, norm);
	}
	return (out);
}

static bool
has_one(const json_t *options, const char *words)
{
	const char *word;
	char name[32];
	size_t n;

	while (word_next(&words, &word, &n)) {
		(void)snprintf(name, sizeof name, "%.*s", (int)n, word);
		if (json_object_get(options, name) != NULL)
			return (true);
	}
	return (false);
}

/*
 * An option that an operation needs may come from the URL, so only its
 * absence from a stack without any way to give it would be an error; the
 * recipe checks.
 */
static bool
has_needed(const struct opspec *op, const json_t *options,
    const json_t *expressions)
{
	if (json_object_size(options) + json_object_size(expressions) == 0)
		return (true);
	/* An area has a size of its own. */
	if (op == &opspecs[OPS_crop] && (has_one(options, "area") ||
	    has_one(expressions, "area")))
		return (true);
	if (op->required != NULL && !has_one(options, op->required) &&
	    !has_one(expressions, op->required))
		return (false);
	return (op->one_of == NULL || has_one(options, op->one_of) ||
	    has_one(expressions, op->one_of));
}

/* The name of a field that is not in *fields*, which ends with NULL; or NULL. */
static const char *
unknown_field(const json_t *in, const char *const *fields)
{
	const char *const *f;
	const char *key;
	json_t *v;

	json_object_foreach(TRUST_ME(in), key, v) {
		for (f = fields; *f != NULL && strcmp(*f, key) != 0; f++)
			continue;
		if (*f == NULL)
			return (key);
	}
	return (NULL);
}

/* Clients send them along when there are none. */
static bool
has_expressions(const json_t *v)
{
	return (!is_empty(v) &&
	    !(json_is_object(v) && json_object_size(v) == 0));
}

static bool
expression_good(struct ctx *c, const char *what, const json_t *v)
{
	const char *text;
	char buf[32];

	if ((text = opt_json_text(v, buf)) == NULL)
		return (FAIL(c, "%s: has to be a text", what) != NULL);
	if (!exprs_good(text, what, c->err, c->err_len))
		return (false);
	if (++c->n_exprs > EXPRS_MAX)
		return (FAIL(c, "%s: a stack has at most %d expressions",
		    what, EXPRS_MAX) != NULL);
	return (true);
}

/* One of an option, or an object of them for another stack. */
static bool
expression_or_object_good(struct ctx *c, const struct optspec *spec,
    const char *what, const json_t *v)
{
	const char *name;
	char inner[180];
	json_t *one;

	if (!json_is_object(v) || !is_variables(spec))
		return (expression_good(c, what, v));
	json_object_foreach(TRUST_ME(v), name, one) {
		(void)snprintf(inner, sizeof inner, "%s.%.50s", what, name);
		if (!expression_good(c, inner, one))
			return (false);
	}
	return (true);
}

/* Expressions keep their form. */
static bool
expressions_good(struct ctx *c, const struct opspec *op, const json_t *in)
{
	const char *key;
	char what[120];
	json_t *v;
	int i;

	if (has_expressions(in) && !json_is_object(in))
		return (FAIL(c, "%s.expressions: has to be an object",
		    op->name) != NULL);
	json_object_foreach(TRUST_ME(in), key, v) {
		(void)snprintf(what, sizeof what, "%s.expressions.%.60s",
		    op->name, key);
		if ((i = op_opt_find(op, key)) < 0)
			return (FAIL(c, "%s: unknown option", what) !=
			    NULL);
		if (!expression_or_object_good(c, &op->opts[i], what, v))
			return (false);
	}
	return (true);
}

static json_t *
normal_operation(struct ctx *c, const json_t *in)
{
	const char *name = json_string_value(json_object_get(in, "name"));
	static const char *const fields[] = {
		"name", "options", "expressions", NULL
	};
	json_t *options = json_object_get(in, "options");
	json_t *computed = json_object_get(in, "expressions");
	const char *other = unknown_field(in, fields);
	json_t *norm;
	int i;

	if (name == NULL)
		return (FAIL(c, "operations: each needs a \"name\""));
	if ((i = op_find(name)) < 0 && hosted_operation(name))
		return (FAIL(c, "operations: " HOSTED_OPERATION, name));
	if (i < 0)
		return (FAIL(c, "operations: there is no \"%.40s\"", name));
	if (other != NULL)
		return (FAIL(c, "%s.%.40s: unknown field", name,
		    other));
	if (!is_empty(options) && !json_is_object(options))
		return (FAIL(c, "%s.options: has to be an object", name));
	if (!expressions_good(c, &opspecs[i], computed))
		return (NULL);
	norm = normal_options(c, &opspecs[i], options);
	if (norm == NULL)
		return (NULL);
	if (!has_needed(&opspecs[i], norm, computed)) {
		json_decref(norm);
		return (FAIL(c, "%s: %s is missing", name,
		    opspecs[i].required != NULL ? opspecs[i].required :
		    opspecs[i].one_of));
	}
	norm = json_pack("{s:s, s:o}", "name", name, "options", norm);
	if (has_expressions(computed))
		(void)json_object_set(norm, "expressions", computed);
	return (norm);
}

static json_t *
normal_operations(struct ctx *c, const json_t *in)
{
	json_t *out, *op, *norm;
	size_t i;

	if (!is_empty(in) && !json_is_array(in))
		return (FAIL(c, "operations: has to be a list"));
	if (json_array_size(in) > RECIPE_OPS)
		return (FAIL(c, "operations: at most %d", RECIPE_OPS));
	out = json_array();
	json_array_foreach(in, i, op) {
		norm = normal_operation(c, op);
		if (norm == NULL) {
			json_decref(out);
			return (NULL);
		}
		json_array_append_new(out, norm);
	}
	return (out);
}

/* Variables keep their form; only their shape is checked. */
static bool
variables_good(struct ctx *c, const json_t *vars)
{
	const char *key;
	json_t *v;

	if (!is_empty(vars) && !json_is_object(vars))
		return (FAIL(c, "variables: has to be an object") != NULL);
	json_object_foreach(TRUST_ME(vars), key, v) {
		if (json_is_object(v) || json_is_array(v))
			return (FAIL(c, "variables.%.60s: has to be text, a "
			    "number or a bool", key) != NULL);
	}
	return (exprs_variables_good(vars, c->err, c->err_len));
}

static bool
put_rest(struct ctx *c, json_t *out, const json_t *body)
{
	static const char *const fields[] = {
		"operations", "options", "expressions", "variables",
		"description", NULL
	};
	const char *other = unknown_field(body, fields);
	json_t *vars = json_object_get(body, "variables");
	json_t *text = json_object_get(body, "description");
	json_t *list = json_object_get(body, "expressions");

	if (other != NULL)
		return (FAIL(c, "%.60s: unknown field", other) !=
		    NULL);
	if (has_expressions(list) &&
	    !exprs_list_good(list, c->err, c->err_len))
		return (false);
	if (text != NULL && !json_is_null(text) && !json_is_string(text))
		return (FAIL(c, "description: has to be a text") != NULL);
	if (!variables_good(c, vars))
		return (false);
	json_object_set_new(out, "stack_expressions",
	    has_expressions(list) ? json_incref(list) : json_array());
	json_object_set_new(out, "stack_variables",
	    is_empty(vars) ? json_object() : json_incref(vars));
	if (json_is_string(text))
		json_object_set(out, "description", text);
	return (true);
}

/* A stack that delivers the source as it is can do nothing else. */
static bool
source_file_alone(struct ctx *c, const json_t *ops, const json_t *options)
{
	if (!json_is_true(json_object_get(options, "source_file")))
		return (true);
	if (json_array_size(ops) == 0 && json_object_size(options) == 1)
		return (true);
	return (FAIL(c, "options.source_file: allows no operations and no "
	    "other option") != NULL);
}

json_t *
stack_normalize(const json_t *body, char *err, size_t err_len)
{
	struct ctx c = { err, err_len, 0 };
	bool bare = json_is_array(body);
	const json_t *in_ops = bare ? body :
	    json_object_get(body, "operations");
	const json_t *in_options = bare ? NULL :
	    json_object_get(body, "options");
	json_t *out, *ops, *options;

	if (!bare && !json_is_object(body))
		return (FAIL(&c, "the body has to be a JSON object"));
	if (!is_empty(in_options) && !json_is_object(in_options))
		return (FAIL(&c, "options: has to be an object"));
	if ((ops = normal_operations(&c, in_ops)) == NULL)
		return (NULL);
	if ((options = normal_options(&c, NULL, in_options)) == NULL) {
		json_decref(ops);
		return (NULL);
	}
	out = json_pack("{s:o, s:o}", "stack_operations", ops,
	    "stack_options", options);
	if (!source_file_alone(&c, ops, options) ||
	    !put_rest(&c, out, bare ? NULL : body)) {
		json_decref(out);
		return (NULL);
	}
	return (out);
}
