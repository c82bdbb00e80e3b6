/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a render will cost, before it runs: pixels to be decoded, to be worked
 * on and to be encoded. It decides what is small, and by how much a share's
 * clock moves at once; the time that it took replaces it afterwards.
 */
#include "config.h"

#include <string.h>

#include "recipe/recipe.h"
#include "render/pool_priv.h"

/* Nanoseconds a pixel, on one core of a server of 2023. */
static const struct {
	unsigned	decode, encode;
} rates[FORMAT_MAX] = {
	[FORMAT_JPG] = { 5, 25 },
	[FORMAT_PNG] = { 20, 100 },
	[FORMAT_GIF] = { 10, 300 },
	[FORMAT_WEBP] = { 20, 100 },
	[FORMAT_TIFF] = { 15, 20 },
	[FORMAT_AVIF] = { 40, 0 },	/* by its effort */
	[FORMAT_HEIF] = { 40, 2000 },
	[FORMAT_JXL] = { 40, 500 },
	[FORMAT_JP2] = { 120, 20 },
};

static const unsigned avif_encode[] = { 60, 200, 310, 650, 2200 };

#define NS_OPERATION	60	/* a pixel: of one that is not a resize */
#define NS_BLUR		250
#define NS_TEXT		500000	/* a text, for its font */
#define NS_LETTER	1500	/* a byte of it, each time that it is laid out */
#define NS_INK		2	/* a pixel that letters may cover */
#define LAYOUTS		11	/* to find the size that fills a box */
#define US_RENDER	1000	/* whatever it is */
#define US_VECTOR	300000	/* an SVG or a PDF: the file does not tell */
#define US_UNKNOWN	50000
#define FRAMES		25	/* of a moving picture; the file knows more */

struct extent {
	double		w, h;
};

static void
extent_limit(double *side, double most)
{
	if (*side > most)
		*side = most;
}

static double
smaller(double a, double b)
{
	return (isnan(a) || b < a ? b : a);
}

/* What a resize makes of *e*; that it may not enlarge matters to no price. */
static void
extent_resize(struct extent *e, const struct rop *op)
{
	double w = OPTV(op, resize, width), h = OPTV(op, resize, height);
	double sx = isnan(w) ? NAN : w / e->w, sy = isnan(h) ? NAN : h / e->h;

	if (OPTIS(op, resize, mode, "box") || isnan(sx) || isnan(sy))
		sx = sy = smaller(sx, isnan(sy) ? sx : sy);
	else if (OPTIS(op, resize, mode, "fill"))
		sx = sy = sx > sy ? sx : sy;
	if (isnan(sx))
		return;
	e->w *= sx;
	e->h *= sy;
}

static void
extent_crop(struct extent *e, const struct rop *op)
{
	if (!OPTIS(op, crop, mode, "absolute"))
		return;
	extent_limit(&e->w, OPTV(op, crop, width));
	extent_limit(&e->h, OPTV(op, crop, height));
}

/* Besides what any operation costs, which has the picture under the text. */
static double
text_ns(const struct recipe *r, const struct rop *op)
{
	double n = (double)strlen(recipe_text(r, OPTV(op, text, text)));
	double size = OPTV(op, text, size);
	double box = OPTV(op, text, width) * OPTV(op, text, height);
	bool fill = OPTV(op, text, resize_to_box) == 1;
	double ink = fill ? box : smaller(box, n * size * size);

	return (NS_TEXT + n * NS_LETTER * (fill ? LAYOUTS : 1) +
	    (isnan(ink) ? 0 : ink * NS_INK));
}

/* Follows the picture through its operations; gives their nanoseconds. */
static double
work_ns(struct extent *e, const struct recipe *r)
{
	double ns = 0;

	for (unsigned i = 0; i < r->n_ops; i++) {
		const struct rop *op = &r->ops[i];

		if (op->id == OPS_resize)
			extent_resize(e, op);
		else if (op->id == OPS_crop)
			extent_crop(e, op);
		else
			ns += e->w * e->h * (op->id == OPS_blur ||
			    op->id == OPS_dropshadow ? NS_BLUR : NS_OPERATION);
		if (op->id == OPS_text)
			ns += text_ns(r, op);
	}
	return (ns);
}

/* What it will most likely be, by Accept too. */
static enum format
saved_as(const struct recipe *r)
{
	static const enum format auto_order[] = {
		FORMAT_AVIF, FORMAT_JXL, FORMAT_WEBP
	};

	if (recipe_varies(r))
		for (int i = 0; i < 3; i++)
			if (r->accept & UINT32_C(1) << auto_order[i])
				return (auto_order[i]);
	return (r->format);
}

static unsigned
encode_rate(const struct recipe *r, enum format f)
{
	double effort = r->so[SO_avif_effort];

	return (f != FORMAT_AVIF ? rates[f].encode :
	    avif_encode[isnan(effort) ? 0 : (int)effort]);
}

int64_t
price_render(const struct render_ask *a, const struct recipe *r)
{
	enum format in = a->format == NULL ? FORMAT_MAX :
	    format_find(a->format, strlen(a->format));
	enum format out = saved_as(r);
	struct extent e = { (double)a->width, (double)a->height };
	double frames = a->animated ? FRAMES : 1, ns;

	if (in == FORMAT_SVG || in == FORMAT_PDF)
		return (US_VECTOR);
	if (in == FORMAT_MAX || a->width <= 0 || a->height <= 0)
		return (US_UNKNOWN);
	ns = e.w * e.h * rates[in].decode;
	ns += work_ns(&e, r);
	ns += e.w * e.h * encode_rate(r, out);
	if (!(formats[out].holds & FORMAT_MOVES))
		frames = 1;
	return (US_RENDER + (int64_t)(ns * frames / 1000));
}

int64_t
price_probe(int64_t bytes)
{
	return (US_RENDER + bytes / 50);
}
