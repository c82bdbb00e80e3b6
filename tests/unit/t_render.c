/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Geometry and pixels of every operation, through real workers, against plain
 * arithmetic. Sources are made here: pixel (x, y) of frame f has the colour
 * red = x, green = y, blue = 40 f (all modulo 256) unless said otherwise.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <vips/vips.h>

#include "render_util.h"

static VipsImage *
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
static VipsImage *
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

static void
encode(VipsImage *im, const char *suffix, void **buf, size_t *len)
{
	assert_int_equal(vips_image_write_to_buffer(im, suffix, buf, len,
	    NULL), 0);
}

/* Renders *im* (takes it) and decodes the result. */
static VipsImage *
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

static void
pixel(VipsImage *im, int x, int y, double v[4])
{
	double *p;
	int n;

	memset(v, 0, 4 * sizeof(*v));
	assert_int_equal(vips_getpoint(im, &p, &n, x, y, NULL), 0);
	for (int i = 0; i < n && i < 4; i++)
		v[i] = p[i];
	g_free(p);
}

static void
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

static double
alpha_at(VipsImage *im, int x, int y)
{
	double v[4];

	assert_true(im->Bands == 4 || im->Bands == 2);
	pixel(im, x, y, v);
	return (v[im->Bands - 1]);
}

/*--------------------------------------------------------------------
 * Sizes
 */

