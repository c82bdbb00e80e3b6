/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Profiles to sRGB by Little CMS itself. Making a transform takes 4 ms for
 * Display P3 and 35 ms for CMYK, using it on a small picture 1 to 4 ms; and
 * pictures of one camera or printer share their profile. So a worker keeps the
 * last few, which vips_icc_transform() cannot.
 */
#include "config.h"

#include <lcms2.h>
#include <stdlib.h>
#include <string.h>

#include "worker/color.h"
#include "worker/work.h"

#define KEPT		8

struct kept {
	void		*profile;	/* our copy of its bytes */
	size_t		len;
	cmsHTRANSFORM	transform;
	cmsUInt32Number	from;		/* pixels' layout */
	unsigned	used;
};

static struct kept kept[KEPT];	/* of this worker: one thread renders */
static unsigned uses;

/* How the pixels lie, and the colour space that the profile then has to be. */
static cmsUInt32Number
layout(int bands, bool cmyk, cmsColorSpaceSignature *space)
{
	*space = cmyk ? cmsSigCmykData : bands < 3 ? cmsSigGrayData :
	    cmsSigRgbData;
	if (cmyk)
		return (bands == 4 ? TYPE_CMYK_8 : 0);
	switch (bands) {
	case 1:
		return (TYPE_GRAY_8);
	case 2:
		return (TYPE_GRAYA_8);
	case 3:
		return (TYPE_RGB_8);
	case 4:
		return (TYPE_RGBA_8);
	default:
		return (0);
	}
}

static bool
has_alpha(cmsUInt32Number from)
{
	return (from == TYPE_RGBA_8 || from == TYPE_GRAYA_8);
}

static cmsHTRANSFORM
make(const void *profile, size_t len, cmsUInt32Number from,
    cmsColorSpaceSignature space)
{
	cmsHPROFILE in = cmsOpenProfileFromMem(profile,
	    (cmsUInt32Number)len);
	cmsHPROFILE srgb = cmsCreate_sRGBProfile();
	bool alpha = has_alpha(from);
	cmsHTRANSFORM t = NULL;

	if (in != NULL && cmsGetColorSpace(in) == space)
		t = cmsCreateTransform(in, from, srgb, alpha ? TYPE_RGBA_8 :
		    TYPE_RGB_8, INTENT_RELATIVE_COLORIMETRIC,
		    cmsFLAGS_BLACKPOINTCOMPENSATION |
		    (alpha ? cmsFLAGS_COPY_ALPHA : 0));
	if (in != NULL)
		cmsCloseProfile(in);
	cmsCloseProfile(srgb);
	return (t);
}

/* The transform for *profile*: kept, or made in place of the oldest. */
static cmsHTRANSFORM
get(const void *profile, size_t len, cmsUInt32Number from,
    cmsColorSpaceSignature space)
{
	struct kept *k = &kept[0];

	for (int i = 0; i < KEPT; i++) {
		if (kept[i].len == len && kept[i].from == from &&
		    memcmp(kept[i].profile, profile, len) == 0) {
			kept[i].used = ++uses;
			return (kept[i].transform);
		}
		if (kept[i].used < k->used)
			k = &kept[i];
	}
	if (k->transform != NULL)
		cmsDeleteTransform(k->transform);
	free(k->profile);
	*k = (struct kept){ .profile = malloc(len) };
	if (k->profile == NULL ||
	    (k->transform = make(profile, len, from, space)) == NULL)
		return (NULL);
	memcpy(k->profile, profile, len);
	k->len = len;
	k->from = from;
	k->used = ++uses;
	return (k->transform);
}

int
icc_to_srgb(struct work *w, VipsImage *in, const void *profile, size_t len,
    VipsImage **out)
{
	cmsColorSpaceSignature space;
	cmsUInt32Number from = layout(in->Bands,
	    in->Type == VIPS_INTERPRETATION_CMYK, &space);
	VipsImage **t = work_room(w, 2);
	int bands = has_alpha(from) ? 4 : 3;
	cmsHTRANSFORM transform;
	void *pixels;

	if (from == 0 || in->BandFmt != VIPS_FORMAT_UCHAR ||
	    (transform = get(profile, len, from, space)) == NULL)
		return (-1);
	if ((t[0] = vips_image_copy_memory(in)) == NULL)
		return (-1);
	t[1] = vips_image_new_memory();
	vips_image_init_fields(t[1], in->Xsize, in->Ysize, bands,
	    VIPS_FORMAT_UCHAR, VIPS_CODING_NONE, VIPS_INTERPRETATION_sRGB,
	    1, 1);
	if (vips_image_write_prepare(t[1]))
		return (-1);
	pixels = VIPS_IMAGE_ADDR(t[1], 0, 0);
	cmsDoTransform(transform, VIPS_IMAGE_ADDR(t[0], 0, 0), pixels,
	    (cmsUInt32Number)in->Xsize * (cmsUInt32Number)in->Ysize);
	*out = t[1];
	g_object_ref(*out);
	return (0);
}
