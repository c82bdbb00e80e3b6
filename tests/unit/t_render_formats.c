/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Colour spaces and formats, in and out, through real workers. The sources are
 * those of render_picture.h.
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
	VipsImage *im = plain(40, 30, 200, 100, 50), *band, *out;

	(void)state;
	assert_int_equal(vips_linear1(im, &band, 0, 124, "uchar", TRUE, NULL),
	    0);
	assert_int_equal(vips_extract_band(band, &out, 0, NULL), 0);
	g_object_unref(band);
	out->Type = VIPS_INTERPRETATION_B_W;
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

	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
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
		    sizeof xmp);
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
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
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
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
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
