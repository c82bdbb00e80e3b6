/* SPDX-License-Identifier: BSD-2-Clause */
/* What AVIF and HEIF say of their primary image and libvips 8.14 drops. */
#ifndef HEIF_HEADER_H
#define HEIF_HEADER_H

#include <stdbool.h>
#include <stddef.h>

struct heif_header {
	bool	premultiplied;
	bool	alpha_lost;	/* there is opacity that libheif leaves out */
	bool	nclx;		/* and no ICC profile: */
	int	primaries, transfer;
};

/* All false where the file is broken: the decoder then says so. */
struct heif_header heif_header(const void *data, size_t len);

#endif
