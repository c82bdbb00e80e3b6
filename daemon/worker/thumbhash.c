/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ThumbHash: a picture as a few waves of lightness, two differences of colours
 * and opacity, in some twenty bytes, with its ratio.
 */
#include "config.h"

#include <math.h>
#include <string.h>

#include "worker/codec.h"
#include "worker/color.h"
#include "worker/work.h"

#define PIXELS		(TEXT_SIDE * TEXT_SIDE)
#define WAVES		28	/* 7 along a side, half of the square of them */
#define HASH_MAX	32	/* bytes, in half of which a wave goes */

/* Lightness, yellow to blue, red to green, opacity */
enum { L, P, Q, A, CHANNELS };

struct channel {
	double		v[PIXELS];
	double		middle, scale;	/* of the waves */
	double		wave[WAVES];
	int		n;
};

struct thumb {
	struct channel	c[CHANNELS];
	int		width, height;
	bool		alpha;
	int		nx, ny;		/* waves of lightness */
};

/* Rounds as the reference code does, for numbers of 0 and more. */
static unsigned
nearest(double v)
{
	return ((unsigned)floor(v + 0.5));
}

/* The average colour, weighted by opacity. */
static void
average(const VipsImage *im, const VipsPel *p, double rgb[3])
{
	double sum = 0;

	rgb[0] = rgb[1] = rgb[2] = 0;
	for (int i = 0; i < im->Xsize * im->Ysize; i++, p += 4) {
		for (int b = 0; b < 3; b++)
			rgb[b] += p[3] / 255.0 * p[b] / 255.0;
		sum += p[3] / 255.0;
	}
	for (int b = 0; b < 3 && sum > 0; b++)
		rgb[b] /= sum;
}

/* Opacity shows the average colour behind. */
static void
take_pixels(struct thumb *t, const VipsImage *im, const VipsPel *p)
{
	double back[3], rgb[3];
	int pixels = im->Xsize * im->Ysize;

	t->width = im->Xsize;
	t->height = im->Ysize;
	average(im, p, back);
	for (int i = 0; i < pixels; i++, p += 4) {
		double a = p[3] / 255.0;

		for (int b = 0; b < 3; b++)
			rgb[b] = back[b] * (1 - a) + a * p[b] / 255.0;
		t->c[L].v[i] = (rgb[0] + rgb[1] + rgb[2]) / 3;
		t->c[P].v[i] = (rgb[0] + rgb[1]) / 2 - rgb[2];
		t->c[Q].v[i] = rgb[0] - rgb[1];
		t->c[A].v[i] = a;
		t->alpha |= p[3] < 255;
	}
}

/* In the order of the code of reference, for the same last bit. */
static double
wave(const struct thumb *t, const double *v, int cx, int cy)
{
	double sum = 0;

	for (int y = 0; y < t->height; y++) {
		double fy = cos(M_PI / t->height * cy * (y + 0.5));

		for (int x = 0; x < t->width; x++)
			sum += *v++ * cos(M_PI / t->width * cx * (x + 0.5)) *
			    fy;
	}
	return (sum / (t->width * t->height));
}

static void
analyse(const struct thumb *t, struct channel *c, int nx, int ny)
{
	for (int cy = 0; cy < ny; cy++)
		for (int cx = 0; cx * ny < nx * (ny - cy); cx++) {
			double f = wave(t, c->v, cx, cy);

			if (cx == 0 && cy == 0) {
				c->middle = f;
				continue;
			}
			c->wave[c->n++] = f;
			c->scale = fmax(c->scale, fabs(f));
		}
	for (int i = 0; i < c->n && c->scale > 0; i++)
		c->wave[i] = 0.5 + 0.5 / c->scale * c->wave[i];
}

static void
analyse_all(struct thumb *t)
{
	double most = fmax(t->width, t->height), limit = t->alpha ? 5 : 7;

	t->nx = (int)fmax(1, nearest(limit * t->width / most));
	t->ny = (int)fmax(1, nearest(limit * t->height / most));
	analyse(t, &t->c[L], t->nx < 3 ? 3 : t->nx, t->ny < 3 ? 3 : t->ny);
	analyse(t, &t->c[P], 3, 3);
	analyse(t, &t->c[Q], 3, 3);
	if (t->alpha)
		analyse(t, &t->c[A], 5, 5);
}

static size_t
spell_head(const struct thumb *t, unsigned char *to)
{
	const struct channel *c = t->c;
	bool wide = t->width > t->height;
	unsigned first = nearest(63 * c[L].middle) |
	    nearest(31.5 + 31.5 * c[P].middle) << 6 |
	    nearest(31.5 + 31.5 * c[Q].middle) << 12 |
	    nearest(31 * c[L].scale) << 18 | (unsigned)t->alpha << 23;
	unsigned second = (unsigned)(wide ? t->ny : t->nx) |
	    nearest(63 * c[P].scale) << 3 | nearest(63 * c[Q].scale) << 9 |
	    (unsigned)wide << 15;

	to[0] = (unsigned char)first;
	to[1] = (unsigned char)(first >> 8);
	to[2] = (unsigned char)(first >> 16);
	to[3] = (unsigned char)second;
	to[4] = (unsigned char)(second >> 8);
	if (t->alpha)
		to[5] = (unsigned char)(nearest(15 * c[A].middle) |
		    nearest(15 * c[A].scale) << 4);
	return (t->alpha ? 6 : 5);
}

static size_t
spell(const struct thumb *t, unsigned char *to)
{
	size_t at = 2 * spell_head(t, to);	/* in halves of a byte */

	for (int i = 0; i < (t->alpha ? CHANNELS : A); i++)
		for (int j = 0; j < t->c[i].n; j++, at++)
			to[at / 2] |= (unsigned char)(nearest(15 *
			    t->c[i].wave[j]) << (at % 2 * 4));
	return ((at + 1) / 2);
}

int
thumbhash_save(struct work *w, VipsImage *in, void **buf, size_t *len)
{
	VipsImage **t = work_room(w, 2);
	unsigned char hash[HASH_MAX] = { 0 };
	struct thumb *thumb;

	if (color_rgba(w, in, &t[0]) != 0 ||
	    (t[1] = vips_image_copy_memory(t[0])) == NULL)
		return (-1);
	thumb = g_new0(struct thumb, 1);
	take_pixels(thumb, t[1], VIPS_IMAGE_ADDR(t[1], 0, 0));
	analyse_all(thumb);
	*buf = g_base64_encode(hash, spell(thumb, hash));
	*len = strlen(*buf);
	g_free(thumb);
	return (0);
}
