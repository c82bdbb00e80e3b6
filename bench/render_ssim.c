/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * render_ssim SOURCE PICTURE...: how alike each PICTURE is to SOURCE made as
 * small with all care: decoded whole, its colours converted first, and one
 * Lanczos filter over all pixels. Prints the mean structural similarity
 * (SSIM, Gaussian window of sigma 1.5) of their lightness, 1 for the same.
 */
#include "config.h"

#include <stdio.h>
#include <vips/vips.h>

#define C1	(0.01 * 255 * 0.01 * 255)
#define C2	(0.03 * 255 * 0.03 * 255)

static VipsImage *scope;

/* An image's place, which is freed at the end. */
static VipsImage **
room(void)
{
	return ((VipsImage **)vips_object_local_array(VIPS_OBJECT(scope), 1));
}

static VipsImage *
made(VipsImage **t, int rc)
{
	if (rc != 0)
		vips_error_exit("render_ssim");
	return (*t);
}

typedef int binary_f(VipsImage *, VipsImage *, VipsImage **, ...);

static VipsImage *
of(binary_f *f, VipsImage *a, VipsImage *b)
{
	VipsImage **t = room();

	return (made(t, f(a, b, t, NULL)));
}

static VipsImage *
linear(VipsImage *im, double factor, double more)
{
	VipsImage **t = room();

	return (made(t, vips_linear1(im, t, factor, more, NULL)));
}

static VipsImage *
space(VipsImage *im, VipsInterpretation to)
{
	VipsImage **t = room();

	return (made(t, vips_colourspace(im, t, to, NULL)));
}

/* The first frame, upright, in sRGB, on white. */
static VipsImage *
open_picture(const char *file)
{
	VipsArrayDouble *white = vips_array_double_newv(1, 255.0);
	VipsImage **t = room(), **upright = room(), **srgb = room();
	VipsImage **flat = room(), *im;

	*t = vips_image_new_from_file(file, NULL);
	im = made(t, *t == NULL);
	im = made(upright, vips_autorot(im, upright, NULL));
	if (vips_image_get_typeof(im, VIPS_META_ICC_NAME) != 0 ||
	    im->Type == VIPS_INTERPRETATION_CMYK)
		im = made(srgb, vips_icc_transform(im, srgb, "srgb",
		    "embedded", TRUE, "input_profile", "cmyk",
		    "black_point_compensation", TRUE, "intent",
		    VIPS_INTENT_RELATIVE, NULL));
	im = space(im, VIPS_INTERPRETATION_sRGB);
	if (vips_image_hasalpha(im))
		im = made(flat, vips_flatten(im, flat, "background", white,
		    NULL));
	vips_area_unref(VIPS_AREA(white));
	return (im);
}

/* *source* at the size of *like*: no shrink before the filter */
static VipsImage *
careful(VipsImage *source, VipsImage *like)
{
	VipsImage **t = room();

	return (made(t, vips_resize(source, t, (double)like->Xsize /
	    source->Xsize, "vscale", (double)like->Ysize / source->Ysize,
	    "gap", 0.0, NULL)));
}

static VipsImage *
lightness(VipsImage *im)
{
	VipsImage **t = room();

	return (made(t, vips_cast(space(im, VIPS_INTERPRETATION_B_W), t,
	    VIPS_FORMAT_FLOAT, NULL)));
}

static VipsImage *
window(VipsImage *im)
{
	VipsImage **t = room();

	return (made(t, vips_gaussblur(im, t, 1.5, "min_ampl", 0.01,
	    "precision", VIPS_PRECISION_FLOAT, NULL)));
}

/* The mean of the products in the window, less that of the means */
static VipsImage *
spread(VipsImage *a, VipsImage *b, VipsImage *means)
{
	return (of(vips_subtract, window(of(vips_multiply, a, b)), means));
}

static double
ssim(VipsImage *a, VipsImage *b)
{
	VipsImage *ma = window(a), *mb = window(b);
	VipsImage *aa = of(vips_multiply, ma, ma);
	VipsImage *bb = of(vips_multiply, mb, mb);
	VipsImage *ab = of(vips_multiply, ma, mb);
	VipsImage *above = of(vips_multiply, linear(ab, 2, C1),
	    linear(spread(a, b, ab), 2, C2));
	VipsImage *below = of(vips_multiply,
	    linear(of(vips_add, aa, bb), 1, C1),
	    linear(of(vips_add, spread(a, a, aa), spread(b, b, bb)), 1, C2));
	double mean;

	if (vips_avg(of(vips_divide, above, below), &mean, NULL))
		vips_error_exit("render_ssim");
	return (mean);
}

int
main(int argc, char **argv)
{
	VipsImage *source, *picture;

	if (argc < 3 || VIPS_INIT(argv[0])) {
		fprintf(stderr, "usage: render_ssim SOURCE PICTURE...\n");
		return (64);
	}
	scope = vips_image_new();
	source = open_picture(argv[1]);
	for (int i = 2; i < argc; i++) {
		picture = open_picture(argv[i]);
		printf("%.4f\n", ssim(lightness(careful(source, picture)),
		    lightness(picture)));
	}
	g_object_unref(scope);
	return (0);
}
