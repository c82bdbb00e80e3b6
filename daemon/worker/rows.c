/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pixels of an image made row by row in this thread. What libvips offers
 * for it hands over every 16 rows from a thread to another.
 */
#include "config.h"

#include <string.h>

#include "worker/rows.h"

#define STRIP		16	/* rows made at once */

int
rows_each(VipsImage *im, row_f *f, void *arg)
{
	VipsRegion *region = vips_region_new(im);
	int rc = 0;

	for (int top = 0; rc == 0 && top < im->Ysize; top += STRIP) {
		VipsRect r = { 0, top, im->Xsize,
		    VIPS_MIN(STRIP, im->Ysize - top) };

		rc = vips_region_prepare(region, &r);
		for (int y = top; rc == 0 && y < top + r.height; y++)
			rc = f(arg, y, VIPS_REGION_ADDR(region, 0, y));
	}
	g_object_unref(region);
	return (rc);
}

static int
keep_row(void *arg, int y, const VipsPel *row)
{
	VipsImage *im = arg;

	memcpy(VIPS_IMAGE_ADDR(im, 0, y), row, VIPS_IMAGE_SIZEOF_LINE(im));
	return (0);
}

VipsImage *
rows_in_memory(VipsImage *in)
{
	VipsImage *im = vips_image_new_memory();

	if (vips_image_pipelinev(im, VIPS_DEMAND_STYLE_ANY, in, NULL) == 0 &&
	    vips_image_write_prepare(im) == 0 &&
	    rows_each(in, keep_row, im) == 0)
		return (im);
	g_object_unref(im);
	return (NULL);
}

/* Rows *top* to *bottom*, not beyond: another frame may follow. */
static int
keep_rows(VipsRegion *region, VipsImage *im, int top, int bottom)
{
	for (; top < bottom; top += STRIP) {
		VipsRect r = { 0, top, im->Xsize,
		    VIPS_MIN(STRIP, bottom - top) };

		if (vips_region_prepare(region, &r))
			return (-1);
		for (int y = top; y < top + r.height; y++)
			(void)keep_row(im, y, VIPS_REGION_ADDR(region, 0, y));
	}
	return (0);
}

VipsImage *
rows_of_frames(VipsImage *in, int n, int *whole)
{
	VipsImage *im = vips_image_new_memory();
	VipsRegion *region = vips_region_new(in);
	int height = in->Ysize / n;

	*whole = 0;
	if (vips_image_pipelinev(im, VIPS_DEMAND_STYLE_ANY, in, NULL) == 0 &&
	    vips_image_write_prepare(im) == 0)
		while (*whole < n && keep_rows(region, im, *whole * height,
		    (*whole + 1) * height) == 0)
			++*whole;
	g_object_unref(region);
	im->Ysize = *whole * height;
	if (*whole > 0) {
		vips_error_clear();
		return (im);
	}
	g_object_unref(im);
	return (NULL);
}
