/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef RESIZE_H
#define RESIZE_H

#include <vips/vips.h>

#include "recipe/geom.h"

struct work;

/* *part* of a picture at its wanted size. 0, or the render has failed. */
int resize_part(struct work *, VipsImage *in, const struct geom *part,
    VipsImage **out);
/*
 * To *width* x *height*, by factors of 1 or more: vips_resize() of 8.14 would
 * move the picture by half a pixel.
 */
int resize_grow(VipsImage *in, VipsImage **out, double sx, double sy,
    int width, int height);

/* resize_part() for *n* frames one below the other, in memory if n > 1 */
int resize_roll(struct work *, VipsImage *in, int n, const struct geom *part,
    VipsImage **out);

/*
 * reduce.c: to *width*, at most that of *in*; the height stays. The pixels of
 * the result may be asked for in any order, and by any thread, if those of *in*
 * may. -1 and libvips' error.
 */
int reduce_width(VipsImage *in, int width, VipsImage **out);

#endif
