/* SPDX-License-Identifier: BSD-2-Clause */
/* A roll: the frames of an animation, one below the other. */
#include "config.h"

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
 * Resize
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
