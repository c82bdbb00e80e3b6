/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/word.h"
#include "recipe/optable.h"
#include "recipe/pattern.h"
#include "recipe/recipe.h"
#include "recipe/remote_opt.h"

#define PX	OPT_PX
#define ENABLED	{ "enabled", OPT_BOOL, 0, 1, "true", NULL, 0,	\
	"Whether the operation runs" }

#define OP(op, kind, required, one_of, doc)		\
	static const struct optspec opts_##op[] = { ENABLED,
#define OPT(op, name, type, min, max, def, values, flags, doc)	\
	{ #name, OPT_##type, min, max, def, values, flags, doc },
#define OP_END(op)	};						\
	_Static_assert(OPT_##op##_MAX <= OP_OPTS, "OP_OPTS too small");
#include "tbl_ops.h"

const struct opspec opspecs[OPS_MAX] = {
#define OP(op, kind, required, one_of, doc)	\
	{ #op, required, one_of, doc, opts_##op, OPT_##op##_MAX },
#define OPT(...)
#define OP_END(op)
#include "tbl_ops.h"
};

const struct optspec stackopts[SO_MAX] = {
#define STACKOPT(id, name, type, min, max, def, values, doc)	\
	{ name, OPT_##type, min, max, def, values, 0, doc },
#include "tbl_stackopts.h"
};

int
op_find(const char *name)
{
	for (int i = 0; i < OPS_MAX; i++)
		if (strcmp(opspecs[i].name, name) == 0)
			return (i);
	return (-1);
}

int
op_opt_find(const struct opspec *op, const char *name)
{
	for (unsigned i = 0; i < op->n_opts; i++)
		if (strcmp(op->opts[i].name, name) == 0)
			return ((int)i);
	return (-1);
}

int
stackopt_find(const char *name)
{
	if (strcmp(name, "af") == 0)
		return (SO_autoformat);
	for (int i = 0; i < SO_MAX; i++)
		if (strcmp(stackopts[i].name, name) == 0)
			return (i);
	return (-1);
}

bool
stackopt_is_fixed(const struct optspec *spec)
{
	return (spec == &stackopts[SO_basestack] ||
	    spec == &stackopts[SO_source_file] ||
	    spec == &stackopts[SO_protected]);
}

/*--------------------------------------------------------------------
 * Values
 */

bool
opt_value_is(const struct optspec *spec, double i, const char *name)
{
	return (!isnan(i) && pattern_word(spec->values, name) == (int)i);
}

/* Whether "%.9g" writes all of its digits, and no others. */
static bool
is_short_integer(double d)
{
	return (fabs(d) < 1e9 && d == trunc(d) && !(d == 0 && signbit(d)));
}

const char *
opt_number(double d, char buf[32])
{
	char *p = buf + 31;
	unsigned n;

	if (!is_short_integer(d)) {
		(void)snprintf(buf, 32, "%.9g", d);
		return (buf);
	}
	*p = '\0';
	n = (unsigned)fabs(d);
	do
		*--p = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	if (d < 0)
		*--p = '-';
	return (p);
}

double
opt_round(double d)
{
	char digits[32];

	if (is_short_integer(d))
		return (d);
	(void)snprintf(digits, sizeof digits, "%.9g", d);
	return (strtod(digits, NULL));
}

static int
parse_number(const struct optspec *spec, const char *text, double *out)
{
	char *end;
	double d;

	/* No hex, inf, nan or leading blank, which strtod() takes. */
	if (strspn(text, "+-.0123456789") != strlen(text) || *text == '\0')
		return (-1);
	errno = 0;
	d = strtod(text, &end);
	if (*end != '\0' || errno != 0)
		return (-1);
	if (spec->type == OPT_INT && d != floor(d))
		return (-1);
	if (d < spec->min || d > spec->max)
		return (-1);
	*out = opt_round(d);
	return (0);
}

static int
parse_bool(const char *text, double *out)
{
	bool yes = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;

	if (!yes && strcmp(text, "false") != 0 && strcmp(text, "0") != 0)
		return (-1);
	*out = yes;
	return (0);
}

static int
parse_color(const char *text, double *out)
{
	text += *text == '#';
	if (strlen(text) != 6 ||
	    strspn(text, "0123456789abcdefABCDEF") != 6)
		return (-1);
	*out = (double)strtoul(text, NULL, 16);
	return (0);
}

static int
parse_by_type(const struct optspec *spec, const char *text, double *out)
{
	switch (spec->type) {
	case OPT_INT:
	case OPT_NUM:
		return (parse_number(spec, text, out));
	case OPT_BOOL:
		return (parse_bool(text, out));
	case OPT_COLOR:
		return (parse_color(text, out));
	case OPT_ENUM:
		*out = pattern_word(spec->values, text);
		return (*out < 0 ? -1 : 0);
	case OPT_STR:
		*out = 0;
		return (pattern_is(spec->values, text) ? 0 : -1);
	}
	return (-1);
}

/* What a value has to be, for the error's sentence. */
static void
wanted(const struct optspec *spec, char *buf, size_t len)
{
	switch (spec->type) {
	case OPT_INT:
	case OPT_NUM:
		(void)snprintf(buf, len, "%s from %g to %g",
		    spec->type == OPT_INT ? "a whole number" : "a number",
		    spec->min, spec->max);
		break;
	case OPT_BOOL:
		(void)snprintf(buf, len, "true or false");
		break;
	case OPT_COLOR:
		(void)snprintf(buf, len, "a colour of six hex digits");
		break;
	case OPT_ENUM:
		(void)snprintf(buf, len, "one of %s", spec->values);
		break;
	case OPT_STR:
		(void)snprintf(buf, len, "of the form \"%s\"", spec->values);
		break;
	}
}

int
opt_parse(const struct optspec *spec, const char *text, const char *what,
    double *out, char *err, size_t err_len)
{
	char want[120];

	if (parse_by_type(spec, text, out) == 0)
		return (0);
	wanted(spec, want, sizeof want);
	(void)snprintf(err, err_len, "%s: \"%.40s\" is not %s", what, text,
	    want);
	return (-1);
}

json_t *
opt_json(const struct optspec *spec, const char *text)
{
	double d;

	switch (spec->type) {
	case OPT_INT:
		return (json_integer(strtol(text, NULL, 10)));
	case OPT_NUM:
		d = strtod(text, NULL);
		return (d == floor(d) ? json_integer((json_int_t)d) :
		    json_real(d));
	case OPT_BOOL:
		return (json_boolean(*text == 't' || *text == '1'));
	case OPT_COLOR:
		return (json_string(text + (*text == '#')));
	default:
		return (json_string(text));
	}
}

const char *
opt_json_text(const json_t *v, char buf[32])
{
	switch (json_typeof(v)) {
	case JSON_STRING:
		return (json_string_value(v));
	case JSON_TRUE:
		return ("true");
	case JSON_FALSE:
		return ("false");
	case JSON_INTEGER:
		(void)snprintf(buf, 32, "%" JSON_INTEGER_FORMAT,
		    json_integer_value(v));
		return (buf);
	case JSON_REAL:
		(void)snprintf(buf, 32, "%.10f", json_real_value(v));
		return (buf);
	default:
		return (NULL);
	}
}

/*--------------------------------------------------------------------
 * The answers of GET /operations and GET /stackoptions
 */

static json_t *
words_json(const char *words)
{
	json_t *list = json_array();
	const char *word;
	size_t n;

	while (word_next(&words, &word, &n))
		json_array_append_new(list, json_stringn(word, n));
	return (list);
}

static json_t *
optspec_json(const struct optspec *spec)
{
	static const char *const types[] = { "integer", "number", "boolean",
	    "string", "string", "string" };
	json_t *o = json_object();

	json_object_set_new(o, "type", json_string(types[spec->type]));
	if (spec->type == OPT_INT || spec->type == OPT_NUM) {
		json_object_set_new(o, "minimum", json_real(spec->min));
		json_object_set_new(o, "maximum", json_real(spec->max));
		if (spec->min == floor(spec->min))
			json_object_set_new(o, "minimum",
			    json_integer((json_int_t)spec->min));
		if (spec->max == floor(spec->max))
			json_object_set_new(o, "maximum",
			    json_integer((json_int_t)spec->max));
	}
	if (spec->type == OPT_ENUM)
		json_object_set_new(o, "values", words_json(spec->values));
	if (spec->type == OPT_COLOR)
		json_object_set_new(o, "pattern",
		    json_string("^[0-9a-fA-F]{6}$"));
	json_object_set_new(o, "default", spec->def == NULL ? json_null() :
	    opt_json(spec, spec->def));
	json_object_set_new(o, "description", json_string(spec->doc));
	return (o);
}

static json_t *
optspecs_json(const struct optspec *specs, unsigned n)
{
	json_t *o = json_object();

	for (unsigned i = 0; i < n; i++)
		json_object_set_new(o, specs[i].name, optspec_json(&specs[i]));
	return (o);
}

json_t *
operations_json(void)
{
	json_t *all = json_object();

	for (int i = 0; i < OPS_MAX; i++) {
		const struct opspec *op = &opspecs[i];
		json_t *o = json_object();

		json_object_set_new(o, "properties",
		    optspecs_json(op->opts, op->n_opts));
		json_object_set_new(o, "required", words_json(op->required));
		if (op->one_of != NULL)
			json_object_set_new(o, "oneOf",
			    words_json(op->one_of));
		json_object_set_new(o, "description", json_string(op->doc));
		json_object_set_new(all, op->name, o);
	}
	return (all);
}

json_t *
stackoptions_json(void)
{
	json_t *o = json_object();

	json_object_set_new(o, "properties", optspecs_json(stackopts, SO_MAX));
	remote_opt_describe(json_object_get(o, "properties"));
	return (o);
}
