/* SPDX-License-Identifier: BSD-2-Clause */
/* Pictures made by arithmetic, sent through a worker, and looked at. */
#ifndef RENDER_PICTURE_H
#define RENDER_PICTURE_H

#include <vips/vips.h>

#include "render_util.h"

/*
 * Pixel (x, y) of frame f has the colour red = x, green = y, blue = 40 f, all
 * modulo 256; a fourth band is transparent in the left half.
 */
VipsImage *ramp(int width, int height, int bands, int frames);

/* A picture of one colour. */
VipsImage *plain(int width, int height, int r, int g, int b);

/* As a file of the kind *suffix*; *buf* is to be g_free()d. */
void encode(VipsImage *, const char *suffix, void **buf, size_t *len);

/*
 * Sends *im* (which it takes) through a worker as a file of the kind *suffix*,
 * and returns the decoded result. *keep*: gets the result itself, or NULL.
 */
VipsImage *through(VipsImage *im, const char *suffix, const char *segments,
    const char *format, struct rendered *keep);

/* The bands of a pixel, those that there are not as 0. */
void pixel(VipsImage *, int x, int y, double v[4]);

/* Fails unless each colour of the pixel is at most *within* away. */
void expect(VipsImage *, int x, int y, int r, int g, int b, double within);

/* The opacity of a pixel, 0 to 255. */
double alpha_at(VipsImage *, int x, int y);

#endif
