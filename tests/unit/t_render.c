/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sizes and places of every operation, through real workers, against plain
 * arithmetic. The sources are those of render_picture.h.
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

#include "render_picture.h"

/*--------------------------------------------------------------------
 * Sizes
 */

static const struct size_case {
	int w, h;
	const char *segments;
	int ww, wh;
} sizes[] = {
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
	/* A picture that a resize held back is cut to the ratio asked for. */
	{ 500, 400, "resize-width-900-height-600-mode-fill-upscale-false--"
	  "crop-width-900-height-600", 500, 333 },
	{ 500, 400, "resize-width-900-height-600-mode-fill-upscale-false--"
	  "crop-width-900-height-600/o-dpr-2", 1000, 667 },
	{ 500, 400, "resize-width-900-height-600-mode-fill-upscale-false-"
	  "upscale_dpr-false--crop-width-900-height-600/o-dpr-2", 500, 333 },
	{ 500, 400, "resize-width-900-height-600-mode-fill-upscale_dpr-false"
	  "--crop-width-900-height-600/o-dpr-2", 900, 600 },
	{ 500, 400, "resize-width-900-height-600-mode-fill--"
	  "crop-width-900-height-600", 900, 600 },
	{ 500, 400, "resize-width-900-upscale-false--crop-width-900-"
	  "height-600-scale-50", 250, 167 },
	/* What comes between does not let it forget, the next resize does. */
	{ 500, 400, "resize-width-900-upscale-false--blur-sigma-1--"
	  "rotate-angle-90--crop-width-600-height-900", 333, 500 },
	{ 500, 400, "resize-width-900-upscale-false--crop-width-900-"
	  "height-100--crop-width-900-height-600", 84, 56 },
	{ 500, 400, "resize-width-900-upscale-false--resize-width-400--"
	  "crop-width-900-height-600", 400, 320 },
	{ 500, 400, "resize-width-500-upscale-false--crop-width-900-"
	  "height-300", 500, 300 },
	{ 500, 400, "resize-width-900-upscale-false--crop-width-300-"
	  "height-200", 300, 200 },
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
	/* Held back before the rounding, which is much of 3 pixels */
	{ 2000, 3, "resize-height-5-upscale-false/o-dpr-1.5", 3000, 5 },
	{ 2000, 3, "resize-height-5-upscale-false-upscale_dpr-false"
	  "/o-dpr-1.5", 2000, 3 },
	{ 3, 200, "resize-width-7-height-900-mode-fill-upscale-false",
	  3, 200 },
	{ 97, 61, "resize-width-101-height-50-mode-fill-upscale-false",
	  97, 61 },
	/* Nobody needs the 66667 pixels that lie between. */
	{ 2000, 3, "resize-width-100-height-100-mode-fill--"
	  "crop-width-100-height-100", 100, 100 },
	{ 2000, 3, "resize-width-100-height-100-mode-fill--"
	  "crop-width-100-height-100-anchor-left_top/o-dpr-3", 300, 300 },
	{ 3, 2000, "resize-width-100--crop-width-100-height-100-"
	  "anchor-0_9999", 100, 100 },
	{ 2000, 3, "resize-height-100--crop-width-10-height-10-mode-ratio",
	  100, 100 },
	{ 2000, 3, "resize-height-100--resize-width-100", 100, 1 },
	{ 2000, 3, "resize-height-900--crop-width-9000-height-9--"
	  "crop-width-90-height-9--blur", 90, 9 },
	{ 300, 200, "resize-width-30--resize-width-150", 150, 100 },
	{ 300, 200, "composition-mode-foreground-width-400-height-300",
	  400, 300 },
	{ 300, 200, "composition-mode-background-width-50-height-50",
	  300, 200 },
	/* Beyond the edge there is nothing to see. */
	{ 300, 200, "composition-mode-background-width-50-height-50-"
	  "anchor-300_0", 300, 200 },
	{ 300, 200, "composition-mode-background-width-50-height-50-"
	  "anchor-0_9999", 300, 200 },
	{ 300, 200, "dropshadow-sigma-3-horizontal-10", 316, 212 },
	{ 301, 201, "circlemask", 301, 201 },
	{ 301, 201, "resize-width-100-enabled-false", 301, 201 },
};