static void
test_sizes(void **state)
{
	static const struct {
		int w, h;
		const char *segments;
		int ww, wh;
	} t[] = {
		{ 301, 201, "noop", 301, 201 },
		{ 301, 201, "resize-width-100", 100, 67 },
		{ 301, 201, "resize-height-100", 150, 100 },
		{ 301, 201, "resize-width-100-height-100", 100, 67 },
		{ 301, 201, "resize-width-100-height-100-mode-fill", 150, 100 },
		{ 301, 201, "resize-width-99-height-98-mode-absolute", 99, 98 },
		{ 300, 200, "resize-width-600", 600, 400 },
		{ 300, 200, "resize-width-600-upscale-false", 300, 200 },
		/* The table of the contract: dpr and upscale, 300 wide */
		{ 300, 300, "resize-width-200/o-dpr-2", 400, 400 },
		{ 300, 300, "resize-width-400/o-dpr-2", 800, 800 },
		{ 300, 300, "resize-width-200-upscale-false/o-dpr-2", 400,
		  400 },
		{ 300, 300, "resize-width-400-upscale-false/o-dpr-2", 600,
		  600 },
		{ 300, 300, "resize-width-200-upscale-false-upscale_dpr-false"
		  "/o-dpr-2", 300, 300 },
		{ 300, 300, "resize-width-400-upscale-false-upscale_dpr-false",
		  300, 300 },
		{ 301, 201, "crop-width-100-height-50", 100, 50 },
		{ 301, 201, "crop-width-400-height-50", 301, 50 },
		{ 301, 201, "crop-width-1-height-1-mode-ratio", 201, 201 },
		{ 301, 201, "crop-width-3-height-1-mode-ratio-scale-50", 151,
		  50 },
		{ 301, 201, "crop-width-100-height-50-anchor-smart", 100, 50 },
		/* Pixels are made before the resize, and it before the crop. */
		{ 60, 40, "blur-sigma-1--resize-width-300--crop-width-200-"
		  "height-150-anchor-smart", 200, 150 },
		{ 301, 201, "rotate-angle-90", 201, 301 },
		{ 301, 201, "rotate-angle-180", 301, 201 },
		{ 301, 201, "autorotate-width-100-height-200", 201, 301 },
		{ 301, 201, "autorotate-width-200-height-100", 301, 201 },
		{ 200, 200, "rotate-angle-45", 283, 283 },
		{ 1, 1, "resize-width-50", 50, 50 },
		{ 1, 1, "blur-sigma-5--sharpen--rotate-angle-30", 1, 1 },
		{ 2000, 3, "resize-width-100", 100, 1 },
		{ 3, 2000, "resize-width-100-upscale-false", 3, 2000 },
		{ 300, 200, "resize-width-30--resize-width-150", 150, 100 },
		{ 300, 200, "composition-mode-foreground-width-400-height-300",
		  400, 300 },
		{ 300, 200, "composition-mode-background-width-50-height-50",
		  300, 200 },
		{ 300, 200, "dropshadow-sigma-3-horizontal-10", 316, 212 },
		{ 301, 201, "circlemask", 301, 201 },
		{ 301, 201, "resize-width-100-enabled-false", 301, 201 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		VipsImage *im = through(ramp(t[i].w, t[i].h, 3, 1), ".png",
		    t[i].segments, "png", NULL);

		if (abs(im->Xsize - t[i].ww) > (t[i].w == 1) ||
		    abs(im->Ysize - t[i].wh) > (t[i].w == 1))
			fail_msg("%dx%d %s: %dx%d, not %dx%d", t[i].w, t[i].h,
			    t[i].segments, im->Xsize, im->Ysize, t[i].ww,
			    t[i].wh);
		g_object_unref(im);
	}
}

/*--------------------------------------------------------------------
 * Where things come from
 */

static void
test_crop_places(void **state)
{
	static const struct {
		const char *segments;
		int x, y;	/* of the source, at the result's 0,0 */
	} t[] = {
		{ "crop-width-50-height-40-anchor-left_top", 0, 0 },
		{ "crop-width-50-height-40-anchor-right_bottom", 150, 110 },
		{ "crop-width-50-height-40-anchor-center_center", 75, 55 },
		{ "crop-width-50-height-40", 75, 55 },
		{ "crop-width-50-height-40-anchor-20_30", 20, 30 },
		{ "crop-width-50-height-40-anchor-left_center", 0, 55 },
		{ "crop-width-50-height-40-anchor-190_30", 150, 30 },
		{ "crop-width-50-height-40-anchor-face-fallback-left_top", 0,
		  0 },
		{ "crop-width-50-height-40-anchor-20_30-movearea_x-10", 25,
		  30 },
		{ "crop-width-100-height-100-anchor-left_top--"
		  "crop-width-50-height-40-anchor-right_bottom", 50, 60 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		VipsImage *im = through(ramp(200, 150, 3, 1), ".png",
		    t[i].segments, "png", NULL);

		assert_int_equal(im->Xsize, 50);
		assert_int_equal(im->Ysize, 40);
		expect(im, 0, 0, t[i].x, t[i].y, 0, 0);
		expect(im, 49, 39, t[i].x + 49, t[i].y + 39, 0, 0);
		g_object_unref(im);
	}
}

/* Shrinking a ramp keeps a ramp: the middle of a pixel says where it was. */
static void
test_resize_values(void **state)
{
	static const char *const formats[] = { ".png", ".jpg[Q=100]",
	    ".webp[lossless]" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		VipsImage *im = through(ramp(240, 200, 3, 1), formats[i],
		    "resize-width-60", "png", NULL);

		assert_int_equal(im->Ysize, 50);
		for (int x = 5; x < 55; x += 7)
			expect(im, x, 25, (int)(x * 4 + 1.5), 101, 0, 3);
		g_object_unref(im);
	}
}

/* A crop of a JPEG that is shrunk on load, at odd places. */
static void
test_crop_then_resize(void **state)
{
	VipsImage *im = through(ramp(250, 250, 3, 1), ".jpg[Q=100]",
	    "crop-width-160-height-160-anchor-51_37--resize-width-20", "png",
	    NULL);

	(void)state;
	assert_int_equal(im->Xsize, 20);
	assert_int_equal(im->Ysize, 20);
	for (int i = 2; i < 18; i++)
		expect(im, i, i, 51 + i * 8 + 4, 37 + i * 8 + 4, 0, 3);
	g_object_unref(im);
}

/* Of a progressive JPEG only some scans are read: the same picture. */
static void
test_progressive(void **state)
{
	static const char *const kinds[][2] = {
		{ ".jpg[Q=85]", ".jpg[Q=85,interlace]" },
		{ ".jpg[Q=95]", ".jpg[Q=95,interlace]" },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		VipsImage *a = through(ramp(2001, 1203, 3, 1), kinds[i][0],
		    "resize-width-150", "png", NULL);
		VipsImage *b = through(ramp(2001, 1203, 3, 1), kinds[i][1],
		    "resize-width-150", "png", NULL);
		VipsImage *d, *abs;
		double most;

		assert_int_equal(vips_subtract(a, b, &d, NULL), 0);
		assert_int_equal(vips_abs(d, &abs, NULL), 0);
		assert_int_equal(vips_max(abs, &most, NULL), 0);
		assert_true(most == 0);
		g_object_unref(abs);
		g_object_unref(d);
		g_object_unref(a);
		g_object_unref(b);
	}
}

/* What was made small stays so when it grows again. */
static void
test_small_then_big(void **state)
{
	VipsImage *im = plain(64, 64, 0, 0, 0), *dot, *out;

	(void)state;
	dot = plain(2, 64, 255, 255, 255);
	assert_int_equal(vips_insert(im, dot, &out, 31, 0, NULL), 0);
	g_object_unref(dot);
	g_object_unref(im);
	im = through(out, ".png", "resize-width-4--resize-width-64", "png",
	    NULL);
	double v[4];
	pixel(im, 31, 32, v);
	assert_true(v[0] < 160);	/* spread, not the sharp line */
	g_object_unref(im);
}

static void
test_orientation(void **state)
{
	/* Where the stored picture's corner 0,0 is seen: EXIF 1..8 */
	static const struct {
		int right, bottom, turned;
	} t[9] = { { 0, 0, 0 }, { 0, 0, 0 }, { 1, 0, 0 }, { 1, 1, 0 },
	    { 0, 1, 0 }, { 0, 0, 1 }, { 1, 0, 1 }, { 1, 1, 1 }, { 0, 1, 1 } };

	(void)state;
	for (int o = 1; o <= 8; o++) {
		VipsImage *im = ramp(120, 80, 3, 1), *out;
		int w, h, x, y;

		vips_image_set_int(im, VIPS_META_ORIENTATION, o);
		out = through(im, ".jpg[Q=100]", "resize-width-999-upscale-"
		    "false", "png", NULL);
		w = t[o].turned ? 80 : 120;
		h = t[o].turned ? 120 : 80;
		assert_int_equal(out->Xsize, w);
		assert_int_equal(out->Ysize, h);
		x = t[o].right ? w - 1 : 0;
		y = t[o].bottom ? h - 1 : 0;
		expect(out, x, y, 0, 0, 0, 8);
		expect(out, w - 1 - x, h - 1 - y, 119, 79, 0, 8);
		g_object_unref(out);
		/* A crop counts in the upright picture. */
		im = ramp(120, 80, 3, 1);
		vips_image_set_int(im, VIPS_META_ORIENTATION, o);
		out = through(im, ".jpg[Q=100]",
		    t[o].bottom ? "crop-width-8-height-8-anchor-left_bottom" :
		    "crop-width-8-height-8-anchor-left_top", "png", NULL);
		expect(out, t[o].right ? 0 : 0, t[o].bottom ? 7 : 0,
		    t[o].right ? (t[o].turned ? 0 : 119) : 0,
		    t[o].right ? (t[o].turned ? 79 : 0) : 0, 0, 8);
		g_object_unref(out);
	}
}

/*--------------------------------------------------------------------
 * Colours
 */

static void
test_color_values(void **state)
{
	static const struct {
		const char *segments;
		int r, g, b;
		double within;
	} t[] = {
		/* 0.393 * 200 + 0.769 * 100 + 0.189 * 50, ... */
		{ "sepia", 165, 147, 114, 1 },
		{ "multiply-factor-0.5", 100, 50, 25, 1 },
		{ "multiply-factor_color-ff8000", 200, 50, 0, 1 },
		{ "modulate-brightness-100", 200, 100, 50, 1 },
		{ "modulate-saturation-0", 125, 125, 125, 3 },
		{ "blur-sigma-3", 200, 100, 50, 1 },
		{ "blur-sigma-60", 200, 100, 50, 1 },
		{ "sharpen", 200, 100, 50, 2 },
		{ "trim", 200, 100, 50, 1 },
		{ "grayscale", 125, 125, 125, 3 },
		/* 125 of 4 levels is 85 (0, 85, 170, 255) */
		{ "grayscale-levels-4", 85, 85, 85, 0 },
		{ "rotate-angle-45-background_color-00ff00-"
		  "background_opacity-100", 200, 100, 50, 1 },
		{ "composition-mode-background-secondary_color-000000-"
		  "secondary_opacity-50", 100, 50, 25, 1 },
		{ "composition-mode-foreground-secondary_color-000000", 200,
		  100, 50, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		VipsImage *im = through(plain(90, 60, 200, 100, 50), ".png",
		    t[i].segments, "png", NULL);

		expect(im, im->Xsize / 2, im->Ysize / 2, t[i].r, t[i].g,
		    t[i].b, t[i].within);
		g_object_unref(im);
	}
}

static void
test_background_colours(void **state)
{
	VipsImage *im = through(plain(90, 60, 200, 100, 50), ".png",
	    "rotate-angle-45-background_color-00ff00-background_opacity-100",
	    "png", NULL);

	(void)state;
	expect(im, 1, 1, 0, 255, 0, 2);
	g_object_unref(im);
	im = through(plain(90, 60, 200, 100, 50), ".png", "rotate-angle-45",
	    "png", NULL);
	assert_true(alpha_at(im, 1, 1) == 0);
	assert_true(alpha_at(im, im->Xsize / 2, im->Ysize / 2) == 255);
	g_object_unref(im);
	im = through(plain(90, 60, 200, 100, 50), ".png",
	    "composition-mode-foreground-width-100-height-100-"
	    "secondary_color-0000ff-anchor-left_bottom", "png", NULL);
	expect(im, 0, 0, 0, 0, 255, 0);
	expect(im, 0, 99, 200, 100, 50, 0);
	expect(im, 95, 99, 0, 0, 255, 0);
	g_object_unref(im);
}

static void
test_trim(void **state)
{
	VipsImage *big = plain(200, 150, 255, 255, 255), *out;
	VipsImage *dot = plain(30, 20, 10, 20, 30);

	(void)state;
	assert_int_equal(vips_insert(big, dot, &out, 50, 60, NULL), 0);
	g_object_unref(big);
	g_object_unref(dot);
	out = through(out, ".png", "trim", "png", NULL);
	assert_int_equal(out->Xsize, 30);
	assert_int_equal(out->Ysize, 20);
	expect(out, 0, 0, 10, 20, 30, 0);
	g_object_unref(out);
	/* A border of any colour */
	big = plain(200, 150, 0, 90, 200);
	dot = plain(30, 20, 255, 255, 255);
	assert_int_equal(vips_insert(big, dot, &out, 50, 60, NULL), 0);
	g_object_unref(big);
	g_object_unref(dot);
	out = through(out, ".png", "trim", "png", NULL);
	assert_int_equal(out->Xsize, 30);
	assert_int_equal(out->Ysize, 20);
	expect(out, 0, 0, 255, 255, 255, 0);
	g_object_unref(out);
	/* White on nothing: the opacity tells, here the right half. */
	out = through(ramp(64, 64, 4, 1), ".png",
	    "modulate-brightness-500--trim", "png", NULL);
	assert_int_equal(out->Xsize, 32);
	assert_int_equal(out->Ysize, 64);
	g_object_unref(out);
}

/*--------------------------------------------------------------------
 * Transparency
 */

static void
test_alpha(void **state)
{
	VipsImage *im;

	(void)state;
	/* Left half transparent: white behind it in a JPEG, and no fringe. */
	im = through(ramp(64, 64, 4, 1), ".png", "resize-width-32", "jpg",
	    NULL);
	expect(im, 4, 16, 255, 255, 255, 4);
	expect(im, 28, 8, 57, 17, 0, 12);
	g_object_unref(im);
	im = through(ramp(64, 64, 4, 1), ".png",
	    "noop/o-jpg.transparency.color-0000ff", "jpg", NULL);
	expect(im, 4, 16, 0, 0, 255, 6);
	g_object_unref(im);
	im = through(ramp(64, 64, 4, 1), ".png", "resize-width-32", "png",
	    NULL);
	assert_true(alpha_at(im, 4, 16) == 0);
	assert_true(alpha_at(im, 28, 16) == 255);
	expect(im, 28, 8, 57, 17, 0, 2);
	g_object_unref(im);
	im = through(ramp(64, 64, 4, 1), ".png", "alpha-mode-extract", "png",
	    NULL);
	expect(im, 4, 16, 0, 0, 0, 0);
	expect(im, 60, 16, 255, 255, 255, 0);
	g_object_unref(im);
	im = through(ramp(64, 64, 4, 1), ".png",
	    "alpha-mode-apply-opacity-50", "png", NULL);
	assert_true(alpha_at(im, 4, 16) == 0);
	assert_true(fabs(alpha_at(im, 60, 16) - 128) <= 1);
	g_object_unref(im);
	im = through(ramp(64, 64, 4, 1), ".png", "alpha-mode-remove", "png",
	    NULL);
	assert_int_equal(im->Bands, 3);
	g_object_unref(im);
}

static void
test_circlemask(void **state)
{
	VipsImage *im = through(plain(101, 61, 200, 100, 50), ".png",
	    "circlemask", "png", NULL);

	(void)state;
	assert_true(alpha_at(im, 50, 30) == 255);
	assert_true(alpha_at(im, 50, 1) > 200);
	assert_true(alpha_at(im, 15, 30) == 0);
	assert_true(alpha_at(im, 2, 2) == 0);
	g_object_unref(im);
	im = through(plain(101, 61, 200, 100, 50), ".png",
	    "circlemask-radius-10p", "png", NULL);
	assert_true(alpha_at(im, 50, 30) == 255);
	assert_true(alpha_at(im, 50 + 8, 30) == 0);
	g_object_unref(im);
}

static void
test_dropshadow(void **state)
{
	VipsImage *im = through(plain(60, 40, 200, 100, 50), ".png",
	    "dropshadow-horizontal-10-vertical-10-sigma-0-color-ff0000-"
	    "opacity-50", "png", NULL);

	(void)state;
	assert_int_equal(im->Xsize, 70);
	assert_int_equal(im->Ysize, 50);
	expect(im, 5, 5, 200, 100, 50, 1);
	expect(im, 65, 45, 255, 0, 0, 1);
	assert_true(fabs(alpha_at(im, 65, 45) - 128) <= 2);
	assert_true(alpha_at(im, 65, 5) == 0);
	g_object_unref(im);
}

/*--------------------------------------------------------------------
 * Movement
 */

static void
test_animation(void **state)
{
	static const char *const segments[] = { "noop", "resize-width-32",
	    "crop-width-32-height-32-anchor-left_top", "rotate-angle-90",
	    "resize-width-40--blur-sigma-1--sepia" };
	static const char *const formats[] = { "webp", "gif" };
	struct rendered out;
	VipsImage *im;
	size_t len;
	void *buf;

	(void)state;
	for (size_t f = 0; f < 2; f++)
		for (size_t i = 0; i < 5; i++) {
			im = ramp(64, 64, 3, 5);
			encode(im, ".webp[lossless]", &buf, &len);
			g_object_unref(im);
			render_bytes(buf, len, segments[i], formats[f], NULL,
			    &out);
			g_free(buf);
			if (out.r.status != RENDER_OK)
				fail_msg("%s: %s", segments[i], out.error);
			im = vips_image_new_from_buffer(out.data, out.len,
			    "", "n", -1, NULL);
			assert_non_null(im);
			assert_int_equal(vips_image_get_n_pages(im), 5);
			assert_int_equal(vips_image_get_page_height(im),
			    out.r.height);
			if (i == 2)	/* each frame has its own blue */
				expect(im, 3, 4 * 32 + 5, 3, 5, 160, 26);
			g_object_unref(im);
			free(out.data);
		}
	/* What cannot move shows the first frame. */
	im = through(ramp(64, 64, 3, 5), ".webp[lossless]", "noop", "png",
	    NULL);
	assert_int_equal(im->Ysize, 64);
	expect(im, 10, 20, 10, 20, 0, 0);
	g_object_unref(im);
}

/* The biggest difference of two pictures, on grey */
static double
difference(VipsImage *a, VipsImage *b)
{
	VipsArrayDouble *grey = vips_array_double_newv(1, 128.0);
	VipsImage *t[4];
	double most;

	assert_int_equal(a->Xsize, b->Xsize);
	assert_int_equal(a->Ysize, b->Ysize);
	assert_int_equal(vips_flatten(a, &t[0], "background", grey, NULL), 0);
	assert_int_equal(vips_flatten(b, &t[1], "background", grey, NULL), 0);
	assert_int_equal(vips_subtract(t[0], t[1], &t[2], NULL), 0);
	assert_int_equal(vips_abs(t[2], &t[3], NULL), 0);
	assert_int_equal(vips_max(t[3], &most, NULL), 0);
	for (int i = 0; i < 4; i++)
		g_object_unref(t[i]);
	vips_area_unref(VIPS_AREA(grey));
	return (most);
}

/* Each of *n* frames comes out as it does as a picture by itself. */
static void
frames_alone(int n, int bands, const char *segments)
{
	VipsImage *roll = ramp(65, 49, bands, n), *frame, *all, *one, *alone;
	char *as_webp = g_strdup_printf("%s/o-webp.quality-100", segments);
	struct rendered out;
	size_t len;
	void *buf;

	encode(roll, ".webp[lossless]", &buf, &len);
	render_bytes(buf, len, as_webp, "webp", NULL, &out);
	g_free(buf);
	assert_int_equal(out.r.status, RENDER_OK);
	all = vips_image_new_from_buffer(out.data, out.len, "", "n", -1, NULL);
	assert_non_null(all);
	for (int i = 0; i < n; i++) {
		assert_int_equal(vips_extract_area(roll, &frame, 0, i * 49,
		    65, 49, NULL), 0);
		vips_image_remove(frame, "page-height");
		alone = through(frame, ".webp[lossless]", segments, "png",
		    NULL);
		assert_int_equal(vips_extract_area(all, &one, 0,
		    i * alone->Ysize, alone->Xsize, alone->Ysize, NULL), 0);
		if (difference(one, alone) > 2)
			fail_msg("%s: frame %d of %d differs by %g", segments,
			    i, n, difference(one, alone));
		g_object_unref(one);
		g_object_unref(alone);
	}
	g_object_unref(all);
	g_object_unref(roll);
	g_free(as_webp);
	free(out.data);
}

/* Frames are resized together, and none shows in another. */
static void
test_frames_alone(void **state)
{
	static const char *const segments[] = { "resize-width-40",
	    "resize-width-40-height-20-mode-absolute", "resize-height-9",
	    "resize-width-65-height-30-mode-absolute",
	    "crop-width-30-height-31-anchor-7_9--resize-width-20",
	    "crop-width-30-height-31-anchor-7_9",
	    "resize-width-90-height-20-mode-absolute-upscale-true",
	    "resize-width-40--resize-width-20-upscale-true--rotate-angle-90",
	    "resize-width-40--noop--sepia--resize-width-21" };

	(void)state;
	for (size_t i = 0; i < sizeof(segments) / sizeof(*segments); i++) {
		frames_alone(3, 3, segments[i]);
		frames_alone(12, 4, segments[i]);
	}
}

/*--------------------------------------------------------------------
 * Sources of other kinds
 */

static void
test_sixteen_bits(void **state)
{
	VipsImage *im = plain(40, 30, 200, 100, 50), *deep;

	(void)state;
	assert_int_equal(vips_colourspace(im, &deep,
	    VIPS_INTERPRETATION_RGB16, NULL), 0);
	g_object_unref(im);
	im = through(deep, ".png", "resize-width-20", "png", NULL);
	assert_int_equal(im->BandFmt, VIPS_FORMAT_UCHAR);
	expect(im, 5, 5, 200, 100, 50, 1);
	g_object_unref(im);
}

static void
test_grey_and_cmyk(void **state)
{
	VipsImage *im = plain(40, 30, 200, 100, 50), *out;

	(void)state;
	assert_int_equal(vips_colourspace(im, &out, VIPS_INTERPRETATION_B_W,
	    NULL), 0);
	out = through(out, ".jpg[Q=100]", "resize-width-20", "jpg", NULL);
	assert_int_equal(out->Bands, 1);
	expect(out, 5, 5, 124, 124, 124, 3);
	g_object_unref(out);
	/* To CMYK and back by libvips' own profiles: close to where it was. */
	assert_int_equal(vips_icc_transform(im, &out, "cmyk",
	    "input_profile", "srgb", NULL), 0);
	g_object_unref(im);
	out = through(out, ".jpg[Q=100]", "resize-width-20", "png", NULL);
	assert_int_equal(out->Bands, 3);
	expect(out, 5, 5, 200, 100, 50, 20);
	g_object_unref(out);
}

static void
test_wide_gamut(void **state)
{
	VipsImage *im = plain(40, 30, 200, 100, 50), *p3, *out;

	(void)state;
	/* The same colour, said in Display P3, has to look the same. */
	assert_int_equal(vips_icc_transform(im, &p3, "p3", "input_profile",
	    "srgb", NULL), 0);
	g_object_unref(im);
	double v[4];
	pixel(p3, 5, 5, v);
	assert_true(fabs(v[0] - 200) > 5);	/* other numbers */
	out = through(p3, ".png", "resize-width-20", "png", NULL);
	expect(out, 5, 5, 200, 100, 50, 2);
	assert_int_equal(vips_image_get_typeof(out, VIPS_META_ICC_NAME), 0);
	g_object_unref(out);
}

/* The background goes behind a picture with a profile too. */
static void
test_convert_with_profile(void **state)
{
	VipsImage *im = plain(40, 30, 200, 100, 50), *p3, *clear, *out;

	(void)state;
	assert_int_equal(vips_icc_transform(im, &p3, "p3", "input_profile",
	    "srgb", NULL), 0);
	assert_int_equal(vips_bandjoin_const1(p3, &clear, 0, NULL), 0);
	g_object_unref(im);
	g_object_unref(p3);
	out = through(clear, ".png", "o-jpg.transparency.convert-true-"
	    "jpg.transparency.color-102030", "png", NULL);
	assert_false(vips_image_hasalpha(out));
	expect(out, 5, 5, 16, 32, 48, 1);
	g_object_unref(out);
}

static bool
has_metadata(const unsigned char *p, size_t len)
{
	static const char *const marks[] = { "SECRETCAM", "Exif", "EXIF",
	    "http://ns.adobe.com", "Photoshop", "ICC_PROFILE", "ICCP",
	    "iCCP", "XMP " };

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		if (memmem(p, len, marks[i], strlen(marks[i])) != NULL)
			return (true);
	return (false);
}

static void
test_metadata_is_stripped(void **state)
{
	static const char *const formats[] = { "jpg", "png", "webp", "avif",
	    "gif", "jxl" };
	static const char xmp[] = "<x:xmpmeta>SECRETCAM</x:xmpmeta>";

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		VipsImage *im = ramp(64, 64, 3, 1), *p3, *out;
		struct rendered r;

		vips_image_set_string(im, "exif-ifd0-Make",
		    "SECRETCAM (SECRETCAM, ASCII, 10 components, 10 bytes)");
		vips_image_set_blob_copy(im, VIPS_META_XMP_NAME, xmp,
		    sizeof(xmp));
		assert_int_equal(vips_icc_transform(im, &p3, "p3",
		    "input_profile", "srgb", NULL), 0);
		g_object_unref(im);
		out = through(p3, ".jpg", "noop", formats[i], &r);
		g_object_unref(out);
		if (has_metadata(r.data, r.len))
			fail_msg("%s has metadata", formats[i]);
		free(r.data);
	}
}

static void
test_formats_in_and_out(void **state)
{
	static const char *const in[] = { ".jpg", ".png", ".webp", ".gif",
	    ".tif", ".avif", ".jxl", ".heic" };
	static const char *const out[] = { "jpg", "png", "webp", "gif",
	    "avif", "jxl", "heif" };

	(void)state;
	for (size_t i = 0; i < 8; i++)
		for (size_t o = 0; o < 7; o++) {
			VipsImage *im;

			if (i > 0 && o > 1)
				continue;	/* each once is enough */
			im = through(plain(60, 40, 200, 100, 50), in[i],
			    "resize-width-30", out[o], NULL);
			assert_int_equal(im->Xsize, 30);
			assert_int_equal(im->Ysize, 20);
			expect(im, 10, 10, 200, 100, 50, 9);
			g_object_unref(im);
		}
}

static void
test_autoformat(void **state)
{
	static const struct {
		const char *segments, *accept, *mime;
	} t[] = {
		{ "noop", "image/avif,image/webp", "image/jpeg" },
		{ "noop/o-af-1", "image/avif,image/webp", "image/avif" },
		{ "noop/o-af-1", "image/webp", "image/webp" },
		{ "noop/o-af-1", NULL, "image/jpeg" },
		{ "noop/o-af-1-autoformat.exclude-avif",
		  "image/avif,image/webp", "image/webp" },
		{ "alpha-mode-apply/o-jpg.transparency.autoformat-true", NULL,
		  "image/png" },
		{ "alpha-mode-apply/o-jpg.transparency.autoformat-webp", NULL,
		  "image/webp" },
		{ "noop/o-jpg.transparency.autoformat-true", NULL,
		  "image/jpeg" },
	};
	VipsImage *im = plain(60, 40, 200, 100, 50);
	size_t len;
	void *buf;

	(void)state;
	encode(im, ".png", &buf, &len);
	g_object_unref(im);
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct rendered out;

		render_bytes(buf, len, t[i].segments, "jpg", t[i].accept,
		    &out);
		assert_int_equal(out.r.status, RENDER_OK);
		assert_string_equal(out.r.mimetype, t[i].mime);
		free(out.data);
	}
	g_free(buf);
}

static int
start(void **state)
{
	(void)state;
	return (VIPS_INIT("t_render"));
}

static int
end(void **state)
{
	(void)state;
	render_end();
	return (0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_crop_places),
		cmocka_unit_test(test_resize_values),
		cmocka_unit_test(test_crop_then_resize),
		cmocka_unit_test(test_progressive),
		cmocka_unit_test(test_small_then_big),
		cmocka_unit_test(test_orientation),
		cmocka_unit_test(test_color_values),
		cmocka_unit_test(test_background_colours),
		cmocka_unit_test(test_trim),
		cmocka_unit_test(test_alpha),
		cmocka_unit_test(test_circlemask),
		cmocka_unit_test(test_dropshadow),
		cmocka_unit_test(test_animation),
		cmocka_unit_test(test_frames_alone),
		cmocka_unit_test(test_sixteen_bits),
		cmocka_unit_test(test_grey_and_cmyk),
		cmocka_unit_test(test_wide_gamut),
		cmocka_unit_test(test_convert_with_profile),
		cmocka_unit_test(test_metadata_is_stripped),
		cmocka_unit_test(test_formats_in_and_out),
		cmocka_unit_test(test_autoformat),
	};

	worker_entry(argc, argv);
	return (cmocka_run_group_tests(tests, start, end));
}
