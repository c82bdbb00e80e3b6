/* SPDX-License-Identifier: BSD-2-Clause */
/* Expressions of a stack as the API takes them. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/trust_me.h"
#include "recipe/exprs.h"

static bool
fault(const char *what, unsigned at, const char *why, char *err, size_t len)
{
	(void)snprintf(err, len, "%s: at character %u: %s.", what, at + 1,
	    why);
	return (false);
}

static bool
names_good(const struct expr *e, const char *what, char *err, size_t len)
{
	const char *name;
	char why[120];
	unsigned at;

	for (unsigned i = 0; (name = expr_name(e, i, &at)) != NULL; i++)
		if (!exprs_name_good(name, why, sizeof why))
			return (fault(what, at, why, err, len));
	return (true);
}

bool
exprs_good(const char *text, const char *what, char *err, size_t len)
{
	struct expr_fault f;
	struct expr *e = expr_parse(text, strlen(text), &f);
	bool good;

	if (e == NULL)
		return (fault(what, f.at, f.why, err, len));
	good = names_good(e, what, err, len);
	expr_free(e);
	return (good);
}

/* Whether one of its names can only be meant as one. */
static bool
mentions_name(const struct expr *e)
{
	static const char *const prefixes[] = { "$", "image.", "options.",
	    "request." };
	const char *name;

	for (unsigned i = 0; (name = expr_name(e, i, NULL)) != NULL; i++)
		for (int j = 0; j < 4; j++)
			if (strncmp(name, prefixes[j],
			    strlen(prefixes[j])) == 0)
				return (true);
	return (false);
}

int
exprs_variable(const char *text, const char *what, char *err, size_t len)
{
	struct expr_fault f;
	struct expr *e = expr_parse(text, strlen(text), &f);
	int rc = 0;

	if (e == NULL && *text == '$') {
		fault(what, f.at, f.why, err, len);
		return (-1);
	}
	if (e != NULL && mentions_name(e))
		rc = names_good(e, what, err, len) ? 1 : -1;
	expr_free(e);
	return (rc);
}

/*--------------------------------------------------------------------
 * Circles: variables that need no other of those that are left are taken out,
 * until none is left.
 */

static bool
needs_none(const char *text, const json_t *left)
{
	struct expr_fault f;
	struct expr *e = expr_parse(text, strlen(text), &f);
	const char *name;
	bool none = true;

	for (unsigned i = 0; e != NULL &&
	    (name = expr_name(e, i, NULL)) != NULL; i++)
		none &= *name != '$' || json_object_get(left, name + 1) == NULL;
	expr_free(e);
	return (none);
}

/* False when none could be. */
static bool
take_out(json_t *left)
{
	const size_t before = json_object_size(left);
	const char *name;
	json_t *v;
	void *next;

	json_object_foreach_safe(left, next, name, v)
		if (needs_none(json_string_value(v), left))
			(void)json_object_del(left, name);
	return (json_object_size(left) < before);
}

bool
exprs_variables_good(const json_t *vars, char *err, size_t len)
{
	json_t *left = json_object(), *v;
	char what[80];
	const char *name;
	bool good = true;
	int kind;

	json_object_foreach(TRUST_ME(vars), name, v) {
		if (!json_is_string(v))
			continue;
		(void)snprintf(what, sizeof what, "variables.%.60s", name);
		kind = exprs_variable(json_string_value(v), what, err, len);
		good &= kind >= 0;
		if (!good)
			break;
		if (kind == 1)
			(void)json_object_set(left, name, v);
	}
	if (good && json_object_size(left) > EXPRS_MAX) {
		(void)snprintf(err, len, "variables: at most %d expressions",
		    EXPRS_MAX);
		good = false;
	}
	while (good && json_object_size(left) > 0 && take_out(left))
		continue;
	if (good && json_object_size(left) > 0) {
		name = json_object_iter_key(json_object_iter(left));
		(void)snprintf(err, len, "variables.%.60s: needs itself, by a "
		    "circle of variables", name);
		good = false;
	}
	json_decref(left);
	return (good);
}

/*--------------------------------------------------------------------
 * "expressions": [{"expression": "...", "overrides": {...}}]
 */

static bool
has_fields(const json_t *o, const char *a, const char *b)
{
	const char *key;
	json_t *v;

	json_object_foreach(TRUST_ME(o), key, v)
		if (strcmp(key, a) != 0 && strcmp(key, b) != 0)
			return (false);
	return (true);
}

/* A map; of PHP, an empty list is one. */
static bool
is_map(const json_t *v)
{
	return (v == NULL || json_is_object(v) ||
	    (json_is_array(v) && json_array_size(v) == 0));
}

static bool
literal_good(const char *what, const char *key, const json_t *v, char *err,
    size_t len)
{
	char buf[32];
	const char *text = opt_json_text(v, buf);

	if (text != NULL && *text != '$')
		return (true);
	(void)snprintf(err, len, "%s.%.60s: must be a string, a number or "
	    "a boolean, not a variable", what, key);
	return (false);
}

static bool
option_good(const char *what, const char *key, const json_t *v, char *err,
    size_t len)
{
	const int i = stackopt_find(key);
	char name[200], buf[32];
	double d;

	(void)snprintf(name, sizeof name, "%s.%.60s", what, key);
	if (i < 0) {
		(void)snprintf(err, len, "%s: unknown option", name);
		return (false);
	}
	if (stackopt_is_fixed(&stackopts[i])) {
		(void)snprintf(err, len, "%s: cannot be overridden", name);
		return (false);
	}
	return (literal_good(what, key, v, err, len) &&
	    opt_parse(&stackopts[i], opt_json_text(v, buf), name, &d, err,
	    len) == 0);
}

static bool
overrides_good(const char *what, const json_t *o, char *err, size_t len)
{
	const json_t *options = json_object_get(o, "options");
	const json_t *vars = json_object_get(o, "variables");
	char name[120];
	const char *key;
	json_t *v;

	if (!json_is_object(o) || !has_fields(o, "options", "variables") ||
	    !is_map(options) || !is_map(vars)) {
		(void)snprintf(err, len, "%s.overrides: has to be an object "
		    "with \"options\" and \"variables\", which are objects",
		    what);
		return (false);
	}
	(void)snprintf(name, sizeof name, "%s.overrides.options", what);
	json_object_foreach(TRUST_ME(options), key, v)
		if (!option_good(name, key, v, err, len))
			return (false);
	(void)snprintf(name, sizeof name, "%s.overrides.variables", what);
	json_object_foreach(TRUST_ME(vars), key, v)
		if (!literal_good(name, key, v, err, len))
			return (false);
	return (true);
}

bool
exprs_list_good(const json_t *list, char *err, size_t len)
{
	char what[64];
	json_t *one;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > EXPRS_MAX) {
		(void)snprintf(err, len, "expressions: has to be a list of at "
		    "most %d", EXPRS_MAX);
		return (false);
	}
	json_array_foreach(list, i, one) {
		const char *text = json_string_value(json_object_get(one,
		    "expression"));

		(void)snprintf(what, sizeof what, "expressions[%zu]", i);
		if (text == NULL || !has_fields(one, "expression",
		    "overrides")) {
			(void)snprintf(err, len, "%s: has to be an object with "
			    "\"expression\", a text, and \"overrides\"", what);
			return (false);
		}
		if (!exprs_good(text, what, err, len) || !overrides_good(what,
		    json_object_get(one, "overrides"), err, len))
			return (false);
	}
	return (true);
}
