/* SPDX-License-Identifier: BSD-2-Clause */
/* Source images: the loaders, and what the header says. */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "worker/give_up.h"
#include "worker/header.h"
#include "wire/sniff.h"
#include "worker/work.h"

/*
 * A file cut short is refused; smaller damage, which shows at most a few wrong
 * pixels, is rendered as browsers do.
 */
#define COMMON	"access", VIPS_ACCESS_SEQUENTIAL,	\
	"fail_on", VIPS_FAIL_ON_TRUNCATED

static bool
is_drawing(const struct source *s)
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
	if (is_drawing(s))
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
	void *data = (void *)(uintptr_t)s->data;
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
	case FORMAT_SVG:
		return (vips_svgload_buffer(data, s->len, out, "scale", scale,
		    NULL));
	case FORMAT_PDF:
		return (vips_pdfload_buffer(data, s->len, out, "scale", scale,
		    NULL));
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

static int
load_true(struct work *w, const struct source *s, double scale, bool pixels,
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
	    load_true(w, &first, scale, true, out)) != 0)
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

/*--------------------------------------------------------------------
 * The header
 */

/* Milliseconds of processor time; a header takes 1 to 20. */
#ifdef MONIKER_SANITIZED
#define HEADER_MS	10000
#else
#define HEADER_MS	1000
#endif

static bool
has_profile(VipsImage *im)
{
	size_t len;

	if (color_profile(im, &len) != NULL)
		return (true);
	switch (im->Type) {
	case VIPS_INTERPRETATION_sRGB:
	case VIPS_INTERPRETATION_B_W:
	case VIPS_INTERPRETATION_RGB:
	case VIPS_INTERPRETATION_RGB16:
	case VIPS_INTERPRETATION_GREY16:
		return (false);
	default:
		return (true);
	}
}

static void
read_header(struct source *s, VipsImage *im)
{
	/* The analyzer cannot see that work_fail_vips() never returns 0. */
	s->width = im->Xsize;	/* NOLINT(*NullDereference) */
	s->height = s->load > 1 ? vips_image_get_page_height(im) : im->Ysize;
	s->frames = vips_image_get_n_pages(im);
	if (s->format != FORMAT_GIF && s->format != FORMAT_WEBP)
		s->frames = 1;	/* pages, which are not a movement */
	if (s->frames < 1)
		s->frames = 1;
	if (s->format == FORMAT_WEBP)
		s->side = (int)header_webp_side(s->data, s->len);
	s->orientation = vips_image_get_orientation(im);
	/* The decoder of HEIF turns by itself. */
	if (s->format == FORMAT_HEIF || s->format == FORMAT_AVIF)
		s->orientation = 1;
	s->alpha = vips_image_hasalpha(im);
	s->deep = im->BandFmt != VIPS_FORMAT_UCHAR;
	s->profile = has_profile(im);
	s->misfit = color_misfit(im);
}

/* A background that shows, in the frames that are loaded, is transparent. */
static void
look_behind(struct source *s)
{
	s->shows = s->format == FORMAT_GIF &&
	    gif_background_shows(s, s->load);
	s->alpha |= s->shows;
	if (s->shows)
		gif_size(s, &s->width, &s->height);
}

/* What a file says that its loader does not pass on */
static int
read_declared(struct work *w, struct source *s)
{
	struct heif_header h;

	if (s->format == FORMAT_PNG)
		s->is_declared = declared_png(s->data, s->len, &s->declared);
	if (s->format != FORMAT_AVIF && s->format != FORMAT_HEIF)
		return (0);
	h = heif_header(s->data, s->len);
	if (h.alpha_lost)
		return (work_fail(w, RENDER_BAD_IMAGE, "the image's opacity "
		    "does not fit its colours (size, rotation): save it anew"));
	s->premultiplied = h.premultiplied;
	s->range = h.range;
	s->is_declared = h.nclx && declared_nclx(h.primaries, h.transfer,
	    &s->declared);
	return (0);
}

static bool
recipe_moves(const struct work *w)
{
	return (w->recipe != NULL &&
	    (formats[w->recipe->format].holds & FORMAT_MOVES) != 0);
}

