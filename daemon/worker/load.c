/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a source to the part that is wanted, at its size: shrink on load, crop,
 * resize, colour, orientation; in this order, so that each step works on the
 * fewest pixels.
 */
#include "config.h"

#include <math.h>

#include "worker/bridge.h"
#include "worker/color.h"
#include "worker/load.h"
#include "worker/resize.h"
#include "worker/roll.h"
#include "worker/rows.h"
#include "worker/work.h"

/*--------------------------------------------------------------------
 * Orientation
 */

/*
 * How the picture as stored becomes upright: mirrored left to right first,
 * then turned clockwise (EXIF 1..8).
 */
static const struct {
	bool		mirror;
	VipsAngle	turn;
} upright[9] = {
	{ false, VIPS_ANGLE_D0 }, { false, VIPS_ANGLE_D0 },
	{ true, VIPS_ANGLE_D0 }, { false, VIPS_ANGLE_D180 },
	{ true, VIPS_ANGLE_D180 }, { true, VIPS_ANGLE_D270 },
	{ false, VIPS_ANGLE_D90 }, { true, VIPS_ANGLE_D90 },
	{ false, VIPS_ANGLE_D270 },
};

/*
 * *g*, a part of the upright picture, in the picture as stored: turned back,
 * then mirrored back.
 */
static struct geom
as_stored(const struct source *s, const struct geom *g)
{
	double w = s->width, h = s->height;
	struct geom o = *g;

	switch (upright[s->orientation].turn) {
	case VIPS_ANGLE_D90:
		o = (struct geom){ g->y, h - g->x - g->w, g->h, g->w,
		    g->height, g->width };
		break;
	case VIPS_ANGLE_D180:
		o.x = w - g->x - g->w;
		o.y = h - g->y - g->h;
		break;
	case VIPS_ANGLE_D270:
		o = (struct geom){ w - g->y - g->h, g->x, g->h, g->w,
		    g->height, g->width };
		break;
	default:
		break;
	}
	if (upright[s->orientation].mirror)
		o.x = w - o.x - o.w;
	return (o);
}

/* Turning reads the picture out of order: it is small by now. */
static int
turn_upright(struct work *w, int orientation, VipsImage *in, VipsImage **out)
{
	VipsImage **t = work_room(w, 2);

	if (orientation == 1) {
		*out = in;
		g_object_ref(in);
		return (0);
	}
	if ((t[0] = vips_image_copy_memory(in)) == NULL)
		return (-1);
	if (upright[orientation].mirror) {
		if (vips_flip(t[0], &t[1], VIPS_DIRECTION_HORIZONTAL, NULL))
			return (-1);
	} else {
		t[1] = t[0];
		g_object_ref(t[1]);
	}
	return (vips_rot(t[1], out, upright[orientation].turn, NULL));
}

/*--------------------------------------------------------------------
 * Loading
 */

/* 16 bits that need no profile become 8 at once: half the work after. */
static int
reduce_depth(struct work *w, const struct source *s, VipsImage *in,
    VipsImage **out)
{
	VipsInterpretation to = in->Bands < 3 ? VIPS_INTERPRETATION_B_W :
	    VIPS_INTERPRETATION_sRGB;

	if (s->profile || in->BandFmt == VIPS_FORMAT_UCHAR) {
		*out = in;
		g_object_ref(in);
		return (0);
	}
	/* Newer ones divide grey's opacity by 257, where 8.14 halves its bits. */
	if (!VIPS_BEFORE(15) && in->BandFmt == VIPS_FORMAT_USHORT &&
	    vips_image_hasalpha(in))
		return (color_to_srgb(w, in, out));
	if (vips_colourspace(in, out, to, NULL))
		return (work_fail_vips(w));
	return (0);
}

/*
 * CMYK is converted before the resize, which makes noise of ink (files 3 to 6 %
 * bigger), up to so many pixels for one of the result, since each costs: after
 * the whole shrink of a JPEG there are less.
 */
#define INK_FIRST	6

/*
 * Colours of *in*, that will be *g*, as the resize likes them best. Black and
 * white have another middle by each curve, and browsers take that of sRGB.
 */
static int
prepare(struct work *w, const struct source *s, const struct geom *g,
    VipsImage *in, VipsImage **out)
{
	int64_t pixels = (int64_t)in->Xsize * in->Ysize;

	if ((in->Type == VIPS_INTERPRETATION_CMYK &&
	    pixels <= INK_FIRST * (int64_t)g->width * g->height) ||
	    (s->is_declared && declared_is_bent(&s->declared)))
		return (color_to_srgb(w, in, out));
	return (reduce_depth(w, s, in, out));
}

