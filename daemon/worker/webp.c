/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The chunks of a WebP file: metadata goes out, opacity comes in.
 */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "worker/webp.h"

#define RIFF_HEAD	12
#define CHUNK_HEAD	8
#define VP8X_META	(0x20u | 0x08u | 0x04u)	/* profile, EXIF, XMP */
#define VP8X_ALPHA	0x10u
#define VP8X_LEN	10

static size_t
get32(const unsigned char *p)
{
	return ((size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 |
	    (size_t)p[3] << 24);
}

static void
put24(unsigned char *p, size_t v)
{
	for (int i = 0; i < 3; i++)
		p[i] = (unsigned char)(v >> 8 * i);
}

static void
put32(unsigned char *p, size_t v)
{
	put24(p, v);
	p[3] = (unsigned char)(v >> 24);
}

/*--------------------------------------------------------------------
 * Metadata: webpsave of libvips 8.14 makes an EXIF chunk of its own for every
 * picture, 194 bytes of it.
 */

static bool
is_metadata(const unsigned char *chunk)
{
	return (memcmp(chunk, "EXIF", 4) == 0 ||
	    memcmp(chunk, "XMP ", 4) == 0 || memcmp(chunk, "ICCP", 4) == 0);
}

static bool
is_extended(const unsigned char *chunk)
{
	return (memcmp(chunk, "VP8X", 4) == 0);
}

/* A chunk with its head and the byte that makes its length even */
static size_t
chunk_len(const unsigned char *chunk)
{
	size_t n = get32(chunk + 4);

	return (CHUNK_HEAD + n + (n & 1));
}

/* Chunks from end to end, and the extended header as long as it has to be */
static bool
is_webp(const unsigned char *p, size_t len)
{
	size_t at;

	if (len < RIFF_HEAD || memcmp(p, "RIFF", 4) != 0)
		return (false);
	for (at = RIFF_HEAD; len - at >= CHUNK_HEAD; at += chunk_len(p + at))
		if (chunk_len(p + at) > len - at || (is_extended(p + at) &&
		    chunk_len(p + at) < CHUNK_HEAD + VP8X_LEN))
			return (false);
	return (at == len);
}

size_t
webp_strip(unsigned char *p, size_t len)
{
	size_t n, to = RIFF_HEAD;

	if (!is_webp(p, len))
		return (len);
	for (size_t from = RIFF_HEAD; from < len; from += n) {
		bool drop = is_metadata(p + from);

		n = chunk_len(p + from);
		if (is_extended(p + from)) {
			p[from + CHUNK_HEAD] &= (unsigned char)~VP8X_META;
			/* It says nothing any more, so the file needs none. */
			drop = p[from + CHUNK_HEAD] == 0;
		}
		if (!drop) {
			memmove(p + to, p + from, n);
			to += n;
		}
	}
	put32(p + 4, to - CHUNK_HEAD);
	return (to);
}

void
webp_declare_alpha(unsigned char *p, size_t len)
{
	if (len >= RIFF_HEAD + CHUNK_HEAD + VP8X_LEN &&
	    memcmp(p + RIFF_HEAD, "VP8X", 4) == 0)
		p[RIFF_HEAD + CHUNK_HEAD] |= VP8X_ALPHA;
}

/*--------------------------------------------------------------------
 * Opacity: a lossless picture of its own in the chunk ALPH, beside lossy
 * colours. The library up to 1.2 makes it without the cache of colours that
 * later ones use: soft opacity gets 10 % bigger for twice the time.
 */

#define ALPHA_QUALITY	25	/* of effort, not of what is seen */
#define VP8L_HEAD	5	/* which ALPH does without */
#define ALPH_LOSSLESS	1u

/* What a pixel is expected to be, in the bits of ALPH's first byte */
enum filter {
	NONE = 0 << 2,
	LEFT = 1 << 2,
	GRADIENT = 3 << 2,
};

static int
expected(enum filter filter, const uint8_t *a, int stride, int x, int y)
{
	int v;

	if (filter == NONE || (x == 0 && y == 0))
		return (0);
	if (x == 0)
		return (a[-stride]);
	if (filter == LEFT || y == 0)
		return (a[-1]);
	v = a[-1] + a[-stride] - a[-stride - 1];
	return (v < 0 ? 0 : v > 255 ? 255 : v);
}

/* What is left to say behind a filter */
struct rest {
	int64_t		off;		/* how far it was off in all */
	unsigned	n[256];		/* how often by how much */
};

/*
 * The opacity of *from*, less what *filter* expects of it, as green of *to* (or
 * NULL).
 */
static struct rest
filter_alpha(const WebPPicture *from, enum filter filter, WebPPicture *to)
{
	struct rest rest = { .off = 0 };

	for (int y = 0; y < from->height; y++) {
		const uint8_t *a = from->a + y * (ptrdiff_t)from->a_stride;

		for (int x = 0; x < from->width; x++, a++) {
			int v = *a - expected(filter, a, from->a_stride, x, y);

			rest.off += abs(v);
			rest.n[v & 0xff]++;
			if (to != NULL)
				to->argb[y * (ptrdiff_t)to->argb_stride + x] =
				    0xff000000u | (uint32_t)(v & 0xff) << 8;
		}
	}
	return (rest);
}

/* By an ideal code for single pixels */
static double
bits_of(const struct rest *rest)
{
	double sum = 0, bits = 0;

	for (int i = 0; i < 256; i++)
		sum += rest->n[i];
	for (int i = 0; i < 256; i++)
		if (rest->n[i] > 0)
			bits += rest->n[i] * log2(sum / rest->n[i]);
	return (bits);
}

/*
 * Grain, where no filter is worth a try: the library's own foretell as much.
 * What is smooth has far less left behind a filter, or less behind GRADIENT
 * than behind LEFT.
 */
#define SMOOTH		0.2
#define SMOOTHER	0.85

static bool
is_grain(const WebPPicture *pic, const struct rest *left,
    const struct rest *gradient)
{
	const struct rest plain = filter_alpha(pic, NONE, NULL);
	double l = bits_of(left), g = bits_of(gradient);

	return (g > SMOOTHER * l && fmin(l, g) > SMOOTH * bits_of(&plain));
}

static bool
pack(WebPPicture *from, enum filter filter, WebPMemoryWriter *out)
{
	WebPConfig config;
	WebPPicture pic;
	bool ok;

	if (!WebPConfigPreset(&config, WEBP_PRESET_DEFAULT, ALPHA_QUALITY) ||
	    !WebPPictureInit(&pic))
		return (false);
	config.lossless = 1;
	config.method = WEBP_EFFORT;
	pic.use_argb = 1;
	pic.width = from->width;
	pic.height = from->height;
	pic.writer = WebPMemoryWrite;
	pic.custom_ptr = out;
	ok = WebPPictureAlloc(&pic);
	if (ok) {
		(void)filter_alpha(from, filter, &pic);
		ok = WebPEncode(&config, &pic);
	}
	from->error_code = pic.error_code;
	WebPPictureFree(&pic);
	return (ok);
}

/* The colours of *pic*, without its opacity */
static bool
pack_color(const WebPConfig *config, WebPPicture *pic, WebPMemoryWriter *out)
{
	void *rest = pic->custom_ptr;
	bool ok;

	WebPCleanupTransparentArea(pic);
	pic->colorspace = WEBP_YUV420;
	pic->a = NULL;		/* one block with the colours */
	pic->custom_ptr = out;
	ok = WebPEncode(config, pic);
	pic->custom_ptr = rest;
	return (ok);
}

static bool
put(const WebPPicture *to, const void *data, size_t len)
{
	return (to->writer(data, len, to) != 0);
}

static bool
put_head(const WebPPicture *to, const char *tag, size_t len)
{
	unsigned char head[CHUNK_HEAD];

	memcpy(head, tag, 4);
	put32(head + 4, len);
	return (put(to, head, sizeof head));
}

/* A file of *color* and of the opacity packed in *alpha* */
static bool
join(const WebPMemoryWriter *alpha, enum filter filter,
    const WebPMemoryWriter *color, const WebPPicture *to)
{
	size_t bits = get32(alpha->mem + RIFF_HEAD + 4) - VP8L_HEAD;
	size_t pad = (bits + 1) & 1, colors = color->size - RIFF_HEAD;
	unsigned char first = (unsigned char)(filter | ALPH_LOSSLESS);
	unsigned char vp8x[VP8X_LEN] = { VP8X_ALPHA };

	put24(vp8x + 4, (size_t)to->width - 1);
	put24(vp8x + 7, (size_t)to->height - 1);
	return (put_head(to, "RIFF", 4 + CHUNK_HEAD + sizeof vp8x +
	    CHUNK_HEAD + 1 + bits + pad + colors) && put(to, "WEBP", 4) &&
	    put_head(to, "VP8X", sizeof vp8x) &&
	    put(to, vp8x, sizeof vp8x) &&
	    put_head(to, "ALPH", 1 + bits) && put(to, &first, 1) &&
	    put(to, alpha->mem + RIFF_HEAD + CHUNK_HEAD + VP8L_HEAD, bits) &&
	    put(to, "", pad) && put(to, color->mem + RIFF_HEAD, colors));
}

/* The filter that is worth a try, or NONE */
static enum filter
best_filter(const WebPPicture *pic)
{
	const struct rest left = filter_alpha(pic, LEFT, NULL);
	const struct rest gradient = filter_alpha(pic, GRADIENT, NULL);

	if (is_grain(pic, &left, &gradient))
		return (NONE);
	return (left.off < gradient.off ? LEFT : GRADIENT);
}

bool
webp_encode_alpha(const WebPConfig *config, WebPPicture *pic)
{
	enum filter filter = best_filter(pic);
	WebPMemoryWriter plain, filtered, color;
	bool ok;

	WebPMemoryWriterInit(&plain);
	WebPMemoryWriterInit(&filtered);
	WebPMemoryWriterInit(&color);
	ok = pack(pic, NONE, &plain) &&
	    (filter == NONE || pack(pic, filter, &filtered)) &&
	    pack_color(config, pic, &color);
	if (ok && (filter == NONE || plain.size <= filtered.size))
		ok = join(&plain, NONE, &color, pic);
	else if (ok)
		ok = join(&filtered, filter, &color, pic);
	WebPMemoryWriterClear(&plain);
	WebPMemoryWriterClear(&filtered);
	WebPMemoryWriterClear(&color);
	return (ok);
}
