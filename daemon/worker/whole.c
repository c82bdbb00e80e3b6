/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a source can be decoded to its end, found out once, when it is
 * uploaded: what is accepted can be rendered. Of an animation it is the first
 * frame; one that is broken further on is shown up to there (load.c).
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <webp/decode.h>
#include <webp/demux.h>

#include "wire/wire.h"
#include "worker/codec.h"
#include "worker/jpeg.h"
#include "worker/rows.h"
#include "worker/webp.h"
#include "worker/work.h"

int
whole_jpeg(struct work *w, struct source *s)
{
	unsigned char *p;

	if (jpeg_has_end(s->data, s->len))
		return (0);
	if ((p = malloc(s->len + 2)) == NULL)
		return (work_fail(w, RENDER_LIMIT, "the image needs more "
		    "memory than the limit of a worker"));
	memcpy(p, s->data, s->len);
	p[s->len] = 0xff;	/* the marker EOI */
	p[s->len + 1] = 0xd9;
	s->mended = p;
	s->data = p;
	s->len += 2;
	if (w->limits->partial || jpeg_check(s->data, s->len, true) == 0)
		return (0);
	return (work_fail(w, RENDER_BAD_IMAGE, "the image is cut short: "
	    "some of its pixels are missing (render_partial = 1 accepts it)"));
}

static int
pass_row(void *arg, int y, const VipsPel *row)
{
	(void)arg;
	(void)y;
	(void)row;
	return (0);
}

/*
 * Pixels up to which a JPEG of several scans surely fits into memory: the
 * decoder holds all of its coefficients.
 */
#define SCANS_FIT	(16 << 20)

/*
 * What the scans of a JPEG hold cannot make its decoder fail, if only they have
 * an end; their heads can. So most files are not decoded, which would take as
 * long as the rest of an upload.
 */
static int
check_jpeg(const struct source *s)
{
	size_t n;
	void *heads = NULL;
	int rc = -1;

	if (jpeg_scans(s->data, s->len) == 1 ||
	    (int64_t)s->width * s->height <= SCANS_FIT)
		heads = jpeg_heads(s->data, s->len, &n);
	if (heads != NULL)
		rc = jpeg_check(heads, n, false);
	free(heads);
	if (rc == 0)
		return (0);
	vips_error_clear();
	return (jpeg_check(s->data, s->len, false));
}

/*
 * The first frame of a lossy WebP is read faster when nobody wants to see it:
 * no filter between the blocks, no colours made of light and its differences.
 */
static bool
lossy_is_whole(const WebPData *frame)
{
	WebPDecoderConfig c;
	bool whole;

	if (!WebPInitDecoderConfig(&c) || WebPGetFeatures(frame->bytes,
	    frame->size, &c.input) != VP8_STATUS_OK || c.input.format != 1)
		return (false);
	c.options.bypass_filtering = 1;
	c.output.colorspace = MODE_YUV;
	whole = WebPDecode(frame->bytes, frame->size, &c) == VP8_STATUS_OK;
	WebPFreeDecBuffer(&c.output);
	return (whole);
}

/* False: it may be broken, or it is of another kind; the usual way tells. */
static bool
webp_is_whole(const struct source *s)
{
	WebPData data = { s->data, s->len };
	WebPDemuxer *d = WebPDemux(&data);
	WebPIterator f;
	bool whole = false;

	if (d != NULL && WebPDemuxGetFrame(d, 1, &f)) {
		whole = lossy_is_whole(&f.fragment);
		WebPDemuxReleaseIterator(&f);
	}
	WebPDemuxDelete(d);
	return (whole);
}

/* What *f* shows is opaque, if all before it was. */
static bool
keeps_opaque(const WebPIterator *f, uint32_t width, uint32_t height)
{
	bool last = f->frame_num == f->num_frames;
	bool covers = f->x_offset == 0 && f->y_offset == 0 &&
	    f->width == (int)width && f->height == (int)height;

	if (!last && f->dispose_method == WEBP_MUX_DISPOSE_BACKGROUND)
		return (false);
	if (f->frame_num == 1)
		return (covers && !f->has_alpha);
	return (!f->has_alpha || f->blend_method == WEBP_MUX_BLEND);
}

static bool
webp_stays_opaque(const struct source *s)
{
	WebPData data = { s->data, s->len };
	WebPDemuxer *d = WebPDemux(&data);
	WebPIterator f;
	bool opaque = false;
	int n = 0;

	if (d == NULL)
		return (false);
	if (WebPDemuxGetFrame(d, 1, &f)) {
		do
			opaque = keeps_opaque(&f,
			    WebPDemuxGetI(d, WEBP_FF_CANVAS_WIDTH),
			    WebPDemuxGetI(d, WEBP_FF_CANVAS_HEIGHT));
		while (++n && opaque && WebPDemuxNextFrame(&f));
		WebPDemuxReleaseIterator(&f);
	}
	WebPDemuxDelete(d);
	return (opaque && n == s->frames);
}

bool
whole_stays_opaque(const struct source *s)
{
	return (s->format == FORMAT_GIF ? gif_stays_opaque(s) :
	    s->format == FORMAT_WEBP && webp_stays_opaque(s));
}

/* A drawing is drawn anew for each size; a small one shows what fails. */
#define DRAWING_SIDE	256

static double
drawing_scale(const struct source *s)
{
	int side = VIPS_MAX(s->width, s->height);

	return (side > DRAWING_SIDE ? (double)DRAWING_SIDE / side : 1);
}

int
whole_check(struct work *w, const struct source *s)
{
	bool drawing = s->format == FORMAT_SVG || s->format == FORMAT_PDF;
	VipsImage **t = work_room(w, 1);

	if (s->format == FORMAT_JPG) {
		if (s->mended == NULL && check_jpeg(s) != 0)
			return (work_fail_vips(w));
		return (0);
	}
	if (s->format == FORMAT_WEBP && webp_is_whole(s))
		return (0);
	if (source_pixels(w, s, drawing ? drawing_scale(s) : 1, &t[0]) != 0)
		return (-1);
	return (rows_each(t[0], pass_row, NULL) == 0 ? 0 : work_fail_vips(w));
}
