/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Expressions in a URL: "crop-width-[image.height / 2]". Each is replaced by its
 * value for the image at hand before anything else reads the URL. Countless
 * expressions give one picture, and all of them one URL.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recipe/exprs.h"
#include "recipe/recipe_priv.h"

#define UNDEFINED	"__undefined__"

struct computer {
	struct maker	m;
	FILE		*out;
	unsigned	segment;	/* that the last part was of */
	unsigned	n;		/* expressions so far */
};

bool
recipe_is_computed(const struct url *u)
{
	return (url_brackets(u->segments));
}

bool
recipe_varies_by_save_data(const json_t *stack)
{
	return (stack != NULL && exprs_ask_request(stack));
}

static void
put(struct computer *c, const char *lead, const char *text)
{
	(void)fputs(lead, c->out);
	for (; *text != '\0'; text++)
		(void)fprintf(c->out, "%%%02X", (unsigned char)*text);
}

/* What is between the brackets that *text* has around it, to be freed. */
static char *
inside(const char *text)
{
	size_t n = strlen(text);

	if (n < 2 || *text != '[' || text[n - 1] != ']')
		return (NULL);
	return (strndup(text + 1, n - 2));
}

static int
compute(struct computer *c, const struct optspec *spec, const char *owner,
    const char *text, const char **out)
{
	struct maker *m = &c->m;
	char what[80];

	if (++c->n > EXPRS_MAX)
		return (recipe_fail(m, "a URL may have at most %d expressions",
		    EXPRS_MAX));
	(void)snprintf(what, sizeof what, "%s.%s", owner, spec->name);
	if (!exprs_good(text, what, m->err, m->err_len))
		return (-1);
	if (strstr(text, SAVE_DATA) != NULL)
		return (recipe_fail(m, "%s: only a stack may depend on "
		    SAVE_DATA, what));
	return (exprs_value(m, spec, owner, text, out));
}

static int
put_value(struct computer *c, const struct part *pt, unsigned i)
{
	const int id = op_find(pt->name);
	const int at = id < 0 ? -1 : op_opt_find(&opspecs[id], pt->key[i]);
	const char *out = pt->value[i];
	char *text = at < 0 ? NULL : inside(out);
	int rc = 0;

	if (text != NULL)
		rc = compute(c, &opspecs[id].opts[at], pt->name, text, &out);
	if (text != NULL && (out == NULL || *out == '\0'))
		out = UNDEFINED;
	free(text);
	put(c, "-", out);
	return (rc < 0 ? -1 : 0);
}

static int
put_part(struct computer *c, const struct part *pt, unsigned segment)
{
	put(c, segment != c->segment ? "/" : "--", pt->name);
	c->segment = segment;
	for (unsigned i = 0; i < pt->n; i++) {
		put(c, "-", pt->key[i]);
		if (put_value(c, pt, i) != 0)
			return (-1);
	}
	return (0);
}

static int
compute_all(struct computer *c, const json_t *stack, const struct url *u)
{
	struct maker *m = &c->m;
	struct parts parts = parts_of(u->segments);
	struct part pt;
	int rc;

	if (recipe_say_options(m, stack, u) != 0)
		return (-1);
	while ((rc = part_next(&parts, &pt, m->err, m->err_len)) == 1)
		if (put_part(c, &pt, parts.segment) != 0)
			return (-1);
	return (rc);
}

char *
recipe_compute(const struct recipe_image *image, const json_t *stack,
    const struct url *u, char *err, size_t err_len)
{
	struct recipe r;
	struct computer c = { .m = { .r = &r, .dynamic = stack == NULL,
	    .image = image, .err = err, .err_len = err_len } };
	char *text = NULL;
	size_t len;
	int rc;

	c.out = open_memstream(&text, &len);
	if (c.out == NULL)
		abort();
	recipe_clear(&r);
	c.m.vars = vars_new();
	rc = compute_all(&c, stack, u);
	exprs_free(c.m.exprs);
	vars_free(c.m.vars);
	if (fclose(c.out) != 0)
		abort();
	if (rc == 0)
		return (text);
	free(text);
	return (NULL);
}
