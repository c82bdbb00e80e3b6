/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/trust_me.h"
#include "recipe/areas.h"
#include "recipe/optable.h"

/* Beyond every image. */
#define PIXELS_MOST	1000000

static const char *const kinds[] = {
	[AREA_SUBJECT] = "subject_area", [AREA_CROP] = "crop_area",
};

/* Where a sentence goes, and the field that it is about. */
struct blame {
	char		field[160];
	char		*err;
	size_t		err_len;
};

static int __attribute__((format(printf, 2, 3)))
blame_say(const struct blame *b, const char *fmt, ...)
{
	char text[128];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	(void)snprintf(b->err, b->err_len, "%s%s", b->field, text);
	return (-1);
}

/*--------------------------------------------------------------------
 * One area
 */

struct side {
	const char	*name;
	bool		is_size;	/* at least 1 pixel, more than 0 % */
	double		*to;
};

/* A number in its range. *v* NULL: not given, and may be left out. */
static int
side_take(const struct blame *b, const struct side *s, const json_t *v,
    bool percent)
{
	double most = percent ? 100 : PIXELS_MOST, d = json_number_value(v);

	if (v == NULL)
		d = 1;
	else if (!json_is_number(v) || (!percent && d != floor(d)) ||
	    d < (s->is_size && !percent ? 1 : 0) || d > most ||
	    (s->is_size && !(d > 0)))
		return (blame_say(b, ".%s: must be %s from %s to %.0f",
		    s->name, percent ? "a number" : "an integer",
		    !s->is_size ? "0" : percent ? "above 0" : "1", most));
	/* A digest shows nine digits: no more may count. */
	*s->to = opt_round(d);
	return (0);
}

static bool
is_side(const struct side *sides, const char *name)
{
	for (int i = 0; i < 4; i++)
		if (strcmp(sides[i].name, name) == 0)
			return (true);
	return (strcmp(name, "percentage") == 0);
}

static int
area_fields(const struct blame *b, const struct side *sides, const json_t *v)
{
	const json_t *percent = json_object_get(v, "percentage");
	const char *name;
	json_t *x;

	if (!json_is_object(v))
		return (blame_say(b, ": must be an object with x and y"));
	json_object_foreach(TRUST_ME(v), name, x)
		if (!is_side(sides, name))
			return (blame_say(b, ".%.60s: unknown field; "
			    "leave it out", name));
	if (percent != NULL && !json_is_boolean(percent))
		return (blame_say(b, ".percentage: must be true or false"));
	return (0);
}

/* The area *v*, of which b->field is the name. */
static int
area_read(const struct blame *b, const json_t *v, enum area_kind kind,
    struct area *out)
{
	struct area a = { .kind = kind,
	    .percent = json_is_true(json_object_get(v, "percentage")) };
	const struct side sides[] = { { "x", false, &a.x },
	    { "y", false, &a.y }, { "width", true, &a.w },
	    { "height", true, &a.h } };

	if (area_fields(b, sides, v) != 0)
		return (-1);
	for (int i = 0; i < 4; i++) {
		const json_t *x = json_object_get(v, sides[i].name);

		if (x == NULL && (i < 2 || kind == AREA_CROP))
			return (blame_say(b, ".%s: is missing",
			    sides[i].name));
		if (side_take(b, &sides[i], x, a.percent) != 0)
			return (-1);
	}
	*out = a;
	return (0);
}

struct area
area_in_pixels(const struct area *a, int64_t width, int64_t height)
{
	double fx = (double)width / 100, fy = (double)height / 100;
	struct area out = *a;

	if (a->percent) {
		out.percent = false;
		out.x *= fx;
		out.w *= fx;
		out.y *= fy;
		out.h *= fy;
	}
	return (out);
}

/* It may reach over the edge. */
static int
area_is_inside(const struct blame *b, const struct area *a, int64_t width,
    int64_t height)
{
	const struct area p = area_in_pixels(a, width, height);

	if (width > 0 && p.x >= (double)width)
		return (blame_say(b, ".x: lies outside of the image, which is "
		    "%lld pixels wide", (long long)width));
	if (height > 0 && p.y >= (double)height)
		return (blame_say(b, ".y: lies outside of the image, which is "
		    "%lld pixels high", (long long)height));
	return (0);
}

