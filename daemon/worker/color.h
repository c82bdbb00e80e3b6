/* SPDX-License-Identifier: BSD-2-Clause */
/* Colours and opacity. */
#ifndef COLOR_H
#define COLOR_H

#include <stdbool.h>
#include <vips/vips.h>

struct work;

/*
 * The profile that colours have to be converted by. NULL: it has none, it is
 * sRGB, or it is of another colour space than the pixels.
 */
const void *color_profile(VipsImage *, size_t *len);
/* There is one that is not of the pixels' colour space. */
bool color_misfit(VipsImage *);
int color_to_srgb(struct work *, VipsImage *in, VipsImage **out);
int color_flatten(struct work *, VipsImage *in, const double rgb[3],
    VipsImage **out);
/* *in* in *format*; reals become bytes to the nearest: vips_cast() cuts off. */
int color_round(VipsImage *in, VipsBandFormat format, VipsImage **out);
/*
 * The colours weighed by opacity, in as many bits, for what mixes pixels: dark
 * fringes would grow without it; and back.
 */
int color_weigh(struct work *, VipsImage *in, VipsImage **out);
int color_unweigh(struct work *, VipsImage *in, VipsImage **out);
/* 3 bands of colour and 1 of alpha (NULL if there is none) */
int color_split(struct work *, VipsImage *in, VipsImage **rgb,
    VipsImage **alpha);
int color_join(struct work *, VipsImage *rgb, VipsImage *alpha,
    VipsImage **out);
/* RGBA, opaque where there was no transparency */
int color_rgba(struct work *, VipsImage *in, VipsImage **out);
/* Bytes of sRGB to grey by weights that are ours, opacity as it was */
int color_grey(struct work *, VipsImage *in, VipsImage **out);
void color_rgb(double packed, double rgb[3]);

/* icc.c: by *profile*, in memory. -1: not possible for this picture */
int icc_to_srgb(struct work *, VipsImage *in, const void *profile, size_t len,
    VipsImage **out);

#endif
