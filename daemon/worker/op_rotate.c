/* SPDX-License-Identifier: BSD-2-Clause */
/* rotate, autorotate */
#include "config.h"

#include <math.h>

#include "worker/color.h"
#include "worker/op.h"

static int
quarter_turn(VipsImage *in, VipsImage **out, int degrees)
{
	static const VipsAngle angles[] = { VIPS_ANGLE_D0, VIPS_ANGLE_D90,
	    VIPS_ANGLE_D180, VIPS_ANGLE_D270 };

	return (vips_rot(in, out, angles[degrees / 90 % 4], NULL));
}

static struct affine
turn_of(double degrees, const VipsImage *in, const VipsImage *out)
{
	return (affine_turn(degrees,
	    (struct size){ in->Xsize, in->Ysize },
	    (struct size){ out->Xsize, out->Ysize }));
}

/* Any angle, clockwise; corners are *rgba* (255 is opaque). */
static int
free_turn(struct work *w, VipsImage *in, VipsImage **out, double degrees,
    const double rgba[4])
{
	VipsArrayDouble *bg = vips_array_double_new(rgba, 4);
	VipsInterpolate *bicubic = vips_interpolate_new("bicubic");
	VipsImage **t = work_room(w, 4);
	int rc;

	rc = color_rgba(w, in, &t[0]) || vips_premultiply(t[0], &t[1], NULL) ||
	    vips_similarity(t[1], &t[2], "angle", degrees,
	    "interpolate", bicubic, "background", bg, NULL) ||
	    vips_unpremultiply(t[2], &t[3], NULL) ||
	    color_round(t[3], VIPS_FORMAT_UCHAR, out);
	g_object_unref(bicubic);
	vips_area_unref(VIPS_AREA(bg));
	return (rc ? -1 : 0);
}

/* The same where everything is opaque and stays so. */
static int
opaque_turn(struct work *w, VipsImage *in, VipsImage **out, double degrees,
    const double rgb[3])
{
	VipsArrayDouble *bg = vips_array_double_new(rgb, 3);
	VipsInterpolate *bicubic = vips_interpolate_new("bicubic");
	VipsImage **t = work_room(w, 1);
	int rc;

	rc = vips_colourspace(in, &t[0], VIPS_INTERPRETATION_sRGB, NULL) ||
	    vips_similarity(t[0], out, "angle", degrees,
	    "interpolate", bicubic, "background", bg, NULL);
	g_object_unref(bicubic);
	vips_area_unref(VIPS_AREA(bg));
	return (rc ? -1 : 0);
}

static int
turn(struct work *w, const struct rop *o, double degrees, VipsImage *in,
    VipsImage **out)
{
	double opacity = OPTV(o, rotate, background_opacity) / 100;
	VipsImage **t = work_room(w, 1);
	double rgba[4];

	if ((t[0] = vips_image_copy_memory(in)) == NULL)
		return (-1);
	if (fmod(degrees, 90) == 0)
		return (quarter_turn(t[0], out, (int)degrees));
	color_rgb(OPTV(o, rotate, background_color), rgba);
	if (opacity == 1 && !vips_image_hasalpha(in))
		return (opaque_turn(w, t[0], out, degrees, rgba));
	for (int i = 0; i < 3; i++)	/* premultiplied, as the picture is */
		rgba[i] *= opacity;
	rgba[3] = 255 * opacity;
	return (free_turn(w, t[0], out, degrees, rgba));
}

int
op_rotate(struct work *w, const struct rop *o, VipsImage *in, VipsImage **out)
{
	double degrees = fmod(OPTV(o, rotate, angle) + 360, 360);

	if (turn(w, o, degrees, in, out) != 0)
		return (-1);
	w->moved = turn_of(degrees, in, *out);
	return (0);
}

int
op_autorotate(struct work *w, const struct rop *o, VipsImage *in,
    VipsImage **out)
{
	double bw = OPTV(o, autorotate, width);
	double bh = OPTV(o, autorotate, height);
	VipsImage **t = work_room(w, 1);
	int degrees = OPTIS(o, autorotate, rotation_direction,
	    "counterclockwise") ? 270 : 90;
	bool lies = in->Xsize > in->Ysize, wanted;

	if (isnan(bw) && isnan(bh))
		wanted = lies;
	else	/* a box with one side lies along it */
		wanted = isnan(bh) || bw > bh;
	if (in->Xsize == in->Ysize || bw == bh || wanted == lies)
		return (vips_copy(in, out, NULL));
	if ((t[0] = vips_image_copy_memory(in)) == NULL ||
	    quarter_turn(t[0], out, degrees) != 0)
		return (-1);
	w->moved = turn_of(degrees, in, *out);
	return (0);
}
