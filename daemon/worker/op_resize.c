/* SPDX-License-Identifier: BSD-2-Clause */
/* resize, crop, trim: they move the plan, not pixels. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "recipe/recipe_crop.h"
#include "recipe/recipe_plan.h"
#include "worker/color.h"
#include "worker/op.h"

static int
sharpen_frame(struct work *w, const struct rop *o, VipsImage *in,
    VipsImage **out)
{
	(void)w;
	(void)o;
	return (vips_sharpen(in, out, "sigma", 0.5, "x1", 2.0, "m2", 1.5,
	    NULL));
}

int
op_resize(struct work *w, const struct rop *o)
{
	struct geom *g = &w->geom;
	struct size have = { g->width, g->height }, want;
	bool shrinks;

	want = recipe_resize_size(w->recipe, o, have, &w->held);
	/*
	 * A picture that was made small and grows again has to look so: what
	 * was lost is not fetched from the source.
	 */
	if ((want.width > g->width && g->width < g->w) ||
	    (want.height > g->height && g->height < g->h))
		if (work_pixels(w) != 0)
			return (-1);
	shrinks = want.width < have.width || want.height < have.height;
	g->width = want.width;
	g->height = want.height;
	if (OPTV(o, resize, sharpen) != 1 || !shrinks)
		return (0);
	if (work_pixels(w) != 0)
		return (-1);
	return (work_each(w, NULL, sharpen_frame));
}

/*--------------------------------------------------------------------
 * crop
 */

/* Keeps the part at x, y of the picture as it is planned. */
static void
plan_crop(struct work *w, double x, double y, struct size s)
{
	struct geom *g = &w->geom;
	double fx = g->w / g->width, fy = g->h / g->height;

	g->x += x * fx;
	g->y += y * fy;
	g->w = s.width * fx;
	g->h = s.height * fy;
	g->width = s.width;
	g->height = s.height;
}

static double
inside(double at, int whole, int part)
{
	return (fmax(0, fmin(at, whole - part)));
}

/* Lets libvips look for what draws the eye, in the first frame. */
static int
crop_smart(struct work *w, struct size s, double *x, double *y)
{
	VipsImage **t = work_room(w, 2);
	int height = w->im->Ysize / w->frames;

	if (vips_extract_area(w->im, &t[0], 0, 0, w->im->Xsize, height,
	    NULL) || vips_smartcrop(t[0], &t[1], s.width, s.height,
	    "interesting", VIPS_INTERESTING_ATTENTION, NULL))
		return (work_fail_vips(w));
	*x = -t[1]->Xoffset;
	*y = -t[1]->Yoffset;
	return (0);
}

/*
 * The planned picture is bigger than may be made, the part of it at *x, *y is
 * not: makes what lies around that part only, and moves *x, *y there.
 */
static int
crop_around(struct work *w, double *x, double *y, struct size *s)
{
	struct geom *g = &w->geom;

	geom_around(g, x, y, *s);
	if (work_pixels(w) != 0)
		return (-1);
	s->width = s->width < g->width ? s->width : g->width;
	s->height = s->height < g->height ? s->height : g->height;
	return (0);
}

/* Where a crop of size *s* lies by its anchor, or else by its fallback. */
static int
crop_by_anchor(struct work *w, const struct rop *o, struct size have,
    struct size s, double *x, double *y)
{
	const char *anchor = recipe_text(w->recipe, OPTV(o, crop, anchor));
	const char *fallback = recipe_text(w->recipe,
	    OPTV(o, crop, fallback));
	double dpr = w->recipe->so[SO_dpr];

	if (strcmp(anchor, "smart") == 0)
		return (work_memory(w) != 0 ? -1 : crop_smart(w, s, x, y));
	if (!geom_anchor(anchor, dpr, have, s, x, y) &&
	    !geom_anchor(fallback, dpr, have, s, x, y))
		(void)geom_anchor("center_center", dpr, have, s, x, y);
	return (0);
}

/* Which part of the picture stays. */
static int
crop_part(struct work *w, const struct rop *o, struct size have,
    struct size *s, double *x, double *y)
{
	struct box at;

	if (work_area(w, o, &at)) {
		*s = recipe_crop_part(o, have, &at, w->held, &w->kept, x, y);
		return (0);
	}
	if (recipe_crop_is_sized(o))
		*s = recipe_crop_size(o, have, w->held, &w->kept);
	else	/* nothing of the area is left */
		*s = have;
	return (crop_by_anchor(w, o, have, *s, x, y));
}

