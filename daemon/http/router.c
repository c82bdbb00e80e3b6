/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "router.h"
#include "request_target.h"

#define SEGMENTS	12
#define SEGMENT		sizeof(((struct route_match *)0)->value[0])

struct segments {
	unsigned	n;
	char		text[SEGMENTS][SEGMENT];
};

/* The path ends where the target's query begins. */
static bool
is_end(char c)
{
	return (c == '\0' || c == '?');
}

/* Decodes the segment at *p* up to "/" or the end. Returns its end or NULL. */
static const char *
decode(const char *p, char *out)
{
	size_t n = 0;
	int c;

	for (; !is_end(*p) && *p != '/'; p++) {
		c = (unsigned char)*p;
		if (c == '%') {
			c = request_target_escape(p);
			p += 2;
			/* No name has a slash; a cache may take it as one. */
			if (c < ' ' || c == 0x7f || c == '/')
				return (NULL);
		}
		if (n == SEGMENT - 1)
			return (NULL);
		out[n++] = (char)c;
	}
	out[n] = '\0';
	return (p);
}

/* Returns 0, 400 or 404. "/" has no segment. */
static int
split(const char *path, struct segments *s)
{
	s->n = 0;
	if (*path != '/')
		return (404);
	if (is_end(path[1]))
		return (0);
	while (*path == '/') {
		if (s->n == SEGMENTS)
			return (404);
		path = decode(path + 1, s->text[s->n]);
		if (path == NULL)
			return (400);
		/* Only "/dashboard/" and its like end so. */
		if (s->text[s->n++][0] == '\0' && (!is_end(*path) ||
		    s->n == 1))
			return (404);
	}
	return (0);
}

/* The pattern's next segment begins behind *p*; *len* without slashes. */
static const char *
pattern_next(const char *p, size_t *len)
{
	p++;
	*len = strcspn(p, "/");
	return (p);
}

static bool
is_param(const char *seg)
{
	return (*seg == '{');
}

static bool
pattern_matches(const char *p, const struct segments *s)
{
	const char *seg;
	unsigned i = 0;
	size_t len;

	if (strcmp(p, "/") == 0)
		return (s->n == 0);
	for (; *p != '\0'; p = seg + len, i++) {
		seg = pattern_next(p, &len);
		if (i == s->n || (is_param(seg) && s->text[i][0] == '\0'))
			return (false);
		if (!is_param(seg) && (strlen(s->text[i]) != len ||
		    memcmp(s->text[i], seg, len) != 0))
			return (false);
	}
	return (i == s->n);
}

/*
 * Orders two patterns that match the same path: below 0 when *a* is the more
 * special one, 0 when they are one resource, whatever its parameters' names.
 */
static int
pattern_cmp(const char *a, const char *b)
{
	size_t la, lb;

	while (*a != '\0' && *b != '\0') {
		a = pattern_next(a, &la);
		b = pattern_next(b, &lb);
		if (is_param(a) != is_param(b))
			return (is_param(a) ? 1 : -1);
		a += la;
		b += lb;
	}
	return (0);
}

static void
allow_add(char *allow, size_t size, const char *method)
{
	size_t n = strlen(allow);

	snprintf(allow + n, size - n, "%s%s", n > 0 ? ", " : "", method);
}

static void
take_params(struct route_match *m, const struct segments *s)
{
	const char *p = m->route->pattern, *seg;
	size_t len;

	if (s->n == 0)
		return;
	for (unsigned i = 0; *p != '\0'; p = seg + len, i++) {
		seg = pattern_next(p, &len);
		if (!is_param(seg) || m->n == ROUTE_PARAMS)
			continue;
		m->name[m->n] = seg + 1;
		m->name_len[m->n] = len - 2;
		memcpy(m->value[m->n], s->text[i], SEGMENT);
		m->n++;
	}
}

static const struct route *
best_pattern(const struct route *table, size_t n, const struct segments *s)
{
	const struct route *best = NULL;

	for (size_t i = 0; i < n; i++)
		if (pattern_matches(table[i].pattern, s) && (best == NULL ||
		    pattern_cmp(table[i].pattern, best->pattern) < 0))
			best = &table[i];
	return (best);
}

int
route_find(const struct route *table, size_t n, const char *method,
    const char *target, struct route_match *m)
{
	const struct route *best, *r, *get = NULL;
	struct segments s;
	int status = split(target, &s);

	m->route = NULL;
	m->n = 0;
	m->allow[0] = '\0';
	if (status != 0)
		return (status);
	best = best_pattern(table, n, &s);
	if (best == NULL)
		return (404);
	for (r = table; r < table + n; r++) {
		if (!pattern_matches(r->pattern, &s) ||
		    pattern_cmp(r->pattern, best->pattern) != 0)
			continue;
		if (strcmp(r->method, method) == 0)
			m->route = r;
		if (strcmp(r->method, "GET") == 0)
			get = r;
		allow_add(m->allow, sizeof m->allow, r->method);
	}
	if (get != NULL)
		allow_add(m->allow, sizeof m->allow, "HEAD");
	allow_add(m->allow, sizeof m->allow, "OPTIONS");
	if (m->route == NULL && strcmp(method, "HEAD") == 0)
		m->route = get;
	if (m->route == NULL)
		return (405);
	take_params(m, &s);
	return (0);
}

const char *
route_param(const struct route_match *m, const char *name)
{
	for (unsigned i = 0; i < m->n; i++)
		if (strlen(name) == m->name_len[i] &&
		    memcmp(name, m->name[i], m->name_len[i]) == 0)
			return (m->value[i]);
	return (NULL);
}
