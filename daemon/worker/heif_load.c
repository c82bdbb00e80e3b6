/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HEIF and AVIF by libvips. libheif 1.15 makes limited range full where it
 * converts from YCbCr, but copies grey as it is (black is 16, white 235), and
 * makes that of RGB narrower still. Since 1.17 it makes RGB full, red and blue by
 * the factor of differences of colour.
 */
#include "config.h"

#include <libheif/heif.h>

#include "base/trust_me.h"
#include "worker/codec.h"
#include "worker/color.h"
#include "worker/work.h"

#define BLACK	16.0
#define WHITE	235.0

/* What the stream of a grey picture says; full range unless it says so. */
static bool
stream_is_narrow(struct heif_image_handle *handle)
{
	struct heif_color_profile_nclx *nclx = NULL;
	struct heif_image *im = NULL;
	bool narrow = false;

	if (heif_decode_image(handle, &im, heif_colorspace_undefined,
	    heif_chroma_undefined, NULL).code == heif_error_Ok &&
	    heif_image_get_nclx_color_profile(im, &nclx).code ==
	    heif_error_Ok && nclx != NULL) {
		narrow = nclx->full_range_flag == 0;
		heif_nclx_color_profile_free(nclx);
	}
	heif_image_release(im);
	return (narrow);
}

static bool
ask_stream(const void *data, size_t len)
{
	struct heif_context *c = heif_context_alloc();
	struct heif_image_handle *handle = NULL;
	bool narrow = false;

	if (c != NULL && heif_context_read_from_memory_without_copy(c, data,
	    len, NULL).code == heif_error_Ok &&
	    heif_context_get_primary_image_handle(c, &handle).code ==
	    heif_error_Ok)
		narrow = stream_is_narrow(handle);
	heif_image_handle_release(handle);
	heif_context_free(c);
	return (narrow);
}

/* Colours only: opacity always has the full range. */
static int
widen(struct work *w, bool twice, VipsImage *in, VipsImage **out)
{
	bool deep = in->BandFmt == VIPS_FORMAT_USHORT;
	double most = deep ? 65535 : 255, unit = deep ? 256 : 1;
	double a = most / (unit * (WHITE - BLACK)), b = -a * unit * BLACK;
	double a2 = twice ? a * a : a, b2 = twice ? a * b + b : b;
	double as[4] = { a2, a2, a2, 1 }, bs[4] = { b2, b2, b2, 0 };
	VipsImage **t = work_room(w, 1);

	if (in->Bands > 4 || vips_linear(in, &t[0], as, bs, in->Bands, NULL))
		return (-1);
	return (color_round(t[0], in->BandFmt, out));
}

#define RGB_IS_FULL	0x01110000u	/* the first version */
#define FACTOR_GREEN	1.1689		/* of libheif */
#define FACTOR_REST	1.1429

/* To where the right factor, 255 / 219, would have put them */
static int
mend_full(struct work *w, VipsImage *in, VipsImage **out)
{
	double right = 255 / (WHITE - BLACK), green = right / FACTOR_GREEN;
	double rest = right / FACTOR_REST;
	double as[4] = { rest, green, rest, 1 }, bs[4] = { 0, 0, 0, 0 };
	VipsImage **t = work_room(w, 1);

	if (in->Bands < 3 || in->Bands > 4 ||
	    vips_linear(in, &t[0], as, bs, in->Bands, NULL))
		return (-1);
	return (color_round(t[0], in->BandFmt, out));
}

int
heif_load(struct work *w, const struct source *s, bool pixels, VipsImage **out)
{
	VipsImage **t = work_room(w, 1);
	enum heif_range range = s->range;

	if (vips_heifload_buffer(TRUST_ME(s->data), s->len, &t[0],
	    "access", VIPS_ACCESS_SEQUENTIAL,
	    "fail_on", VIPS_FAIL_ON_TRUNCATED, NULL))
		return (-1);
	if (pixels && range == HEIF_STREAM)
		range = ask_stream(s->data, s->len) ? HEIF_NARROW : HEIF_FULL;
	if (!pixels || range == HEIF_FULL)
		return (vips_copy(t[0], out, NULL));
	if (range == HEIF_NARROW_RGB &&
	    heif_get_version_number() >= RGB_IS_FULL)
		return (mend_full(w, t[0], out));
	return (widen(w, range == HEIF_NARROW_RGB, t[0], out));
}
