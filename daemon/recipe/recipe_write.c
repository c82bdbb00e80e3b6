/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of a canonical spelling: what differs from the stack, in order. */
#include "config.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/trust_me.h"
#include "recipe/recipe_spell.h"

static void put(struct speller *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
put(struct speller *s, const char *fmt, ...)
{
	size_t room = sizeof s->text - s->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(s->text + s->len, room, fmt, ap); /* NOLINT(*valist*) */
	va_end(ap);
	s->len = n < 0 || (size_t)n >= room ? sizeof s->text - 1 :
	    s->len + (size_t)n;
}

/* Writes a text as the canonical URL has it. */
static void
put_text(struct speller *s, const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		    (c >= 'A' && c <= 'Z') || strchr("_~.", c) != NULL)
			put(s, "%c", c);
		else
			put(s, "%%%02X", c);
	}
}

/* Nine digits, and no exponent, which a URL may not have. */
static void
put_number(struct speller *s, double d)
{
	int digits = d == 0 ? 0 : 8 - (int)floor(log10(fabs(d)));
	char text[400];
	size_t n;

	if (digits < 0)
		digits = 0;
	(void)snprintf(text, sizeof text, "%.*f", digits, d);
	n = strlen(text);
	while (strchr(text, '.') != NULL && text[n - 1] == '0')
		text[--n] = '\0';
	if (text[n - 1] == '.')
		text[n - 1] = '\0';
	put_text(s, text);
}

static void
put_word(struct speller *s, const char *words, int i)
{
	for (; i > 0; i--)
		words += strcspn(words, "|") + 1;
	put(s, "%.*s", (int)strcspn(words, "|"), words);
}

static void
put_value(struct speller *s, const struct optspec *spec, double v)
{
	put(s, "-%s-", spec->name);
	switch (spec->type) {
	case OPT_INT:
	case OPT_NUM:
		put_number(s, v);
		break;
	case OPT_BOOL:
		put(s, v == 1 ? "true" : "false");
		break;
	case OPT_COLOR:
		put(s, "%06x", (unsigned)v);
		break;
	case OPT_ENUM:
		put_word(s, spec->values, (int)v);
		break;
	case OPT_STR:
		put_text(s, recipe_text(&s->said, v));
		break;
	}
}

static void
put_part(struct speller *s, const char *name)
{
	put(s, "%s%s", s->len == 0 ? "/" : "--", name);
}

/* Whether a URL that sets *j* sets it as it is in all of the name. */
static bool
is_one_value(const struct speller *s, unsigned k, unsigned j)
{
	const struct recipe *r = &s->said;
	const struct rop *o = &r->ops[k];

	if (isnan(o->v[j]))
		return (false);
	for (unsigned i = 0; s->stack != NULL && i < r->n_ops; i++)
		if (r->ops[i].id == o->id && !recipe_same_value(r, o->v[j], r,
		    r->ops[i].v[j], &opspecs[o->id].opts[j]))
			return (false);
	return (true);
}

static bool
any_differs(const struct speller *s, unsigned k, unsigned j)
{
	bool any = false;

	for (unsigned i = k; i < s->said.n_ops; i++)
		if (s->said.ops[i].id == s->said.ops[k].id &&
		    (i == k || s->stack != NULL))
			any |= spell_op_differs(s, i, j);
	return (any);
}

/* Operation *k*; in "dynamic" with its name, whatever it says. */
static void
put_op(struct speller *s, unsigned k)
{
	const struct rop *o = &s->said.ops[k];
	const struct opspec *spec = &opspecs[o->id];
	bool named = s->stack == NULL;

	if (named)
		put_part(s, spec->name);
	for (unsigned j = 0; j < spec->n_opts; j++) {
		if (!any_differs(s, k, j))
			continue;
		if (!is_one_value(s, k, j)) {
			s->by_vars = true;
			continue;
		}
		if (!named)
			put_part(s, spec->name);
		named = true;
		put_value(s, &spec->opts[j], o->v[j]);
	}
}

/* In a named stack the first of a name speaks for all of them. */
static bool
is_first(const struct speller *s, unsigned k)
{
	for (unsigned i = 0; s->stack != NULL && i < k; i++)
		if (s->said.ops[i].id == s->said.ops[k].id)
			return (false);
	return (true);
}

static void
put_stackopts(struct speller *s)
{
	bool named = false;

	for (int i = 0; i < SO_MAX; i++) {
		if (!spell_option_differs(s, i))
			continue;
		if (isnan(s->said.so[i])) {
			s->by_vars = true;
			continue;
		}
		if (!named)
			put_part(s, "o");
		named = true;
		put_value(s, &stackopts[i], s->said.so[i]);
	}
}

static void
put_var(struct speller *s, const char *name, const char *value)
{
	const bool number = *value != '\0' &&
	    value[strspn(value, "0123456789.+-")] == '\0';

	put(s, "-");
	put_text(s, name);
	put(s, "-");
	if (number && !s->as_text)
		put_number(s, strtod(value, NULL));
	else
		put_text(s, value);
}

static int
by_name(const void *a, const void *b)
{
	return (strcmp(*(const char *const *)a, *(const char *const *)b));
}

/* The names of the members of *o*, sorted, on the heap. */
static const char **
sorted_names(const json_t *o, size_t *n)
{
	const char **names = calloc(json_object_size(o) + 1, sizeof *names);
	const char *name;
	json_t *v;

	if (names == NULL)
		abort();
	*n = 0;
	json_object_foreach(TRUST_ME(o), name, v) {
		(void)v;
		names[(*n)++] = name;
	}
	qsort(names, *n, sizeof *names, by_name);
	return (names);
}

/* Those that the stack asked for and has otherwise, in the order of names. */
static void
put_vars(struct speller *s)
{
	size_t n;
	const char **names = sorted_names(vars_used(s->vars), &n);
	bool named = false;

	for (size_t i = 0; i < n; i++) {
		const json_t *is = json_object_get(vars_all(s->vars),
		    names[i]);

		if (is == NULL || json_equal(is,
		    json_object_get(vars_all(s->base_vars), names[i])))
			continue;
		if (!named)
			put_part(s, "v");
		named = true;
		put_var(s, names[i], json_string_value(is));
	}
	free(names);
}

bool
spell_text(struct speller *s)
{
	s->len = 0;
	s->text[0] = '\0';
	for (unsigned k = 0; k < s->said.n_ops; k++)
		if (is_first(s, k))
			put_op(s, k);
	put_stackopts(s);
	if (s->by_vars || s->all_vars)
		put_vars(s);
	return (s->len < sizeof s->text - 1);
}
