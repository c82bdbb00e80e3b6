/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a place of the source image is in the picture that is made of it. */
#ifndef AFFINE_H
#define AFFINE_H

#include "recipe/geom.h"

/* x' = xx x + xy y + x0, y' = yx x + yy y + y0 */
struct affine {
	double	xx, xy, x0;
	double	yx, yy, y0;
};

/* A rectangle, its edges between pixels or not. */
struct box {
	double	x, y, w, h;
};

#define AFFINE_IDLE	((struct affine){ .xx = 1, .yy = 1 })

/* First *a*, then *b*. */
struct affine affine_then(const struct affine *a, const struct affine *b);
struct affine affine_scale(double);
struct affine affine_shift(double x, double y);
/* The part of the picture that *g* keeps, at its size. */
struct affine affine_geom(const struct geom *g);
/* Clockwise about the middle, which is that of *to* afterwards. */
struct affine affine_turn(double degrees, struct size from, struct size to);
/* The upright box around where *b* is. */
struct box affine_box(const struct affine *, const struct box *b);
/* What of *b* is in a picture of that size; false if nothing is. */
bool box_clip(struct box *b, struct size);

#endif
