/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The libraries of JPEG and WebP called by ourselves against libvips' own use
 * of them: the same pixels, to the last bit, of every kind of file and at every
 * shrink, and the same files, but that opacity beside a WebP's lossy colours
 * takes less.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <vips/vips.h>

#include "worker/webp.h"
#include "worker/codec.h"
#include "worker/jpeg.h"
#include "render_picture.h"

/* Noise with *bands* of colour or ink, as a JPEG */
static void
make(int width, int height, int bands, const char *suffix, void **buf,
    size_t *len)
{
	static const VipsInterpretation types[] = { 0,
	    VIPS_INTERPRETATION_B_W, 0, VIPS_INTERPRETATION_sRGB,
	    VIPS_INTERPRETATION_CMYK };
	VipsImage *im, *typed;
	unsigned char *p = malloc((size_t)(width * height * bands));

	assert_non_null(p);
	srandom(1);
	for (int i = 0; i < width * height * bands; i++)
		p[i] = (unsigned char)(i / bands % width + random() % 40);
	im = vips_image_new_from_memory_copy(p,
	    (size_t)(width * height * bands), width, height, bands,
	    VIPS_FORMAT_UCHAR);
	free(p);
	assert_int_equal(vips_copy(im, &typed, "interpretation",
	    types[bands], NULL), 0);
	g_object_unref(im);
	encode(typed, suffix, buf, len);
	g_object_unref(typed);
}

static void
compare(const void *buf, size_t len, int shrink)
{
	VipsImage *header, *ours, *theirs;
	void *a, *b;
	size_t na, nb;

	assert_int_equal(vips_jpegload_buffer((void *)(uintptr_t)buf, len,
	    &header, NULL), 0);
	assert_int_equal(vips_jpegload_buffer((void *)(uintptr_t)buf, len,
	    &theirs, "shrink", shrink, NULL), 0);
	assert_int_equal(jpeg_pixels(header, buf, len, shrink, &ours), 0);
	assert_int_equal(ours->Type, theirs->Type);
	assert_int_equal(ours->Xsize, theirs->Xsize);
	assert_int_equal(ours->Ysize, theirs->Ysize);
	a = vips_image_write_to_memory(ours, &na);
	b = vips_image_write_to_memory(theirs, &nb);
	assert_int_equal(na, nb);
	assert_memory_equal(a, b, na);
	g_free(a);
	g_free(b);
	g_object_unref(ours);
	g_object_unref(theirs);
	g_object_unref(header);
}

static void
test_same_pixels(void **state)
{
	static const char *const suffixes[] = { ".jpg[Q=60]", ".jpg[Q=95]",
	    ".jpg[Q=60,interlace]", ".jpg[Q=60,restart-interval=2]" };
	static const int sizes[][2] = { { 97, 61 }, { 8, 8 }, { 200, 9 } };

	(void)state;
	for (size_t s = 0; s < 4; s++)
		for (size_t i = 0; i < 3; i++)
			for (int bands = 1; bands <= 4; bands += 1 + bands % 2)
				for (int shrink = 1; shrink <= 8;
				    shrink *= 2) {
					size_t len;
					void *buf;

					make(sizes[i][0], sizes[i][1], bands,
					    suffixes[s], &buf, &len);
					compare(buf, len, shrink);
					g_free(buf);
				}
}

/* A file that ends early is an error, not grey rows. */
static void
test_cut_short(void **state)
{
	size_t len;
	void *buf;

	(void)state;
	make(200, 200, 3, ".jpg", &buf, &len);
	for (int cut = 1; cut <= 4; cut++) {
		VipsImage *header, *im = NULL;

		assert_int_equal(vips_jpegload_buffer(buf, len, &header,
		    NULL), 0);
		assert_int_equal(jpeg_pixels(header, buf,
		    len * (size_t)cut / 5, 1, &im), -1);
		assert_null(im);
		assert_non_null(strstr(vips_error_buffer(), "jpeg: "));
		vips_error_clear();
		g_object_unref(header);
	}
	g_free(buf);
}

