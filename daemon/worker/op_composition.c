/* SPDX-License-Identifier: BSD-2-Clause */
/* composition: the picture over or under a colour or another image. */
#include "config.h"

#include <math.h>

#include "worker/color.h"
#include "worker/load.h"
#include "worker/op.h"

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

/* A picture, or a part of it that has its left upper corner at x, y. */
struct layer {
	VipsImage	*im;
	struct size	whole;
	int		x, y;
};

/* Where a layer of *size* is laid on *canvas*. */
static void
place(const struct work *w, const struct rop *o, struct size canvas,
    struct size size, double *x, double *y)
{
	const char *anchor = recipe_text(w->recipe,
	    OPTV(o, composition, anchor));
	double dpr = w->recipe->so[SO_dpr];

	if (!geom_anchor(anchor, dpr, canvas, size, x, y))
		(void)geom_anchor("center_center", dpr, canvas, size, x, y);
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

static enum geom_mode
resize_mode(const struct rop *o)
{
	return (OPTIS(o, composition, resize_mode, "absolute") ?
	    GEOM_ABSOLUTE : OPTIS(o, composition, resize_mode, "fill") ?
	    GEOM_FILL : GEOM_BOX);
}

/* The size of the secondary image, which is *in*. */
static struct size
secondary_size(const struct rop *o, struct size primary, struct size in)
{
	if (OPTV(o, composition, resize_to_primary) == 1)
		return (geom_fit(in, primary.width, primary.height,
		    resize_mode(o)));
	if (!OPTGIVEN(o, composition, width) &&
	    !OPTGIVEN(o, composition, height))
		return (in);
	return (geom_fit(in, OPTV(o, composition, width),
	    OPTV(o, composition, height), resize_mode(o)));
}

/* From *at*, which may be below 0, the *len* that lie within *room*. */
static double
seen(double at, int len, int room, int *out)
{
	double from = fmax(0, -at);

	*out = (int)fmax(1, fmin(len, room - at) - from);
	return (from);
}

/*
 * If the secondary image is too large to be made, makes only the part that lies
 * on the picture, unless it is turned, or is itself the canvas.
 */
static void
secondary_part(const struct work *w, const struct rop *o, struct size primary,
    struct geom *g, struct layer *l)
{
	struct size part;
	double x, y, px, py;

	if (work_size_fits(w, g->width, g->height) ||
	    OPTIS(o, composition, mode, "foreground") ||
	    OPTV(o, composition, angle) != 0)
		return;
	place(w, o, primary, l->whole, &x, &y);
	px = x = seen(x, g->width, primary.width, &part.width);
	py = y = seen(y, g->height, primary.height, &part.height);
	geom_around(g, &px, &py, part);
	l->x = (int)rint(x - px);
	l->y = (int)rint(y - py);
}

/* The secondary image at its size, with its opacity. */
static int
secondary_image(struct work *w, const struct rop *o, struct size primary,
    struct layer *out)
{
	double f[4] = { 1, 1, 1,
	    OPTV(o, composition, secondary_opacity) / 100 };
	double half[4] = { 0, 0, 0, 0.5 };
	VipsImage **t = work_room(w, 4);
	bool flatten = w->flatten;
	struct size in;
	struct geom g;
	int rc;

	source_size(w->secondary, &in.width, &in.height);
	out->whole = secondary_size(o, primary, in);
	g = (struct geom){ 0, 0, in.width, in.height, out->whole.width,
	    out->whole.height };
	secondary_part(w, o, primary, &g, out);
	if (work_check_size(w, g.width, g.height) != 0)
		return (-1);
	w->flatten = false;
	rc = load_part(w, w->secondary, &g, &t[0]);
	w->flatten = flatten;
	if (rc != 0 || color_rgba(w, t[0], &t[1]) != 0 ||
	    vips_linear(t[1], &t[2], f, half, 4, "uchar", TRUE, NULL))
		return (-1);
	out->im = t[3] = vips_image_copy_memory(t[2]);
	return (t[3] == NULL ? -1 : 0);
}

static int
secondary(struct work *w, const struct rop *o, struct size primary,
    struct layer *out)
{
	VipsImage **t = work_room(w, 1);

	if (!OPTGIVEN(o, composition, secondary_image)) {
		out->whole = box_of(o, primary);
		if (colour_field(w, o, out->whole, &t[0]) != 0)
			return (-1);
		out->im = t[0];
		return (0);
	}
	if (w->secondary == NULL)
		return (work_fail(w, RENDER_BAD_RECIPE, "composition: the "
		    "secondary image was not found"));
	return (secondary_image(w, o, primary, out));
}

/* *front* turned clockwise about its middle. */
static int
turned(struct work *w, const struct rop *o, struct layer *front)
{
	struct rop turn = { .id = OPS_rotate };
	VipsImage **t = work_room(w, 1);

	OPTV(&turn, rotate, angle) = OPTV(o, composition, angle);
	OPTV(&turn, rotate, background_color) = 0;
	OPTV(&turn, rotate, background_opacity) = 0;
	if (OPTV(o, composition, angle) == 0)
		return (0);
	if (op_rotate(w, &turn, front->im, &t[0]) != 0 || t[0] == NULL)
		return (-1);
	front->im = t[0];
	front->whole = image_size(t[0]);
	return (0);
}

/* *front* over *back*, on a canvas of *size*. */
static int
overlay(struct work *w, const struct rop *o, VipsImage *back,
    const struct layer *front, struct size size, VipsImage **out)
{
	double x, y, bx, by;
	VipsImage **t = work_room(w, 2);

	place(w, o, size, front->whole, &x, &y);
	(void)geom_anchor("center_center", 1, size, image_size(back), &bx,
	    &by);
	if (x >= size.width || y >= size.height)	/* out of sight */
		return (vips_copy(back, out, NULL));
	if (vips_embed(back, &t[0], (int)bx, (int)by, size.width,
	    size.height, NULL) ||
	    vips_embed(front->im, &t[1], (int)x + front->x,
	    (int)y + front->y, size.width, size.height, NULL))
		return (-1);
	return (vips_composite2(t[0], t[1], out, VIPS_BLEND_MODE_OVER, NULL));
}

/* The picture, which may have been turned, is laid on a canvas. */
static void
moved(struct work *w, const struct rop *o, struct size canvas,
    struct size size)
{
	struct affine laid;
	double x, y;

	place(w, o, canvas, size, &x, &y);
	laid = affine_shift(trunc(x), trunc(y));
	w->moved = affine_then(&w->moved, &laid);
}

int
op_composition(struct work *w, const struct rop *o, VipsImage *in,
    VipsImage **out)
{
	bool in_front = OPTIS(o, composition, mode, "foreground");
	VipsImage **t = work_room(w, 2);
	struct size size = image_size(in);
	struct layer first = { .whole = size }, second = { .x = 0 };
	struct layer *front = in_front ? &first : &second;

	w->moved = AFFINE_IDLE;		/* not as the frame before */
	/* The analyzer cannot see that secondary() sets the image. */
	if ((t[0] = vips_image_copy_memory(in)) == NULL ||
	    color_rgba(w, t[0], &t[1]) != 0 ||
	    secondary(w, o, size, &second) != 0 || second.im == NULL)
		return (-1);
	first.im = t[1];
	if (turned(w, o, front) != 0)
		return (-1);
	/* The canvas is what lies behind. */
	if (in_front) {
		moved(w, o, second.whole, first.whole);
		return (overlay(w, o, second.im, front, second.whole, out));
	}
	w->moved = AFFINE_IDLE;
	return (overlay(w, o, t[1], front, size, out));
}
