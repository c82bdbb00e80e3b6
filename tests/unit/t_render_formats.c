/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Animations, colour spaces and formats, in and out, through real workers. The
 * sources are those of render_picture.h.
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

/* What each frame leaves uncovered is not black, although its part is opaque. */
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
	for (size_t i = 0; i < sizeof(segments) / sizeof(*segments); i++) {
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

/* Channels of a TIFF behind its colours and its opacity (all 255) go. */
static void
test_more_channels(void **state)
{
	static const char *const formats[] = { "jpg", "png", "webp", "heif" };
	double more[6] = { 255, 255, 255, 255, 255, 255 };

	(void)state;
	for (int n = 1; n <= 6; n++)
		for (int f = 0; f < 4; f++) {
			VipsImage *im = plain(300, 200, 200, 100, 50), *out;

			assert_int_equal(vips_bandjoin_const(im, &out, more,
			    n, NULL), 0);
			g_object_unref(im);
			out = through(out, ".tif", "noop", formats[f], NULL);
			assert_true(out->Bands <= 4);
			expect(out, 299, 199, 200, 100, 50, 3);
			g_object_unref(out);
		}
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

/* Up to 4 megapixels with care, above in haste: the same picture. */
static void
test_heif_of_any_size(void **state)
{
	static const int widths[] = { 1, 3, 2000, 2001 };

	(void)state;
	for (int i = 0; i < 4; i++) {
		VipsImage *im = through(plain(widths[i], 2000, 200, 90, 40),
		    ".png", "noop", "heif", NULL);

		assert_int_equal(im->Xsize, widths[i]);
		assert_int_equal(im->Ysize, 2000);
		expect(im, 0, 0, 200, 90, 40, 4);
		expect(im, widths[i] - 1, 1999, 200, 90, 40, 4);
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
		{ "noop/o-af-1", "image/avif,image/jxl", "image/avif" },
		{ "noop/o-af-1", "image/jxl,image/webp", "image/jxl" },
		{ "noop/o-af-1-autoformat.exclude-jxl",
		  "image/jxl,image/webp", "image/webp" },
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

/* What a format cannot hold, or not at a bearable price, is not chosen. */
static void
test_autoformat_of_big(void **state)
{
	static const struct {
		int		width, height;
		const char	*accept, *mime;
	} t[] = {
		{ 16384, 2, "image/avif,image/webp", "image/avif" },
		{ 16384, 2, "image/webp", "image/jpeg" },
		{ 2001, 2000, "image/jxl,image/webp", "image/webp" },
		{ 2001, 2000, "image/jxl", "image/jpeg" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		VipsImage *im = plain(t[i].width, t[i].height, 200, 100, 50);
		struct rendered out;
		size_t len;
		void *buf;

		encode(im, ".png", &buf, &len);
		g_object_unref(im);
		render_bytes(buf, len, "noop/o-af-1", "jpg", t[i].accept,
		    &out);
		if (out.r.status != RENDER_OK)
			fail_msg("%s: %s", t[i].mime, out.error);
		assert_string_equal(out.r.mimetype, t[i].mime);
		free(out.data);
		g_free(buf);
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
		cmocka_unit_test(test_sixteen_bits),
		cmocka_unit_test(test_grey_and_cmyk),
		cmocka_unit_test(test_more_channels),
		cmocka_unit_test(test_wide_gamut),
		cmocka_unit_test(test_convert_with_profile),
		cmocka_unit_test(test_metadata_is_stripped),
		cmocka_unit_test(test_formats_in_and_out),
		cmocka_unit_test(test_heif_of_any_size),
		cmocka_unit_test(test_autoformat),
		cmocka_unit_test(test_autoformat_of_big),
	};

	worker_entry(argc, argv);
	return (cmocka_run_group_tests(tests, render_group_start,
	    render_group_end));
}
