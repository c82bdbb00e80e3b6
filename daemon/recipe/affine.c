/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <math.h>

#include "recipe/affine.h"

struct affine
affine_then(const struct affine *a, const struct affine *b)
{
	return ((struct affine){
		b->xx * a->xx + b->xy * a->yx,
		b->xx * a->xy + b->xy * a->yy,
		b->xx * a->x0 + b->xy * a->y0 + b->x0,
		b->yx * a->xx + b->yy * a->yx,
		b->yx * a->xy + b->yy * a->yy,
		b->yx * a->x0 + b->yy * a->y0 + b->y0,
	});
}

struct affine
affine_scale(double s)
{
	return ((struct affine){ s, 0, 0, 0, s, 0 });
}

struct affine
affine_shift(double x, double y)
{
	return ((struct affine){ 1, 0, x, 0, 1, y });
}

struct affine
affine_geom(const struct geom *g)
{
	double fx = g->width / g->w, fy = g->height / g->h;

	return ((struct affine){ fx, 0, -g->x * fx, 0, fy, -g->y * fy });
}

struct affine
affine_turn(double degrees, struct size from, struct size to)
{
	/* A quarter is exact. */
	bool quarter = fmod(degrees, 90) == 0;
	double rad = degrees * M_PI / 180;
	double c = quarter ? rint(cos(rad)) : cos(rad);
	double s = quarter ? rint(sin(rad)) : sin(rad);
	double fx = from.width / 2.0, fy = from.height / 2.0;

	return ((struct affine){
		c, -s, to.width / 2.0 - c * fx + s * fy,
		s, c, to.height / 2.0 - s * fx - c * fy,
	});
}

/* One side, of what begins at *at* and reaches by *a* and by *b*. */
static void
side_of(double at, double a, double b, double *start, double *len)
{
	*start = at + fmin(a, 0) + fmin(b, 0);
	*len = fabs(a) + fabs(b);
}

struct box
affine_box(const struct affine *m, const struct box *b)
{
	struct box out;

	side_of(m->xx * b->x + m->xy * b->y + m->x0, m->xx * b->w,
	    m->xy * b->h, &out.x, &out.w);
	side_of(m->yx * b->x + m->yy * b->y + m->y0, m->yx * b->w,
	    m->yy * b->h, &out.y, &out.h);
	return (out);
}

bool
box_clip(struct box *b, struct size s)
{
	double right = fmin(b->x + b->w, s.width);
	double bottom = fmin(b->y + b->h, s.height);

	b->x = fmax(b->x, 0);
	b->y = fmax(b->y, 0);
	b->w = right - b->x;
	b->h = bottom - b->y;
	return (b->w > 0 && b->h > 0);
}
