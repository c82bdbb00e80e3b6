/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formats by their own libraries, or by libvips with help. Loaders give what
 * the file has, savers take 8 bits; -1 comes with libvips' error.
 */
#ifndef CODEC_H
#define CODEC_H

#include <vips/vips.h>

#include "worker/source_image.h"

/*
 * png.c: whether it is surely whole; of one with opacity also whether no pixel
 * shows what is behind, else *opaque* is left alone. False: the pixels tell.
 */
bool png_is_whole(const struct source *, bool *opaque);

/*
 * gif.c: whether the frames alone tell that nothing is ever seen through it;
 * whether the background is seen in one of the first *n* frames where
 * libvips would not leave it transparent; the size that browsers give it; and
 * the frames that *s* loads, in memory, *header* telling all but pixels and
 * size. -1 and libvips' error.
 */
bool gif_stays_opaque(const struct source *s);
bool gif_background_shows(const struct source *s, int n);
void gif_size(const struct source *s, int *width, int *height);
int gif_lay(const struct source *s, VipsImage *header, VipsImage **out);

/*
 * tiff.c, jxl.c: the picture in 8 or 16 bits, in memory or read from top to
 * bottom; with *pixels* false all but those may be missing. -1 and libvips'
 * error, or the render has failed.
 */
int tiff_load(struct work *, const void *data, size_t len, bool pixels,
    VipsImage **out);
int heif_load(struct work *, const struct source *, bool pixels,
    VipsImage **out);
int jxl_load(const void *data, size_t len, bool pixels, VipsImage **out);

/*
 * webp_save.c: one frame of 8 bits of sRGB, with opacity or without, to *buf*,
 * to be freed; *q*: quality, 100 without loss.
 */
int webp_save(VipsImage *, int q, void **buf, size_t *len);

/*
 * blurhash.c, thumbhash.c: the text that stands for a picture of 8 bits of
 * sRGB, of at most TEXT_SIDE pixels a side. thumbhash.c takes opacity, too.
 */
#define TEXT_SIDE	64
int blurhash_save(VipsImage *, void **buf, size_t *len);
int thumbhash_save(struct work *, VipsImage *, void **buf, size_t *len);

/* heif.c: the same as HEIF */
int heif_save(VipsImage *, int q, void **buf, size_t *len);

#endif
