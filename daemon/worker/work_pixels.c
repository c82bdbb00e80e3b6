/* SPDX-License-Identifier: BSD-2-Clause */
/* The picture in hand: planned, made when somebody needs its pixels, mapped. */
#include "config.h"

#include "recipe/recipe_crop.h"
#include "worker/load.h"
#include "worker/resize.h"
#include "worker/roll.h"
#include "worker/vector.h"
#include "worker/work_pixels.h"

static struct size
frame_size(const struct work *w)
{
	struct size s;

	if (w->im != NULL) {
		s.width = w->im->Xsize;
		s.height = w->im->Ysize / w->frames;
	} else
		source_size(&w->src, &s.width, &s.height);
	return (s);
}

void
work_plan_all(struct work *w)
{
	struct size s = frame_size(w);

	w->geom = (struct geom){ 0, 0, s.width, s.height, s.width, s.height };
}

/* w->im becomes *im* (whose reference it takes) as it is, by *step*. */
static void
work_take(struct work *w, VipsImage *im, struct affine step)
{
	w->map = affine_then(&w->map, &step);
	if (w->im != NULL)
		g_object_unref(w->im);
	w->im = im;
	if (w->scope != NULL)
		g_object_unref(w->scope);
	w->scope = NULL;
	work_plan_all(w);
}

/* w->im, which is there, so that it may be read in any order. */
static int
to_memory(struct work *w)
{
	VipsImage *copy = vips_image_copy_memory(w->im);

	if (copy == NULL)
		return (work_fail_vips(w));
	g_object_unref(w->im);
	w->im = copy;
	return (0);
}

bool
work_area(const struct work *w, const struct rop *o, struct box *at)
{
	const struct affine plan = affine_geom(&w->geom);
	const struct affine map = affine_then(&w->map, &plan);
	const double scale = PDF_DPI / w->src.dpi;
	struct size source;

	/* Areas count in the pixels that the API tells of. */
	source_size(&w->src, &source.width, &source.height);
	source = geom_scaled(source, (struct scale){ scale, scale });
	return (recipe_crop_area(o, source, &map, (struct size){
	    w->geom.width, w->geom.height }, at));
}

/*--------------------------------------------------------------------
 * Frames
 */

struct operation {
	work_frame_f	*f;
	const struct rop *o;
};

static int
operate(struct work *w, const void *arg, VipsImage *in, VipsImage **out)
{
	const struct operation *x = arg;

	return (x->f(w, x->o, in, out));
}

int
work_each(struct work *w, const struct rop *o, work_frame_f *f)
{
	struct operation x = { f, o };
	VipsImage *out = NULL;
	int rc;

	w->moved = AFFINE_IDLE;
	if (w->frames == 1)
		rc = f(w, o, w->im, &out);
	else if ((rc = to_memory(w)) == 0) {
		/* In memory: frames overlap in what they read. */
		vector_for_frames(w->frames);
		rc = roll_map(w, w->im, w->frames, operate, &x, &out);
	}
	if (rc != 0)
		return (work_fail_vips(w));
	work_take(w, out, w->moved);
	return (0);
}

/*--------------------------------------------------------------------
 * Materialising
 */

static bool
geom_is_idle(const struct work *w)
{
	struct size s = frame_size(w);
	const struct geom *g = &w->geom;

	return (g->x == 0 && g->y == 0 && g->width == s.width &&
	    g->height == s.height && g->w == s.width && g->h == s.height);
}

/*
 * What an operation made is held in memory up to here before the next one
 * reads it, which asks for each row many times: a rotate and a resize after it
 * took 10 s. Bigger pictures go without, for the memory.
 */
#define AT_ONCE		(16 << 20)

int
work_hold(struct work *w)
{
	if (w->frames == 1 &&
	    (int64_t)w->im->Xsize * w->im->Ysize > AT_ONCE)
		return (0);
	return (to_memory(w));
}

int
work_pixels(struct work *w)
{
	const struct geom *g = &w->geom;
	VipsImage *im;

	/* Only now: what a crop or a resize took back nobody has to make. */
	if ((g->width > g->w || g->height > g->h) &&
	    work_check_size(w, g->width, g->height) != 0)
		return (-1);
	if (w->im == NULL) {
		if (load_part(w, &w->src, &w->geom, &im) != 0)
			return (-1);
		w->frames = w->src.load;
		work_take(w, im, affine_geom(g));
		return (0);
	}
	if (geom_is_idle(w))
		return (0);
	if (work_hold(w) != 0)
		return (-1);
	if (resize_roll(w, w->im, w->frames, &w->geom, &im) != 0)
		return (-1);
	work_take(w, im, affine_geom(g));
	return (0);
}

int
work_memory(struct work *w)
{
	return (work_pixels(w) != 0 ? -1 : to_memory(w));
}
