/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a PNG is whole, without its pixels: the checksums of the chunks, and
 * what libdeflate unpacks in half the time that libpng takes. Of an image with
 * an opacity of its own that channel is looked at, since each byte of a pixel
 * is foretold by the same byte of its neighbours only.
 */
#include "config.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "worker/codec.h"

#define MAGIC		8
#define FRAME		12	/* length, type, checksum */
#define RAW_MOST	((size_t)64 << 20)

struct png {
	unsigned	depth, type, bands;
	size_t		width, height, row;	/* row: bytes, with its filter */
	unsigned char	*packed;		/* of all chunks IDAT */
	size_t		packed_len;
	bool		begun, closed;		/* other chunks follow them */
};

static size_t
get32(const unsigned char *p)
{
	return ((size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 |
	    p[3]);
}

/* False for what is interlaced, which is rare, and packed in seven parts. */
static bool
take_header(struct png *g, const unsigned char *p, size_t n)
{
	static const unsigned char bands[] = { 1, 0, 3, 1, 2, 0, 4 };

	if (n != 13 || g->bands != 0 || p[9] > 6 || bands[p[9]] == 0 ||
	    p[12] != 0)
		return (false);
	g->width = get32(p);
	g->height = get32(p + 4);
	g->depth = p[8];
	g->type = p[9];
	g->bands = bands[g->type];
	g->row = 1 + (g->width * g->depth * g->bands + 7) / 8;
	return (g->height > 0 && g->row <= RAW_MOST / g->height);
}

static bool
take_critical(struct png *g, const unsigned char *chunk, size_t n)
{
	const unsigned char *p = chunk + 8;

	if (libdeflate_crc32(0, chunk + 4, n + 4) != get32(p + n))
		return (false);
	if (memcmp(chunk + 4, "IHDR", 4) == 0)
		return (take_header(g, p, n));
	if (memcmp(chunk + 4, "IDAT", 4) == 0 && !g->closed) {
		memcpy(g->packed + g->packed_len, p, n);
		g->packed_len += n;
		g->begun = true;	/* by an empty one, too */
		return (true);
	}
	return (memcmp(chunk + 4, "PLTE", 4) == 0 && !g->begun);
}

/* The chunks up to the last one; false if one is broken or out of place. */
static bool
take_chunks(struct png *g, const unsigned char *p, size_t len)
{
	size_t at, n;

	for (at = MAGIC; at < len && len - at >= FRAME; at += FRAME + n) {
		n = get32(p + at);
		if (n > len - at - FRAME)
			return (false);
		if (memcmp(p + at + 4, "IEND", 4) == 0)
			return (g->bands > 0 && g->packed_len > 2);
		if ((p[at + 4] & 0x20) != 0)	/* it may be left out */
			g->closed = g->begun;
		else if (!take_critical(g, p + at, n))
			return (false);
	}
	return (false);
}

/* The rows as packed; NULL unless all of them are there, and no more. */
static unsigned char *
unpack(const struct png *g)
{
	struct libdeflate_decompressor *d;
	size_t len = g->row * g->height;
	unsigned char *raw;
	int rc = LIBDEFLATE_BAD_DATA;

	/* libdeflate is not held to a smaller window, zlib is. */
	if (g->packed[0] >> 4 != 7 || (raw = malloc(len)) == NULL)
		return (NULL);
	if ((d = libdeflate_alloc_decompressor()) != NULL)
		rc = libdeflate_zlib_decompress(d, g->packed, g->packed_len,
		    raw, len, NULL);
	libdeflate_free_decompressor(d);
	for (size_t y = 0; rc == LIBDEFLATE_SUCCESS && y < g->height; y++)
		if (raw[y * g->row] > 4)
			rc = LIBDEFLATE_BAD_DATA;
	if (rc == LIBDEFLATE_SUCCESS)
		return (raw);
	free(raw);
	return (NULL);
}

/*--------------------------------------------------------------------
 * Opacity
 */

static int
paeth(int a, int b, int c)
{
	int pa = abs(b - c), pb = abs(a - c), pc = abs(a + b - 2 * c);

	return (pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
}

/* What the filter foretells by the bytes at the left, above, and between */
static int
foretell(unsigned filter, int a, int b, int c)
{
	switch (filter) {
	case 1:
		return (a);
	case 2:
		return (b);
	case 3:
		return ((a + b) / 2);
	case 4:
		return (paeth(a, b, c));
	default:
		return (0);
	}
}

/* *row* has the row above, and gets this one; whether it is opaque. */
static bool
look_at_row(unsigned filter, const unsigned char *p, size_t step, size_t n,
    unsigned char *row)
{
	unsigned char all = 255;
	int a = 0, c = 0;

	for (size_t x = 0; x < n; x++, p += step) {
		int b = row[x];

		a = row[x] = (unsigned char)(*p + foretell(filter, a, b, c));
		c = b;
		all &= row[x];
	}
	return (all == 255);
}

/* For 16 bits the first byte is enough, as in opaque.c. */
static bool
look(const struct png *g, const unsigned char *raw, bool *opaque)
{
	size_t sample = g->depth / 8, at = 1 + (g->bands - 1) * sample;
	unsigned char *row = calloc(g->width, 1);

	if (row == NULL)
		return (false);
	*opaque = true;
	for (size_t y = 0; *opaque && y < g->height; y++, raw += g->row)
		*opaque = look_at_row(raw[0], raw + at, g->bands * sample,
		    g->width, row);
	free(row);
	return (true);
}

bool
png_is_whole(const struct source *s, bool *opaque)
{
	struct png g = { .packed = malloc(s->len) };
	unsigned char *raw = NULL;
	bool whole;

	if (g.packed != NULL && take_chunks(&g, s->data, s->len))
		raw = unpack(&g);
	whole = raw != NULL;
	/* Colours that are transparent are left to the usual way. */
	if (whole && s->alpha)
		whole = (g.bands & 1) == 0 && look(&g, raw, opaque);
	free(raw);
	free(g.packed);
	return (whole);
}
