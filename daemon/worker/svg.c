/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The size of an SVG. One that has none is 300 x 150, as in browsers: libvips
 * would take the box around what is drawn, or a number that nobody set. So such
 * a file is given one. A negative or an absurd size is refused.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "wire/sniff.h"
#include "wire/wire.h"
#include "worker/work.h"

#define WIDTH	300
#define HEIGHT	150
#define ABSURD	1e7	/* in any unit; more could overflow */

enum name { SVG_WIDTH, SVG_HEIGHT, SVG_VIEW, SVG_STYLE, SVG__NAMES };

static const char *const names[] = { "width", "height", "viewBox", "style" };

/* An attribute: all of it, and its value; NULL when there is none */
struct attribute {
	const char	*p, *end, *value;
	size_t		len;
};

struct root {
	const char	*name_end;
	struct attribute a[SVG__NAMES];
};

static bool
is_blank(char c)
{
	return (c == ' ' || c == '\t' || c == '\r' || c == '\n');
}

static const char *
pass_blanks(const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	return (p);
}

/* The attribute at *p*; behind it, or NULL at the end of them */
static const char *
take_attribute(const char *p, const char *end, struct root *r)
{
	struct attribute a = { .p = p };
	const char *name_end;

	while (p < end && !is_blank(*p) && *p != '=' && *p != '>' && *p != '/')
		p++;
	name_end = p;
	p = pass_blanks(p, end);
	if (p >= end || *p != '=')
		return (NULL);
	p = pass_blanks(p + 1, end);
	if (p >= end || (*p != '"' && *p != '\''))
		return (NULL);
	a.value = p + 1;
	if ((p = memchr(a.value, *p, (size_t)(end - a.value))) == NULL)
		return (NULL);
	a.len = (size_t)(p - a.value);
	a.end = p + 1;
	for (int i = 0; i < SVG__NAMES; i++)
		if ((size_t)(name_end - a.p) == strlen(names[i]) &&
		    memcmp(a.p, names[i], strlen(names[i])) == 0)
			r->a[i] = a;
	return (a.end);
}

static bool
read_root(const struct source *s, struct root *r)
{
	const char *p = s->data, *end = p + s->len;

	memset(r, 0, sizeof *r);
	for (p = sniff_root(p, end); p < end && !is_blank(*p) && *p != '>' &&
	    *p != '/'; p++)
		continue;
	r->name_end = p;
	for (p = pass_blanks(p, end); p < end && *p != '>' && *p != '/';
	    p = pass_blanks(p, end))
		if ((p = take_attribute(p, end, r)) == NULL)
			return (false);
	return (p < end);
}

/* Up to *n* numbers of a value; how many there are. *percent*: and a "%" */
static int
numbers(const struct attribute *a, double *v, int n, bool *percent)
{
	char text[128], *p = text, *next;
	size_t len = a->len < sizeof text - 1 ? a->len : sizeof text - 1;
	int i;

	if (a->p == NULL)
		return (0);
	memcpy(text, a->value, len);
	text[len] = '\0';
	for (i = 0; i < n; i++) {
		p += strspn(p, " \t\r\n,");
		if (strchr("0123456789.+-", *p) == NULL || *p == '\0')
			break;
		v[i] = g_ascii_strtod(p, &next);
		if (next == p)
			break;
		p = next;
	}
	*percent = *p == '%';
	return (i);
}

/* A length of its own, which percents are not; 0 when it has none. */
static double
length(const struct attribute *a)
{
	bool percent;
	double v = 0;

	return (numbers(a, &v, 1, &percent) == 1 && !percent ? v : 0);
}

