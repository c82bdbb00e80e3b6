/* SPDX-License-Identifier: BSD-2-Clause */
/* The pixels of a source image, by the loader of its format. */
#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "base/trust_me.h"
#include "worker/codec.h"
#include "worker/color.h"
#include "worker/jpeg.h"
#include "worker/work.h"

/*
 * A file cut short is refused; smaller damage, which shows at most a few wrong
 * pixels, is rendered as browsers do.
 */
#define COMMON	"access", VIPS_ACCESS_SEQUENTIAL,	\
	"fail_on", VIPS_FAIL_ON_TRUNCATED

bool
source_is_drawing(const struct source *s)
{
	return (s->format == FORMAT_SVG || s->format == FORMAT_PDF);
}

/*
 * The biggest shrink of the JPEG decoder after which there is something left
 * to do for a better filter, or nothing at all: a last step of 2 % would blur
 * (SSIM 0.977 instead of 0.988).
 */
#define LEFT_AT_LEAST	1.125

static int
jpeg_shrink(double scale)
{
	for (int s = 8; s > 1; s /= 2) {
		double left = 1 / (scale * s);

		if (left >= LEFT_AT_LEAST || fabs(left - 1) < 1e-9)
			return (s);
	}
	return (1);
}

/*
 * What the loaders take: of a drawing not less than a thousandth, or it would
 * be drawn whole; of WebP not so little that a side has no pixel left.
 */
static double
scale_for(const struct source *s, double scale)
{
	if (source_is_drawing(s))
		return (fmax(scale, 0.001));
	if (s->format == FORMAT_WEBP && s->width > 0)
		scale = fmax(scale, 1.0 / (s->width < s->height ? s->width :
		    s->height));
	/* Nor a part that a frame of an animation changes, which fails. */
	if (s->frames > 1 && s->side > 0 && s->side * scale <= 0.5)
		scale = 1.0 / s->side;
	return (fmin(scale, 1));
}

static int
load_gif(const struct source *s, void *data, VipsImage **out)
{
	VipsImage *im;
	int rc;

	if (vips_gifload_buffer(data, s->len, &im, COMMON, "n",
	    s->load > 1 ? -1 : 1, NULL))
		return (-1);
	if (!s->shows) {
		*out = im;
		return (0);
	}
	rc = gif_lay(s, im, out);
	g_object_unref(im);
	return (rc);
}

static int
load(struct work *w, const struct source *s, double wanted, bool pixels,
    VipsImage **out)
{
	void *data = TRUST_ME(s->data);
	double scale = scale_for(s, wanted);

	switch (s->format) {
	case FORMAT_JPG:
		/* Unlimited: a hundred warnings are no reason to fail. */
		return (vips_jpegload_buffer(data, s->len, out, COMMON,
		    "shrink", jpeg_shrink(scale), "unlimited", TRUE, NULL));
	case FORMAT_PNG:
		return (vips_pngload_buffer(data, s->len, out, COMMON, NULL));
	case FORMAT_GIF:
		return (load_gif(s, data, out));
	case FORMAT_WEBP:
		return (vips_webpload_buffer(data, s->len, out, COMMON,
		    "n", s->load > 1 ? -1 : 1, "scale", scale, NULL));
	case FORMAT_AVIF:
	case FORMAT_HEIF:
		return (heif_load(w, s, pixels, out));
	case FORMAT_TIFF:
		return (tiff_load(w, data, s->len, pixels, out));
	case FORMAT_JXL:
		return (jxl_load(data, s->len, pixels, out));
	case FORMAT_JP2:
		return (vips_jp2kload_buffer(data, s->len, out, COMMON,
		    NULL));
	case FORMAT_SVG:
		return (vips_svgload_buffer(data, s->len, out, "scale", scale,
		    NULL));
	case FORMAT_PDF:
		return (vips_pdfload_buffer(data, s->len, out, "scale", scale,
		    "page", s->page - 1, "dpi", s->dpi, NULL));
	default:
		vips_error("load", "no loader");
		return (-1);
	}
}

/* Pixels up to which a JPEG is decoded at once, into 12 MB */
#define AT_ONCE		(4 << 20)

/* Colours as opaque as they are, which some files multiply by their opacity. */
static int
unweigh(struct work *w, VipsImage *in, VipsImage **out)
{
	if (vips_image_hasalpha(in))
		return (color_unweigh(w, in, out));
	return (vips_copy(in, out, NULL));
}

/* With what the file says of its colours as an ICC profile */
static int
set_declared(const struct source *s, VipsImage *im)
{
	size_t len;
	void *icc = declared_profile(&s->declared, im->Bands < 3, &len);

	if (icc != NULL)
		vips_image_set_blob_copy(im, VIPS_META_ICC_NAME, icc, len);
	free(icc);
	return (0);
}

int
source_image(struct work *w, const struct source *s, double scale, bool pixels,
    VipsImage **out)
{
	VipsImage **t = work_room(w, 1);
	int rc;

	if (!s->premultiplied)
		rc = load(w, s, scale, pixels, out);
	else if ((rc = load(w, s, scale, pixels, &t[0])) == 0)
		rc = unweigh(w, t[0], out);
	if (rc == 0 && s->is_declared)
		rc = set_declared(s, *out);
	return (rc);
}

static int
load_jpeg(struct work *w, const struct source *s, double scale,
    VipsImage **out)
{
	int shrink = jpeg_shrink(scale < 1 ? scale : 1);
	int64_t pixels = (int64_t)(s->width / shrink) * (s->height / shrink);

	if (s->header == NULL || pixels < 1 || pixels > AT_ONCE)
		return (load(w, s, scale, true, out));
	return (jpeg_pixels(s->header, s->data, s->len, shrink, out));
}

int
source_pixels(struct work *w, const struct source *s, double scale,
    VipsImage **out)
{
	struct source first = *s;

	/* w->scans: one is enough, a second image takes the long way. */
	if (s->format == FORMAT_JPG && jpeg_shrink(scale) == 8 &&
	    w->scans == NULL && (w->scans = jpeg_first_scans(s->data, s->len,
	    &first.len)) != NULL)
		first.data = w->scans;
	if ((s->format == FORMAT_JPG ? load_jpeg(w, &first, scale, out) :
	    source_image(w, &first, scale, true, out)) != 0)
		return (work_fail_vips(w));
	return (0);
}

/*
 * How much smaller a side of *whole* pixels was loaded, by its size. The JPEG
 * decoder shrinks by a whole number and drops the remainder.
 */
double
source_scale(const struct source *s, int loaded, int whole)
{
	for (int n = 8; n > 1 && s->format == FORMAT_JPG; n /= 2)
		if (whole / n == loaded)
			return (1.0 / n);
	return ((double)loaded / whole);
}
