/* SPDX-License-Identifier: BSD-2-Clause */
/* A roll: the frames of an animation, one below the other. */
#include "config.h"

#include "worker/roll.h"
#include "worker/work.h"

int
roll_map(struct work *w, VipsImage *roll, int n, roll_frame_f *f,
    const void *arg, VipsImage **out)
{
	VipsImage **in = work_room(w, n), **done = work_room(w, n);
	int height = roll->Ysize / n;

	for (int i = 0; i < n; i++)
		if (vips_extract_area(roll, &in[i], 0, i * height,
		    roll->Xsize, height, NULL) ||
		    f(w, arg, in[i], &done[i]) != 0)
			return (-1);
	if (vips_arrayjoin(done, out, n, "across", 1, NULL))
		return (-1);
	vips_image_set_int(*out, VIPS_META_PAGE_HEIGHT, (*out)->Ysize / n);
	return (0);
}

/*--------------------------------------------------------------------
 * Transparency that hides nothing
 */

/* *im* is in memory, and its last band is alpha. */
static bool
is_opaque(VipsImage *im)
{
	const VipsPel *p = VIPS_IMAGE_ADDR(im, 0, 0);
	const VipsPel *end = p + VIPS_IMAGE_SIZEOF_IMAGE(im);

	for (p += im->Bands - 1; p < end; p += im->Bands)
		if (*p != 255)
			return (false);
	return (true);
}

/* RGBA to RGB: vips_extract_band() takes ten times as long. */
static int
rgb_of(VipsRegion *out, void *seq, void *a, void *b, gboolean *stop)
{
	VipsRegion *in = seq;
	const VipsRect *r = &out->valid;

	(void)a;
	(void)b;
	(void)stop;
	if (vips_region_prepare(in, r))
		return (-1);
	for (int y = r->top; y < r->top + r->height; y++) {
		const VipsPel *p = VIPS_REGION_ADDR(in, r->left, y);
		VipsPel *q = VIPS_REGION_ADDR(out, r->left, y);

		for (int x = 0; x < r->width; x++, p += 4, q += 3) {
			q[0] = p[0];
			q[1] = p[1];
			q[2] = p[2];
		}
	}
	return (0);
}

/*
 * The decoders give every animation an alpha channel. Where it hides nothing
 * it goes: colours alone save a sixth of a render. *in* is in memory.
 */
int
roll_drop_opaque(VipsImage *in, VipsImage **out)
{
	if (in->Bands != 4 || in->BandFmt != VIPS_FORMAT_UCHAR ||
	    !vips_image_hasalpha(in) || !is_opaque(in)) {
		*out = in;
		g_object_ref(in);
		return (0);
	}
	*out = vips_image_new();
	/* Pixels are made when asked for: *in* has to be there then. */
	g_object_ref(in);
	vips_object_local(*out, in);
	if (vips_image_pipelinev(*out, VIPS_DEMAND_STYLE_THINSTRIP, in,
	    NULL))
		return (-1);
	(*out)->Bands = 3;
	return (vips_image_generate(*out, vips_start_one, rgb_of,
	    vips_stop_one, in, NULL));
}
