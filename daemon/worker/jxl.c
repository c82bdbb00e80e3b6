/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JPEG XL by libjxl itself. libvips 8.14 shows the last frame of an animation,
 * takes every further channel for opacity, and leaves colours multiplied by it.
 */
#include "config.h"

#include <jxl/decode.h>
#include <jxl/thread_parallel_runner.h>

#include "worker/codec.h"

struct reader {
	JxlDecoder	*dec;
	void		*threads;
	JxlBasicInfo	info;
	JxlPixelFormat	format;
	VipsImage	*im;
	bool		pixels;		/* wanted */
};

static int
fail(const char *what)
{
	vips_error("jxl", "%s", what);
	return (-1);
}

/* Black of CMYK; masks, depth and others need not be shown. */
static bool
has_ink(const struct reader *r)
{
	JxlExtraChannelInfo extra;

	for (uint32_t i = 0; i < r->info.num_extra_channels; i++)
		if (JxlDecoderGetExtraChannelInfo(r->dec, i, &extra) ==
		    JXL_DEC_SUCCESS && extra.type == JXL_CHANNEL_BLACK)
			return (true);
	return (false);
}

/* Reals are read as 16 bits, from black to white. */
static int
on_info(struct reader *r)
{
	JxlBasicInfo *i = &r->info;
	bool deep, grey;

	if (JxlDecoderGetBasicInfo(r->dec, i) != JXL_DEC_SUCCESS)
		return (fail("its header is invalid"));
	if (has_ink(r))
		return (fail("CMYK in JPEG XL is not supported: save it as "
		    "RGB"));
	if (i->xsize >= (uint32_t)VIPS_MAX_COORD ||
	    i->ysize >= (uint32_t)VIPS_MAX_COORD)
		return (fail("its size is out of bounds"));
	deep = i->bits_per_sample > 8 || i->exponent_bits_per_sample > 0;
	grey = i->num_color_channels == 1;
	r->format = (JxlPixelFormat){ (grey ? 1 : 3) + (i->alpha_bits > 0),
	    deep ? JXL_TYPE_UINT16 : JXL_TYPE_UINT8, JXL_NATIVE_ENDIAN, 0 };
	vips_image_init_fields(r->im, (int)i->xsize, (int)i->ysize,
	    (int)r->format.num_channels,
	    deep ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR, VIPS_CODING_NONE,
	    grey ? deep ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W :
	    deep ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB, 1, 1);
	return (0);
}

/* Before 0.9 a profile is asked for with the format of the pixels. */
#if JPEGXL_NUMERIC_VERSION < JPEGXL_COMPUTE_NUMERIC_VERSION(0, 9, 0)
#define JXL_FORMAT(r)	&(r)->format,
#else
#define JXL_FORMAT(r)
#endif

static int
on_colour(struct reader *r)
{
	JxlColorProfileTarget of = JXL_COLOR_PROFILE_TARGET_DATA;
	size_t len = 0;
	void *icc;

	if (JxlDecoderGetICCProfileSize(r->dec, JXL_FORMAT(r) of, &len) !=
	    JXL_DEC_SUCCESS || len == 0)
		return (0);
	if ((icc = g_try_malloc(len)) == NULL)
		return (fail("out of memory"));
	if (JxlDecoderGetColorAsICCProfile(r->dec, JXL_FORMAT(r) of, icc,
	    len) == JXL_DEC_SUCCESS)
		vips_image_set_blob_copy(r->im, VIPS_META_ICC_NAME, icc, len);
	g_free(icc);
	return (0);
}

static int
on_pixels(struct reader *r)
{
	size_t len;

	if (vips_image_write_prepare(r->im))
		return (-1);
	if (JxlDecoderImageOutBufferSize(r->dec, &r->format, &len) !=
	    JXL_DEC_SUCCESS || len != VIPS_IMAGE_SIZEOF_IMAGE(r->im) ||
	    JxlDecoderSetImageOutBuffer(r->dec, &r->format,
	    VIPS_IMAGE_ADDR(r->im, 0, 0), len) != JXL_DEC_SUCCESS)
		return (fail("its size is invalid"));
	return (0);
}

/* Until the first frame is whole, which the decoder has merged with others. */
static int
run(struct reader *r)
{
	for (;;) {
		JxlDecoderStatus s = JxlDecoderProcessInput(r->dec);
		int rc = 0;

		switch (s) {
		case JXL_DEC_BASIC_INFO:
			rc = on_info(r);
			break;
		case JXL_DEC_COLOR_ENCODING:
			if ((rc = on_colour(r)) == 0 && !r->pixels)
				return (0);
			break;
		case JXL_DEC_NEED_IMAGE_OUT_BUFFER:
			rc = on_pixels(r);
			break;
		case JXL_DEC_FULL_IMAGE:
			return (0);
		case JXL_DEC_NEED_MORE_INPUT:
			return (fail("the file is cut short"));
		default:
			return (fail("the file is broken"));
		}
		if (rc != 0)
			return (-1);
	}
}

/*
 * Animations have opacity where frames are laid over others, and none of it is
 * left where they cover all.
 */
static int
drop_opaque(VipsImage **im)
{
	VipsImage *alpha, *colors;
	double least;
	int rc;

	if (vips_extract_band(*im, &alpha, (*im)->Bands - 1, NULL))
		return (-1);
	rc = vips_min(alpha, &least, NULL);
	g_object_unref(alpha);
	if (rc != 0 || least < ((*im)->BandFmt == VIPS_FORMAT_UCHAR ? 255 :
	    65535))
		return (rc);
	if (vips_extract_band(*im, &colors, 0, "n", (*im)->Bands - 1, NULL))
		return (-1);
	g_object_unref(*im);
	*im = colors;
	return (0);
}

static bool
set_up(struct reader *r, const void *data, size_t len)
{
	int events = JXL_DEC_BASIC_INFO | JXL_DEC_COLOR_ENCODING;

	r->threads = JxlThreadParallelRunnerCreate(NULL,
	    (size_t)vips_concurrency_get());
	r->dec = JxlDecoderCreate(NULL);
	return (r->threads != NULL && r->dec != NULL &&
	    JxlDecoderSetParallelRunner(r->dec, JxlThreadParallelRunner,
	    r->threads) == JXL_DEC_SUCCESS &&
	    JxlDecoderSetUnpremultiplyAlpha(r->dec, JXL_TRUE) ==
	    JXL_DEC_SUCCESS &&
	    JxlDecoderSubscribeEvents(r->dec, r->pixels ?
	    events | JXL_DEC_FULL_IMAGE : events) == JXL_DEC_SUCCESS &&
	    JxlDecoderSetInput(r->dec, data, len) == JXL_DEC_SUCCESS);
}

int
jxl_load(const void *data, size_t len, bool pixels, VipsImage **out)
{
	struct reader r = { .pixels = pixels };
	int rc;

	r.im = vips_image_new_memory();
	rc = set_up(&r, data, len) ? run(&r) : fail("out of memory");
	if (r.dec != NULL)
		JxlDecoderDestroy(r.dec);
	if (r.threads != NULL)
		JxlThreadParallelRunnerDestroy(r.threads);
	if (rc == 0 && pixels && r.info.have_animation && r.info.alpha_bits > 0)
		rc = drop_opaque(&r.im);
	*out = rc == 0 ? r.im : NULL;
	if (rc != 0)
		g_object_unref(r.im);
	return (rc);
}
