/* SPDX-License-Identifier: BSD-2-Clause */
/* What AVIF and HEIF say of their primary image and libvips 8.14 drops. */
#ifndef HEIF_HEADER_H
#define HEIF_HEADER_H

#include <stdbool.h>
#include <stddef.h>

/* What is left to do for the range of colours */
enum heif_range {
	HEIF_FULL,	/* nothing: it is, or libheif makes it, full */
	HEIF_NARROW,	/* grey from 16 to 235 */
	HEIF_NARROW_RGB,
	HEIF_STREAM	/* grey: the stream's own header tells */
};

struct heif_header {
	bool	premultiplied;
	bool	alpha_lost;	/* there is opacity that libheif leaves out */
	enum heif_range range;
	bool	nclx;		/* and no ICC profile: */
	int	primaries, transfer;
};

/* All false where the file is broken: the decoder then says so. */
struct heif_header heif_header(const void *data, size_t len);

#endif
