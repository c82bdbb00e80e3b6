/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * As Chromium shows them on a screen of sRGB, which doc/architecture-render.rst
 * has the table of.
 */
#include "config.h"

#include <lcms2.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "worker/declared.h"

/*--------------------------------------------------------------------
 * Code points of ITU-T H.273
 */

#define CODE_UNSPECIFIED	2
#define CODE_BT709		1
#define CODE_LINEAR		8
#define CODE_SRGB		13
#define CODE_PQ			16
#define CODE_HLG		18

#define WHITE_D65	.3127, .3290
#define WHITE_C		.310, .316

static const struct primaries {
	int	code;
	double	xy[8];
} primaries[] = {
	{ 1, { WHITE_D65, .64, .33, .30, .60, .15, .06 } },
	{ 4, { WHITE_C, .67, .33, .21, .71, .14, .08 } },
	{ 5, { WHITE_D65, .64, .33, .29, .60, .15, .06 } },
	{ 6, { WHITE_D65, .630, .340, .310, .595, .155, .070 } },
	{ 7, { WHITE_D65, .630, .340, .310, .595, .155, .070 } },
	{ 8, { WHITE_C, .681, .319, .243, .692, .145, .049 } },
	{ 9, { WHITE_D65, .708, .292, .170, .797, .131, .046 } },
	{ 11, { .314, .351, .680, .320, .265, .690, .150, .060 } },
	{ 12, { WHITE_D65, .680, .320, .265, .690, .150, .060 } },
	{ 22, { WHITE_D65, .630, .340, .295, .605, .155, .077 } },
};

/* Light = (a v + b)^g from *d* on, c v below it */
static const struct transfer {
	int	code;
	double	g, a, b, c, d;
} transfers[] = {
	{ CODE_BT709, 2.4, 1, 0, 0, 0 },	/* BT.1886, of screens */
	{ 4, 2.2, 1, 0, 0, 0 },
	{ 5, 2.8, 1, 0, 0, 0 },
	{ 7, 1 / .45, 1 / 1.1115, .1115 / 1.1115, .25, .0912 },
	{ CODE_LINEAR, 1, 1, 0, 0, 0 },
	{ CODE_SRGB, 2.4, 1 / 1.055, .055 / 1.055, 1 / 12.92, .04045 },
	{ 17, 2.6, 1.0341, 0, 0, 0 },
};

static const struct primaries *
find_primaries(int code)
{
	for (size_t i = 0; i < sizeof primaries / sizeof *primaries; i++)
		if (primaries[i].code == code)
			return (&primaries[i]);
	return (NULL);
}

/* The curves that are BT.709's own */
static int
same_curve(int code)
{
	return (code == 6 || code == 11 || code == 14 || code == 15 ?
	    CODE_BT709 : code);
}

static bool
knows_transfer(int code)
{
	if (code == CODE_PQ || code == CODE_HLG)
		return (true);
	for (size_t i = 0; i < sizeof transfers / sizeof *transfers; i++)
		if (transfers[i].code == code)
			return (true);
	return (false);
}

static bool
has_srgb_primaries(const struct declared *d)
{
	for (int i = 0; i < 8 && d->xy[1] != 0; i++)
		if (fabs(d->xy[i] - primaries[0].xy[i]) >= .001)
			return (false);
	return (true);
}

static bool
is_srgb(const struct declared *d)
{
	return (d->transfer == CODE_SRGB && has_srgb_primaries(d));
}

static bool
by_codes(int prim, int transfer, struct declared *d)
{
	const struct primaries *p = find_primaries(prim);

	if (p == NULL || !knows_transfer(transfer))
		return (false);
	memcpy(d->xy, p->xy, sizeof d->xy);
	d->transfer = transfer;
	return (true);
}

bool
declared_is_bent(const struct declared *d)
{
	if (d->gamma != 0)
		return (d->gamma < 1.7 || d->gamma > 2.7);
	return (d->transfer == CODE_LINEAR || d->transfer == CODE_PQ ||
	    d->transfer == CODE_HLG);
}

/* A video's curve, which a PNG is shown by, counts as sRGB's here. */
bool
declared_nclx(int prim, int transfer, struct declared *d)
{
	*d = (struct declared){ .gamma = 0 };
	if (prim == CODE_UNSPECIFIED)
		prim = CODE_BT709;
	transfer = same_curve(transfer);
	if (transfer == CODE_UNSPECIFIED || transfer == CODE_BT709)
		transfer = CODE_SRGB;
	return (by_codes(prim, transfer, d) && !is_srgb(d));
}

/*--------------------------------------------------------------------
 * PNG
 */

#define PNG_MAGIC	8
#define PNG_FRAME	12
#define PNG_ONE		100000.0

/* What has been found before the pixels: data, or NULL */
struct chunks {
	const unsigned char *cicp, *gama, *chrm;
	bool	srgb, icc;	/* go before gAMA and cHRM */
};

static uint32_t
get32(const unsigned char *p)
{
	return ((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3]);
}

static void
note_chunk(struct chunks *c, const unsigned char *type, size_t len)
{
	const unsigned char *data = type + 4;

	if (memcmp(type, "cICP", 4) == 0 && len == 4)
		c->cicp = data;
	else if (memcmp(type, "gAMA", 4) == 0 && len == 4)
		c->gama = data;
	else if (memcmp(type, "cHRM", 4) == 0 && len == 32)
		c->chrm = data;
	else if (memcmp(type, "sRGB", 4) == 0)
		c->srgb = true;
	else if (memcmp(type, "iCCP", 4) == 0)
		c->icc = true;
}

