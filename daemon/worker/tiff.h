/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What kind of TIFF the first picture of a file is; doc/architecture-render.rst
 * has the table of what is shown.
 */
#ifndef TIFF_H
#define TIFF_H

#include <stdbool.h>
#include <stdint.h>
#include <tiffio.h>

struct bytes {
	const char	*p;
	size_t		len, at;
};

/* Opens what *b*, which has to live on, holds. NULL and libvips' error. */
TIFF *tiff_open(struct bytes *b);

struct tiff_kind {
	uint16_t	photometric, compression, ink;
	uint16_t	bits, samples, format;
	bool		white_d65;	/* of Lab */
	int		alpha;		/* which of the samples behind the */
	uint16_t	alpha_kind;	/* colours is opacity, or -1 */
};

void tiff_look(TIFF *, struct tiff_kind *);
/* Why such a file is not shown, to follow "the TIFF"; or NULL. */
const char *tiff_refusal(const struct tiff_kind *);
/* Samples of colour that a pixel has in the file */
int tiff_colors(const struct tiff_kind *);

#endif
