/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HEIF by libheif itself, since libvips 8.14 has no way to say x265's preset:
 * with the one by default a photo of 20 megapixels takes 11 s.
 */
#include "config.h"

#include <libheif/heif.h>
#include <string.h>

#include "worker/bridge.h"
#include "worker/codec.h"
#include "worker/rows.h"

#if BRIDGE_HEIF

/*
 * Up to here the slow preset, which takes 0.6 s a megapixel; above it the
 * fastest, which takes 0.1 s. A big photo gets as good (SSIM within 0.006), its
 * file between 15 % smaller and 17 % bigger; a small one's would be a quarter
 * bigger, that of text twice as big.
 */
#define SLOW_MOST	4000000

struct job {
	struct heif_context *context;
	struct heif_encoder *encoder;
	struct heif_image *image;
	uint8_t		*plane;
	int		stride;
	size_t		line;		/* of a row's pixels */
	char		*buf;		/* the file */
	size_t		len;
};

static bool
ok(struct heif_error e)
{
	if (e.code != heif_error_Ok)
		vips_error("heif", "%s", e.message);
	return (e.code == heif_error_Ok);
}

static bool
set_up(struct job *j, const VipsImage *im, int q)
{
	bool slow = (int64_t)im->Xsize * im->Ysize <= SLOW_MOST;

	j->context = heif_context_alloc();
	return (j->context != NULL &&
	    ok(heif_context_get_encoder_for_format(j->context,
	    heif_compression_HEVC, &j->encoder)) &&
	    ok(heif_encoder_set_lossy_quality(j->encoder, q)) &&
	    ok(heif_encoder_set_parameter_string(j->encoder, "preset",
	    slow ? "slow" : "ultrafast")));
}

static int
take_row(void *arg, int y, const VipsPel *row)
{
	struct job *j = arg;

	memcpy(j->plane + y * (ptrdiff_t)j->stride, row, j->line);
	return (0);
}

static bool
take_pixels(struct job *j, VipsImage *im)
{
	enum heif_chroma chroma = im->Bands == 4 ?
	    heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB;

	if (!ok(heif_image_create(im->Xsize, im->Ysize, heif_colorspace_RGB,
	    chroma, &j->image)) ||
	    !ok(heif_image_add_plane(j->image, heif_channel_interleaved,
	    im->Xsize, im->Ysize, 8)))
		return (false);
	j->plane = heif_image_get_plane(j->image, heif_channel_interleaved,
	    &j->stride);
	j->line = VIPS_IMAGE_SIZEOF_LINE(im);
	return (j->plane != NULL && j->line <= (size_t)j->stride &&
	    rows_each(im, take_row, j) == 0);
}

static struct heif_error
take_file(struct heif_context *context, const void *data, size_t len,
    void *arg)
{
	struct job *j = arg;
	struct heif_error e = { heif_error_Ok, heif_suberror_Unspecified,
	    "" };

	(void)context;
	j->buf = g_memdup2(data, len);
	j->len = len;
	return (e);
}

static bool
encode(struct job *j)
{
	struct heif_writer writer = { .writer_api_version = 1,
	    .write = take_file };

	return (ok(heif_context_encode_image(j->context, j->image, j->encoder,
	    NULL, NULL)) && ok(heif_context_write(j->context, &writer, j)) &&
	    j->buf != NULL);
}

int
heif_save(VipsImage *im, int q, void **buf, size_t *len)
{
	struct job j = { .buf = NULL };
	bool done = set_up(&j, im, q) && take_pixels(&j, im) && encode(&j);

	heif_image_release(j.image);
	if (j.encoder != NULL)
		heif_encoder_release(j.encoder);
	heif_context_free(j.context);
	*buf = j.buf;
	*len = j.len;
	return (done ? 0 : -1);
}

#else

int
heif_save(VipsImage *im, int q, void **buf, size_t *len)
{
	return (vips_heifsave_buffer(im, buf, len, "Q", q, "compression",
	    VIPS_FOREIGN_HEIF_COMPRESSION_HEVC, "strip", TRUE, NULL));
}

#endif