static void
test_sizes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		const struct size_case *t = &sizes[i];
		VipsImage *im = through(ramp(t->w, t->h, 3, 1), ".png",
		    t->segments, "png", NULL);

		if (abs(im->Xsize - t->ww) > (t->w == 1) ||
		    abs(im->Ysize - t->wh) > (t->w == 1))
			fail_msg("%dx%d %s: %dx%d, not %dx%d", t->w, t->h,
			    t->segments, im->Xsize, im->Ysize, t->ww, t->wh);
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
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		VipsImage *im = through(ramp(200, 150, 3, 1), ".png",
		    t[i].segments, "png", NULL);

		assert_int_equal(im->Xsize, 50);
		assert_int_equal(im->Ysize, 40);
		expect(im, 0, 0, t[i].x, t[i].y, 0, 0);
		expect(im, 49, 39, t[i].x + 49, t[i].y + 39, 0, 0);
		g_object_unref(im);
	}
}

/* The part of a picture that is too big to be made is where it would be. */
static void
test_crop_of_too_big(void **state)
{
	static const struct {
		const char *anchor;
		double at;	/* of the source, in the middle */
	} t[] = {
		{ "left_top", 1.5 }, { "center_center", 1000 },
		{ "right_top", 1998.5 }, { "10000_0", 301.5 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		char segments[128];
		VipsImage *im;
		int x = (int)t[i].at % 256;

		(void)snprintf(segments, sizeof segments, "resize-height-100"
		    "--crop-width-100-height-100-anchor-%s", t[i].anchor);
		im = through(ramp(2000, 3, 3, 1), ".png", segments, "png",
		    NULL);
		expect(im, 50, 50, x, 1, 0, 1.5);
		expect(im, 50, 5, x, 0, 0, 1.5);
		expect(im, 50, 95, x, 2, 0, 1.5);
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

/*
 * A stack that resizes twice does what the last resize asks for, once: to the
 * byte the same file, where two filters would have left two traces.
 */
static void
test_resized_once(void **state)
{
	static const char *const pairs[][2] = {
		{ "resize-width-150--resize-width-30", "resize-width-30" },
		{ "crop-width-200-height-100-anchor-7_9--resize-width-100--"
		  "noop--resize-width-24",
		  "crop-width-200-height-100-anchor-7_9--resize-width-24" },
		{ "resize-width-150--resize-width-60--grayscale",
		  "resize-width-60--grayscale" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		struct rendered twice, once;

		g_object_unref(through(ramp(300, 200, 3, 1), ".jpg",
		    pairs[i][0], "png", &twice));
		g_object_unref(through(ramp(300, 200, 3, 1), ".jpg",
		    pairs[i][1], "png", &once));
		assert_int_equal(twice.len, once.len);
		assert_memory_equal(twice.data, once.data, once.len);
		free(twice.data);
		free(once.data);
	}
}

static VipsImage *
turned_over(VipsImage *im)
{
	VipsImage *out, *copy;

	assert_int_equal(vips_rot(im, &out, VIPS_ANGLE_D180, NULL), 0);
	copy = vips_image_copy_memory(out);
	g_object_unref(out);
	g_object_unref(im);
	return (copy);
}

/* Nothing is moved to a side: turned over before or after is the same. */
static void
test_resize_is_even(void **state)
{
	static const char *const segments[] = { "resize-width-100",
	    "resize-width-100-height-5-mode-absolute",
	    "resize-width-5-height-100-mode-absolute", "resize-width-8",
	    "resize-width-100--blur-sigma-14" };

	(void)state;
	for (size_t i = 0; i < sizeof segments / sizeof *segments; i++) {
		/* Steps that one can tell */
		VipsImage *few = ramp(9, 7, 3, 1), *steps, *a, *b;

		assert_int_equal(vips_linear1(few, &steps, 28, 0, "uchar",
		    TRUE, NULL), 0);
		assert_int_equal(vips_copy(steps, &a, "interpretation",
		    VIPS_INTERPRETATION_sRGB, NULL), 0);
		b = turned_over(vips_image_copy_memory(a));
		a = turned_over(through(a, ".png", segments[i], "png", NULL));
		b = through(b, ".png", segments[i], "png", NULL);
		for (int x = 0; x < a->Xsize; x++)
			for (int y = 0; y < a->Ysize; y++) {
				double v[4];

				pixel(a, x, y, v);
				expect(b, x, y, (int)v[0], (int)v[1],
				    (int)v[2], 2);
			}
		g_object_unref(a);
		g_object_unref(b);
		g_object_unref(steps);
		g_object_unref(few);
	}
}

/* Where the stored picture's corner 0,0 is seen: EXIF 1..8 */
static const struct corner {
	int right, bottom, turned;
} corners[9] = { { 0, 0, 0 }, { 0, 0, 0 }, { 1, 0, 0 }, { 1, 1, 0 },
    { 0, 1, 0 }, { 0, 0, 1 }, { 1, 0, 1 }, { 1, 1, 1 }, { 0, 1, 1 } };

static VipsImage *
upright(int orientation, const char *suffix, const char *segments)
{
	VipsImage *im = ramp(120, 80, 3, 1);

	vips_image_set_int(im, VIPS_META_ORIENTATION, orientation);
	return (through(im, suffix, segments, "png", NULL));
}

static void
turns_upright(int orientation, const char *suffix)
{
	const struct corner *c = &corners[orientation];
	int w = c->turned ? 80 : 120, h = c->turned ? 120 : 80;
	int x = c->right ? w - 1 : 0, y = c->bottom ? h - 1 : 0;
	VipsImage *out = upright(orientation, suffix,
	    "resize-width-999-upscale-false");

	assert_int_equal(out->Xsize, w);
	assert_int_equal(out->Ysize, h);
	expect(out, x, y, 0, 0, 0, 8);
	expect(out, w - 1 - x, h - 1 - y, 119, 79, 0, 8);
	g_object_unref(out);
	/* A crop counts in the upright picture. */
	out = upright(orientation, suffix, c->bottom ?
	    "crop-width-8-height-8-anchor-left_bottom" :
	    "crop-width-8-height-8-anchor-left_top");
	expect(out, 0, c->bottom ? 7 : 0,
	    c->right ? (c->turned ? 0 : 119) : 0,
	    c->right ? (c->turned ? 79 : 0) : 0, 0, 8);
	g_object_unref(out);
}

static void
test_orientation(void **state)
{
	(void)state;
	for (int o = 1; o <= 8; o++) {
		turns_upright(o, ".jpg[Q=100]");
		turns_upright(o, ".webp[lossless]");
	}
}

/*--------------------------------------------------------------------*/

/* *front* on *back*, 7 from the left and 5 from the top, trimmed; takes both. */
static VipsImage *
trimmed(VipsImage *back, VipsImage *front, const char *segments)
{
	VipsImage *both;

	assert_int_equal(vips_insert(back, front, &both, 7, 5, NULL), 0);
	g_object_unref(back);
	g_object_unref(front);
	return (through(both, ".png", segments, "png", NULL));
}

static void
test_trim(void **state)
{
	VipsImage *out;

	(void)state;
	out = trimmed(plain(200, 150, 255, 255, 255), plain(30, 20, 10, 20, 30),
	    "trim");
	assert_int_equal(out->Xsize, 30);
	assert_int_equal(out->Ysize, 20);
	expect(out, 0, 0, 10, 20, 30, 0);
	g_object_unref(out);
	/* A border of any colour */
	out = trimmed(plain(200, 150, 0, 90, 200),
	    plain(30, 20, 255, 255, 255), "trim");
	assert_int_equal(out->Xsize, 30);
	assert_int_equal(out->Ysize, 20);
	expect(out, 0, 0, 255, 255, 255, 0);
	g_object_unref(out);
	/* A dot, and lines of one pixel */
	for (int i = 0; i < 3; i++) {
		int w = i == 1 ? 30 : 1, h = i == 2 ? 20 : 1;

		out = trimmed(plain(60, 40, 255, 255, 255),
		    plain(w, h, 200, 0, 0), "trim");
		assert_int_equal(out->Xsize, w);
		assert_int_equal(out->Ysize, h);
		expect(out, w - 1, h - 1, 200, 0, 0, 0);
		g_object_unref(out);
	}
	/* Nothing is more than all of the tolerance away. */
	out = trimmed(plain(60, 40, 0, 0, 0), plain(9, 9, 255, 255, 255),
	    "trim-fuzzy-100");
	assert_int_equal(out->Xsize, 60);
	g_object_unref(out);
	/* White on nothing: the opacity tells, here the right half. */
	out = through(ramp(64, 64, 4, 1), ".png",
	    "modulate-brightness-500--trim", "png", NULL);
	assert_int_equal(out->Xsize, 32);
	assert_int_equal(out->Ysize, 64);
	g_object_unref(out);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_crop_places),
		cmocka_unit_test(test_crop_of_too_big),
		cmocka_unit_test(test_resize_values),
		cmocka_unit_test(test_crop_then_resize),
		cmocka_unit_test(test_progressive),
		cmocka_unit_test(test_small_then_big),
		cmocka_unit_test(test_resized_once),
		cmocka_unit_test(test_resize_is_even),
		cmocka_unit_test(test_orientation),
		cmocka_unit_test(test_trim),
	};

	worker_entry(argc, argv);
	return (cmocka_run_group_tests(tests, render_group_start,
	    render_group_end));
}
