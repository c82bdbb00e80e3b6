/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JPEG 2000: what is taken of it. OpenJPEG makes room for each tile as it reads
 * the header, and libvips takes channels in their order, whatever the file says
 * of them. So the header is read here first, and what would be costly, or shown
 * wrong, is refused with the reason.
 */
#include "config.h"

#include <string.h>

#include "worker/jp2.h"
#include "worker/work.h"

#define TILES_MOST	4096
#define LAYERS_MOST	100
#define BANDS_MOST	4

#define SIZ	0xff51
#define COD	0xff52
#define SOT	0xff90

/* What the stream's main header says */
struct stream {
	bool		found;		/* SIZ */
	uint64_t	tiles;
	unsigned	bands, bits, layers;
	bool		moved, uneven;	/* off the grid; bits differ or signed */
};

/* The boxes around it */
struct boxes {
	bool		palette, moved, unknown, weighed, coloured;
};

static uint64_t
number(const unsigned char *p, int n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | *p++;
	return (v);
}

/*--------------------------------------------------------------------
 * The stream
 */

static uint64_t
parts(uint64_t whole, uint64_t part)
{
	return (part == 0 ? UINT32_MAX : (whole + part - 1) / part);
}

/* *p*: behind marker and length */
static void
take_size(struct stream *s, const unsigned char *p, size_t len)
{
	if (len < 36)
		return;
	s->tiles = parts(number(p + 2, 4), number(p + 18, 4)) *
	    parts(number(p + 6, 4), number(p + 22, 4));
	s->moved = number(p + 10, 4) != 0 || number(p + 14, 4) != 0 ||
	    number(p + 26, 4) != 0 || number(p + 30, 4) != 0;
	s->bands = (unsigned)number(p + 34, 2);
	s->found = s->bands > 0 && len >= 36 + 3 * (size_t)s->bands;
	if (!s->found)
		return;
	s->bits = p[36] + 1u;
	for (unsigned i = 0; i < s->bands; i++)
		s->uneven |= p[36 + 3 * i] + 1u != s->bits;
	s->uneven |= s->bits < 8 || s->bits > 16;
}

/*
 * SIZ has to be first: OpenJPEG passes over a marker that it does not know by
 * looking for the next one that it does, whatever the length says.
 */
static struct stream
read_stream(const unsigned char *p, size_t len)
{
	struct stream s = { .found = false };
	size_t at = 2, n;

	for (; at + 4 <= len; at += 2 + n) {
		uint64_t marker = number(p + at, 2);

		n = number(p + at + 2, 2);
		if (marker == SOT || n < 2 || n > len - at - 2 ||
		    (at == 2 && marker != SIZ))
			break;
		if (marker == SIZ)
			take_size(&s, p + at + 4, n - 2);
		else if (marker == COD && n >= 12)
			s.layers = (unsigned)number(p + at + 6, 2);
	}
	return (s);
}

/*--------------------------------------------------------------------
 * Boxes
 */

/* The box at *p*: its content, with *n* its length; NULL at the end. */
static const unsigned char *
box(const unsigned char *p, const unsigned char *end, size_t *n)
{
	uint64_t len, head = 8;

	if (end - p < 8)
		return (NULL);
	len = number(p, 4);
	if (len == 1 && end - p >= 16) {
		head = 16;
		len = number(p + 8, 8);
	} else if (len == 0)
		len = (uint64_t)(end - p);
	if (len < head || len > (uint64_t)(end - p))
		return (NULL);
	*n = (size_t)(len - head);
	return (p + head);
}

/* Channels as they come: colours, and then perhaps opacity */
static void
take_channels(struct boxes *b, const unsigned char *p, size_t n)
{
	uint64_t count = n >= 2 ? number(p, 2) : 0;

	for (uint64_t i = 0; i < count && 2 + 6 * (i + 1) <= n; i++) {
		const unsigned char *c = p + 2 + 6 * i;
		uint64_t type = number(c + 2, 2), of = number(c + 4, 2);

		b->weighed |= type == 2;
		b->moved |= number(c, 2) != i ||
		    (type == 0 ? of != i + 1 : i + 1 < count || of != 0);
	}
}

/* An ICC profile, or sRGB, grey and sYCC by their numbers; the first counts. */
static void
take_colour(struct boxes *b, const unsigned char *p, size_t n)
{
	uint64_t space = n >= 7 ? number(p + 3, 4) : 0;

	if (b->coloured)
		return;
	b->coloured = true;
	b->unknown = n < 3 || (p[0] == 1 ? space < 16 || space > 18 :
	    p[0] != 2 && p[0] != 3);
}

static void
read_head(struct boxes *b, const unsigned char *p, const unsigned char *end)
{
	const unsigned char *in;
	size_t n;

	for (; (in = box(p, end, &n)) != NULL; p = in + n)
		if (memcmp(p + 4, "pclr", 4) == 0)
			b->palette = true;
		else if (memcmp(p + 4, "cdef", 4) == 0)
			take_channels(b, in, n);
		else if (memcmp(p + 4, "colr", 4) == 0)
			take_colour(b, in, n);
}

/* The stream among the boxes of *data*, or all of it; NULL: there is none. */
static const unsigned char *
find_stream(struct boxes *b, const void *data, size_t len, size_t *n)
{
	const unsigned char *p = data, *end = p + len, *in;

	*n = len;
	if (p[0] == 0xff)
		return (p);
	for (; (in = box(p, end, n)) != NULL; p = in + *n)
		if (memcmp(p + 4, "jp2h", 4) == 0)
			read_head(b, in, in + *n);
		else if (memcmp(p + 4, "jp2c", 4) == 0)
			return (in);
	return (NULL);
}

/*--------------------------------------------------------------------*/

static const char *
reason(const struct stream *s, const struct boxes *b)
{
	if (s->bands > BANDS_MOST || b->unknown)
		return ("its colours are not sRGB, grey or sYCC, nor have "
		    "they an ICC profile");
	if (s->uneven)
		return ("its channels do not all have the same 8 to 16 bits");
	if (b->palette)
		return ("it has a palette");
	if (b->weighed)
		return ("its colours are multiplied by its opacity");
	if (b->moved || s->moved)
		return ("its channels or its tiles are not in the usual "
		    "order or place");
	return (NULL);
}

int
jp2_check(struct work *w, const void *data, size_t len)
{
	struct boxes b = { .palette = false };
	struct stream s = { .found = false };
	const unsigned char *p;
	const char *why;
	size_t n;

	if ((p = find_stream(&b, data, len, &n)) != NULL)
		s = read_stream(p, n);
	if (!s.found)
		return (work_fail(w, RENDER_BAD_IMAGE, "the image cannot be "
		    "read: it is cut short or has no header"));
	if (s.tiles > TILES_MOST || s.layers > LAYERS_MOST)
		return (work_fail(w, RENDER_LIMIT, "the image has %llu tiles "
		    "and %u layers, over the limit of %d and %d",
		    (unsigned long long)s.tiles, s.layers, TILES_MOST,
		    LAYERS_MOST));
	if ((why = reason(&s, &b)) != NULL)
		return (work_fail(w, RENDER_BAD_IMAGE, "this JPEG 2000 is "
		    "not accepted, because %s: save it again, or as PNG", why));
	return (0);
}
