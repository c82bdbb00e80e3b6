/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Takes the metadata out of a WebP file: webpsave of libvips 8.14 makes an
 * EXIF chunk of its own for every picture, 194 bytes of it.
 */
#include "config.h"

#include <string.h>

#include "render/work.h"

#define RIFF_HEAD	12
#define CHUNK_HEAD	8
#define VP8X_META	(0x20u | 0x08u | 0x04u)	/* profile, EXIF, XMP */

static size_t
get32(const unsigned char *p)
{
	return ((size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 |
	    (size_t)p[3] << 24);
}

static void
put32(unsigned char *p, size_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> 8 * i);
}

static bool
is_metadata(const unsigned char *chunk)
{
	return (memcmp(chunk, "EXIF", 4) == 0 ||
	    memcmp(chunk, "XMP ", 4) == 0 || memcmp(chunk, "ICCP", 4) == 0);
}

/* A file whose extended header says nothing any more needs none. */
static bool
is_needless(const unsigned char *chunk)
{
	return (memcmp(chunk, "VP8X", 4) == 0 && chunk[CHUNK_HEAD] == 0);
}

size_t
webp_strip(unsigned char *p, size_t len)
{
	size_t from = RIFF_HEAD, to = RIFF_HEAD;

	if (len < RIFF_HEAD || memcmp(p, "RIFF", 4) != 0)
		return (len);
	while (from + CHUNK_HEAD <= len) {
		size_t n = get32(p + from + 4);

		n = CHUNK_HEAD + n + (n & 1);
		if (n > len - from)
			return (len);	/* not as we know it */
		if (memcmp(p + from, "VP8X", 4) == 0)
			p[from + CHUNK_HEAD] &= (unsigned char)~VP8X_META;
		if (!is_metadata(p + from) && !is_needless(p + from)) {
			memmove(p + to, p + from, n);
			to += n;
		}
		from += n;
	}
	put32(p + 4, to - CHUNK_HEAD);
	return (to);
}
