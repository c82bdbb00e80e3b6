/* SPDX-License-Identifier: BSD-2-Clause */
/* Colour: profiles to sRGB, transparency. */
#include "config.h"

#include <string.h>

#include "worker/bridge.h"
#include "worker/color.h"
#include "worker/work.h"

/*
 * The usual sRGB profiles, by the name that they carry: converting from them
 * costs time and changes nothing.
 */
static bool
is_srgb(const void *profile, size_t len)
{
	static const char *const names[] = { "sRGB IEC61966-2.1",
	    "sRGB built-in", "s\0R\0G\0B\0 \0I\0E\0C" };
	static const size_t lens[] = { 17, 13, 15 };

	for (size_t i = 0; i < 3; i++)
		if (memmem(profile, len, names[i], lens[i]) != NULL)
			return (true);
	return (false);
}

#define ICC_HEAD	128
#define ICC_CLASS	12
#define ICC_SPACE	16

/* A profile of pictures (links and named colours are not), of these colours */
static bool
fits(const VipsImage *im, const char *profile, size_t len)
{
	static const char *const classes[] = { "scnr", "mntr", "prtr",
	    "spac" };
	const char *space = im->Type == VIPS_INTERPRETATION_CMYK ? "CMYK" :
	    im->Bands < 3 ? "GRAY" : "RGB ";

	if (len < ICC_HEAD || memcmp(profile + ICC_SPACE, space, 4) != 0)
		return (false);
	for (int i = 0; i < 4; i++)
		if (memcmp(profile + ICC_CLASS, classes[i], 4) == 0)
			return (true);
	return (false);
}

static const void *
any_profile(VipsImage *im, size_t *len)
{
	const void *p;

	if (vips_image_get_typeof(im, VIPS_META_ICC_NAME) == 0 ||
	    vips_image_get_blob(im, VIPS_META_ICC_NAME, &p, len) != 0)
		return (NULL);
	return (p);
}

bool
color_misfit(VipsImage *im)
{
	size_t len;
	const void *p = any_profile(im, &len);

	return (p != NULL && !fits(im, p, len));
}

const void *
color_profile(VipsImage *im, size_t *len)
{
	const void *p = any_profile(im, len);

	if (p == NULL || !fits(im, p, *len))
		return (NULL);
	return (is_srgb(p, *len) && im->Bands >= 3 &&
	    im->Type != VIPS_INTERPRETATION_CMYK ? NULL : p);
}

static bool
is_plain(VipsImage *im)
{
	return (im->BandFmt == VIPS_FORMAT_UCHAR &&
	    (im->Type == VIPS_INTERPRETATION_sRGB ||
	    im->Type == VIPS_INTERPRETATION_B_W));
}

/* Pictures up to here are held in memory for the conversion. */
#define IN_MEMORY	(4 << 20)

/* Uses *profile*, or the usual one for print if that is NULL. */
static int
transform(struct work *w, VipsImage *in, const void *profile, size_t len,
    VipsImage **out)
{
	gboolean own = profile != NULL;
	VipsBlob *usual = NULL;
	int rc = -1;

	if (!own && vips_profile_load("cmyk", &usual, NULL) == 0)
		profile = vips_blob_get(usual, &len);
	if (profile != NULL && (int64_t)in->Xsize * in->Ysize <= IN_MEMORY)
		rc = icc_to_srgb(w, in, profile, len, out);
	if (usual != NULL)
		vips_area_unref(VIPS_AREA(usual));
	if (rc == 0)
		return (0);
	return (vips_icc_transform(in, out, "srgb", "embedded", own,
	    "input_profile", in->Type == VIPS_INTERPRETATION_CMYK ? "cmyk" :
	    "srgb", "intent", VIPS_INTENT_RELATIVE,
	    "black_point_compensation", TRUE, "depth", 8, NULL));
}

static int
opaque_to_srgb(struct work *w, VipsImage *in, VipsImage **out)
{
	size_t len = 0;
	const void *profile = color_profile(in, &len);

	if (profile != NULL || in->Type == VIPS_INTERPRETATION_CMYK) {
		if (transform(w, in, profile, len, out) == 0)
			return (0);
		/* A profile that is broken is ignored. */
		vips_error_clear();
	}
	if (is_plain(in)) {
		*out = in;
		g_object_ref(in);
		return (0);
	}
	if (vips_colourspace(in, out, in->Bands < 3 ?
	    VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB, NULL))
		return (work_fail_vips(w));
	return (0);
}

/*
 * libvips' conversions of colour cut opacity off at 255 when 16 bits become 8:
 * it goes a way of its own.
 */
static int
deep_to_srgb(struct work *w, VipsImage *in, VipsImage **out)
{
	VipsImage **t = work_room(w, 4);
	int colors = in->Bands - 1;

	if (vips_extract_band(in, &t[0], 0, "n", colors, NULL) ||
	    vips_extract_band(in, &t[1], colors, NULL) ||
	    opaque_to_srgb(w, t[0], &t[2]) != 0 ||
	    vips_cast(t[1], &t[3], VIPS_FORMAT_UCHAR, "shift", TRUE, NULL))
		return (-1);
	return (vips_bandjoin2(t[2], t[3], out, NULL));
}

int
color_to_srgb(struct work *w, VipsImage *in, VipsImage **out)
{
	if (in->BandFmt == VIPS_FORMAT_USHORT && vips_image_hasalpha(in))
		return (deep_to_srgb(w, in, out));
	return (opaque_to_srgb(w, in, out));
}

