/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One frame as WebP by libwebp itself: without the EXIF chunk that webpsave of
 * libvips adds, without its threads, and with opacity packed by webp.c.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <webp/encode.h>

#include "worker/bridge.h"
#include "worker/codec.h"
#include "worker/rows.h"
#include "worker/webp.h"
#include "worker/work.h"

struct pixels {
	unsigned char	*p;
	size_t		line;
};

static int
webp_row(void *arg, int y, const VipsPel *row)
{
	struct pixels *px = arg;

	memcpy(px->p + (size_t)y * px->line, row, px->line);
	return (0);
}

static bool
encode_picture(const WebPConfig *config, WebPPicture *pic)
{
	if (BRIDGE_ALPH && WebPGetEncoderVersion() < ALPH_UNTIL &&
	    !config->lossless && WebPPictureHasTransparency(pic))
		return (webp_encode_alpha(config, pic));
	return (WebPEncode(config, pic));
}

static int
encode_webp(const VipsImage *im, const struct pixels *px, int q,
    WebPMemoryWriter *out)
{
	WebPConfig config;
	WebPPicture pic;
	int ok;

	if (!WebPConfigPreset(&config, WEBP_PRESET_DEFAULT, (float)q) ||
	    !WebPPictureInit(&pic))
		return (-1);
	config.method = WEBP_EFFORT;
	config.lossless = q == 100;
	pic.use_argb = config.lossless;
	pic.width = im->Xsize;
	pic.height = im->Ysize;
	pic.writer = WebPMemoryWrite;
	pic.custom_ptr = out;
	ok = (im->Bands == 4 ? WebPPictureImportRGBA : WebPPictureImportRGB)
	    (&pic, px->p, (int)px->line) && encode_picture(&config, &pic);
	if (!ok)
		vips_error("webp", pic.error_code == VP8_ENC_ERROR_OUT_OF_MEMORY
		    ? "out of memory" : "error %d", pic.error_code);
	WebPPictureFree(&pic);
	return (ok ? 0 : -1);
}

int
webp_save(VipsImage *im, int q, void **buf, size_t *len)
{
	struct pixels px = { .line = VIPS_IMAGE_SIZEOF_LINE(im) };
	WebPMemoryWriter out;
	int rc = -1;

	WebPMemoryWriterInit(&out);
	if ((px.p = malloc(px.line * (size_t)im->Ysize)) == NULL)
		vips_error("webp", "out of memory");
	else if (rows_each(im, webp_row, &px) == 0)
		rc = encode_webp(im, &px, q, &out);
	free(px.p);
	if (rc != 0) {
		WebPMemoryWriterClear(&out);
		return (-1);
	}
	*buf = out.mem;
	*len = out.size;
	return (0);
}