static void
compare_files(void *a, size_t na, void *b, size_t nb)
{
	assert_int_equal(na, nb);
	assert_memory_equal(a, b, na);
	free(a);
	g_free(b);
}

static void
test_same_webp(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		int q = (int []){ 1, 80, 100, 100 }[i];
		VipsImage *im = ramp(77, 41, i == 3 ? 4 : 3, 1);
		size_t na, nb;
		void *a, *b;

		assert_int_equal(webp_save(im, q, &a, &na), 0);
		assert_int_equal(vips_webpsave_buffer(im, &b, &nb, "Q", q,
		    "lossless", q == 100, "strip", TRUE, NULL), 0);
		nb = webp_strip(b, nb);
		/* Until 8.15 a head that tells of alpha */
		if (memcmp((char *)b + 12, "VP8X", 4) == 0) {
			nb -= 18;
			memmove((char *)b + 12, (char *)b + 30, nb - 12);
			memcpy(b, a, 12);
		}
		compare_files(a, na, b, nb);
		g_object_unref(im);
	}
}

/* The opacity of the pixel x, y of the picture *kind* */
static int
opacity(int kind, int x, int y)
{
	switch (kind) {
	case 0:		/* everything that a byte can be, and jumps */
		return ((x * 7 + y * 31) & 255);
	case 1:		/* a slope, for the filters */
		return (2 * x + y < 255 ? 2 * x + y : 255);
	case 2:		/* noise, which none can tell */
		return ((int)(random() & 255));
	case 3:		/* a form */
		return (x * y > 200 ? 255 : 0);
	default:	/* rows alike, which the filter to the left finds */
		return ((x % 5 * 40 + x * x / 9) & 255);
	}
}

static VipsImage *
with_opacity(int width, int height, int kind)
{
	VipsImage *im = ramp(width, height, 4, 1), *copy;

	assert_int_equal(vips_copy(im, &copy, NULL), 0);
	g_object_unref(im);
	im = vips_image_copy_memory(copy);
	g_object_unref(copy);
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++)
			VIPS_IMAGE_ADDR(im, x, y)[3] =
			    (VipsPel)opacity(kind, x, y);
	return (im);
}

static void *
decoded(void *file, size_t len, size_t *n)
{
	VipsImage *im;
	void *p;

	assert_int_equal(vips_webpload_buffer(file, len, &im, NULL), 0);
	p = vips_image_write_to_memory(im, n);
	g_object_unref(im);
	return (p);
}

/* The same pixels in a file that is not bigger, but for a few bytes. */
static void
compare_opacity(VipsImage *im, int kind)
{
	size_t na, nb, len_a, len_b;
	void *a, *b, *pa, *pb;

	assert_int_equal(webp_save(im, 80, &a, &na), 0);
	assert_int_equal(vips_webpsave_buffer(im, &b, &nb, "Q", 80, "strip",
	    TRUE, NULL), 0);
	pa = decoded(a, na, &len_a);
	pb = decoded(b, nb, &len_b);
	assert_int_equal(len_a, len_b);
	assert_memory_equal(pa, pb, len_a);
	nb = webp_strip(b, nb);
	if (na > nb + nb / 50 + 32)
		fail_msg("%d x %d, opacity %d: %zu bytes, libvips %zu",
		    im->Xsize, im->Ysize, kind, na, nb);
	g_free(pa);
	g_free(pb);
	free(a);
	g_free(b);
}

static void
test_webp_opacity(void **state)
{
	static const int sizes[][2] = { { 1, 1 }, { 1, 9 }, { 9, 1 },
	    { 2, 2 }, { 77, 41 }, { 300, 260 } };

	(void)state;
	for (int i = 0; i < 6; i++)
		for (int kind = 0; kind < 5; kind++) {
			VipsImage *im = with_opacity(sizes[i][0],
			    sizes[i][1], kind);

			compare_opacity(im, kind);
			g_object_unref(im);
		}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_pixels),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_same_webp),
		cmocka_unit_test(test_webp_opacity),
	};

	worker_entry(argc, argv);
	return (cmocka_run_group_tests(tests, render_group_start,
	    render_group_end));
}
