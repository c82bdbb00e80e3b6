/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <math.h>
#include <string.h>
#include <vips/vips.h>

#include "worker/tiff.h"

/*--------------------------------------------------------------------
 * A file in memory
 */

static tmsize_t
on_read(thandle_t arg, void *buf, tmsize_t n)
{
	struct bytes *b = arg;
	size_t left = b->at < b->len ? b->len - b->at : 0;
	size_t take = (size_t)n < left ? (size_t)n : left;

	memcpy(buf, b->p + (left > 0 ? b->at : 0), take);
	b->at += take;
	return ((tmsize_t)take);
}

static tmsize_t
on_write(thandle_t arg, void *buf, tmsize_t n)
{
	(void)arg;
	(void)buf;
	(void)n;
	return (-1);
}

static toff_t
on_seek(thandle_t arg, toff_t to, int whence)
{
	struct bytes *b = arg;

	b->at = (size_t)to + (whence == SEEK_CUR ? b->at :
	    whence == SEEK_END ? b->len : 0);
	return (b->at);
}

static int
on_close(thandle_t arg)
{
	(void)arg;
	return (0);
}

static toff_t
on_size(thandle_t arg)
{
	return (((struct bytes *)arg)->len);
}

TIFF *
tiff_open(struct bytes *b)
{
	return (TIFFClientOpen("image", "rm", b, on_read, on_write, on_seek,
	    on_close, on_size, NULL, NULL));
}

/*--------------------------------------------------------------------*/

static uint16_t
get16(TIFF *t, uint32_t tag)
{
	uint16_t v = 0;

	(void)TIFFGetFieldDefaulted(t, tag, &v);
	return (v);
}

int
tiff_colors(const struct tiff_kind *k)
{
	switch (k->photometric) {
	case PHOTOMETRIC_MINISWHITE:
	case PHOTOMETRIC_MINISBLACK:
	case PHOTOMETRIC_PALETTE:
		return (1);
	case PHOTOMETRIC_SEPARATED:
		return (4);
	default:
		return (3);
	}
}

/*
 * The first sample that is said to be opacity. Without ExtraSamples it is the
 * first there is: so write programs that know RGBA and not the tag.
 */
static void
find_alpha(TIFF *t, struct tiff_kind *k)
{
	uint16_t n = 0, *kinds = NULL;

	k->alpha = k->samples > tiff_colors(k) ? 0 : -1;
	k->alpha_kind = EXTRASAMPLE_UNASSALPHA;
	if (TIFFGetField(t, TIFFTAG_EXTRASAMPLES, &n, &kinds) != 1 || n == 0)
		return;
	k->alpha = -1;
	for (int i = 0; i < n && k->alpha < 0; i++)
		if (kinds[i] == EXTRASAMPLE_ASSOCALPHA ||
		    kinds[i] == EXTRASAMPLE_UNASSALPHA) {
			k->alpha = i;
			k->alpha_kind = kinds[i];
		}
	if (tiff_colors(k) + k->alpha >= k->samples)
		k->alpha = -1;
}

static bool
white_is_d65(TIFF *t)
{
	float *xy;

	return (TIFFGetField(t, TIFFTAG_WHITEPOINT, &xy) == 1 &&
	    fabsf(xy[0] - .3127F) < .002F && fabsf(xy[1] - .3290F) < .002F);
}

void
tiff_look(TIFF *t, struct tiff_kind *k)
{
	*k = (struct tiff_kind){
	    .photometric = get16(t, TIFFTAG_PHOTOMETRIC),
	    .compression = get16(t, TIFFTAG_COMPRESSION),
	    .ink = get16(t, TIFFTAG_INKSET),
	    .bits = get16(t, TIFFTAG_BITSPERSAMPLE),
	    .samples = get16(t, TIFFTAG_SAMPLESPERPIXEL),
	    .format = get16(t, TIFFTAG_SAMPLEFORMAT) };
	k->white_d65 = white_is_d65(t);
	find_alpha(t, k);
}

/*--------------------------------------------------------------------*/

static const char *
bad_samples(const struct tiff_kind *k)
{
	bool small = k->photometric <= PHOTOMETRIC_MINISBLACK ||
	    k->photometric == PHOTOMETRIC_PALETTE;

	switch (k->format) {
	case SAMPLEFORMAT_INT:
		return ("has signed samples: save it with unsigned ones");
	case SAMPLEFORMAT_IEEEFP:
		return ("has floating-point samples, whose black, white and "
		    "gamma no tag tells: save it with 8 or 16 bits");
	case SAMPLEFORMAT_COMPLEXINT:
	case SAMPLEFORMAT_COMPLEXIEEEFP:
		return ("has complex samples: save it with 8 or 16 bits");
	default:
		break;
	}
	if (k->bits == 8 || k->bits == 16)
		return (NULL);
	if (small && (k->bits == 1 || k->bits == 2 || k->bits == 4))
		return (k->samples == 1 ? NULL : "has several samples of "
		    "fewer than 8 bits: save it with 8 bits");
	return (small ? "has neither 1, 2, 4, 8 nor 16 bits a sample: save it "
	    "with 8 or 16 bits" : "has neither 8 nor 16 bits a sample: save "
	    "it with 8 or 16 bits");
}

static const char *
bad_alpha(const struct tiff_kind *k)
{
	bool weighed = k->alpha >= 0 && k->alpha_kind ==
	    EXTRASAMPLE_ASSOCALPHA;

	switch (k->photometric) {
	case PHOTOMETRIC_MINISBLACK:
	case PHOTOMETRIC_RGB:
		return (NULL);
	case PHOTOMETRIC_YCBCR:
		return (k->samples > 3 ? "has YCbCr with further samples: "
		    "save it as RGB" : NULL);
	default:
		return (weighed ? "has associated alpha, but neither RGB nor "
		    "grey: save it as RGB" : NULL);
	}
}

static const char *
bad_colors(const struct tiff_kind *k)
{
	switch (k->photometric) {
	case PHOTOMETRIC_MINISWHITE:
	case PHOTOMETRIC_MINISBLACK:
	case PHOTOMETRIC_RGB:
	case PHOTOMETRIC_PALETTE:
	case PHOTOMETRIC_CIELAB:
	case PHOTOMETRIC_ICCLAB:
		return (NULL);
	case PHOTOMETRIC_SEPARATED:
		return (k->ink == INKSET_CMYK ? NULL :
		    "has inks that are not CMYK: save it as CMYK or RGB");
	case PHOTOMETRIC_YCBCR:
		return (k->bits == 8 ? NULL : "has YCbCr of more than 8 bits: "
		    "save it as RGB");
	case PHOTOMETRIC_LOGL:
	case PHOTOMETRIC_LOGLUV:
		return ("has logarithmic light (LogL, LogLuv), whose white no "
		    "tag tells: save it as RGB");
	case PHOTOMETRIC_CFA:
	case 34892:
		return ("has a camera's raw data: save it as RGB");
	case PHOTOMETRIC_MASK:
		return ("is a mask for another picture");
	case PHOTOMETRIC_ITULAB:
		return ("has ITU Lab: save it as RGB");
	default:
		return ("has colours of an unknown kind: save it as RGB");
	}
}

const char *
tiff_refusal(const struct tiff_kind *k)
{
	const char *why = bad_colors(k);

	if (why == NULL && k->samples < tiff_colors(k))
		why = "has fewer samples than its colours need";
	if (why == NULL)
		why = bad_samples(k);
	return (why != NULL ? why : bad_alpha(k));
}
