/* SPDX-License-Identifier: BSD-2-Clause */
/* What a URL says of a recipe: its segments' parts, and variables. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/trust_me.h"
#include "recipe/recipe_priv.h"
#include "url.h"

/*--------------------------------------------------------------------
 * segments: part *( "--" part ), part: name *( "-" key "-" value )
 */

static bool
is_dashes(struct url_span s)
{
	return (s.len > 1 && s.p[0] == '-' && s.p[1] == '-');
}

static bool
ends_part(struct url_span s)
{
	return (*s.p == '/' || is_dashes(s));
}

static bool
ends_word(struct url_span s)
{
	return (*s.p == '-');
}

static void
skip(struct url_span *s, size_t n)
{
	s->p += n;
	s->len -= n;
}

struct parts
parts_of(struct url_span segments)
{
	return ((struct parts){ .left = segments,
	    .brackets = url_brackets(segments) });
}

bool
part_is_options(const struct part *pt)
{
	return (strcmp(pt->name, "o") == 0 ||
	    strcmp(pt->name, "options") == 0);
}

bool
part_is_variables(const struct part *pt)
{
	return (strcmp(pt->name, "v") == 0 ||
	    strcmp(pt->name, "variables") == 0);
}

/* Decodes one word of a part to *at* of its buffer; its length, or -1. */
static long
part_word(struct part *pt, size_t at, const char *p, size_t len)
{
	struct url_span in = { p, len };

	if (at >= sizeof pt->buf)
		return (-1);
	return (url_decode(in, pt->buf + at, sizeof pt->buf - at));
}

static int
part_fail(const char *p, size_t len, const char *why, char *err,
    size_t err_len)
{
	(void)snprintf(err, err_len, "\"%.*s\": %s",
	    len > 60 ? 60 : (int)len, p, why);
	return (-1);
}

static int
part_parse(struct part *pt, struct url_span s, bool brackets, char *err,
    size_t err_len)
{
	const struct url_span all = s;
	bool more = true;
	unsigned words = 0;
	size_t at = 0;

	for (pt->n = 0; more; words++) {
		size_t n = url_until(s, brackets, ends_word);
		long got = part_word(pt, at, s.p, n);

		if (got < 0 || words > 2 * PART_PAIRS)
			return (part_fail(all.p, all.len, "too long or badly "
			    "encoded", err, err_len));
		if (words == 0)
			(void)snprintf(pt->name, sizeof pt->name, "%.31s",
			    pt->buf);
		else if (words % 2 == 1)
			pt->key[pt->n] = pt->buf + at;
		else
			pt->value[pt->n++] = pt->buf + at;
		at += (size_t)got + 1;
		more = n < s.len;
		skip(&s, more ? n + 1 : n);
	}
	if (words % 2 == 0)
		return (part_fail(all.p, all.len, "options come in pairs of "
		    "name and value", err, err_len));
	return (1);
}

int
part_next(struct parts *of, struct part *pt, char *err, size_t err_len)
{
	struct url_span part;

	/* Empty parts and segments are ignored. */
	while (of->left.len > 0) {
		if (*of->left.p == '/') {
			++of->segment;
			skip(&of->left, 1);
		} else if (is_dashes(of->left))
			skip(&of->left, 2);
		else
			break;
	}
	if (of->left.len == 0)
		return (0);
	part = of->left;
	part.len = url_until(of->left, of->brackets, ends_part);
	skip(&of->left, part.len);
	return (part_parse(pt, part, of->brackets, err, err_len));
}

/*--------------------------------------------------------------------
 * Variables
 */

struct vars {
	json_t	*set;		/* object of strings */
	json_t	*used;		/* object: the names that were asked for */
};

struct vars *
vars_new(void)
{
	struct vars *v = malloc(sizeof *v);

	if (v == NULL)
		abort();
	v->set = json_object();
	v->used = json_object();
	return (v);
}

void
vars_free(struct vars *v)
{
	json_decref(v->set);
	json_decref(v->used);
	free(v);
}

void
vars_set(struct vars *v, const char *name, const char *text)
{
	json_object_set_new(v->set, name, json_string(text));
}

void
vars_set_json(struct vars *v, const json_t *object)
{
	const char *key, *text;
	json_t *val;
	char buf[32];

	json_object_foreach(TRUST_ME(object), key, val)
		if ((text = opt_json_text(val, buf)) != NULL)
			vars_set(v, key, text);
}

const json_t *
vars_all(const struct vars *v)
{
	return (v->set);
}

void
vars_use(struct vars *v, const char *name)
{
	(void)json_object_set_new(v->used, name, json_true());
}

const json_t *
vars_used(const struct vars *v)
{
	return (v->used);
}

/* A form's encoding: "+" is a blank. */
static long
form_decode(struct url_span in, char *out, size_t size)
{
	char *tmp = strndup(in.p, in.len);
	struct url_span copy = { tmp, in.len };
	long n;

	if (tmp == NULL)
		abort();
	for (char *p = tmp; *p != '\0'; p++)
		if (*p == '+')
			*p = ' ';
	n = url_decode(copy, out, size);
	free(tmp);
	return (n);
}

static int
vars_set_text(struct vars *v, struct url_span in, char *err, size_t err_len)
{
	char *buf = malloc(in.len + 1);
	long n;
	json_t *o = NULL;

	if (buf == NULL)
		abort();
	n = form_decode(in, buf, in.len + 1);
	if (n >= 0)
		o = json_loadb(buf, (size_t)n, 0, NULL);
	free(buf);
	if (!json_is_object(o)) {
		json_decref(o);
		(void)snprintf(err, err_len,
		    "query v: must be a JSON object");
		return (-1);
	}
	vars_set_json(v, o);
	json_decref(o);
	return (0);
}

/* The last one counts, as in the canonical form of the URL. */
int
vars_set_query(struct vars *v, const struct url *u, char *err, size_t err_len)
{
	struct url_span in;

	if (!url_query(u, "v", &in))
		return (0);
	return (vars_set_text(v, in, err, err_len));
}

const char *
vars_resolve(struct vars *v, const char *text, char *err, size_t err_len)
{
	const char *value;

	if (*text != '$')
		return (text);
	value = json_string_value(json_object_get(v->set, text + 1));
	vars_use(v, text + 1);
	if (value == NULL)
		(void)snprintf(err, err_len, "variable \"%.60s\" is not set",
		    text + 1);
	return (value);
}
