/* SPDX-License-Identifier: BSD-2-Clause */
/* BlurHash: a picture as the sum of a few waves, in some thirty characters. */
#include "config.h"

#include <math.h>

#include "worker/codec.h"

#define MOST	4	/* waves along a side */
#define LONG	4
#define SHORT	3
#define HASH_MAX (1 + 1 + 4 + 2 * (LONG * SHORT - 1) + 1)

struct rgb {
	double		v[3];
};

static double
light_of(VipsPel v)
{
	double c = v / 255.0;

	return (c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
}

static int
byte_of(double light)
{
	double c = fmin(fmax(light, 0), 1);

	c = c <= 0.0031308 ? c * 12.92 : 1.055 * pow(c, 1 / 2.4) - 0.055;
	return ((int)(c * 255 + 0.5));
}

/* Writes *digits* digits of *n*, behind which the next go. */
static char *
put(char *to, int n, int digits)
{
	static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";

	for (int i = digits; i-- > 0; n /= 83)
		to[i] = alphabet[n % 83];
	return (to + digits);
}

/* The share that the wave of i and j has in the picture. */
static struct rgb
wave(const VipsImage *im, const VipsPel *p, int i, int j)
{
	double scale = (i == 0 && j == 0 ? 1.0 : 2.0) / im->Xsize / im->Ysize;
	struct rgb sum = { { 0 } };

	for (int y = 0; y < im->Ysize; y++)
		for (int x = 0; x < im->Xsize; x++, p += im->Bands) {
			double f = cos(M_PI * i * x / im->Xsize) *
			    cos(M_PI * j * y / im->Ysize);

			for (int b = 0; b < 3; b++)
				sum.v[b] += f * light_of(p[b]);
		}
	for (int b = 0; b < 3; b++)
		sum.v[b] *= scale;
	return (sum);
}

static double
highest(const struct rgb *w, int n)
{
	double most = 0;

	for (int i = 0; i < n; i++)
		for (int b = 0; b < 3; b++)
			most = fmax(most, fabs(w[i].v[b]));
	return (most);
}

/* One of 19 steps */
static int
step(double v, double most)
{
	double root = copysign(sqrt(fabs(v / most)), v);

	return ((int)fmin(fmax(floor(root * 9 + 9.5), 0), 18));
}

static void
spell(const struct rgb *w, int nx, int ny, char *to)
{
	int n = nx * ny - 1, most;

	most = (int)fmin(fmax(floor(highest(w + 1, n) * 166 - 0.5), 0), 82);
	to = put(to, nx - 1 + (ny - 1) * 9, 1);
	to = put(to, most, 1);
	to = put(to, byte_of(w->v[0]) << 16 | byte_of(w->v[1]) << 8 |
	    byte_of(w->v[2]), 4);
	for (int i = 1; i <= n; i++) {
		int code = 0;

		for (int b = 0; b < 3; b++)
			code = code * 19 + step(w[i].v[b], (most + 1) / 166.0);
		to = put(to, code, 2);
	}
}

int
blurhash_save(VipsImage *in, void **buf, size_t *len)
{
	bool tall = in->Ysize > in->Xsize;
	int nx = tall ? SHORT : LONG, ny = tall ? LONG : SHORT;
	struct rgb waves[MOST * MOST];
	VipsImage *im = vips_image_copy_memory(in);

	if (im == NULL)
		return (-1);
	for (int j = 0; j < ny; j++)
		for (int i = 0; i < nx; i++)
			waves[j * nx + i] = wave(im,
			    VIPS_IMAGE_ADDR(im, 0, 0), i, j);
	g_object_unref(im);
	*buf = g_malloc0(HASH_MAX);
	spell(waves, nx, ny, *buf);
	*len = HASH_MAX - 1;
	return (0);
}
