/* SPDX-License-Identifier: BSD-2-Clause */
/* Source images: what the header says. */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "wire/sniff.h"
#include "wire/wire.h"
#include "worker/codec.h"
#include "worker/color.h"
#include "worker/give_up.h"
#include "worker/header.h"
#include "worker/libs.h"
#include "worker/work.h"

/* Milliseconds of processor time; a header takes 1 to 20. */
#ifdef MONIKER_SANITIZED
#define HEADER_MS	10000
#else
#define HEADER_MS	1000
#endif

#define DRAWING		"drawing the image"

static bool
has_profile(VipsImage *im)
{
	size_t len;

	if (color_profile(im, &len) != NULL)
		return (true);
	switch (im->Type) {
	case VIPS_INTERPRETATION_sRGB:
	case VIPS_INTERPRETATION_B_W:
	case VIPS_INTERPRETATION_RGB:
	case VIPS_INTERPRETATION_RGB16:
	case VIPS_INTERPRETATION_GREY16:
		return (false);
	default:
		return (true);
	}
}

static void
read_header(struct source *s, VipsImage *im)
{
	/* The analyzer cannot see that work_fail_vips() never returns 0. */
	s->width = im->Xsize;	/* NOLINT(*NullDereference) */
	s->height = s->load > 1 ? vips_image_get_page_height(im) : im->Ysize;
	s->frames = vips_image_get_n_pages(im);
	if (s->format != FORMAT_GIF && s->format != FORMAT_WEBP)
		s->frames = 1;	/* pages, which are not a movement */
	if (s->frames < 1)
		s->frames = 1;
	if (s->format == FORMAT_WEBP)
		s->side = (int)header_webp_side(s->data, s->len);
	s->orientation = vips_image_get_orientation(im);
	/* The decoder of HEIF turns by itself. */
	if (s->format == FORMAT_HEIF || s->format == FORMAT_AVIF)
		s->orientation = 1;
	s->alpha = vips_image_hasalpha(im);
	s->deep = im->BandFmt != VIPS_FORMAT_UCHAR;
	s->profile = has_profile(im);
	s->misfit = color_misfit(im);
}

/* A background that shows, in the frames that are loaded, is transparent. */
void
source_look_behind(struct source *s)
{
	s->shows = s->format == FORMAT_GIF &&
	    gif_background_shows(s, s->load);
	s->alpha |= s->shows;
	if (s->shows)
		gif_size(s, &s->width, &s->height);
}

/* What a file says that its loader does not pass on */
static int
read_declared(struct work *w, struct source *s)
{
	struct heif_header h;

	if (s->format == FORMAT_PNG)
		s->is_declared = declared_png(s->data, s->len, &s->declared);
	if (s->format != FORMAT_AVIF && s->format != FORMAT_HEIF)
		return (0);
	h = heif_header(s->data, s->len);
	if (h.alpha_lost)
		return (work_fail(w, RENDER_BAD_IMAGE, "the alpha channel "
		    "does not match the image in size or rotation: save it "
		    "again"));
	s->premultiplied = h.premultiplied;
	s->range = h.range;
	s->is_declared = h.nclx && declared_nclx(h.primaries, h.transfer,
	    &s->declared);
	return (0);
}

static bool
recipe_moves(const struct work *w)
{
	return (w->recipe != NULL &&
	    (formats[w->recipe->format].holds & FORMAT_MOVES) != 0);
}

/* What the recipe, if this is its source image, says of a PDF */
static void
read_recipe(const struct work *w, struct source *s)
{
	const struct recipe *r = w->recipe;

	if (r != NULL && !isnan(r->so[SO_pdf_page]))
		s->page = (int)r->so[SO_pdf_page];
	if (r != NULL && !isnan(r->so[SO_pdf_dpi]))
		s->dpi = r->so[SO_pdf_dpi];
}

static int
header_failed(struct work *w, const struct source *s)
{
	if (s->format == FORMAT_PDF && s->page > 1 &&
	    strstr(vips_error_buffer(), "out of range") != NULL)
		return (work_fail(w, RENDER_BAD_RECIPE, "options.pdf.page: the "
		    "file has no page %d", s->page));
	return (work_fail_vips(w));
}

/*
 * A drawing's header says nothing of the work that its pixels are, which begins
 * when they are asked for: perhaps after another source was opened.
 */
void
source_at_leisure(const struct work *w)
{
	if (source_is_drawing(&w->src))
		give_up_after(HEADER_MS, DRAWING);
	else
		give_up_at_leisure();
}

int
source_open(struct work *w, struct source *s, const void *data, size_t len)
{
	VipsImage *im = NULL;

	*s = (struct source){ .format = sniff(data, len), .data = data,
	    .len = len, .load = 1, .page = 1, .dpi = PDF_DPI };
	read_recipe(w, s);
	if (s->format == FORMAT_MAX)
		return (source_refuse_kind(w, data, len));
	if (!(w->limits->allowed & UINT32_C(1) << s->format))
		return (source_refuse_format(w, s->format));
	if (s->format == FORMAT_TTF)
		return (work_fail(w, RENDER_BAD_IMAGE, "the file is a font: "
		    "name it as the font of the operation \"text\""));
	if (!libs_read(s->format))
		return (work_fail(w, RENDER_LIMIT, "this server cannot read "
		    "%s: it has no coder for it", formats[s->format].ext));
	if (source_check_file(w, s) != 0)
		return (-1);
	if (s->format == FORMAT_SVG && svg_size(w, s) != 0)
		return (-1);
	give_up_after(HEADER_MS, source_is_drawing(s) ? DRAWING :
	    "reading the image's header");
	if (read_declared(w, s) != 0)
		return (-1);
	if (source_image(w, s, 1, false, &im) != 0)
		return (header_failed(w, s));
	if (!source_is_drawing(s))
		source_at_leisure(w);
	read_header(s, im);
	if (s->format == FORMAT_JPG)
		s->header = im;
	else
		g_object_unref(im);
	if (s->frames > 1 && recipe_moves(w))
		s->load = s->frames;
	source_look_behind(s);
	if (source_check_header(w, s) != 0)
		return (-1);
	return (s->format == FORMAT_JPG ? whole_jpeg(w, s) : 0);
}

void
source_close(struct source *s)
{
	if (s->header != NULL)
		g_object_unref(s->header);
	s->header = NULL;
	free(s->mended);
	s->mended = NULL;
}

void
source_size(const struct source *s, int *width, int *height)
{
	bool lies = s->orientation >= 5;

	*width = lies ? s->height : s->width;
	*height = lies ? s->width : s->height;
}
