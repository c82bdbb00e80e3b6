/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "worker/header.h"

/* A number of *n* bytes. */
static uint64_t
number(const unsigned char *p, unsigned n, bool big_endian)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < n; i++)
		v = v << 8 | p[big_endian ? i : n - 1 - i];
	return (v);
}

/*--------------------------------------------------------------------
 * PNG: length, type, data, checksum
 */

#define PNG_MAGIC	8
#define PNG_FRAME	12

/* iTXt says after its keyword whether it is packed. */
static bool
is_packed_text(const unsigned char *type, const unsigned char *data,
    size_t len)
{
	const unsigned char *end;

	if (memcmp(type, "zTXt", 4) == 0)
		return (true);
	if (memcmp(type, "iTXt", 4) != 0)
		return (false);
	end = memchr(data, '\0', len);
	return (end != NULL && end + 1 < data + len && end[1] != 0);
}

size_t
header_png_text(const void *data, size_t len)
{
	const unsigned char *p = data;
	size_t at = PNG_MAGIC, text = 0;

	while (at < len && len - at >= PNG_FRAME) {
		size_t n = number(p + at, 4, true);

		if (n > len - at - PNG_FRAME)
			break;
		if (is_packed_text(p + at + 4, p + at + 8, n))
			text += n;
		at += PNG_FRAME + n;
	}
	return (text);
}

/*--------------------------------------------------------------------
 * WebP: RIFF, chunks of type, length, data
 */

#define RIFF_HEAD	12
#define CHUNK_HEAD	8

size_t
header_webp_frames(const void *data, size_t len)
{
	const unsigned char *p = data;
	size_t at = RIFF_HEAD, frames = 0;

	while (at < len && len - at >= CHUNK_HEAD) {
		size_t n = number(p + at + 4, 4, false);

		frames += memcmp(p + at, "ANMF", 4) == 0;
		if (n > len - at - CHUNK_HEAD)
			break;
		at += CHUNK_HEAD + n + (n & 1);
	}
	return (frames);
}

#define ANMF_SIZE	6	/* where width and height are, less 1 each */

size_t
header_webp_side(const void *data, size_t len)
{
	const unsigned char *p = data;
	size_t at = RIFF_HEAD, least = 0;

	while (at < len && len - at >= CHUNK_HEAD + ANMF_SIZE + 6) {
		const unsigned char *size = p + at + CHUNK_HEAD + ANMF_SIZE;
		size_t n = number(p + at + 4, 4, false);

		for (int i = 0; memcmp(p + at, "ANMF", 4) == 0 && i <= 3;
		    i += 3) {
			size_t side = number(size + i, 3, false) + 1;

			least = least == 0 || side < least ? side : least;
		}
		if (n > len - at - CHUNK_HEAD)
			break;
		at += CHUNK_HEAD + n + (n & 1);
	}
	return (least);
}

/*--------------------------------------------------------------------
 * TIFF: directories, each a count, entries, and where the next one is
 */

struct tiff {
	bool		big_endian;
	unsigned	count, entry, offset;	/* bytes of each */
};

static struct tiff
tiff_kind(const unsigned char *p)
{
	bool big_endian = p[0] == 'M';

	/* BigTIFF is number 43. */
	if (number(p + 2, 2, big_endian) == 43)
		return ((struct tiff){ big_endian, 8, 20, 8 });
	return ((struct tiff){ big_endian, 2, 12, 4 });
}

size_t
header_tiff_pages(const void *data, size_t len)
{
	const unsigned char *p = data;
	struct tiff t;
	size_t pages = 0;
	uint64_t at, n;

	if (len < 16)
		return (0);
	t = tiff_kind(p);
	at = number(p + (t.offset == 8 ? 8 : 4), t.offset, t.big_endian);
	while (at != 0 && at < len && len - at >= t.count &&
	    pages < HEADER_PAGES) {
		pages++;
		n = number(p + at, t.count, t.big_endian);
		at += t.count;
		if (n > (len - at) / t.entry ||
		    len - at - n * t.entry < t.offset)
			break;
		at = number(p + at + n * t.entry, t.offset, t.big_endian);
	}
	return (pages);
}

/*--------------------------------------------------------------------*/

size_t
header_svg_elements(const void *data, size_t len)
{
	const char *p = data, *end = p + len;
	size_t n = 0;

	while (p < end && (p = memchr(p, '<', (size_t)(end - p))) != NULL) {
		p++;
		n += p < end && *p != '/';
	}
	return (n);
}