int
op_crop(struct work *w, const struct rop *o)
{
	struct size have = { w->geom.width, w->geom.height }, s;
	bool grows = w->geom.width > w->geom.w || w->geom.height > w->geom.h;
	bool fits = work_size_fits(w, have.width, have.height);
	double x = 0, y = 0;

	/*
	 * Edges between the pixels of a picture that grows would be moved to
	 * whole ones, which shows.
	 */
	if (grows && fits && work_pixels(w) != 0)
		return (-1);
	if (crop_part(w, o, have, &s, &x, &y) != 0)
		return (-1);
	if (OPTGIVEN(o, crop, movearea_x))
		x += s.width * OPTV(o, crop, movearea_x) / 100;
	if (OPTGIVEN(o, crop, movearea_y))
		y += s.height * OPTV(o, crop, movearea_y) / 100;
	x = inside(x, have.width, s.width);
	y = inside(y, have.height, s.height);
	if (grows && !fits && crop_around(w, &x, &y, &s) != 0)
		return (-1);
	plan_crop(w, inside(x, w->geom.width, s.width),
	    inside(y, w->geom.height, s.height), s);
	return (0);
}

/*--------------------------------------------------------------------
 * trim
 */

/*
 * What the border is told by: the opacity where the corner is transparent,
 * whatever the colours, else the colours.
 */
static int
trim_by(struct work *w, VipsImage *in, VipsImage **out, VipsArrayDouble **bg)
{
	double *corner;
	int n, rc;

	if (vips_getpoint(in, &corner, &n, 0, 0, NULL))
		return (-1);
	if (vips_image_hasalpha(in) && corner[n - 1] == 0) {
		*bg = vips_array_double_newv(1, 0.0);
		rc = vips_extract_band(in, out, in->Bands - 1, NULL);
	} else {
		n -= vips_image_hasalpha(in);
		*bg = vips_array_double_new(corner, n);
		rc = color_flatten(w, in, w->background, out);
		if (rc == 0 && (*out)->Bands > n) {
			/* Grey became colour for the sake of a background. */
			vips_area_unref(VIPS_AREA(*bg));
			*bg = vips_array_double_newv(3, corner[0], corner[0],
			    corner[0]);
		}
	}
	g_free(corner);
	return (rc);
}

/* 255 where *in* is more than *threshold* away from the border's colour. */
static int
differs(struct work *w, VipsImage *in, double threshold,
    VipsArrayDouble *bg, VipsImage **out)
{
	double one[3] = { 1, 1, 1 }, less[3];
	VipsImage **t = work_room(w, 3);
	double *colour;
	int n;

	colour = vips_array_double_get(bg, &n);
	for (int i = 0; i < n; i++)
		less[i] = -colour[i];
	if (vips_linear(in, &t[0], one, less, n, NULL) ||
	    vips_abs(t[0], &t[1], NULL) ||
	    vips_more_const1(t[1], &t[2], threshold, NULL))
		return (-1);
	return (vips_bandor(t[2], out, NULL));
}

/* From the first to the last of the sums *im* that is not 0. */
static int
span(VipsImage *im, int *from, int *len)
{
	size_t size;
	unsigned *sums = vips_image_write_to_memory(im, &size);
	int n = (int)(size / sizeof *sums), i = 0;

	if (sums == NULL)
		return (-1);
	while (i < n && sums[i] == 0)
		i++;
	while (n > i && sums[n - 1] == 0)
		n--;
	g_free(sums);
	*from = i;
	*len = n - i;
	return (0);
}

/*
 * The box of what is inside the border of *in*. Not by vips_find_trim(): it
 * takes the median of 9 pixels first, which cuts off lines of one pixel.
 */
static int
find_box(struct work *w, VipsImage *in, double threshold,
    VipsArrayDouble *bg, struct rect *box)
{
	VipsImage **t = work_room(w, 3);

	if (differs(w, in, threshold, bg, &t[0]) != 0 ||
	    vips_project(t[0], &t[1], &t[2], NULL) ||
	    span(t[1], &box->x, &box->w) != 0)
		return (-1);
	return (span(t[2], &box->y, &box->h));
}

int
op_trim(struct work *w, const struct rop *o)
{
	/* A tolerance of 0 still allows for what a JPEG does to a flat edge. */
	double threshold = fmax(3, OPTV(o, trim, fuzzy) * 255 / 100);
	VipsArrayDouble *bg = NULL;
	struct rect box = { 0 };
	int frame, rc;
	VipsImage **t;

	if (work_memory(w) != 0)
		return (-1);
	t = work_room(w, 2);
	frame = w->im->Ysize / w->frames;
	if (vips_extract_area(w->im, &t[0], 0, 0, w->im->Xsize, frame, NULL))
		return (work_fail_vips(w));
	rc = trim_by(w, t[0], &t[1], &bg);
	if (rc == 0)
		rc = find_box(w, t[1], threshold, bg, &box);
	if (bg != NULL)
		vips_area_unref(VIPS_AREA(bg));
	if (rc != 0)
		return (work_fail_vips(w));
	if (box.w > 0 && box.h > 0)
		plan_crop(w, box.x, box.y, (struct size){ box.w, box.h });
	return (0);
}

int
op_noop(struct work *w, const struct rop *o)
{
	(void)w;
	(void)o;
	return (0);
}
