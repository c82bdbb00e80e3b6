/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GIF whose background shows, as browsers show it: transparent. libvips fills
 * with the background colour what a frame of disposal 2 leaves, and has no
 * opacity for what the first frame does not cover. So the frames of such a file
 * are decoded one by one, each as a small file of its own, and laid here.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "worker/codec.h"
#include "worker/rows.h"

#define HEAD		13	/* signature and screen */
#define IMAGE		10	/* descriptor of a frame */
#define CONTROL		8	/* extension that says how a frame is shown */

#define TABLE(flags)	((flags) & 0x80 ? 6u << ((flags) & 7) : 0u)

struct frame {
	int		x, y, w, h;
	unsigned	disposal;
	bool		clear;			/* has a clear colour */
	unsigned char	control[CONTROL];
	size_t		at, table, data, end;	/* in the file */
};

struct gif {
	const unsigned char *p;
	size_t		len, at;
	int		width, height;
};

static int
get16(const unsigned char *p)
{
	return (p[0] | p[1] << 8);
}

/* The place behind the blocks at *at*, or 0. */
static size_t
pass_blocks(const struct gif *g, size_t at)
{
	while (at < g->len && g->p[at] != 0)
		at += g->p[at] + (size_t)1;
	return (at < g->len ? at + 1 : 0);
}

static bool
take_image(struct gif *g, struct frame *f)
{
	const unsigned char *p = g->p + g->at;

	if (g->len - g->at < IMAGE + 1)
		return (false);
	f->at = g->at;
	f->x = get16(p + 1);
	f->y = get16(p + 3);
	f->w = get16(p + 5);
	f->h = get16(p + 7);
	f->table = g->at + IMAGE;
	f->data = f->table + TABLE(p[9]);
	f->end = f->data < g->len ? pass_blocks(g, f->data + 1) : 0;
	g->at = f->end;
	return (f->end != 0);
}

static bool
take_extension(struct gif *g, struct frame *f)
{
	const unsigned char *p = g->p + g->at;

	if (g->len - g->at < CONTROL)
		return (false);
	if (p[1] == 0xf9) {
		memcpy(f->control, p, CONTROL);
		f->clear = p[3] & 1;
		f->disposal = p[3] >> 2 & 7;
	}
	g->at = pass_blocks(g, g->at + 2);
	return (g->at != 0);
}

static bool
next_frame(struct gif *g, struct frame *f)
{
	memset(f, 0, sizeof *f);
	while (g->at != 0 && g->at < g->len)
		if (g->p[g->at] == ',')
			return (take_image(g, f));
		else if (g->p[g->at] != '!' || !take_extension(g, f))
			break;
	return (false);
}

/* Also the size: the first frame may be bigger than the screen. */
static bool
first_frame(struct gif *g, const struct source *s, struct frame *f)
{
	*g = (struct gif){ .p = s->data, .len = s->len };
	if (g->len < HEAD)
		return (false);
	g->at = HEAD + TABLE(g->p[10]);
	if (g->at >= g->len || !next_frame(g, f))
		return (false);
	g->width = VIPS_MAX(get16(g->p + 6), f->x + f->w);
	g->height = VIPS_MAX(get16(g->p + 8), f->y + f->h);
	return (true);
}

/* What *f* leaves is seen beside, or through, *next*. */
static bool
leaves_a_hole(const struct frame *f, bool first, const struct frame *next)
{
	/* With a clear colour libvips does as browsers do. */
	if (f->disposal == 2 ? f->clear : !first ||
	    (f->disposal != 3 && f->disposal != 4))
		return (false);
	return (next->clear || next->x > f->x || next->y > f->y ||
	    next->x + next->w < f->x + f->w ||
	    next->y + next->h < f->y + f->h);
}

bool
gif_background_shows(const struct source *s, int n)
{
	struct frame f, next;
	struct gif g;

	if (!first_frame(&g, s, &f))
		return (false);
	if (f.x != 0 || f.y != 0 || f.w < g.width || f.h < g.height)
		return (f.w > 0 && f.h > 0);
	for (int i = 1; i < n && next_frame(&g, &next); i++) {
		if (leaves_a_hole(&f, i == 1, &next))
			return (true);
		f = next;
	}
	return (false);
}

bool
gif_stays_opaque(const struct source *s)
{
	struct frame f;
	struct gif g;
	int n = 1;

	if (!first_frame(&g, s, &f) || f.clear || f.disposal > 1 ||
	    f.x != 0 || f.y != 0 || f.w < g.width || f.h < g.height)
		return (false);
	/* A clear colour shows what was there, as 3 does afterwards. */
	while (next_frame(&g, &f) && f.disposal != 2)
		n++;
	return (n == s->frames);
}

void
gif_size(const struct source *s, int *width, int *height)
{
	struct frame f;
	struct gif g;

	if (!first_frame(&g, s, &f))
		return;
	*width = g.width;
	*height = g.height;
}

