/* SPDX-License-Identifier: BSD-2-Clause */
/* composition: the picture over or under a colour or another image. */
#include "config.h"

#include <math.h>

#include "render/work.h"

static struct size
image_size(const VipsImage *im)
{
	return ((struct size){ im->Xsize, im->Ysize });
}

/* The box of the secondary picture; a side that is not given is *in*'s. */
static struct size
box_of(const struct rop *o, struct size in)
{
	double w = OPTV(o, composition, width);
	double h = OPTV(o, composition, height);

	if (OPTV(o, composition, resize_to_primary) == 1)
		return (in);
	return ((struct size){ isnan(w) ? in.width : (int)fmax(1, w),
	    isnan(h) ? in.height : (int)fmax(1, h) });
}

/* A field of one colour and opacity. */
static int
colour_field(struct work *w, const struct rop *o, struct size s,
    VipsImage **out)
{
	double zero[4] = { 0 }, rgba[4];
	VipsImage **t = work_room(w, 4);

	if (work_check_size(w, s.width, s.height) != 0)
		return (-1);
	color_rgb(OPTV(o, composition, secondary_color), rgba);
	rgba[3] = rint(OPTV(o, composition, secondary_opacity) * 255 / 100);
	if (vips_black(&t[0], s.width, s.height, "bands", 4, NULL) ||
	    vips_linear(t[0], &t[1], zero, rgba, 4, "uchar", TRUE, NULL))
		return (-1);
	return (vips_copy(t[1], out, "interpretation",
	    VIPS_INTERPRETATION_sRGB, NULL));
}

static const char *
resize_mode(const struct rop *o)
{
	return (OPTIS(o, composition, resize_mode, "absolute") ? "absolute" :
	    OPTIS(o, composition, resize_mode, "fill") ? "fill" : "box");
}

/* The secondary image at its size, with its opacity. */
static int
secondary_image(struct work *w, const struct rop *o, struct size primary,
    VipsImage **out)
{
	double f[4] = { 1, 1, 1,
	    OPTV(o, composition, secondary_opacity) / 100 };
	double half[4] = { 0, 0, 0, 0.5 };
	VipsImage **t = work_room(w, 3);
	bool flatten = w->flatten, fits;
	struct size in, s;
	struct geom g;
	int rc;

	source_size(w->secondary, &in.width, &in.height);
	fits = OPTV(o, composition, resize_to_primary) == 1 ||
	    OPTGIVEN(o, composition, width) ||
	    OPTGIVEN(o, composition, height);
	s = in;
	if (fits && OPTV(o, composition, resize_to_primary) == 1)
		s = geom_fit(in, primary.width, primary.height,
		    resize_mode(o));
	else if (fits)
		s = geom_fit(in, OPTV(o, composition, width),
		    OPTV(o, composition, height), resize_mode(o));
	if (work_check_size(w, s.width, s.height) != 0)
		return (-1);
	g = (struct geom){ 0, 0, in.width, in.height, s.width, s.height };
	w->flatten = false;
	rc = load_part(w, w->secondary, &g, &t[0]);
	w->flatten = flatten;
	if (rc != 0 || color_rgba(w, t[0], &t[1]) != 0 ||
	    vips_linear(t[1], &t[2], f, half, 4, "uchar", TRUE, NULL))
		return (-1);
	return ((*out = vips_image_copy_memory(t[2])) == NULL ? -1 : 0);
}

static int
secondary(struct work *w, const struct rop *o, struct size primary,
    VipsImage **out)
{
	if (!OPTGIVEN(o, composition, secondary_image))
		return (colour_field(w, o, box_of(o, primary), out));
	if (w->secondary == NULL)
		return (work_fail(w, RENDER_BAD_RECIPE, "composition: the "
		    "secondary image was not found"));
	return (secondary_image(w, o, primary, out));
}

/* *front* turned clockwise about its middle. */
static int
turned(struct work *w, const struct rop *o, VipsImage *front,
    VipsImage **out)
{
	struct rop turn = { .id = OPS_rotate };

	OPTV(&turn, rotate, angle) = OPTV(o, composition, angle);
	OPTV(&turn, rotate, background_color) = 0;
	OPTV(&turn, rotate, background_opacity) = 0;
	if (OPTV(o, composition, angle) == 0)
		return (vips_copy(front, out, NULL));
	return (op_rotate(w, &turn, front, out));
}

/* *front* over *back*, on a canvas of *size*. */
static int
overlay(struct work *w, const struct rop *o, VipsImage *back,
    VipsImage *front, struct size size, VipsImage **out)
{
	const char *anchor = recipe_text(w->recipe,
	    OPTV(o, composition, anchor));
	double dpr = w->recipe->so[SO_dpr], x, y, bx, by;
	VipsImage **t = work_room(w, 2);

	if (!geom_anchor(anchor, dpr, size, image_size(front), &x, &y))
		(void)geom_anchor("center_center", dpr, size,
		    image_size(front), &x, &y);
	(void)geom_anchor("center_center", dpr, size, image_size(back), &bx,
	    &by);
	if (x >= size.width || y >= size.height)	/* out of sight */
		return (vips_copy(back, out, NULL));
	if (vips_embed(back, &t[0], (int)bx, (int)by, size.width,
	    size.height, NULL) ||
	    vips_embed(front, &t[1], (int)x, (int)y, size.width, size.height,
	    NULL))
		return (-1);
	return (vips_composite2(t[0], t[1], out, VIPS_BLEND_MODE_OVER, NULL));
}

int
op_composition(struct work *w, const struct rop *o, VipsImage *in,
    VipsImage **out)
{
	bool in_front = OPTIS(o, composition, mode, "foreground");
	VipsImage **t = work_room(w, 4);
	struct size size = image_size(in);

	if ((t[0] = vips_image_copy_memory(in)) == NULL ||
	    color_rgba(w, t[0], &t[1]) != 0 ||
	    secondary(w, o, size, &t[2]) != 0)
		return (-1);
	if (turned(w, o, in_front ? t[1] : t[2], &t[3]) != 0)
		return (-1);
	/* The canvas is what lies behind. */
	if (in_front)
		return (overlay(w, o, t[2], t[3], image_size(t[2]), out));
	return (overlay(w, o, t[1], t[3], size, out));
}
