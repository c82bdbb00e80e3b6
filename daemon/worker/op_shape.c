/* SPDX-License-Identifier: BSD-2-Clause */
/* alpha, circlemask, dropshadow */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "worker/color.h"
#include "worker/op.h"

/* *rgba* with *mask* (0..255) multiplied into its opacity. */
static int
mask_apply(struct work *w, VipsImage *rgba, VipsImage *mask, VipsImage **out)
{
	VipsImage **t = work_room(w, 5);

	if (vips_extract_band(rgba, &t[0], 0, "n", 3, NULL) ||
	    vips_extract_band(rgba, &t[1], 3, NULL) ||
	    vips_multiply(t[1], mask, &t[2], NULL) ||
	    vips_linear1(t[2], &t[3], 1 / 255.0, 0.5, "uchar", TRUE, NULL))
		return (-1);
	return (vips_bandjoin2(t[0], t[3], out, NULL));
}

int
op_alpha(struct work *w, const struct rop *o, VipsImage *in, VipsImage **out)
{
	VipsImage **t = work_room(w, 4);

	if (color_rgba(w, in, &t[0]) != 0)
		return (-1);
	if (OPTIS(o, alpha, mode, "extract")) {
		if (vips_extract_band(t[0], &t[1], 3, NULL))
			return (-1);
		return (vips_copy(t[1], out, "interpretation",
		    VIPS_INTERPRETATION_B_W, NULL));
	}
	if (OPTIS(o, alpha, mode, "remove"))
		return (color_flatten(w, t[0], w->background, out));
	if (OPTIS(o, alpha, mode, "apply")) {
		double f[4] = { 1, 1, 1, OPTV(o, alpha, opacity) / 100 };
		double half[4] = { 0, 0, 0, 0.5 };

		return (vips_linear(t[0], out, f, half, 4, "uchar", TRUE,
		    NULL));
	}
	if (vips_extract_band(t[0], &t[1], 0, "n", 3, NULL) ||
	    color_grey(w, t[1], &t[2]) != 0)
		return (-1);
	return (mask_apply(w, t[0], t[2], out));
}

/*--------------------------------------------------------------------
 * circlemask
 */

/* 255 inside a circle in the middle, 0 outside, smooth over one pixel. */
static int
circle(struct work *w, int width, int height, double radius, VipsImage **out)
{
	double one[2] = { 1, 1 };
	double middle[2] = { -(width - 1) / 2.0, -(height - 1) / 2.0 };
	VipsImage **t = work_room(w, 7);

	if (vips_xyz(&t[0], width, height, NULL) ||
	    vips_linear(t[0], &t[1], one, middle, 2, NULL) ||
	    vips_multiply(t[1], t[1], &t[2], NULL) ||
	    vips_bandmean(t[2], &t[3], NULL) ||
	    vips_linear1(t[3], &t[4], 2, 0, NULL) ||
	    vips_pow_const1(t[4], &t[5], 0.5, NULL))
		return (-1);
	return (vips_linear1(t[5], out, -255, (radius + 0.5) * 255 + 0.5,
	    "uchar", TRUE, NULL));
}

static double
circle_radius(const struct work *w, const struct rop *o, VipsImage *in)
{
	int side = in->Xsize < in->Ysize ? in->Xsize : in->Ysize;
	const char *text = recipe_text(w->recipe,
	    OPTV(o, circlemask, radius));
	char *end;
	double r;

	if (text == NULL)
		return (side / 2.0);
	r = strtod(text, &end);
	return (*end == '\0' ? r * w->recipe->so[SO_dpr] : r * side / 100);
}

int
op_circlemask(struct work *w, const struct rop *o, VipsImage *in,
    VipsImage **out)
{
	VipsImage **t = work_room(w, 2);

	if (color_rgba(w, in, &t[0]) != 0 ||
	    circle(w, in->Xsize, in->Ysize, circle_radius(w, o, in),
	    &t[1]) != 0)
		return (-1);
	return (mask_apply(w, t[0], t[1], out));
}

/*--------------------------------------------------------------------
 * dropshadow
 */

/* How far the shadow reaches beyond the picture on each side. */
struct reach {
	int	left, top, right, bottom;
};

static struct reach
shadow_reach(const struct rop *o)
{
	double soft = fmax(OPTV(o, dropshadow, blur_radius),
	    ceil(2 * OPTV(o, dropshadow, sigma)));
	double dx = OPTV(o, dropshadow, horizontal);
	double dy = OPTV(o, dropshadow, vertical);

	return ((struct reach){ (int)fmax(0, soft - dx),
	    (int)fmax(0, soft - dy), (int)fmax(0, soft + dx),
	    (int)fmax(0, soft + dy) });
}

/* The picture's opacity, moved and softened, as an RGBA picture. */
static int
shadow(struct work *w, const struct rop *o, VipsImage *rgba,
    const struct reach *r, VipsImage **out)
{
	int width = rgba->Xsize + r->left + r->right;
	int height = rgba->Ysize + r->top + r->bottom;
	double sigma = OPTV(o, dropshadow, sigma), rgb[3];
	double one[3] = { 0, 0, 0 };
	VipsImage **t = work_room(w, 6);

	color_rgb(OPTV(o, dropshadow, color), rgb);
	if (vips_extract_band(rgba, &t[0], 3, NULL) ||
	    vips_embed(t[0], &t[1],
	    r->left + (int)OPTV(o, dropshadow, horizontal),
	    r->top + (int)OPTV(o, dropshadow, vertical), width, height, NULL))
		return (-1);
	if (sigma < 0.2 ? vips_copy(t[1], &t[2], NULL) :
	    blur_opaque(w, t[1], &t[2], sigma) != 0)
		return (-1);
	if (vips_linear1(t[2], &t[3], OPTV(o, dropshadow, opacity) / 100, 0.5,
	    "uchar", TRUE, NULL) ||
	    vips_bandjoin2(t[3], t[3], &t[4], NULL) ||
	    vips_bandjoin2(t[4], t[3], &t[5], NULL))
		return (-1);
	VipsImage **c = work_room(w, 2);
	if (vips_linear(t[5], &c[0], one, rgb, 3, "uchar", TRUE, NULL) ||
	    vips_copy(c[0], &c[1], "interpretation",
	    VIPS_INTERPRETATION_sRGB, NULL))
		return (-1);
	return (vips_bandjoin2(c[1], t[3], out, NULL));
}

int
op_dropshadow(struct work *w, const struct rop *o, VipsImage *in,
    VipsImage **out)
{
	struct reach r = shadow_reach(o);
	VipsImage **t = work_room(w, 3);

	if (work_check_size(w, in->Xsize + r.left + r.right,
	    in->Ysize + r.top + r.bottom) != 0)
		return (-1);
	if ((t[0] = vips_image_copy_memory(in)) == NULL ||
	    color_rgba(w, t[0], &t[1]) != 0 ||
	    shadow(w, o, t[1], &r, &t[2]) != 0)
		return (-1);
	w->moved = affine_shift(r.left, r.top);
	return (vips_composite2(t[2], t[1], out, VIPS_BLEND_MODE_OVER,
	    "x", r.left, "y", r.top, NULL));
}
