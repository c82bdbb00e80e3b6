/* SPDX-License-Identifier: BSD-2-Clause */
/* grayscale, sepia, modulate, multiply: pixel by pixel. */
#include "config.h"

#include <math.h>

#include "worker/color.h"
#include "worker/op.h"

static int
posterize(struct work *w, VipsImage *in, VipsImage **out, int levels)
{
	VipsImage **t = work_room(w, 1);
	unsigned char lut[256];

	for (int i = 0; i < 256; i++)
		lut[i] = (unsigned char)(round(i / 255.0 * (levels - 1)) *
		    255 / (levels - 1) + 0.5);
	t[0] = vips_image_new_from_memory_copy(lut, sizeof lut, 256, 1, 1,
	    VIPS_FORMAT_UCHAR);
	if (t[0] == NULL)
		return (-1);
	return (vips_maplut(in, out, t[0], "band", 0, NULL));
}

int
op_grayscale(struct work *w, const struct rop *o, VipsImage *in,
    VipsImage **out)
{
	int levels = (int)OPTV(o, grayscale, levels);
	VipsImage **t = work_room(w, 4);

	if (color_grey(w, in, &t[0]) != 0)
		return (-1);
	if (levels == 256)
		return (vips_copy(t[0], out, NULL));
	if (vips_extract_band(t[0], &t[1], 0, NULL) ||
	    posterize(w, t[1], &t[2], levels) != 0)
		return (-1);
	if (!vips_image_hasalpha(t[0]))
		return (vips_copy(t[2], out, NULL));
	if (vips_extract_band(t[0], &t[3], 1, NULL))
		return (-1);
	return (vips_bandjoin2(t[2], t[3], out, NULL));
}

int
op_sepia(struct work *w, const struct rop *o, VipsImage *in, VipsImage **out)
{
	VipsImage **t = work_room(w, 4);

	(void)o;
	t[3] = vips_image_new_matrixv(3, 3,
	    0.393, 0.769, 0.189,
	    0.349, 0.686, 0.168,
	    0.272, 0.534, 0.131);
	if (color_split(w, in, &t[0], &t[1]) != 0 ||
	    vips_recomb(t[0], &t[2], t[3], NULL))
		return (-1);
	return (color_join(w, t[2], t[1], out));
}

int
op_modulate(struct work *w, const struct rop *o, VipsImage *in,
    VipsImage **out)
{
	double a[3] = { OPTV(o, modulate, brightness) / 100,
	    OPTV(o, modulate, saturation) / 100, 1 };
	double b[3] = { 0, 0, OPTV(o, modulate, hue) };
	VipsImage **t = work_room(w, 5);

	if (color_split(w, in, &t[0], &t[1]) != 0 ||
	    vips_colourspace(t[0], &t[2], VIPS_INTERPRETATION_LCH, NULL) ||
	    vips_linear(t[2], &t[3], a, b, 3, NULL) ||
	    vips_colourspace(t[3], &t[4], VIPS_INTERPRETATION_sRGB, NULL))
		return (-1);
	return (color_join(w, t[4], t[1], out));
}

int
op_multiply(struct work *w, const struct rop *o, VipsImage *in,
    VipsImage **out)
{
	double a[3], b[3] = { 0.5, 0.5, 0.5 };	/* to the nearest */
	VipsImage **t = work_room(w, 3);

	if (OPTGIVEN(o, multiply, factor_color)) {
		color_rgb(OPTV(o, multiply, factor_color), a);
		for (int i = 0; i < 3; i++)
			a[i] /= 255;
	} else
		a[0] = a[1] = a[2] = OPTV(o, multiply, factor);
	if (color_split(w, in, &t[0], &t[1]) != 0 ||
	    vips_linear(t[0], &t[2], a, b, 3, "uchar", TRUE, NULL))
		return (-1);
	return (color_join(w, t[2], t[1], out));
}
