/* SPDX-License-Identifier: BSD-2-Clause */
/* Resizing, of a picture and of all frames of a roll. */
#include "config.h"

#include <math.h>

#include "worker/color.h"
#include "worker/resize.h"
#include "worker/roll.h"
#include "worker/rows.h"
#include "worker/vector.h"
#include "worker/work.h"

/*
 * The middle of a pixel of the result, (x + 0.5) / sx of the source, is half a
 * pixel beyond the corner that vips_affine() counts from: in and out.
 */
int
resize_grow(VipsImage *in, VipsImage **out, double sx, double sy, int width,
    int height)
{
	VipsInterpolate *bicubic = vips_interpolate_new("bicubic");
	VipsArrayInt *area = vips_array_int_newv(4, 0, 0, width, height);
	int rc;

	rc = vips_affine(in, out, sx, 0, 0, sy, "interpolate", bicubic,
	    "idx", sx > 1 ? 0.5 : 0.0, "idy", sy > 1 ? 0.5 : 0.0,
	    "odx", sx > 1 ? -0.5 : 0.0, "ody", sy > 1 ? -0.5 : 0.0,
	    "extend", VIPS_EXTEND_COPY, "oarea", area, "premultiplied", TRUE,
	    NULL);
	vips_area_unref(VIPS_AREA(area));
	g_object_unref(bicubic);
	return (rc);
}

static int
resize_plain(struct work *w, VipsImage *in, VipsImage **out, double sx,
    double sy, int width, int height)
{
	VipsImage **t = work_room(w, 1);

	if (sx <= 1 && sy <= 1) {
		if (vips_resize(in, &t[0], 1.0, "vscale", sy, NULL))
			return (-1);
		return (reduce_width(t[0], width, out));
	}
	if (sx > 1 && sy > 1)
		return (resize_grow(in, out, sx, sy, width, height));
	if (vips_resize(in, &t[0], fmin(sx, 1), "vscale", fmin(sy, 1), NULL))
		return (-1);
	return (resize_grow(t[0], out, fmax(sx, 1), fmax(sy, 1), width,
	    height));
}

static int
resize_alpha(struct work *w, VipsImage *in, VipsImage **out, double sx,
    double sy, int width, int height)
{
	VipsImage **t = work_room(w, 2);

	if (color_weigh(w, in, &t[0]) != 0 ||
	    resize_plain(w, t[0], &t[1], sx, sy, width, height) != 0)
		return (-1);
	return (color_unweigh(w, t[1], out));
}

int
resize_part(struct work *w, VipsImage *in, const struct geom *g,
    VipsImage **out)
{
	struct rect r = geom_whole(g, in->Xsize, in->Ysize);
	VipsImage **t = work_room(w, 1);
	double sx = (double)g->width / r.w, sy = (double)g->height / r.h;

	if (vips_extract_area(in, &t[0], r.x, r.y, r.w, r.h, NULL))
		return (work_fail_vips(w));
	if (r.w == g->width && r.h == g->height) {
		*out = t[0];
		g_object_ref(*out);
		return (0);
	}
	if (vips_image_hasalpha(t[0]))
		return (resize_alpha(w, t[0], out, sx, sy, g->width,
		    g->height));
	return (resize_plain(w, t[0], out, sx, sy, g->width, g->height));
}

/*--------------------------------------------------------------------
 * All frames of a roll
 */

/* Frames side by side, in memory, as a roll again */
static int
roll_up(struct work *w, VipsImage *in, int n, VipsImage **out)
{
	VipsImage **frames = work_room(w, n);
	int width = in->Xsize / n;

	for (int i = 0; i < n; i++)
		if (vips_extract_area(in, &frames[i], i * width, 0, width,
		    in->Ysize, NULL))
			return (-1);
	return (vips_arrayjoin(frames, out, n, "across", 1, NULL));
}

/*
 * Shrinks all frames at once: along the columns with the frames side by side,
 * then along the rows with one below the other, so that none runs into the
 * next. One by one they would need generated code each (vector.c), or do
 * without.
 */
static int
shrink_roll(struct work *w, VipsImage *in, int n, const struct rect *r,
    const struct geom *g, VipsImage **out)
{
	VipsImage **t = work_room(w, 6);

	if (vips_extract_area(in, &t[0], r->x, 0, r->w, in->Ysize, NULL) ||
	    vips_grid(t[0], &t[1], in->Ysize / n, n, 1, NULL) ||
	    vips_extract_area(t[1], &t[2], 0, r->y, n * r->w, r->h, NULL) ||
	    vips_resize(t[2], &t[3], 1.0, "vscale", (double)g->height / r->h,
	    NULL) || (t[4] = rows_in_memory(t[3])) == NULL ||
	    roll_up(w, t[4], n, &t[5]) != 0)
		return (-1);
	return (reduce_width(t[5], g->width, out));
}

static int
shrink_roll_alpha(struct work *w, VipsImage *in, int n, const struct rect *r,
    const struct geom *g, VipsImage **out)
{
	VipsImage **t = work_room(w, 2);

	if (color_weigh(w, in, &t[0]) != 0 ||
	    shrink_roll(w, t[0], n, r, g, &t[1]) != 0)
		return (-1);
	return (color_unweigh(w, t[1], out));
}

static int
resize_frame(struct work *w, const void *arg, VipsImage *in, VipsImage **out)
{
	return (resize_part(w, in, arg, out));
}

/* Frame by frame, what does not only shrink */
static int
resize_frames(struct work *w, VipsImage *in, int n, const struct geom *g,
    VipsImage **out)
{
	vector_for_frames(n);
	return (roll_map(w, in, n, resize_frame, g, out));
}

int
resize_roll(struct work *w, VipsImage *in, int n, const struct geom *g,
    VipsImage **out)
{
	struct rect r = geom_whole(g, in->Xsize, in->Ysize / n);
	bool same = g->width == r.w && g->height == r.h;
	int rc;

	if (n == 1)
		return (resize_part(w, in, g, out));
	if (same || g->width > r.w || g->height > r.h ||
	    (int64_t)n * r.w > VIPS_MAX_COORD)
		rc = resize_frames(w, in, n, g, out);
	else if (vips_image_hasalpha(in))
		rc = shrink_roll_alpha(w, in, n, &r, g, out);
	else
		rc = shrink_roll(w, in, n, &r, g, out);
	if (rc != 0)
		return (work_fail_vips(w));
	vips_image_set_int(*out, VIPS_META_PAGE_HEIGHT, g->height);
	return (0);
}