/*--------------------------------------------------------------------
 * Many areas
 */

static bool
is_area_name(const char *name)
{
	size_t n = strspn(name, "0123456789abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");

	return (n > 0 && n <= AREA_NAME_MAX && name[n] == '\0');
}

/* The kind that *name* names, or AREA_NONE. */
static enum area_kind
kind_of(const char *name)
{
	return (strcmp(name, kinds[AREA_SUBJECT]) == 0 ? AREA_SUBJECT :
	    strcmp(name, kinds[AREA_CROP]) == 0 ? AREA_CROP : AREA_NONE);
}

static int
area_check(struct blame *b, const char *name, const json_t *v,
    const int64_t size[2])
{
	size_t n = strlen(b->field);
	struct area a;

	(void)snprintf(b->field + n, sizeof b->field - n, "%s%s",
	    n > 0 ? "." : "", name);
	if (area_read(b, v, kind_of(name), &a) != 0)
		return (-1);
	return (area_is_inside(b, &a, size[0], size[1]));
}

/* One of multi_areas, by its name. */
static int
named_check(struct blame *b, const char *name, const json_t *v,
    const int64_t size[2])
{
	const char *kind;
	json_t *x;

	(void)snprintf(b->field, sizeof b->field, "multi_areas.%.60s", name);
	if (!is_area_name(name))
		return (blame_say(b, ": a name has 1 to %d of a-z, A-Z, 0-9 "
		    "and _", AREA_NAME_MAX));
	if (!json_is_object(v) || json_object_size(v) == 0)
		return (blame_say(b, ": must be an object with a "
		    "subject_area or a crop_area"));
	json_object_foreach(TRUST_ME(v), kind, x) {
		(void)snprintf(b->field, sizeof b->field, "multi_areas.%.60s",
		    name);
		if (kind_of(kind) == AREA_NONE)
			return (blame_say(b, ".%.60s: must be subject_area or "
			    "crop_area", kind));
		if (area_check(b, kind, x, size) != 0)
			return (-1);
	}
	return (0);
}

bool
areas_is_object(const char *name)
{
	return (kind_of(name) != AREA_NONE ||
	    strcmp(name, "multi_areas") == 0);
}

int
areas_check(const char *name, const json_t *v, int64_t width, int64_t height,
    char *err, size_t err_len)
{
	struct blame b = { .err = err, .err_len = err_len };
	const int64_t size[2] = { width, height };
	const char *key;
	json_t *x;

	if (kind_of(name) != AREA_NONE)
		return (area_check(&b, name, v, size));
	(void)snprintf(b.field, sizeof b.field, "%.60s", name);
	if (!areas_is_object(name))
		return (blame_say(&b, ": unknown area"));
	if (!json_is_object(v) || json_object_size(v) == 0 ||
	    json_object_size(v) > AREAS_MAX)
		return (blame_say(&b, ": must be an object with 1 to %d areas "
		    "by name", AREAS_MAX));
	json_object_foreach(TRUST_ME(v), key, x)
		if (named_check(&b, key, x, size) != 0)
			return (-1);
	return (0);
}

/*--------------------------------------------------------------------*/

bool
areas_get(const json_t *metadata, enum area_kind kind, struct area *out)
{
	const struct blame b = { .err = NULL };
	const json_t *v = json_object_get(metadata, kinds[kind]);

	*out = (struct area){ .kind = AREA_NONE };
	return (v != NULL && area_read(&b, v, kind, out) == 0);
}

bool
areas_named(const json_t *metadata, const char *name, struct area *out)
{
	const json_t *v = json_object_get(json_object_get(metadata,
	    "multi_areas"), name);

	return (areas_get(v, AREA_SUBJECT, out) ||
	    areas_get(v, AREA_CROP, out));
}
