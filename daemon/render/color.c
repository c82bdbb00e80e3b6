/* SPDX-License-Identifier: BSD-2-Clause */
/* Colour: profiles to sRGB, transparency. */
#include "config.h"

#include <string.h>

#include "render/work.h"

/*
 * The usual sRGB profiles, by the name that they carry: converting from them
 * costs time and changes nothing.
 */
bool
color_is_srgb(VipsImage *im)
{
	static const char *const names[] = { "sRGB IEC61966-2.1",
	    "sRGB built-in", "s\0R\0G\0B\0 \0I\0E\0C" };
	static const size_t lens[] = { 17, 13, 15 };
	const void *data;
	size_t len;

	if (vips_image_get_blob(im, VIPS_META_ICC_NAME, &data, &len) != 0 ||
	    im->Bands < 3 || im->Type == VIPS_INTERPRETATION_CMYK)
		return (false);
	for (size_t i = 0; i < 3; i++)
		if (memmem(data, len, names[i], lens[i]) != NULL)
			return (true);
	return (false);
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

/* The picture's own profile, or the usual one of print for CMYK without. */
static int
transform(struct work *w, VipsImage *in, VipsImage **out)
{
	VipsBlob *usual = NULL;
	const void *profile;
	size_t len;
	int rc = -1;

	if (vips_image_get_typeof(in, VIPS_META_ICC_NAME) != 0 &&
	    vips_image_get_blob(in, VIPS_META_ICC_NAME, &profile, &len) == 0)
		rc = 0;
	else if (vips_profile_load("cmyk", &usual, NULL) == 0) {
		profile = vips_blob_get(usual, &len);
		rc = 0;
	}
	if (rc == 0 && (int64_t)in->Xsize * in->Ysize <= IN_MEMORY)
		rc = icc_to_srgb(w, in, profile, len, out);
	else
		rc = -1;
	if (usual != NULL)
		vips_area_unref(VIPS_AREA(usual));
	if (rc == 0)
		return (0);
	return (vips_icc_transform(in, out, "srgb", "embedded", TRUE,
	    "input_profile", in->Type == VIPS_INTERPRETATION_CMYK ? "cmyk" :
	    "srgb", "intent", VIPS_INTENT_RELATIVE,
	    "black_point_compensation", TRUE, "depth", 8, NULL));
}

int
color_to_srgb(struct work *w, VipsImage *in, VipsImage **out)
{
	bool tagged = vips_image_get_typeof(in, VIPS_META_ICC_NAME) != 0 &&
	    !color_is_srgb(in);

	if (tagged || in->Type == VIPS_INTERPRETATION_CMYK) {
		if (transform(w, in, out) == 0)
			return (0);
		/* A profile that is broken or of another space is ignored. */
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

int
color_weigh(struct work *w, VipsImage *in, VipsImage **out)
{
	VipsImage **t = work_room(w, 1);

	if (vips_premultiply(in, &t[0], NULL))
		return (-1);
	return (color_round(t[0], in->BandFmt, out));
}

int
color_unweigh(struct work *w, VipsImage *in, VipsImage **out)
{
	VipsImage **t = work_room(w, 1);

	if (vips_unpremultiply(in, &t[0], NULL))
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
