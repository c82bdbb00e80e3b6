/* SPDX-License-Identifier: BSD-2-Clause */
/* What the expressions of a stack depend on. */
#include "config.h"

#include <string.h>

#include "base/trust_me.h"
#include "recipe/exprs.h"

typedef void each_f(void *arg, const char *text);

static void
each_text(const json_t *object, each_f *f, void *arg)
{
	const char *key;
	json_t *v;

	json_object_foreach(TRUST_ME(object), key, v)
		if (json_is_string(v))
			f(arg, json_string_value(v));
}

/* Those of an operation: an object of them is for variables of a stack. */
static void
each_of_operation(const json_t *object, each_f *f, void *arg)
{
	const char *key;
	json_t *v;

	each_text(object, f, arg);
	json_object_foreach(TRUST_ME(object), key, v)
		each_text(v, f, arg);
}

/* All texts of the stack that may be expressions. */
static void
exprs_each(const json_t *stack, each_f *f, void *arg)
{
	json_t *v;
	size_t i;

	each_text(json_object_get(stack, "stack_variables"), f, arg);
	json_array_foreach(json_object_get(stack, "stack_operations"), i, v)
		each_of_operation(json_object_get(v, "expressions"), f, arg);
	json_array_foreach(json_object_get(stack, "stack_expressions"), i, v)
		each_text(v, f, arg);
}

static bool
asks_request(const char *text)
{
	return (strstr(text, "request.") != NULL);
}

static void
note_request(void *arg, const char *text)
{
	bool *asks = arg;

	*asks |= asks_request(text);
}

bool
exprs_ask_request(const json_t *stack)
{
	bool asks = false;

	exprs_each(stack, note_request, &asks);
	return (asks);
}

static void
note_image(void *arg, const char *text)
{
	bool *needs = arg;

	*needs |= strstr(text, "image.") != NULL || asks_request(text);
}

bool
exprs_need_image(const json_t *stack)
{
	bool needs = false;

	exprs_each(stack, note_image, &needs);
	return (needs);
}

static void
note_variables(void *arg, const char *text)
{
	struct expr_fault f;
	struct expr *e = expr_parse(text, strlen(text), &f);
	const char *name;

	for (unsigned i = 0; e != NULL &&
	    (name = expr_name(e, i, NULL)) != NULL; i++)
		if (*name == '$')
			vars_use(arg, name + 1);
	expr_free(e);
}

void
exprs_use_all(const json_t *stack, struct vars *vars)
{
	exprs_each(stack, note_variables, vars);
}
