/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <vips/vips.h>

#include "render_picture.h"

VipsImage *
ramp(int width, int height, int bands, int frames)
{
	size_t len = (size_t)width * height * bands * frames;
	unsigned char *p = malloc(len), *q = p;
	VipsImage *raw, *im;

	for (int y = 0; y < height * frames; y++)
		for (int x = 0; x < width; x++)
			for (int b = 0; b < bands; b++)
				*q++ = (unsigned char)(b == 0 ? x : b == 1 ?
				    y % height : b == 2 ? y / height * 40 :
				    x < width / 2 ? 0 : 255);
	raw = vips_image_new_from_memory_copy(p, len, width, height * frames,
	    bands, VIPS_FORMAT_UCHAR);
	free(p);
	assert_int_equal(vips_copy(raw, &im, "interpretation",
	    VIPS_INTERPRETATION_sRGB, NULL), 0);
	g_object_unref(raw);
	if (frames > 1)
		vips_image_set_int(im, "page-height", height);
	return (im);
}

/* A picture of one colour. */
VipsImage *
plain(int width, int height, int r, int g, int b)
{
	VipsImage *im = ramp(width, height, 3, 1), *t, *out;
	double zero[3] = { 0 }, rgb[3] = { r, g, b };

	assert_int_equal(vips_linear(im, &t, zero, rgb, 3, "uchar", TRUE,
	    NULL), 0);
	assert_int_equal(vips_copy(t, &out, "interpretation",
	    VIPS_INTERPRETATION_sRGB, NULL), 0);
	g_object_unref(t);
	g_object_unref(im);
	return (out);
}

void
encode(VipsImage *im, const char *suffix, void **buf, size_t *len)
{
	assert_int_equal(vips_image_write_to_buffer(im, suffix, buf, len,
	    NULL), 0);
}

/* Renders *im* (takes it) and decodes the result. */
VipsImage *
through(VipsImage *im, const char *suffix, const char *segments,
    const char *format, struct rendered *keep)
{
	struct rendered out;
	VipsImage *res, *copy;
	size_t len;
	void *buf;

	encode(im, suffix, &buf, &len);
	g_object_unref(im);
	render_bytes(buf, len, segments, format, NULL, &out);
	g_free(buf);
	if (out.r.status != RENDER_OK)
		fail_msg("%s: status %d: %s", segments, (int)out.r.status,
		    out.error);
	res = vips_image_new_from_buffer(out.data, out.len, "", "access",
	    VIPS_ACCESS_RANDOM, NULL);
	assert_non_null(res);
	copy = vips_image_copy_memory(res);
	assert_non_null(copy);
	g_object_unref(res);
	if (keep != NULL)
		*keep = out;
	else
		free(out.data);
	return (copy);
}

/* vips_getpoint() makes an operation of each, which takes 50 us. */
void
pixel(VipsImage *im, int x, int y, double v[4])
{
	double *p;
	int n;

	memset(v, 0, 4 * sizeof *v);
	if (im->data != NULL && im->BandFmt == VIPS_FORMAT_UCHAR) {
		assert_in_range(x, 0, im->Xsize - 1);
		assert_in_range(y, 0, im->Ysize - 1);
		for (int i = 0; i < im->Bands && i < 4; i++)
			v[i] = VIPS_IMAGE_ADDR(im, x, y)[i];
		return;
	}
	assert_int_equal(vips_getpoint(im, &p, &n, x, y, NULL), 0);
	for (int i = 0; i < n && i < 4; i++)
		v[i] = p[i];
	g_free(p);
}

void
expect(VipsImage *im, int x, int y, int r, int g, int b, double within)
{
	double v[4];

	pixel(im, x, y, v);
	if (im->Bands < 3)
		v[1] = v[2] = v[0];
	if (fabs(v[0] - r) > within || fabs(v[1] - g) > within ||
	    fabs(v[2] - b) > within)
		fail_msg("pixel %d,%d is %g %g %g, not %d %d %d", x, y, v[0],
		    v[1], v[2], r, g, b);
}

double
alpha_at(VipsImage *im, int x, int y)
{
	double v[4];

	assert_true(im->Bands == 4 || im->Bands == 2);
	pixel(im, x, y, v);
	return (v[im->Bands - 1]);
}
