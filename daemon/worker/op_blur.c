/* SPDX-License-Identifier: BSD-2-Clause */
/* blur, sharpen */
#include "config.h"

#include <math.h>
#include <vips/vips.h>
#include <vips/vector.h>

#include "worker/color.h"
#include "worker/op.h"
#include "worker/resize.h"

/* Above it the picture is made smaller first: the eye cannot tell. */
#define SIGMA_DIRECT	12.0

/* The factor near *f* that makes whole pixels of *side*, or it would move. */
static double
whole(int side, double f)
{
	return (fmin(side, fmax(2, rint(side * f))) / side);
}

/*
 * Vector code, chosen when the operation is made, blurs a flat 200 to 202, and
 * that of each processor in its own way.
 */
static int
gauss(VipsImage *in, VipsImage **out, double sigma)
{
	gboolean enabled = vips_vector_isenabled();
	int rc;

	vips_vector_set_enabled(FALSE);
	rc = vips_gaussblur(in, out, sigma, NULL);
	vips_vector_set_enabled(enabled);
	return (rc);
}

static int
blur_wide(struct work *w, VipsImage *in, VipsImage **out, double sigma)
{
	double f = 6 / sigma;
	VipsImage **t = work_room(w, 2);

	if (vips_resize(in, &t[0], whole(in->Xsize, f), "vscale",
	    whole(in->Ysize, f), NULL) ||
	    gauss(t[0], &t[1], sigma * f))
		return (-1);
	return (resize_grow(t[1], out, (double)in->Xsize / t[1]->Xsize,
	    (double)in->Ysize / t[1]->Ysize, in->Xsize, in->Ysize));
}

int
blur_opaque(struct work *w, VipsImage *in, VipsImage **out, double sigma)
{
	if (sigma > SIGMA_DIRECT)
		return (blur_wide(w, in, out, sigma));
	return (gauss(in, out, sigma));
}

int
op_blur(struct work *w, const struct rop *o, VipsImage *in, VipsImage **out)
{
	double sigma = OPTV(o, blur, sigma);
	VipsImage **t = work_room(w, 2);

	if (sigma < BLUR_SEEN)
		return (vips_copy(in, out, NULL));
	if (!vips_image_hasalpha(in))
		return (blur_opaque(w, in, out, sigma));
	if (color_weigh(w, in, &t[0]) != 0 ||
	    blur_opaque(w, t[0], &t[1], sigma) != 0)
		return (-1);
	return (color_unweigh(w, t[1], out));
}

int
op_sharpen(struct work *w, const struct rop *o, VipsImage *in,
    VipsImage **out)
{
	VipsImage **t = work_room(w, 3);

	/* Only the colours: libvips would take alpha along. */
	if (color_split(w, in, &t[0], &t[1]) != 0 ||
	    vips_sharpen(t[0], &t[2],
	    "sigma", OPTV(o, sharpen, sigma), "x1", OPTV(o, sharpen, x1),
	    "y2", OPTV(o, sharpen, y2), "y3", OPTV(o, sharpen, y3),
	    "m1", OPTV(o, sharpen, m1), "m2", OPTV(o, sharpen, m2), NULL))
		return (-1);
	return (color_join(w, t[2], t[1], out));
}
