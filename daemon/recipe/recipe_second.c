/* SPDX-License-Identifier: BSD-2-Clause */
/* What a recipe needs besides its source: a second picture, or a font. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/trust_me.h"
#include "recipe/exprs.h"
#include "recipe/recipe_priv.h"

#define TEXT(r, o, name)	recipe_text(r, OPTV(o, composition, name))

static struct recipe_second
second_of(const struct recipe *r, const struct rop *o)
{
	if (o->id == OPS_text)
		return ((struct recipe_second){ .font = true,
		    .image = recipe_text(r, OPTV(o, text, font)) });
	if (o->id != OPS_composition)
		return ((struct recipe_second){ .image = NULL });
	return ((struct recipe_second){
	    .image = TEXT(r, o, secondary_image),
	    .stack = TEXT(r, o, secondary_stack),
	    .variables = TEXT(r, o, secondary_stack_variables) });
}

static bool
is_there(const struct recipe_second *s)
{
	return (s->image != NULL || s->stack != NULL);
}

bool
recipe_second(const struct recipe *r, struct recipe_second *s)
{
	for (unsigned i = 0; i < r->n_ops; i++) {
		*s = second_of(r, &r->ops[i]);
		if (is_there(s))
			return (true);
	}
	return (false);
}

static bool
same_text(const char *a, const char *b)
{
	return (a == NULL || b == NULL ? a == b : strcmp(a, b) == 0);
}

int
recipe_check_second(struct maker *m)
{
	const struct recipe *r = m->r;
	struct recipe_second first, s;

	if (!recipe_second(r, &first))
		return (0);
	for (unsigned i = 0; i < r->n_ops; i++) {
		s = second_of(r, &r->ops[i]);
		if (!is_there(&s))
			continue;
		if (s.font != first.font)
			return (recipe_fail(m, "text.font: a recipe with "
			    "text cannot have a secondary image as well; "
			    "put one of them into a secondary_stack"));
		if (s.font && !same_text(s.image, first.image))
			return (recipe_fail(m, "text.font: all texts of a "
			    "recipe must use the same font"));
		if (!same_text(s.image, first.image))
			return (recipe_fail(m,
			    "composition.secondary_image: all compositions "
			    "of a recipe must use the same image"));
		if (!same_text(s.stack, first.stack) ||
		    !same_text(s.variables, first.variables))
			return (recipe_fail(m,
			    "composition.secondary_stack: all compositions "
			    "of a recipe must use the same stack, with the "
			    "same variables"));
	}
	return (0);
}

bool
recipe_resolve_second(struct recipe *r, const char *hash, const char *digest)
{
	int at = recipe_text_add(r, hash);
	int by = digest == NULL ? 0 : recipe_text_add(r, digest);

	for (unsigned i = 0; at >= 0 && by >= 0 && i < r->n_ops; i++) {
		struct rop *o = &r->ops[i];
		struct recipe_second s = second_of(r, o);

		if (!is_there(&s))
			continue;
		if (s.font) {
			OPTV(o, text, font) = at;
			continue;
		}
		OPTV(o, composition, secondary_image) = at;
		OPTV(o, composition, secondary_stack) =
		    digest == NULL ? NAN : by;
		OPTV(o, composition, secondary_stack_variables) = NAN;
	}
	return (at >= 0 && by >= 0);
}

void
recipe_as_layer(struct recipe *r)
{
	r->so[SO_png_level] = 1;
	r->so[SO_pngquant] = 100;
	r->so[SO_interlacing] = 0;	/* none */
	r->so_given[SO_interlacing] = true;
}

/*--------------------------------------------------------------------
 * Variables: "name=value&name=value", escaped as in a query
 */

static bool
is_plain(char c)
{
	return ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || (c != '\0' && strchr("_.~", c) != NULL));
}

/* Both go behind what is there; false when *out* is full. */
static bool
put_literal(char *out, size_t size, const char *text)
{
	size_t n = strlen(out);

	return (snprintf(out + n, size - n, "%s", text) < (int)(size - n));
}

static bool
put_escaped(char *out, size_t size, const char *text)
{
	size_t n = strlen(out);

	for (; *text != '\0'; text++) {
		if (n + 4 > size)
			return (false);
		n += (size_t)sprintf(out + n, is_plain(*text) ? "%c" : "%%%02X",
		    (unsigned char)*text);
	}
	return (true);
}

static bool
put_variable(char *out, size_t size, const char *name, const char *value)
{
	return ((*out == '\0' || put_literal(out, size, "&")) &&
	    put_escaped(out, size, name) && put_literal(out, size, "=") &&
	    put_escaped(out, size, value));
}

char *
recipe_second_segments(const char *variables)
{
	size_t size = 3 * strlen(variables) + 4;
	char *out = malloc(size), *to;

	if (out == NULL)
		abort();
	to = out + sprintf(out, "/v");
	for (const char *p = variables; *p != '\0'; p++) {
		if (p == variables)
			*to++ = '-';
		if (*p == '=' || *p == '&')
			*to++ = '-';
		else if (*p == '+')
			to += sprintf(to, "%%20");
		else if (is_plain(*p) || *p == '%')
			*to++ = *p;
		else
			to += sprintf(to, "%%%02X", (unsigned char)*p);
	}
	*to = '\0';
	return (out);
}

/* A value of *object*, which may name a variable, or be an expression. */
static int
variable_text(struct maker *m, const char *text, bool computed,
    const char **out)
{
	static const struct optspec spec = { "secondary_stack_variables",
	    OPT_STR, 0, 0, NULL, "text", 0, NULL };
	unsigned len = m->r->text_len;
	double at = NAN;
	int rc = (computed ? exprs_set : recipe_set)(m, &spec, "composition",
	    text, &at);

	*out = rc == 1 ? recipe_text(m->r, at) : NULL;
	m->r->text_len = len;	/* it is copied before the next one */
	return (rc < 0 ? -1 : 0);
}

int
recipe_second_variables(struct maker *m, const json_t *object, bool computed,
    char *out, size_t size)
{
	const char *name, *text;
	char buf[32];
	json_t *v;

	*out = '\0';
	json_object_foreach(TRUST_ME(object), name, v) {
		if ((text = opt_json_text(v, buf)) == NULL)
			continue;
		if (variable_text(m, text, computed, &text) != 0)
			return (-1);
		if (text == NULL)
			continue;
		if (!put_variable(out, size, name, text))
			return (recipe_fail(m, "composition."
			    "secondary_stack_variables: too much text"));
	}
	return (0);
}
