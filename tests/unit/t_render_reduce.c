/* SPDX-License-Identifier: BSD-2-Clause */
/* Our shrink along the rows, against arithmetic and against libvips' own. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <vips/vips.h>

#include "worker/resize.h"
#include "render_picture.h"

/* Slopes, waves and edges */
static VipsImage *
picture(int width, int height, int bands)
{
	size_t len = (size_t)(width * height * bands);
	VipsPel *p = malloc(len);
	VipsImage *im;

	assert_non_null(p);
	for (int i = 0; i < width * height * bands; i++) {
		int x = i / bands % width, y = i / bands / width;

		p[i] = (VipsPel)(i % bands == 0 ? x * 255 / width :
		    i % bands == 1 ? 128 + 120 * sin(x * 0.7 + y) :
		    i % bands == 2 ? (x + y) / 9 % 2 * 255 : 255 - y);
	}
	im = vips_image_new_from_memory_copy(p, len, width, height, bands,
	    VIPS_FORMAT_UCHAR);
	free(p);
	return (im);
}

/* At most *most* away anywhere, and hardly at all in the mean */
static void
compare(VipsImage *ours, VipsImage *theirs, double most)
{
	VipsImage *t[2];
	double max, mean;

	assert_int_equal(ours->Xsize, theirs->Xsize);
	assert_int_equal(ours->Ysize, theirs->Ysize);
	assert_int_equal(ours->Bands, theirs->Bands);
	assert_int_equal(vips_subtract(ours, theirs, &t[0], NULL), 0);
	assert_int_equal(vips_abs(t[0], &t[1], NULL), 0);
	assert_int_equal(vips_max(t[1], &max, NULL), 0);
	assert_int_equal(vips_avg(t[1], &mean, NULL), 0);
	if (max > most || mean > 0.3)
		fail_msg("%d pixels of %d bands: differs by %g, %g in the "
		    "mean", ours->Xsize, ours->Bands, max, mean);
	g_object_unref(t[0]);
	g_object_unref(t[1]);
}

/* Shrunk by no more than this, where whole numbers do for its weights */
static void
test_like_libvips(void **state)
{
	static const int widths[][2] = { { 820, 400 }, { 97, 96 }, { 100, 31 },
	    { 7, 3 }, { 2, 1 }, { 999, 120 }, { 640, 80 } };

	(void)state;
	for (int i = 0; i < 7; i++)
		for (int bands = 1; bands <= 4; bands++) {
			VipsImage *im = picture(widths[i][0], 19, bands);
			VipsImage *ours, *theirs;

			assert_int_equal(reduce_width(im, widths[i][1],
			    &ours), 0);
			assert_int_equal(vips_reduceh(im, &theirs,
			    (double)widths[i][0] / widths[i][1], NULL), 0);
			compare(ours, theirs, 3);
			g_object_unref(theirs);
			g_object_unref(ours);
			g_object_unref(im);
		}
}

/* A plain one stays as it is, to the edges. */
static void
test_plain(void **state)
{
	VipsImage *im, *out;
	double least, most;

	(void)state;
	for (int v = 0; v < 256; v += 51) {
		im = plain(3333, 5, v, v, v);
		assert_int_equal(reduce_width(im, 1 + 13 * v, &out), 0);
		assert_int_equal(vips_min(out, &least, NULL), 0);
		assert_int_equal(vips_max(out, &most, NULL), 0);
		assert_true(least == v && most == v);
		g_object_unref(out);
		g_object_unref(im);
	}
}

/* Any part of it is what it is in the whole. */
static void
test_parts(void **state)
{
	VipsImage *im = picture(500, 40, 3), *out, *whole, *part, *same;

	(void)state;
	assert_int_equal(reduce_width(im, 201, &out), 0);
	whole = vips_image_copy_memory(out);
	for (int x = 0; x < 201; x += 40) {
		assert_int_equal(vips_extract_area(out, &part, x, 7, 201 - x >
		    37 ? 37 : 201 - x, 9, NULL), 0);
		assert_int_equal(vips_extract_area(whole, &same, x, 7,
		    part->Xsize, 9, NULL), 0);
		compare(part, same, 0);
		g_object_unref(part);
		g_object_unref(same);
	}
	g_object_unref(whole);
	g_object_unref(out);
	g_object_unref(im);
}

/* What it does not know goes to libvips; what has the width stays. */
static void
test_others(void **state)
{
	VipsImage *im = picture(60, 4, 3), *deep, *out;

	(void)state;
	assert_int_equal(vips_cast(im, &deep, VIPS_FORMAT_USHORT, NULL), 0);
	assert_int_equal(reduce_width(deep, 20, &out), 0);
	assert_int_equal(out->Xsize, 20);
	assert_int_equal(out->BandFmt, VIPS_FORMAT_USHORT);
	g_object_unref(out);
	assert_int_equal(reduce_width(im, 60, &out), 0);
	compare(out, im, 0);
	g_object_unref(out);
	g_object_unref(deep);
	g_object_unref(im);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_like_libvips),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_others),
	};

	worker_entry(argc, argv);
	return (cmocka_run_group_tests(tests, render_group_start,
	    render_group_end));
}
