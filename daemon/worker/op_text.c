/* SPDX-License-Identifier: BSD-2-Clause */
/* text: letters of an uploaded font on the picture. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "worker/color.h"
#include "worker/font.h"
#include "worker/give_up.h"
#include "worker/op.h"

#define TEXT_MS		1000	/* of a processor */
#define LINES		501	/* each of 500 bytes may end one */
#define SIZE_MOST	1000

/* Text in lines. */
struct lines {
	struct font	*font;
	const char	*text;
	int		box;		/* the widest that is wanted, 0: any */
	int		spacing;	/* between two lines */
	unsigned	n;
	struct {
		const char	*p;
		size_t		len;
		int		width;
	} line[LINES];
	int		width;		/* of the longest */
};

static int
given(double v)
{
	return (isnan(v) ? 0 : (int)fmax(1, v));
}

static int
add_line(struct work *w, struct lines *l, const char *p, size_t len)
{
	int width = font_measure(w, l->font, p, len);

	if (width < 0 || l->n == LINES)
		return (-1);
	l->line[l->n].p = p;
	l->line[l->n].len = len;
	l->line[l->n++].width = width;
	l->width = width > l->width ? width : l->width;
	return (0);
}

/* How many bytes of *len* fit, in whole words, at least one; -1: failed. */
static int
fitting(struct work *w, struct lines *l, const char *p, size_t len)
{
	size_t fits = 0, next;
	int width;

	for (size_t at = 0; at < len; at = next + 1) {
		next = at + strcspn(p + at, " \n");
		if (next > len)
			next = len;
		width = font_measure(w, l->font, p, next);
		if (width < 0)
			return (-1);
		if (fits > 0 && width > l->box)
			break;
		fits = next;
	}
	return ((int)(fits > 0 ? fits : len));
}

/* One line of the text itself, which is wrapped if there is a box. */
static int
wrap(struct work *w, struct lines *l, const char *p, size_t len)
{
	int n;

	while (l->box > 0 && len > 0) {
		if ((n = fitting(w, l, p, len)) < 0)
			return (-1);
		if ((size_t)n == len)
			break;
		if (add_line(w, l, p, (size_t)n) != 0)
			return (-1);
		p += n + 1;	/* and the blank */
		len -= (size_t)n + 1;
	}
	return (add_line(w, l, p, len));
}

static int
lay(struct work *w, struct lines *l, int size)
{
	l->n = 0;
	l->width = 0;
	if (font_size(w, l->font, size) != 0)
		return (-1);
	for (const char *p = l->text;; p++) {
		size_t len = strcspn(p, "\n");

		if (wrap(w, l, p, len) != 0)
			return (-1);
		p += len;
		if (*p == '\0')
			return (0);
	}
}

static int64_t
height_of(const struct lines *l)
{
	return ((int64_t)l->n * font_height(l->font) +
	    (int64_t)(l->n - 1) * l->spacing);
}

/* The greatest size at which all of it is inside the box. */
static int
lay_to_box(struct work *w, struct lines *l, int width, int height)
{
	int low = 1, high = SIZE_MOST + 1;

	while (high - low > 1) {
		int size = (low + high) / 2;

		if (lay(w, l, size) != 0)
			return (-1);
		if ((width == 0 || l->width <= width) &&
		    (height == 0 || height_of(l) <= height))
			low = size;
		else
			high = size;
	}
	return (lay(w, l, low));
}

static int
draw(struct work *w, const struct rop *o, const struct lines *l,
    struct mask *m)
{
	bool right = OPTIS(o, text, align, "right");
	bool centre = OPTIS(o, text, align, "centre");
	int step = font_height(l->font) + l->spacing;

	for (unsigned i = 0; i < l->n; i++) {
		int free_width = m->width - l->line[i].width;

		if ((int64_t)i * step >= m->height)
			break;
		if (font_draw(w, l->font, l->line[i].p, l->line[i].len,
		    right ? free_width : centre ? free_width / 2 : 0,
		    (int)i * step + font_ascent(l->font), m) != 0)
			return (-1);
	}
	return (0);
}

