/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shrinks along the rows. libvips 8.14 has vector code for columns only: rows
 * took it 12 % of a 2 megapixel photo's time and 18 % of an animation's, and
 * take half of that here. The filter is the same, that of Lanczos, but without
 * libvips' shrink by a whole number before it.
 */
#include "config.h"

#include <math.h>
#include <string.h>

#include "worker/bridge.h"
#include "worker/resize.h"

#define LANES	4

#if BRIDGE_REDUCE
#define LOBES	3	/* of the filter of Lanczos */

/* The bands of a pixel side by side; what is beyond them is not looked at. */
typedef float pixel __attribute__((vector_size(16)));
typedef int32_t whole __attribute__((vector_size(16)));

struct reduce {
	VipsImage	*in;
	int		taps;		/* that make a pixel */
	int		*first;		/* of each pixel; may be below 0 */
	float		*weights;	/* *taps* of each pixel */
};

static double
lanczos(double x)
{
	if (x == 0)
		return (1);
	if (fabs(x) >= LOBES)
		return (0);
	x *= M_PI;
	return (LOBES * sin(x) * sin(x / LOBES) / (x * x));
}

static void
weigh(struct reduce *r, int width)
{
	double factor = (double)r->in->Xsize / width;

	for (int x = 0; x < width; x++) {
		double middle = (x + 0.5) * factor - 0.5, sum = 0;
		float *w = r->weights + (ptrdiff_t)x * r->taps;

		r->first[x] = (int)ceil(middle - LOBES * factor);
		for (int i = 0; i < r->taps; i++) {
			w[i] = (float)lanczos((r->first[x] + i - middle) /
			    factor);
			sum += (double)w[i];
		}
		for (int i = 0; i < r->taps; i++)
			w[i] /= (float)sum;
	}
}

/* The pixel *p* for *n* that would be beyond the edge */
static float *
repeat(const VipsPel *p, int bands, int n, float *to)
{
	for (; n > 0; n--)
		for (int b = 0; b < bands; b++)
			*to++ = p[b];
	return (to);
}

/* The samples of *n* pixels of row *y* from *first* on */
static void
take_samples(VipsRegion *in, int y, int first, int n, float *to)
{
	int bands = in->im->Bands, end = in->im->Xsize;
	int left = VIPS_MAX(first, 0), right = VIPS_MIN(first + n, end);
	const VipsPel *p = VIPS_REGION_ADDR(in, left, y);

	to = repeat(p, bands, left - first, to);
	for (int i = 0; i < (right - left) * bands; i++)
		*to++ = p[i];
	(void)repeat(VIPS_REGION_ADDR(in, right - 1, y), bands,
	    first + n - right, to);
}

/* Rounded, and within a byte: without branches, which noise would mislead */
static void
put_pixel(pixel sum, VipsPel *q, int bands)
{
	whole v = __builtin_convertvector(sum + 0.5f, whole);

	v &= v > 0;
	v = (v & (v < 255)) | (255 & (v >= 255));
	for (int b = 0; b < bands; b++)
		q[b] = (VipsPel)v[b];
}

static void
reduce_row(const struct reduce *r, const VipsRect *area, const float *samples,
    int from, VipsPel *q)
{
	int bands = r->in->Bands;

	for (int x = area->left; x < VIPS_RECT_RIGHT(area); x++) {
		const float *w = r->weights + (ptrdiff_t)x * r->taps;
		const float *p = samples + (r->first[x] - from) * bands;
		pixel sum = { 0 }, some;

		for (int i = 0; i < r->taps; i++, p += bands) {
			memcpy(&some, p, sizeof some);
			sum += w[i] * some;
		}
		put_pixel(sum, q, bands);
		q += bands;
	}
}

static int
reduce_area(VipsRegion *out, void *seq, void *a, void *b, gboolean *stop)
{
	const struct reduce *r = b;
	const VipsRect *area = &out->valid;
	int from = r->first[area->left];
	int n = r->first[VIPS_RECT_RIGHT(area) - 1] + r->taps - from;
	VipsRect need = { from, area->top, n, area->height };
	VipsRect all = { 0, 0, r->in->Xsize, r->in->Ysize };
	float *samples;

	(void)a;
	(void)stop;
	vips_rect_intersectrect(&need, &all, &need);
	if (vips_region_prepare(seq, &need))
		return (-1);
	samples = g_new0(float, (gsize)n * (gsize)r->in->Bands + LANES);
	for (int y = area->top; y < VIPS_RECT_BOTTOM(area); y++) {
		take_samples(seq, y, from, n, samples);
		reduce_row(r, area, samples, from,
		    VIPS_REGION_ADDR(out, area->left, y));
	}
	g_free(samples);
	return (0);
}

static int
reduce(VipsImage *in, int width, VipsImage *out)
{
	struct reduce *r = VIPS_NEW(out, struct reduce);

	r->in = in;
	r->taps = (int)ceil(2.0 * LOBES * in->Xsize / width);
	r->first = VIPS_ARRAY(out, width, int);
	r->weights = VIPS_ARRAY(out, (size_t)width * (size_t)r->taps, float);
	weigh(r, width);
	if (vips_image_pipelinev(out, VIPS_DEMAND_STYLE_THINSTRIP, in, NULL))
		return (-1);
	out->Xsize = width;
	return (vips_image_generate(out, vips_start_one, reduce_area,
	    vips_stop_one, in, r));
}

static int
reduce_bytes(VipsImage *in, int width, VipsImage **out)
{
	*out = vips_image_new();
	/* Pixels are made when asked for: *in* has to be there then. */
	g_object_ref(in);
	vips_object_local(*out, in);
	return (reduce(in, width, *out));
}
#endif

/* libvips has room for weights of some 300 times; a box is as good before. */
#define FILTER_MOST	100

int
reduce_width(VipsImage *in, int width, VipsImage **out)
{
	if (in->BandFmt == VIPS_FORMAT_UCHAR && in->Bands <= LANES &&
	    width < in->Xsize) {
#if BRIDGE_REDUCE
		return (reduce_bytes(in, width, out));
#endif
		/* All of it by the filter, and none by a box before */
		if (in->Xsize / width <= FILTER_MOST)
			return (vips_reduceh(in, out, (double)in->Xsize /
			    width, NULL));
	}
	return (vips_resize(in, out, (double)width / in->Xsize, "vscale", 1.0,
	    NULL));
}
