/* SPDX-License-Identifier: BSD-2-Clause */
/* Sizes and places: plain arithmetic, no pixels. */
#ifndef GEOM_H
#define GEOM_H

#include <stdbool.h>

/* The part of the picture that is wanted, and the size it gets. */
struct geom {
	double		x, y, w, h;
	int		width, height;
};

struct size {
	int	width, height;
};
struct rect {
	int	x, y, w, h;
};
/* *g* in whole pixels of a frame that is *width* x *height*. */
struct rect geom_whole(const struct geom *g, int width, int height);
/*
 * Cuts *g* down to what lies around the part of size *s* at *x, *y of the
 * planned picture, and sets *x, *y to where that part is afterwards.
 */
void geom_around(struct geom *g, double *x, double *y, struct size s);
struct scale {
	double	x, y;
};
/* Inside the box, over all of it, or to its very size */
enum geom_mode { GEOM_BOX, GEOM_FILL, GEOM_ABSOLUTE };
/* What fits *in* into a box; NAN: that side is free. */
struct scale geom_scale(struct size in, double width, double height,
    enum geom_mode);
/* *in* times *s* in whole pixels, at least one a side. */
struct size geom_scaled(struct size in, struct scale s);
/* The two together. */
struct size geom_fit(struct size in, double width, double height,
    enum geom_mode);
/*
 * Where a part of *part* lies in *whole* by "X_Y" (words or pixels times
 * *dpr*); false for anchors that depend on the picture.
 */
bool geom_anchor(const char *anchor, double dpr, struct size whole,
    struct size part, double *x, double *y);

#endif
