/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_OUTLINE_H
#include <hb.h>
#include <hb-ft.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recipe/format.h"
#include "wire/wire.h"
#include "worker/font.h"
#include "worker/work.h"

/* Outlines as they are: no program of the font's runs. */
#define LOAD	(FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP)

/* Pixels that one glyph may cover */
#define GLYPH_MOST	(4 << 20)

struct font {
	FT_Library	library;
	FT_Face		face;
	hb_font_t	*shaper;
};

void
font_close(struct font *f)
{
	if (f == NULL)
		return;
	if (f->shaper != NULL)
		hb_font_destroy(f->shaper);
	if (f->face != NULL)
		(void)FT_Done_Face(f->face);
	if (f->library != NULL)
		(void)FT_Done_FreeType(f->library);
	free(f);
}

static struct font *
font_broken(struct work *w, struct font *f, const char *why)
{
	font_close(f);
	(void)work_fail(w, RENDER_BAD_IMAGE, "the font %s", why);
	return (NULL);
}

struct font *
font_open(struct work *w, const void *data, size_t len)
{
	struct font *f;

	if (len > FONT_MOST)
		return (font_broken(w, NULL, "has more than 16 MB"));
	f = calloc(1, sizeof *f);
	if (f == NULL || FT_Init_FreeType(&f->library) != 0)
		return (font_broken(w, f, "finds no memory"));
	if (FT_New_Memory_Face(f->library, data, (FT_Long)len, 0,
	    &f->face) != 0)
		return (font_broken(w, f, "cannot be read: it is broken"));
	if (!FT_IS_SCALABLE(f->face) || f->face->units_per_EM == 0 ||
	    FT_Select_Charmap(f->face, FT_ENCODING_UNICODE) != 0)
		return (font_broken(w, f, "has no outlines by Unicode"));
	return (f);
}

void
font_probe(struct work *w, const void *data, size_t len,
    struct wire_reply *reply)
{
	struct font *f = font_open(w, data, len);

	if (f != NULL) {
		reply->format = FORMAT_TTF;
		reply->width = reply->height = reply->frames = 1;
		(void)snprintf(reply->metadata, sizeof reply->metadata,
		    "{\"glyphs\":%ld,\"edition\":0}", f->face->num_glyphs);
	}
	font_close(f);
	reply->status = w->status;
	memcpy(reply->error, w->error, sizeof reply->error);
}

int
font_size(struct work *w, struct font *f, int size)
{
	if (FT_Set_Pixel_Sizes(f->face, 0, (FT_UInt)size) != 0)
		return (work_fail(w, RENDER_BAD_IMAGE, "the font cannot be "
		    "drawn at a size of %d pixels", size));
	if (f->shaper != NULL)
		hb_font_destroy(f->shaper);
	f->shaper = hb_ft_font_create_referenced(f->face);
	hb_ft_font_set_load_flags(f->shaper, LOAD);
	return (0);
}

/* A font may say anything of itself: between 1 and four times its size. */
static int
sane(long v, const struct font *f)
{
	long most = 4L * f->face->size->metrics.y_ppem;

	return ((int)(v < 1 ? 1 : v > most ? most : v));
}

int
font_height(const struct font *f)
{
	const FT_Size_Metrics *m = &f->face->size->metrics;

	return (sane((m->ascender - m->descender + 63) / 64, f));
}

int
font_ascent(const struct font *f)
{
	return (sane((f->face->size->metrics.ascender + 63) / 64, f));
}

static hb_buffer_t *
shape(struct font *f, const char *text, size_t len)
{
	hb_buffer_t *b = hb_buffer_create();

	hb_buffer_add_utf8(b, text, (int)len, 0, (int)len);
	hb_buffer_guess_segment_properties(b);
	hb_shape(f->shaper, b, NULL, 0);
	return (b);
}

/* Pixels, of 26.6; what is beyond all pictures is cut off. */
static int
pixels(int64_t v)
{
	v = (v + 32) >> 6;
	return ((int)(v > INT32_MAX / 2 ? INT32_MAX / 2 : v < INT32_MIN / 2 ?
	    INT32_MIN / 2 : v));
}

int
font_measure(struct work *w, struct font *f, const char *text, size_t len)
{
	hb_buffer_t *b = shape(f, text, len);
	unsigned n;
	const hb_glyph_position_t *at = hb_buffer_get_glyph_positions(b, &n);
	int64_t wide = 0;

	for (unsigned i = 0; i < n; i++)
		wide += at[i].x_advance;
	hb_buffer_destroy(b);
	wide = pixels(wide);
	if (wide > (int64_t)w->limits->side)
		return (work_fail(w, RENDER_LIMIT, "the text is wider than the "
		    "limit of %u pixels", w->limits->side));
	return (wide < 0 ? 0 : (int)wide);
}

/* The opacities of a glyph, its upper left corner at x, y, put on the mask. */
static void
put(struct mask *m, const FT_Bitmap *g, int64_t x, int64_t y)
{
	for (unsigned r = 0; r < g->rows; r++) {
		const unsigned char *from = g->buffer +
		    (int64_t)r * g->pitch;

		if (y + r < 0 || y + r >= m->height)
			continue;
		for (unsigned c = 0; c < g->width; c++) {
			unsigned char *to;

			if (x + c < 0 || x + c >= m->width)
				continue;
			to = m->p + (y + r) * m->width + x + c;
			if (from[c] > *to)
				*to = from[c];
		}
	}
}

static int
draw_glyph(struct work *w, struct font *f, unsigned glyph, int x, int y,
    struct mask *m)
{
	FT_GlyphSlot slot = f->face->glyph;
	FT_BBox box;

	/* One that is broken is left out, as browsers do. */
	if (FT_Load_Glyph(f->face, glyph, LOAD) != 0 ||
	    slot->format != FT_GLYPH_FORMAT_OUTLINE)
		return (0);
	FT_Outline_Get_CBox(&slot->outline, &box);
	if (((int64_t)box.xMax - box.xMin) / 64 *
	    (((int64_t)box.yMax - box.yMin) / 64) > GLYPH_MOST)
		return (work_fail(w, RENDER_LIMIT, "a letter of the font is "
		    "over the limit of %d pixels", GLYPH_MOST));
	if (FT_Render_Glyph(slot, FT_RENDER_MODE_NORMAL) == 0 &&
	    slot->bitmap.pixel_mode == FT_PIXEL_MODE_GRAY)
		put(m, &slot->bitmap, (int64_t)x + slot->bitmap_left,
		    (int64_t)y - slot->bitmap_top);
	return (0);
}

int
font_draw(struct work *w, struct font *f, const char *text, size_t len,
    int x, int y, struct mask *m)
{
	hb_buffer_t *b = shape(f, text, len);
	unsigned n;
	const hb_glyph_info_t *glyph = hb_buffer_get_glyph_infos(b, &n);
	const hb_glyph_position_t *at = hb_buffer_get_glyph_positions(b, &n);
	int64_t pen = (int64_t)x * 64;
	int rc = 0;

	for (unsigned i = 0; i < n && rc == 0; i++) {
		rc = draw_glyph(w, f, glyph[i].codepoint,
		    pixels(pen + at[i].x_offset),
		    y - pixels(at[i].y_offset), m);
		pen += at[i].x_advance;
	}
	hb_buffer_destroy(b);
	return (rc);
}