/* 0, or the size has been refused. */
static int
check(struct work *w, const struct root *r)
{
	double view[4] = { 0, 0, 1, 1 }, v[2];
	bool percent;

	(void)numbers(&r->a[SVG_VIEW], view, 4, &percent);
	if (numbers(&r->a[SVG_WIDTH], &v[0], 1, &percent) != 1)
		v[0] = 1;
	if (numbers(&r->a[SVG_HEIGHT], &v[1], 1, &percent) != 1)
		v[1] = 1;
	if (v[0] < 0 || v[1] < 0 || view[2] < 0 || view[3] < 0)
		return (work_fail(w, RENDER_BAD_IMAGE, "the SVG's width, "
		    "height or viewBox is negative"));
	if (v[0] == 0 || v[1] == 0 || view[2] == 0 || view[3] == 0)
		return (work_fail(w, RENDER_BAD_IMAGE, "the image has no "
		    "pixels: the SVG's width, height or viewBox is 0"));
	for (int i = 0; i < 2; i++)
		if (v[i] > ABSURD || view[2 + i] > ABSURD ||
		    v[i] * view[3 - i] / view[2 + i] > ABSURD)
			return (work_fail(w, RENDER_LIMIT, "the SVG's size is "
			    "over the limit of %u pixels a side",
			    w->limits->side));
	return (0);
}

/* The size is an entity of the file, which only a parser of XML knows. */
static bool
is_entity(const struct root *r)
{
	for (int i = 0; i < SVG_STYLE; i++)
		if (r->a[i].p != NULL && memchr(r->a[i].value, '&',
		    r->a[i].len) != NULL)
			return (true);
	return (false);
}

static char *
copy(char *to, const char *p, const char *end)
{
	memcpy(to, p, (size_t)(end - p));
	return (to + (end - p));
}

/* What is from *at* on, without *a*, to *to* */
static char *
copy_without(char *to, const char **at, const struct attribute *a)
{
	if (a->p == NULL || length(a) > 0)
		return (to);
	to = copy(to, *at, a->p);
	*at = a->end;
	return (to);
}

/*
 * A style of percents takes a size away again, but for that of a view, which is
 * the same and so scales nothing.
 */
static char *
put_view(char *to, const struct root *r)
{
	const struct attribute *style = &r->a[SVG_STYLE];
	double width = length(&r->a[SVG_WIDTH]);
	double height = length(&r->a[SVG_HEIGHT]);

	if (style->p == NULL || r->a[SVG_VIEW].p != NULL ||
	    memchr(style->value, '%', style->len) == NULL)
		return (to);
	return (to + g_snprintf(to, 80, " viewBox=\"0 0 %d %d\"",
	    width > 0 ? (int)width : WIDTH, height > 0 ? (int)height :
	    HEIGHT));
}

/* The file with a width and a height in its first element; styles win. */
static int
give_size(struct work *w, struct source *s, const struct root *r)
{
	const struct attribute *width = &r->a[SVG_WIDTH];
	const struct attribute *height = &r->a[SVG_HEIGHT];
	const char *at = r->name_end, *end = (const char *)s->data + s->len;
	char *made = malloc(s->len + 160), *to = made;

	if (made == NULL)
		return (work_fail(w, RENDER_LIMIT, "the image needs more "
		    "memory than the limit of a worker"));
	to = copy(to, s->data, at);
	if (length(width) == 0)
		to += g_snprintf(to, 30, " width=\"%d\"", WIDTH);
	if (length(height) == 0)
		to += g_snprintf(to, 30, " height=\"%d\"", HEIGHT);
	to = put_view(to, r);
	to = copy_without(to, &at, width->p < height->p ? width : height);
	to = copy_without(to, &at, width->p < height->p ? height : width);
	to = copy(to, at, end);
	s->data = s->mended = made;
	s->len = (size_t)(to - made);
	return (0);
}

int
svg_size(struct work *w, struct source *s)
{
	double view[4];
	bool percent;
	struct root r;

	if (!read_root(s, &r))
		return (0);	/* broken: the drawing library says how */
	if (check(w, &r) != 0)
		return (-1);
	if (numbers(&r.a[SVG_VIEW], view, 4, &percent) == 4 ||
	    (length(&r.a[SVG_WIDTH]) > 0 && length(&r.a[SVG_HEIGHT]) > 0) ||
	    is_entity(&r))
		return (0);
	return (give_size(w, s, &r));
}
