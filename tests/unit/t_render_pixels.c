/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Colours and transparency of every operation, through real workers, against
 * plain arithmetic. The sources are those of render_picture.h.
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
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		VipsImage *im = through(plain(90, 60, 200, 100, 50), ".png",
		    t[i].segments, "png", NULL);

		expect(im, im->Xsize / 2, im->Ysize / 2, t[i].r, t[i].g,
		    t[i].b, t[i].within);
		g_object_unref(im);
	}
}

static double
to_light(int v)
{
	double f = v / 255.0;

	return (f <= 0.04045 ? f / 12.92 : pow((f + 0.055) / 1.055, 2.4));
}

static double
from_light(double y)
{
	return (255 * (y <= 0.0031308 ? 12.92 * y :
	    1.055 * pow(y, 1 / 2.4) - 0.055));
}

/* By our weights of light, whatever those of this libvips are. */
static void
test_greys(void **state)
{
	VipsImage *im = vips_image_new_memory(), *grey;
	VipsPel line[64 * 3];

	(void)state;
	vips_image_init_fields(im, 64, 64, 3, VIPS_FORMAT_UCHAR,
	    VIPS_CODING_NONE, VIPS_INTERPRETATION_sRGB, 1, 1);
	for (int y = 0; y < 64; y++) {
		for (int x = 0; x < 64; x++) {
			line[x * 3] = (VipsPel)(x % 16 * 17);
			line[x * 3 + 1] = (VipsPel)(y % 16 * 17);
			line[x * 3 + 2] = (VipsPel)((x / 16 + y / 16 * 4) * 17);
		}
		assert_int_equal(vips_image_write_line(im, y, line), 0);
	}
	grey = through(im, ".png", "grayscale", "png", NULL);
	for (int i = 0; i < 64 * 64; i++) {
		int x = i % 64, y = i / 64, v = (int)rint(from_light(
		    0.2 * to_light(x % 16 * 17) + 0.7 * to_light(y % 16 * 17) +
		    0.1 * to_light((x / 16 + y / 16 * 4) * 17)));

		expect(grey, x, y, v, v, v, 1);
	}
	g_object_unref(grey);
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
	expect(im, im->Xsize / 2, im->Ysize / 2, 200, 100, 50, 0);
	g_object_unref(im);
	/* Of 10 in 255, each half of a level is 13 of the colour. */
	im = through(plain(90, 60, 200, 100, 50), ".png",
	    "alpha-mode-apply-opacity-4--blur-sigma-1", "png", NULL);
	expect(im, 45, 30, 200, 100, 50, 13);
	g_object_unref(im);
	im = through(plain(90, 60, 200, 100, 50), ".png",
	    "composition-mode-foreground-width-100-height-100-"
	    "secondary_color-0000ff-anchor-left_bottom", "png", NULL);
	expect(im, 0, 0, 0, 0, 255, 0);
	assert_true(alpha_at(im, 0, 0) == 255);
	expect(im, 0, 99, 200, 100, 50, 0);
	expect(im, 95, 99, 0, 0, 255, 0);
	g_object_unref(im);
	/* What is laid beyond the edge changes nothing. */
	im = through(plain(90, 60, 200, 100, 50), ".png",
	    "composition-mode-background-width-9-height-9-anchor-90_60", "png",
	    NULL);
	expect(im, 89, 59, 200, 100, 50, 0);
	g_object_unref(im);
}

/*--------------------------------------------------------------------
 * Transparency
 */

/* A ramp whose left half is transparent, rendered */
static VipsImage *
half_clear(const char *segments, const char *format)
{
	return (through(ramp(64, 64, 4, 1), ".png", segments, format, NULL));
}

static void
test_alpha(void **state)
{
	VipsImage *im;

	(void)state;
	/* White behind it in a JPEG, and no fringe */
	im = half_clear("resize-width-32", "jpg");
	expect(im, 4, 16, 255, 255, 255, 4);
	expect(im, 28, 8, 57, 17, 0, 12);
	g_object_unref(im);
	im = half_clear("noop/o-jpg.transparency.color-0000ff", "jpg");
	expect(im, 4, 16, 0, 0, 255, 6);
	g_object_unref(im);
	im = half_clear("resize-width-32", "png");
	assert_true(alpha_at(im, 4, 16) == 0);
	assert_true(alpha_at(im, 28, 16) == 255);
	expect(im, 28, 8, 57, 17, 0, 2);
	g_object_unref(im);
	im = half_clear("alpha-mode-extract", "png");
	expect(im, 4, 16, 0, 0, 0, 0);
	expect(im, 60, 16, 255, 255, 255, 0);
	g_object_unref(im);
	im = half_clear("alpha-mode-apply-opacity-50", "png");
	assert_true(alpha_at(im, 4, 16) == 0);
	assert_true(fabs(alpha_at(im, 60, 16) - 128) <= 1);
	g_object_unref(im);
	im = half_clear("alpha-mode-remove", "png");
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

static void
expect_alpha(VipsImage *im, int x, int y, double want, double within)
{
	if (fabs(alpha_at(im, x, y) - want) > within)
		fail_msg("alpha at %d,%d is %g, not %g", x, y,
		    alpha_at(im, x, y), want);
}

/*
 * A wide shadow is made small and grows again. It falls off as a normal
 * distribution does from the edge of what throws it, up to the two sigmas at
 * which libvips cuts that off; and alike to all sides.
 */
static void
wide_dropshadow(int sigma)
{
	char *segments = g_strdup_printf("dropshadow-sigma-%d", sigma);
	int side = 301, reach = 2 * sigma, middle = reach + side / 2;
	int last = reach + side - 1;
	VipsImage *im = through(plain(side, side, 200, 100, 50), ".png",
	    segments, "png", NULL);

	assert_int_equal(im->Xsize, side + 2 * reach);
	assert_int_equal(im->Ysize, side + 2 * reach);
	for (int far = 1; far < reach; far += 5) {
		double p = 0.5 * erfc((far - 0.5) / sigma / M_SQRT2);
		double here = alpha_at(im, last + far, middle);

		expect_alpha(im, last + far, middle, 255 * p, 12);
		expect_alpha(im, reach - far, middle, here, 2);
		expect_alpha(im, middle, last + far, here, 2);
		expect_alpha(im, middle, reach - far, here, 2);
		/* Round at a corner: both distances count. */
		expect_alpha(im, last + far, last + far, 255 * p * p, 12);
	}
	g_object_unref(im);
	g_free(segments);
}

static void
test_wide_dropshadow(void **state)
{
	(void)state;
	wide_dropshadow(13);
	wide_dropshadow(30);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_color_values),
		cmocka_unit_test(test_greys),
		cmocka_unit_test(test_background_colours),
		cmocka_unit_test(test_alpha),
		cmocka_unit_test(test_circlemask),
		cmocka_unit_test(test_dropshadow),
		cmocka_unit_test(test_wide_dropshadow),
	};

	worker_entry(argc, argv);
	return (cmocka_run_group_tests(tests, render_group_start,
	    render_group_end));
}
