/* SPDX-License-Identifier: BSD-2-Clause */
/* JPEG, by its scans and by libjpeg-turbo itself. */
#ifndef JPEG_H
#define JPEG_H

#include <stdbool.h>
#include <stddef.h>
#include <vips/vips.h>

/*
 * jpeg.c: a progressive JPEG's scans that a shrink by 8 needs, to be freed;
 * NULL when the file is another or broken.
 */
void *jpeg_first_scans(const void *data, size_t len, size_t *out_len);
/* Passes over the picture that decoding takes; 0 when the file is broken. */
unsigned jpeg_scans(const void *data, size_t len);
/* The marker of the end is there; also when nothing could be before it. */
bool jpeg_has_end(const void *data, size_t len);
/*
 * A tiny file of the heads of it, without the data of its scans, of which none
 * can make the decoder fail; to be freed. NULL when it does not end as it
 * should.
 */
void *jpeg_heads(const void *data, size_t len, size_t *out_len);
/*
 * jpeg_pixels.c: the pixels of a JPEG of *header* as big, shrunk by *shrink*
 * (1, 2, 4, 8; the remainder is dropped), in memory. -1 and libvips' error.
 */
int jpeg_pixels(VipsImage *header, const void *data, size_t len, int shrink,
    VipsImage **out);
/*
 * 0 when all of it can be decoded; *strict*: and no coefficient is missing, as
 * at the end of a file that was cut short and given a new end. -1 and libvips'
 * error.
 */
int jpeg_check(const void *data, size_t len, bool strict);

#endif