int
source_open(struct work *w, struct source *s, const void *data, size_t len)
{
	VipsImage *im = NULL;

	*s = (struct source){ .format = sniff(data, len), .data = data,
	    .len = len, .load = 1 };
	if (s->format == FORMAT__MAX)
		return (source_refuse_kind(w, data, len));
	if (!(w->limits->allowed & UINT32_C(1) << s->format))
		return (work_fail(w, RENDER_BAD_IMAGE, "images of the kind %s "
		    "are not allowed", formats[s->format].ext));
	if (source_check_file(w, s) != 0)
		return (-1);
	if (s->format == FORMAT_SVG && svg_size(w, s) != 0)
		return (-1);
	give_up_after(HEADER_MS, is_drawing(s) ? "drawing the image" :
	    "reading the image's header");
	if (read_declared(w, s) != 0)
		return (-1);
	if (load_true(w, s, 1, false, &im) != 0)
		return (work_fail_vips(w));
	/* A drawing's header says nothing of the work that its pixels are. */
	if (!is_drawing(s))
		give_up_at_leisure();
	read_header(s, im);
	if (s->format == FORMAT_JPG)
		s->header = im;
	else
		g_object_unref(im);
	if (s->frames > 1 && recipe_moves(w))
		s->load = s->frames;
	look_behind(s);
	if (source_check_header(w, s) != 0)
		return (-1);
	return (s->format == FORMAT_JPG ? whole_jpeg(w, s) : 0);
}

void
source_close(struct source *s)
{
	if (s->header != NULL)
		g_object_unref(s->header);
	s->header = NULL;
	free(s->mended);
	s->mended = NULL;
}

void
source_size(const struct source *s, int *width, int *height)
{
	bool lies = s->orientation >= 5;

	*width = lies ? s->height : s->width;
	*height = lies ? s->width : s->height;
}

/*--------------------------------------------------------------------
 * Probe
 */

/* Up to here the pixels are looked at. */
#define LOOK_MOST	25000000

/* All frames of *s*, and what is behind them. */
static struct source
whole_source(const struct source *s)
{
	struct source all = *s;

	all.load = s->frames;
	look_behind(&all);
	return (all);
}

/* Reads the picture, and finds whether no pixel shows what is behind. */
static int
read_picture(struct work *w, const struct source *s, bool *opaque)
{
	VipsImage **t = work_room(w, 1);
	struct source all = whole_source(s);

	*opaque = !s->alpha;
	if (s->format == FORMAT_PNG && png_is_whole(s, opaque))
		return (0);
	if (s->frames > 1 && whole_stays_opaque(s)) {
		*opaque = true;
		return (whole_check(w, s));
	}
	if (!s->alpha || is_drawing(s) ||
	    (uint32_t)s->frames > w->limits->frames ||
	    (int64_t)s->width * s->height * s->frames > LOOK_MOST)
		return (whole_check(w, s));
	if (load_true(w, &all, 1, true, &t[0]) == 0) {
		if (!vips_image_hasalpha(t[0])) {
			*opaque = true;
			return (whole_check(w, s));
		}
		if (opaque_find(t[0], opaque) == 0)
			return (0);
	}
	if (s->frames == 1)
		return (work_fail_vips(w));
	/* A later frame is broken: the first ones are shown. */
	vips_error_clear();
	return (whole_check(w, s));
}

/* A drawing has its own limit, which includes that its header is read. */
static void
hurry(const struct work *w, const struct source *s)
{
	if (!is_drawing(s))
		give_up_after(w->limits->wall_ms / 2, "decoding the image");
}

void
source_probe(struct work *w, const void *data, size_t len,
    struct wire_reply *reply)
{
	struct source s;
	int width, height;
	bool opaque;

	if (source_open(w, &s, data, len) == 0) {
		s.alpha |= s.format == FORMAT_GIF &&
		    gif_background_shows(&s, s.frames);
		hurry(w, &s);
		(void)read_picture(w, &s, &opaque);
		source_size(&s, &width, &height);
		reply->format = s.format;
		reply->width = width;
		reply->height = height;
		reply->frames = (uint32_t)s.frames;
		reply->opaque = opaque;
		snprintf(reply->metadata, sizeof(reply->metadata),
		    "{\"orientation\":%d,\"alpha\":%s,\"profile\":%s,"
		    "\"edition\":%u}", s.orientation,
		    reply->opaque ? "false" : "true",
		    s.profile ? "true" : "false", source_edition(&s));
	}
	source_close(&s);
	reply->status = w->status;
	memcpy(reply->error, w->error, sizeof(reply->error));
}