/*--------------------------------------------------------------------
 * Laying
 */

/* A file of the frame alone; *len* to its length. */
static unsigned char *
file_of(const struct gif *g, const struct frame *f, size_t *len)
{
	size_t table = TABLE(g->p[10]), rest = f->end - f->at;
	unsigned char *file = malloc(HEAD + table + CONTROL + rest + 1);
	unsigned char *p = file;

	if (file == NULL)
		return (NULL);
	memcpy(p, g->p, HEAD + table);
	memcpy(p + 6, g->p + f->at + 5, 4);
	p += HEAD + table;
	if (f->clear)
		memcpy(p, f->control, CONTROL);
	p += f->clear ? CONTROL : 0;
	memcpy(p, g->p + f->at, rest);
	memset(p + 1, 0, 4);
	p[rest] = ';';
	*len = (size_t)(p - file) + rest + 1;
	return (file);
}

static VipsImage *
decode(const struct gif *g, const struct frame *f)
{
	size_t len;
	unsigned char *file = file_of(g, f, &len);
	VipsImage *lazy, *im = NULL;

	if (file != NULL && vips_gifload_buffer(file, len, &lazy, NULL) == 0) {
		im = rows_in_memory(lazy);
		g_object_unref(lazy);
	}
	free(file);
	return (im);
}

static void
lay_row(const VipsPel *from, int bands, VipsPel *to, int n)
{
	for (int x = 0; x < n; x++, from += bands, to += 4)
		if (bands < 4 || from[3] != 0) {
			memcpy(to, from, 3);
			to[3] = 255;
		}
}

static int
lay(const struct gif *g, const struct frame *f, VipsPel *canvas)
{
	VipsImage *im = decode(g, f);
	int w, h;

	if (im == NULL)
		return (-1);
	w = VIPS_MIN(im->Xsize, g->width - f->x);
	h = VIPS_MIN(im->Ysize, g->height - f->y);
	for (int y = 0; y < h; y++)
		lay_row(VIPS_IMAGE_ADDR(im, 0, y), im->Bands, canvas +
		    4 * ((size_t)(f->y + y) * (size_t)g->width +
		    (size_t)f->x), w);
	g_object_unref(im);
	return (0);
}

static void
clear(const struct gif *g, const struct frame *f, VipsPel *canvas)
{
	int w = VIPS_MIN(f->w, g->width - f->x);

	for (int y = f->y; w > 0 && y < f->y + f->h && y < g->height; y++)
		memset(canvas + 4 * ((size_t)y * (size_t)g->width +
		    (size_t)f->x), 0, 4 * (size_t)w);
}

/*
 * Frame number *i* of *roll* from *before*, which becomes what the next one is
 * laid on. A frame that cannot be read shows what was there.
 */
static int
make_frame(const struct gif *g, const struct frame *f, int i, VipsImage *roll,
    VipsPel *before)
{
	size_t size = 4 * (size_t)g->width * (size_t)g->height;
	VipsPel *canvas = VIPS_IMAGE_ADDR(roll, 0, i * g->height);

	memcpy(canvas, before, size);
	if (f->w > 0 && f->h > 0 && lay(g, f, canvas) != 0 && i == 0)
		return (-1);
	if (f->disposal == 3 || f->disposal == 4)
		return (0);
	memcpy(before, canvas, size);
	if (f->disposal == 2)
		clear(g, f, before);
	return (0);
}

static int
make_frames(const struct source *s, VipsImage *roll)
{
	VipsPel *before;
	struct frame f;
	struct gif g;
	int rc = -1;

	if (!first_frame(&g, s, &f) || (before = calloc((size_t)g.width *
	    (size_t)g.height, 4)) == NULL)
		return (-1);
	for (int i = 0; i < s->load; i++) {
		if ((rc = make_frame(&g, &f, i, roll, before)) != 0)
			break;
		if (i + 1 < s->load && !next_frame(&g, &f))
			memset(&f, 0, sizeof f);
	}
	free(before);
	return (rc);
}

int
gif_lay(const struct source *s, VipsImage *header, VipsImage **out)
{
	VipsImage *im = vips_image_new_memory();

	*out = NULL;
	if (vips_image_pipelinev(im, VIPS_DEMAND_STYLE_ANY, header,
	    NULL) == 0) {
		im->Xsize = s->width;
		im->Ysize = s->height * s->load;
		im->Bands = 4;
		if (s->load > 1)
			vips_image_set_int(im, VIPS_META_PAGE_HEIGHT,
			    s->height);
		if (vips_image_write_prepare(im) == 0 &&
		    make_frames(s, im) == 0)
			*out = im;
	}
	if (*out == NULL)
		g_object_unref(im);
	return (*out == NULL ? -1 : 0);
}