static struct chunks
find_chunks(const unsigned char *p, size_t len)
{
	struct chunks c = { NULL, NULL, NULL, false, false };
	size_t at = PNG_MAGIC;

	while (at < len && len - at >= PNG_FRAME) {
		size_t n = get32(p + at);

		if (n > len - at - PNG_FRAME ||
		    memcmp(p + at + 4, "IDAT", 4) == 0)
			break;
		note_chunk(&c, p + at + 4, n);
		at += PNG_FRAME + n;
	}
	return (c);
}

/*
 * Encoders write 0.45455 for sRGB, with its primaries or without: as such it
 * stays, and not as the power of 2.2, which is another in the shadows.
 */
static bool
is_usual(const struct declared *d)
{
	return (has_srgb_primaries(d) &&
	    fabs(1 / d->gamma - .45455) < .0006);
}

/* cHRM says nothing without gAMA. */
static bool
by_gamma(const struct chunks *c, struct declared *d)
{
	double gamma = c->gama == NULL ? 0 : get32(c->gama) / PNG_ONE;

	if (gamma <= 0 || gamma > 100)
		return (false);
	d->gamma = 1 / gamma;
	for (int i = 0; i < 8 && c->chrm != NULL; i++)
		d->xy[i] = get32(c->chrm + 4 * (size_t)i) / PNG_ONE;
	if (c->chrm != NULL)
		for (int i = 1; i < 8; i += 2)
			if (d->xy[i] <= 0 || d->xy[i - 1] + d->xy[i] > 1.0001)
				return (false);
	return (!is_usual(d));
}

bool
declared_png(const void *data, size_t len, struct declared *d)
{
	struct chunks c = find_chunks(data, len);

	*d = (struct declared){ .gamma = 0 };
	/* RGB in full range, or it is not what the pixels are. */
	if (c.cicp != NULL && c.cicp[2] == 0 && c.cicp[3] == 1 &&
	    by_codes(c.cicp[0], same_curve(c.cicp[1]), d))
		return (c.icc || !is_srgb(d));
	return (!c.srgb && !c.icc && by_gamma(&c, d));
}

/*--------------------------------------------------------------------
 * The profile
 */

#define STEPS		1024
#define WHITE_NITS	406	/* what browsers show as white of sRGB */

/* Light of PQ's and of HLG's value, in nits */
static double
pq(double v)
{
	double e = pow(v, 1 / 78.84375);

	return (10000 * pow(fmax(e - .8359375, 0) / (18.8515625 - 18.6875 *
	    e), 1 / .1593017578125));
}

static double
hlg(double v)
{
	double e = v <= .5 ? v * v / 3 :
	    (exp((v - .55991073) / .17883277) + .28466892) / 12;

	return (1000 * pow(e, 1.2));
}

static cmsToneCurve *
hdr_curve(double light(double))
{
	cmsUInt16Number v[STEPS];

	for (int i = 0; i < STEPS; i++)
		v[i] = (cmsUInt16Number)(65535 * fmin(1, light(i /
		    (STEPS - 1.0)) / WHITE_NITS) + .5);
	return (cmsBuildTabulatedToneCurve16(NULL, STEPS, v));
}

static cmsToneCurve *
curve_of(const struct declared *d)
{
	if (d->gamma != 0)
		return (cmsBuildGamma(NULL, d->gamma));
	if (d->transfer == CODE_PQ)
		return (hdr_curve(pq));
	if (d->transfer == CODE_HLG)
		return (hdr_curve(hlg));
	for (size_t i = 0; i < sizeof transfers / sizeof *transfers; i++) {
		const struct transfer *t = &transfers[i];
		double p[5] = { t->g, t->a, t->b, t->c, t->d };

		if (t->code == d->transfer)
			return (cmsBuildParametricToneCurve(NULL, 4, p));
	}
	return (NULL);
}

static cmsHPROFILE
make(const struct declared *d, bool grey, cmsToneCurve *curve)
{
	const double *xy = d->xy[1] == 0 ? primaries[0].xy : d->xy;
	cmsToneCurve *curves[3] = { curve, curve, curve };
	cmsCIExyY white = { xy[0], xy[1], 1 };
	cmsCIExyYTRIPLE rgb = { { xy[2], xy[3], 1 }, { xy[4], xy[5], 1 },
	    { xy[6], xy[7], 1 } };

	if (grey)
		return (cmsCreateGrayProfile(cmsD50_xyY(), curve));
	return (cmsCreateRGBProfile(&white, &rgb, curves));
}

/* Bytes 24 to 35 are its time: without, equal ones share a transform. */
static void *
bytes_of(cmsHPROFILE p, size_t *len)
{
	cmsUInt32Number n = 0;
	unsigned char *bytes;

	if (!cmsSaveProfileToMem(p, NULL, &n) || n < 128 ||
	    (bytes = malloc(n)) == NULL)
		return (NULL);
	if (!cmsSaveProfileToMem(p, bytes, &n)) {
		free(bytes);
		return (NULL);
	}
	memset(bytes + 24, 0, 12);
	*len = n;
	return (bytes);
}

void *
declared_profile(const struct declared *d, bool grey, size_t *len)
{
	cmsToneCurve *curve = curve_of(d);
	cmsHPROFILE p = curve == NULL ? NULL : make(d, grey, curve);
	void *bytes = p == NULL ? NULL : bytes_of(p, len);

	if (p != NULL)
		cmsCloseProfile(p);
	if (curve != NULL)
		cmsFreeToneCurve(curve);
	return (bytes);
}
