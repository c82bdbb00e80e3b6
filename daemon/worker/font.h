/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fonts, of which only the bytes are known: FreeType reads them from memory, and
 * HarfBuzz puts the glyphs in their places. Neither looks for any file.
 */
#ifndef FONT_H
#define FONT_H

#include <stdint.h>
#include <stddef.h>

struct work;
struct wire_reply;
struct font;

/* Bytes of a font at most */
#define FONT_MOST	(16 << 20)

/* NULL, and the render has failed. */
struct font *font_open(struct work *, const void *data, size_t len);
void font_close(struct font *);
/* Answers what an upload is. */
void font_probe(struct work *, const void *data, size_t len,
    struct wire_reply *);

/* Pixels of an em. 0, or the render has failed. */
int font_size(struct work *, struct font *, int size);
/* Of a line, and above the baseline, in pixels at that size. */
int font_height(const struct font *);
int font_ascent(const struct font *);

/* The width of *len* bytes of text in pixels, or -1: the render has failed. */
int font_measure(struct work *, struct font *, const char *text, size_t len);

/* What is drawn into: opacities, *width* a row. */
struct mask {
	unsigned char	*p;
	int		width, height;
};
/* Draws them from x on; y is where letters stand. 0, or it has failed. */
int font_draw(struct work *, struct font *, const char *text, size_t len,
    int x, int y, struct mask *);

#endif
