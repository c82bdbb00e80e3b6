/* SPDX-License-Identifier: BSD-2-Clause */
/* Sizes and places: plain arithmetic, no pixels. */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "recipe/geom.h"

/* More than any limit, and still an int. */
#define SIDE_MOST	1e9

static int
at_least_1(double d)
{
	return (d < 1 ? 1 : d > SIDE_MOST ? (int)SIDE_MOST :
	    (int)floor(d + 0.5));
}

struct scale
geom_scale(struct size in, double width, double height, enum geom_mode mode)
{
	struct scale s = { width / in.width, height / in.height };

	if (isnan(width))
		s.x = s.y;
	if (isnan(height))
		s.y = s.x;
	if (mode == GEOM_FILL)
		s.x = s.y = fmax(s.x, s.y);
	else if (mode == GEOM_BOX)
		s.x = s.y = fmin(s.x, s.y);
	return (s);
}

struct size
geom_scaled(struct size in, struct scale s)
{
	return ((struct size){ at_least_1(in.width * s.x),
	    at_least_1(in.height * s.y) });
}

struct size
geom_fit(struct size in, double width, double height, enum geom_mode mode)
{
	return (geom_scaled(in, geom_scale(in, width, height, mode)));
}

/* One half of an anchor, as the offset of *part* in *whole*. */
static bool
half(const char *p, size_t len, double dpr, const char *first,
    const char *last, int whole, int part, double *at)
{
	double room = whole - part;

	if (len == strlen(first) && memcmp(p, first, len) == 0)
		*at = 0;
	else if (len == 6 && memcmp(p, "center", 6) == 0)
		*at = floor(room / 2);
	else if (len == strlen(last) && memcmp(p, last, len) == 0)
		*at = room;
	else if (len > 0 && *p >= '0' && *p <= '9')
		*at = strtod(p, NULL) * dpr;
	else
		return (false);
	return (true);
}

bool
geom_anchor(const char *anchor, double dpr, struct size whole,
    struct size part, double *x, double *y)
{
	size_t n = strcspn(anchor, "_-");
	const char *v = anchor + n + 1;

	if (anchor[n] == '\0')
		return (false);
	return (half(anchor, n, dpr, "left", "right", whole.width, part.width,
	    x) && half(v, strlen(v), dpr, "top", "bottom", whole.height,
	    part.height, y));
}

static int
clamp(double d, int lo, int hi)
{
	return (d < lo ? lo : d > hi ? hi : (int)floor(d + 0.5));
}

struct rect
geom_whole(const struct geom *g, int width, int height)
{
	struct rect r;

	r.x = clamp(g->x, 0, width - 1);
	r.y = clamp(g->y, 0, height - 1);
	r.w = clamp(g->x + g->w, r.x + 1, width) - r.x;
	r.h = clamp(g->y + g->h, r.y + 1, height) - r.y;
	return (r);
}

/* Pixels of the source around a part that the resize looks at, and more. */
#define AROUND	4

/* *at* and *len* of the planned side, as a piece of the source's side. */
static void
piece_of(double from, double whole, int planned, double at, int len,
    double *start, double *size)
{
	double f = whole / planned;
	double end = fmin(from + whole, ceil(from + (at + len) * f) + AROUND);

	*start = fmax(from, floor(from + at * f) - AROUND);
	*size = end - *start;
}

void
geom_around(struct geom *g, double *x, double *y, struct size s)
{
	double fx = g->w / g->width, fy = g->h / g->height;
	struct geom part;

	piece_of(g->x, g->w, g->width, *x, s.width, &part.x, &part.w);
	piece_of(g->y, g->h, g->height, *y, s.height, &part.y, &part.h);
	part.width = at_least_1(part.w / fx);
	part.height = at_least_1(part.h / fy);
	*x -= (part.x - g->x) / fx;
	*y -= (part.y - g->y) / fy;
	*g = part;
}
