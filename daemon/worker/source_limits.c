/* SPDX-License-Identifier: BSD-2-Clause */
/* What a source image may have: pixels, frames, and all else that costs. */
#include "config.h"

#include "wire/sniff.h"
#include "wire/wire.h"
#include "worker/header.h"
#include "worker/jp2.h"
#include "worker/jpeg.h"
#include "worker/work.h"

static int
check_side(struct work *w, int width, int height)
{
	if (width < 1 || height < 1)
		return (work_fail(w, RENDER_BAD_IMAGE, "the image has no "
		    "pixels"));
	if ((uint32_t)width > w->limits->side ||
	    (uint32_t)height > w->limits->side)
		return (work_fail(w, RENDER_LIMIT, "the image is %d x %d, "
		    "over the limit of %u pixels a side", width, height,
		    w->limits->side));
	return (0);
}

static int
check_limits(struct work *w, const struct source *s)
{
	int64_t pixels;

	if (check_side(w, s->width, s->height) != 0)
		return (-1);
	if ((uint32_t)s->load > w->limits->frames)
		return (work_fail(w, RENDER_LIMIT, "the image has %d frames, "
		    "over the limit of %u", s->load, w->limits->frames));
	pixels = (int64_t)s->width * s->height * s->load;
	if (pixels > w->limits->pixels)
		return (work_fail(w, RENDER_LIMIT, "the image has %lld "
		    "pixels, over the limit of %lld", (long long)pixels,
		    (long long)w->limits->pixels));
	return (0);
}

/*
 * libheif holds the planes of a picture, those of it turned, and its pixels:
 * 2 x 1.5 + 3 bytes a pixel of 8 bits, which is the least that any file was
 * seen to take. Its decoders wait for ever for a thread that they did not get,
 * so there shall also be room for the stacks.
 */
#define HEIF_PIXEL	6
#define HEIF_ALPHA	3
#define HEIF_STACKS	((size_t)32 << 20)

static int
check_memory(struct work *w, const struct source *s)
{
	size_t pixel = s->alpha ? HEIF_PIXEL + HEIF_ALPHA : HEIF_PIXEL;

	if (s->format != FORMAT_HEIF && s->format != FORMAT_AVIF)
		return (0);
	return (work_check_memory(w, s->format, s->width, s->height,
	    s->deep ? 2 * pixel : pixel, HEIF_STACKS));
}

/* The screen of a GIF is allocated whole, whatever its frames are. */
static int
check_gif(struct work *w, const struct source *s)
{
	unsigned width, height;

	if (!sniff_gif_screen(s->data, s->len, &width, &height))
		return (work_fail(w, RENDER_BAD_IMAGE, "the image is cut "
		    "short"));
	if (check_side(w, (int)width, (int)height) != 0)
		return (-1);
	if ((int64_t)width * height > w->limits->pixels)
		return (work_fail(w, RENDER_LIMIT, "the image's screen is "
		    "%u x %u, over the limit of %lld pixels", width, height,
		    (long long)w->limits->pixels));
	return (0);
}

/*
 * Each scan of a JPEG is a pass over all of it, for as little as a few bytes.
 * Encoders make about ten.
 */
#define SCANS_MOST	100
#define SCANS_BIG	16	/* times the pixels allowed, in all */

static int
check_scans(struct work *w, const struct source *s)
{
	unsigned scans = jpeg_scans(s->data, s->len);

	if (scans > SCANS_MOST || (int64_t)s->width * s->height * scans /
	    SCANS_BIG > w->limits->pixels)
		return (work_fail(w, RENDER_LIMIT, "the image has %u scans, "
		    "over the limit for its size", scans));
	return (0);
}

/* What else a file can have too much of, however few its pixels are */
static const struct {
	enum format	format;
	size_t		(*count)(const void *, size_t);
	size_t		most;
	const char	*what;
} counted[] = {
	{ FORMAT_PNG, header_png_text, 1 << 20, "bytes of packed text" },
	{ FORMAT_WEBP, header_webp_frames, 4096, "frames" },
	{ FORMAT_TIFF, header_tiff_pages, 4096, "pages" },
	{ FORMAT_SVG, header_svg_elements, 50000, "elements" },
};

static int
check_counts(struct work *w, const struct source *s)
{
	for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
		size_t n;

		if (counted[i].format != s->format)
			continue;
		n = counted[i].count(s->data, s->len);
		if (n > counted[i].most)
			return (work_fail(w, RENDER_LIMIT, "the image has %zu "
			    "%s, over the limit of %zu", n, counted[i].what,
			    counted[i].most));
	}
	return (0);
}

int
source_check_file(struct work *w, const struct source *s)
{
	if (check_counts(w, s) != 0)
		return (-1);
	if (s->format == FORMAT_JP2)
		return (jp2_check(w, s->data, s->len));
	return (s->format == FORMAT_GIF ? check_gif(w, s) : 0);
}

int
source_check_header(struct work *w, const struct source *s)
{
	if (check_limits(w, s) != 0 || check_memory(w, s) != 0)
		return (-1);
	return (s->format == FORMAT_JPG ? check_scans(w, s) : 0);
}

int
source_refuse_kind(struct work *w, const void *data, size_t len)
{
	const char *name = sniff_other(data, len);

	if (name == NULL)
		return (work_fail(w, RENDER_BAD_IMAGE, "the file is not an image "
		    "of a known kind"));
	return (work_fail(w, RENDER_BAD_IMAGE, "%s files are not accepted: "
	    "save it as PNG, JPEG or WebP", name));
}

int
source_refuse_format(struct work *w, enum format f)
{
	if (f == FORMAT_TTF)
		return (work_fail(w, RENDER_BAD_IMAGE, "fonts are not "
		    "accepted (render_ttf = 1 accepts them)"));
	return (work_fail(w, RENDER_BAD_IMAGE, "%s files are not accepted "
	    "(render_%s = 1 accepts them): save it as PNG, JPEG or WebP",
	    f == FORMAT_JP2 ? "JPEG 2000" : f == FORMAT_SVG ? "SVG" : "PDF",
	    formats[f].ext));
}
