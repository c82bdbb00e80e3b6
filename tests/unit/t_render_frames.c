/* SPDX-License-Identifier: BSD-2-Clause */
/* Animations, frame by frame, through real workers. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <vips/vips.h>

#include "render_picture.h"

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

/* What each frame leaves uncovered is not black, though its part is opaque. */
static void
test_uncovered(void **state)
{
	struct rendered out;
	VipsImage *roll = ramp(60, 40, 4, 2);
	size_t len;
	void *buf;

	(void)state;
	/* Opaque in the middle of each, and nothing around it. */
	assert_int_equal(vips_image_inplace(roll), 0);
	for (int y = 0; y < 80; y++)
		for (int x = 0; x < 60; x++)
			VIPS_IMAGE_ADDR(roll, x, y)[3] = x > 9 && x < 50 &&
			    y % 40 > 9 && y % 40 < 30 ? 255 : 0;
	encode(roll, ".gif", &buf, &len);
	render_bytes(buf, len, "noop", "webp", NULL, &out);
	assert_int_equal(out.r.status, RENDER_OK);
	assert_memory_equal((char *)out.data + 12, "VP8X", 4);
	/* libvips reads all that move with alpha; others believe the flag. */
	assert_int_equal(((uint8_t *)out.data)[20] & 0x10, 0x10);
	g_object_unref(roll);
	g_free(buf);
	free(out.data);
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

/*
 * Each of *n* frames, stored turned as EXIF's *orientation* says, comes out as
 * it does as a picture by itself.
 */
static void
frames_alone(int n, int bands, int orientation, const char *segments)
{
	VipsImage *roll = ramp(65, 49, bands, n), *frame, *all, *one, *alone;
	char *as_webp = g_strdup_printf("%s/o-webp.quality-100", segments);
	struct rendered out;
	size_t len;
	void *buf;

	vips_image_set_int(roll, VIPS_META_ORIENTATION, orientation);
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
		assert_int_equal(vips_image_get_page_height(all),
		    alone->Ysize);
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
	static const char *const segments[] = { "noop", "resize-width-40",
	    "resize-width-40-height-20-mode-absolute", "resize-height-9",
	    "resize-width-65-height-30-mode-absolute",
	    "crop-width-30-height-31-anchor-7_9--resize-width-20",
	    "crop-width-30-height-31-anchor-7_9",
	    "resize-width-90-height-20-mode-absolute-upscale-true",
	    "resize-width-40--resize-width-20-upscale-true--rotate-angle-90",
	    "resize-width-40--noop--sepia--resize-width-21" };

	(void)state;
	for (size_t i = 0; i < sizeof segments / sizeof *segments; i++) {
		frames_alone(3, 3, 1, segments[i]);
		frames_alone(12, 4, 1, segments[i]);
	}
}

/* EXIF of a moving WebP is for each of its frames. */
static void
test_frames_upright(void **state)
{
	(void)state;
	for (int o = 2; o <= 8; o++) {
		frames_alone(3, 3, o, "noop");
		frames_alone(4, 4, o, "resize-width-30");
		frames_alone(3, 3, o,
		    "crop-width-30-height-31-anchor-7_9--resize-width-20");
		frames_alone(3, 3, o, "rotate-angle-90--sepia");
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_animation),
		cmocka_unit_test(test_uncovered),
		cmocka_unit_test(test_frames_alone),
		cmocka_unit_test(test_frames_upright),
	};

	worker_entry(argc, argv);
	return (cmocka_run_group_tests(tests, render_group_start,
	    render_group_end));
}
