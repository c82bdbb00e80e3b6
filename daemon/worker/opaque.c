/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "worker/rows.h"

struct look {
	int	pixels, bands;		/* of a row */
	bool	deep, opaque;
};

static bool
bytes_are_opaque(const VipsPel *p, int n, int bands)
{
	VipsPel all = 255;

	for (p += bands - 1; n > 0; n--, p += bands)
		all &= *p;
	return (all == 255);
}

/* 10 bits of AVIF end at 1023 * 64. */
static bool
words_are_opaque(const uint16_t *p, int n, int bands)
{
	uint16_t least = 0xffff;

	for (p += bands - 1; n > 0; n--, p += bands)
		least = *p < least ? *p : least;
	return (least >= 0xff00);
}

static int
look_at_row(void *arg, int y, const VipsPel *row)
{
	struct look *l = arg;

	(void)y;
	if (l->opaque)
		l->opaque = l->deep ? words_are_opaque((const uint16_t *)
		    (const void *)row, l->pixels, l->bands) :
		    bytes_are_opaque(row, l->pixels, l->bands);
	return (0);
}

int
opaque_find(VipsImage *im, bool *opaque)
{
	struct look l = { .pixels = im->Xsize, .bands = im->Bands,
	    .deep = im->BandFmt == VIPS_FORMAT_USHORT, .opaque = true };
	int rc = rows_each(im, look_at_row, &l);

	*opaque = l.opaque;
	return (rc);
}