/* *n* frames as loaded (*in*), to the part *g* of the source as stored. */
static int
finish(struct work *w, const struct source *s, const struct geom *g,
    VipsImage *in, int n, VipsImage **out)
{
	VipsImage **t = work_room(w, 4);
	double rx = source_scale(s, in->Xsize, s->width);
	double ry = source_scale(s, in->Ysize / n, s->height);
	struct geom part = { g->x * rx, g->y * ry, g->w * rx, g->h * ry,
	    g->width, g->height };

	if (prepare(w, s, g, in, &t[0]) != 0)
		return (-1);
	if (w->flatten && !s->profile) {
		/* Opaque colours are resized in half the time. */
		if (color_flatten(w, t[0], w->background, &t[1]) != 0)
			return (-1);
	} else {
		t[1] = t[0];
		g_object_ref(t[1]);
	}
	if (resize_roll(w, t[1], n, &part, &t[2]) != 0)
		return (-1);
	if (!w->flatten)
		return (color_to_srgb(w, t[2], out));
	/* With a profile only now: the background is in sRGB. */
	if (color_to_srgb(w, t[2], &t[3]) != 0)
		return (-1);
	return (color_flatten(w, t[3], w->background, out));
}

static int
finish_one(struct work *w, const struct source *s, const struct geom *g,
    VipsImage *in, VipsImage **out)
{
	VipsImage **t = work_room(w, 1);

	if (finish(w, s, g, in, 1, &t[0]) != 0)
		return (-1);
	return (turn_upright(w, s->orientation, t[0], out));
}

static int
turn_frame(struct work *w, const void *arg, VipsImage *in, VipsImage **out)
{
	const struct source *s = arg;

	return (turn_upright(w, s->orientation, in, out));
}

/* Turning is for each frame by itself. */
static int
turn_roll(struct work *w, const struct source *s, VipsImage *roll,
    VipsImage **out)
{
	if (s->orientation == 1) {
		*out = roll;
		g_object_ref(roll);
		return (0);
	}
	return (roll_map(w, roll, s->load, turn_frame, s, out));
}

static int
finish_roll(struct work *w, const struct source *s, const struct geom *g,
    VipsImage *roll, VipsImage **out)
{
	VipsImage **t = work_room(w, 2);

	if (roll_drop_opaque(roll, &t[0]) != 0 ||
	    finish(w, s, g, t[0], s->load, &t[1]) != 0)
		return (-1);
	return (turn_roll(w, s, t[1], out));
}

/*
 * The scale at which a picture is loaded: the bigger of both sides', or the
 * smaller where it gives both by rounding, as WebP's decoder does: a last step
 * of a pixel would blur, and cost more than the rest.
 */
static double
load_scale(const struct source *s, const struct geom *g)
{
	double sx = g->width / g->w, sy = g->height / g->h;
	double least = fmin(sx, sy);

	if (s->format == FORMAT_WEBP && rint(g->w * least) == g->width &&
	    rint(g->h * least) == g->height)
		return (least);
	return (fmax(sx, sy));
}

/*
 * An animation in memory. A frame that cannot be read is its end, as in
 * browsers; libvips may read far ahead, then the first one is what there is.
 */
static int
load_frames(struct work *w, double scale, VipsImage **out)
{
	struct source *s = &w->src;
	VipsImage **t = work_room(w, 1);

	if (source_pixels(w, s, scale, &t[0]) != 0)
		return (-1);
	*out = rows_of_frames(t[0], s->load, &s->load);
	if (*out != NULL)
		return (0);
	vips_error_clear();
	s->load = 1;
	return (source_pixels(w, s, scale, out));
}

int
load_part(struct work *w, const struct source *s, const struct geom *part,
    VipsImage **out)
{
	struct geom g = as_stored(s, part);
	double scale = load_scale(s, &g);
	VipsImage **t = work_room(w, 1);
	int rc;

	/*
	 * The edges of a crop fall between the pixels of a shrunk picture:
	 * twice as many keep them within a quarter of a pixel of the result.
	 */
	if (g.x != 0 || g.y != 0)
		scale *= 2;
	if ((s->load > 1 ? load_frames(w, scale, &t[0]) :
	    source_pixels(w, s, scale, &t[0])) != 0)
		return (-1);
	if (s->load > 1)
		rc = finish_roll(w, s, &g, t[0], out);
	else
		rc = finish_one(w, s, &g, t[0], out);
	return (rc == 0 ? 0 : work_fail_vips(w));
}