/* The colour where the mask is. */
static int
paint(struct work *w, const struct rop *o, const struct mask *m,
    VipsImage **out)
{
	double zero[3] = { 0 }, rgb[3];
	VipsImage **t = work_room(w, 4);

	color_rgb(OPTV(o, text, color), rgb);
	t[0] = vips_image_new_from_memory_copy(m->p,
	    (size_t)m->width * (size_t)m->height, m->width, m->height, 1,
	    VIPS_FORMAT_UCHAR);
	if (t[0] == NULL || vips_linear1(t[0], &t[1],
	    OPTV(o, text, opacity) / 100, 0.5, "uchar", TRUE, NULL) ||
	    vips_black(&t[2], m->width, m->height, "bands", 3, NULL) ||
	    vips_linear(t[2], &t[3], zero, rgb, 3, "uchar", TRUE, NULL))
		return (-1);
	t[3]->Type = VIPS_INTERPRETATION_sRGB;
	return (vips_bandjoin2(t[3], t[1], out, NULL));
}

static int
write_text(struct work *w, const struct rop *o, struct font *font,
    VipsImage **out)
{
	int width = given(OPTV(o, text, width));
	int height = given(OPTV(o, text, height));
	struct lines *l = g_new0(struct lines, 1);
	struct mask m = { NULL, width, height };
	int rc;

	l->font = font;
	l->text = recipe_text(w->recipe, OPTV(o, text, text));
	l->box = width;
	l->spacing = (int)OPTV(o, text, spacing);
	rc = OPTV(o, text, resize_to_box) == 1 && width + height > 0 ?
	    lay_to_box(w, l, width, height) :
	    lay(w, l, (int)fmax(1, OPTV(o, text, size)));
	if (rc == 0) {
		m.width = width > 0 ? width : l->width > 0 ? l->width : 1;
		m.height = (int)fmin(height > 0 ? height : INT32_MAX,
		    fmax(1, (double)height_of(l)));
		rc = work_check_size(w, m.width, m.height);
	}
	if (rc == 0) {
		m.p = g_malloc0((size_t)m.width * (size_t)m.height);
		rc = draw(w, o, l, &m);
		if (rc == 0)
			rc = paint(w, o, &m, out);
	}
	g_free(m.p);
	g_free(l);
	return (rc);
}

static int
turned(struct work *w, const struct rop *o, VipsImage *in, VipsImage **out)
{
	struct rop turn = { .id = OPS_rotate };

	OPTV(&turn, rotate, angle) = OPTV(o, text, angle);
	OPTV(&turn, rotate, background_color) = 0;
	OPTV(&turn, rotate, background_opacity) = 0;
	if (OPTV(o, text, angle) == 0)
		return (vips_copy(in, out, NULL));
	return (op_rotate(w, &turn, in, out));
}

/* What lies beyond the picture is not seen; that gets no opacity by it. */
static int
overlay(struct work *w, const struct rop *o, VipsImage *back,
    VipsImage *text, VipsImage **out)
{
	const char *anchor = recipe_text(w->recipe, OPTV(o, text, anchor));
	struct size canvas = { back->Xsize, back->Ysize };
	struct size size = { text->Xsize, text->Ysize };
	VipsImage **t = work_room(w, 4);
	double x, y;

	if (!geom_anchor(anchor, w->recipe->so[SO_dpr], canvas, size, &x, &y))
		(void)geom_anchor("center_center", 1, canvas, size, &x, &y);
	if (x >= canvas.width || y >= canvas.height)
		return (vips_copy(back, out, NULL));
	if ((t[0] = vips_image_copy_memory(back)) == NULL ||
	    color_rgba(w, t[0], &t[1]) != 0 ||
	    vips_embed(text, &t[2], (int)x, (int)y, canvas.width,
	    canvas.height, NULL) ||
	    vips_composite2(t[1], t[2], &t[3], VIPS_BLEND_MODE_OVER, NULL))
		return (-1);
	if (vips_image_hasalpha(back))
		return (vips_copy(t[3], out, NULL));
	return (vips_extract_band(t[3], out, 0, "n", 3, NULL));
}

int
op_text(struct work *w, const struct rop *o, VipsImage *in, VipsImage **out)
{
	VipsImage **t = work_room(w, 2);
	struct font *font;
	int rc;

	if (w->font.data == NULL)
		return (work_fail(w, RENDER_BAD_RECIPE, "text.font: is not "
		    "a font; upload a TrueType or OpenType file"));
	give_up_after(TEXT_MS, "writing the text");
	font = font_open(w, w->font.data, w->font.len);
	if (font == NULL)
		return (-1);
	rc = write_text(w, o, font, &t[0]);
	font_close(font);
	if (rc != 0 || turned(w, o, t[0], &t[1]) != 0)
		return (-1);
	w->moved = AFFINE_IDLE;		/* only the text was turned */
	source_at_leisure(w);
	return (overlay(w, o, in, t[1], out));
}
