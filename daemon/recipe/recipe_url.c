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

static void
skip(struct url_span *s, size_t n)
{
	s->p += n;
	s->len -= n;
}

/* The part that *s* begins with: up to "--", "/" or the end. */
static struct url_span
part_take(struct url_span *s)
{
	struct url_span part = { s->p, 0 };

	while (s->len > 0 && *s->p != '/' && !is_dashes(*s)) {
		skip(s, 1);
		part.len++;
	}
	return (part);
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
part_parse(struct part *pt, const char *p, size_t len, char *err,
    size_t err_len)
{
	const char *end = p + len, *start = p;
	unsigned words = 0;
	size_t at = 0;

	for (pt->n = 0; p <= end; words++) {
		const char *sep = memchr(p, '-', (size_t)(end - p));
		size_t n = (size_t)((sep == NULL ? end : sep) - p);
		long got = part_word(pt, at, p, n);

		if (got < 0 || words > 2 * PART_PAIRS)
			return (part_fail(start, len, "too long or badly "
			    "encoded", err, err_len));
		if (words == 0)
			(void)snprintf(pt->name, sizeof pt->name, "%.31s",
			    pt->buf);
		else if (words % 2 == 1)
			pt->key[pt->n] = pt->buf + at;
		else
			pt->value[pt->n++] = pt->buf + at;
		at += (size_t)got + 1;
		p += n + 1;
	}
	if (words % 2 == 0)
		return (part_fail(start, len, "options come in pairs of name "
		    "and value", err, err_len));
	return (1);
}

int
part_next(struct url_span *segments, unsigned *segment, struct part *pt,
    char *err, size_t err_len)
{
	struct url_span part;

	/* Empty parts and segments are ignored. */
	while (segments->len > 0) {
		if (*segments->p == '/') {
			++*segment;
			skip(segments, 1);
		} else if (is_dashes(*segments))
			skip(segments, 2);
		else
			break;
	}
	if (segments->len == 0)
		return (0);
	part = part_take(segments);
	return (part_parse(pt, part.p, part.len, err, err_len));
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
		    "query v: has to be a JSON object");
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