#if BRIDGE_GREY
/* Weighed as linear light, the same in all three, so that libvips' do nothing */
static int
weigh_grey(struct work *w, VipsImage *rgb, VipsImage **out)
{
	VipsImage **t = work_room(w, 3);

	t[0] = vips_image_new_matrixv(3, 3, 0.2, 0.7, 0.1, 0.2, 0.7, 0.1,
	    0.2, 0.7, 0.1);
	return (vips_colourspace(rgb, &t[1], VIPS_INTERPRETATION_scRGB,
	    NULL) || vips_recomb(t[1], &t[2], t[0], NULL) ||
	    vips_colourspace(t[2], out, VIPS_INTERPRETATION_B_W, NULL) ?
	    -1 : 0);
}

int
color_grey(struct work *w, VipsImage *in, VipsImage **out)
{
	VipsImage **t = work_room(w, 4);

	if (in->Bands < 3)
		return (vips_colourspace(in, out, VIPS_INTERPRETATION_B_W,
		    NULL));
	if (color_split(w, in, &t[0], &t[1]) != 0)
		return (-1);
	if (t[1] == NULL)
		return (weigh_grey(w, t[0], out));
	if (weigh_grey(w, t[0], &t[2]) != 0 ||
	    vips_bandjoin2(t[2], t[1], &t[3], NULL))
		return (-1);
	return (vips_copy(t[3], out, "interpretation",
	    VIPS_INTERPRETATION_B_W, NULL));
}
#else
int
color_grey(struct work *w, VipsImage *in, VipsImage **out)
{
	(void)w;
	return (vips_colourspace(in, out, VIPS_INTERPRETATION_B_W, NULL));
}
#endif

void
color_rgb(double packed, double rgb[3])
{
	unsigned v = (unsigned)packed;

	rgb[0] = v >> 16 & 0xff;
	rgb[1] = v >> 8 & 0xff;
	rgb[2] = v & 0xff;
}

int
color_flatten(struct work *w, VipsImage *in, const double rgb[3],
    VipsImage **out)
{
	VipsArrayDouble *bg;
	VipsImage **t = work_room(w, 1);
	int rc;

	if (!vips_image_hasalpha(in)) {
		*out = in;
		g_object_ref(in);
		return (0);
	}
	/* A grey picture on a colour becomes a colour picture. */
	if (in->Bands < 3 && (rgb[0] != rgb[1] || rgb[1] != rgb[2])) {
		if (vips_colourspace(in, &t[0], VIPS_INTERPRETATION_sRGB,
		    NULL))
			return (-1);
		in = t[0];
	}
	bg = vips_array_double_new(rgb, in->Bands < 3 ? 1 : 3);
	rc = vips_flatten(in, out, "background", bg, NULL);
	vips_area_unref(VIPS_AREA(bg));
	return (rc);
}

int
color_round(VipsImage *in, VipsBandFormat format, VipsImage **out)
{
	if (format == VIPS_FORMAT_UCHAR &&
	    vips_band_format_isfloat(in->BandFmt))
		return (vips_linear1(in, out, 1, 0.5, "uchar", TRUE, NULL));
	return (vips_cast(in, out, format, NULL));
}

/* libvips goes by the colour space and knows no deep CMYK, so use the depth. */
static double
most_alpha(const VipsImage *im)
{
	return (im->BandFmt == VIPS_FORMAT_USHORT ? 65535 : 255);
}

int
color_weigh(struct work *w, VipsImage *in, VipsImage **out)
{
	VipsImage **t = work_room(w, 1);

	if (vips_premultiply(in, &t[0], "max_alpha", most_alpha(in), NULL))
		return (-1);
	return (color_round(t[0], in->BandFmt, out));
}

int
color_unweigh(struct work *w, VipsImage *in, VipsImage **out)
{
	VipsImage **t = work_room(w, 1);

	if (vips_unpremultiply(in, &t[0], "max_alpha", most_alpha(in), NULL))
		return (-1);
	return (color_round(t[0], in->BandFmt, out));
}

int
color_rgba(struct work *w, VipsImage *in, VipsImage **out)
{
	VipsImage **t = work_room(w, 2);

	if (vips_colourspace(in, &t[0], VIPS_INTERPRETATION_sRGB, NULL))
		return (-1);
	if (!vips_image_hasalpha(t[0]))
		return (vips_addalpha(t[0], out, NULL));
	return (vips_copy(t[0], out, NULL));
}

int
color_split(struct work *w, VipsImage *in, VipsImage **rgb, VipsImage **alpha)
{
	VipsImage **t = work_room(w, 1);

	if (vips_colourspace(in, &t[0], VIPS_INTERPRETATION_sRGB, NULL))
		return (-1);
	*alpha = NULL;
	if (t[0]->Bands < 4)
		return (vips_copy(t[0], rgb, NULL));
	if (vips_extract_band(t[0], rgb, 0, "n", 3, NULL))
		return (-1);
	return (vips_extract_band(t[0], alpha, 3, NULL));
}

int
color_join(struct work *w, VipsImage *rgb, VipsImage *alpha, VipsImage **out)
{
	VipsImage **t = work_room(w, 1);

	if (color_round(rgb, VIPS_FORMAT_UCHAR, &t[0]) != 0)
		return (-1);
	if (alpha == NULL)
		return (vips_copy(t[0], out, NULL));
	return (vips_bandjoin2(t[0], alpha, out, NULL));
}
