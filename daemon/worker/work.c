/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "worker/reason.h"
#include "worker/sandbox.h"
#include "worker/work.h"

static const struct {
	op_plan_f	*plan;
	work_frame_f	*pixel;
} op_fns[OPS__MAX] = {
#define FN_PLAN(name)	{ op_##name, NULL },
#define FN_PIXEL(name)	{ NULL, op_##name },
#define OP(name, kind, required, one_of, doc)	FN_##kind(name)
#define OPT(...)
#define OP_END(name)
#include "recipe/tbl_ops.h"
};

int
work_fail(struct work *w, enum render_status status, const char *fmt, ...)
{
	va_list ap;

	if (w->status != RENDER_OK)
		return (-1);
	w->status = status;
	va_start(ap, fmt);
	vsnprintf(w->error, sizeof(w->error), fmt, ap);
	va_end(ap);
	return (-1);
}

/* Almost always the file is broken. */
int
work_fail_vips(struct work *w)
{
	const char *text = vips_error_buffer();
	char reason[200];
	bool memory = strstr(text, "out of memory") != NULL ||
	    strstr(text, "Insufficient memory") != NULL ||
	    strstr(text, "Cannot allocate memory") != NULL;

	if (memory)
		return (work_fail(w, RENDER_LIMIT, "the image needs more "
		    "memory than the limit of a worker"));
	reason_of(text, reason, sizeof(reason));
	return (work_fail(w, RENDER_BAD_IMAGE, "the image cannot be read: %s",
	    reason));
}

bool
work_size_fits(const struct work *w, int width, int height)
{
	return ((uint32_t)width <= w->limits->side &&
	    (uint32_t)height <= w->limits->side &&
	    (int64_t)width * height <= w->limits->pixels);
}

int
work_check_size(struct work *w, int width, int height)
{
	if ((uint32_t)width > w->limits->side ||
	    (uint32_t)height > w->limits->side)
		return (work_fail(w, RENDER_LIMIT, "the result would be %d x "
		    "%d, over the limit of %u pixels a side", width, height,
		    w->limits->side));
	if ((int64_t)width * height > w->limits->pixels)
		return (work_fail(w, RENDER_LIMIT, "the result would be %d x "
		    "%d, over the limit of %lld pixels", width, height,
		    (long long)w->limits->pixels));
	return (0);
}

int
work_check_memory(struct work *w, enum format f, int width, int height,
    size_t pixel, size_t rest)
{
	size_t need = (size_t)width * (size_t)height * pixel + rest;

	if (sandbox_has_room(need))
		return (0);
	/* What is free inside the heap is no room yet. */
	(void)malloc_trim(0);
	if (sandbox_has_room(need))
		return (0);
	return (work_fail(w, RENDER_LIMIT, "%d x %d pixels of %s need %zu MB, "
	    "over what the limit of %llu MB leaves a worker", width, height,
	    formats[f].ext, need >> 20,
	    (unsigned long long)w->limits->memory >> 20));
}

VipsImage **
work_room(struct work *w, int n)
{
	if (w->scope == NULL)
		w->scope = vips_image_new();
	return ((VipsImage **)vips_object_local_array(VIPS_OBJECT(w->scope),
	    n));
}

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

static void
geom_reset(struct work *w)
{
	struct size s = frame_size(w);

	w->geom = (struct geom){ 0, 0, s.width, s.height, s.width, s.height };
}

/* w->im becomes *im* (whose reference it takes) as it is. */
static void
work_take(struct work *w, VipsImage *im)
{
	if (w->im != NULL)
		g_object_unref(w->im);
	w->im = im;
	if (w->scope != NULL)
		g_object_unref(w->scope);
	w->scope = NULL;
	geom_reset(w);
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

	if (w->frames == 1)
		rc = f(w, o, w->im, &out);
	else if ((rc = to_memory(w)) == 0) {
		/* In memory: frames overlap in what they read. */
		vector_for_frames(w->frames);
		rc = roll_map(w, w->im, w->frames, operate, &x, &out);
	}
	if (rc != 0)
		return (work_fail_vips(w));
	work_take(w, out);
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

static int
hold(struct work *w)
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
		work_take(w, im);
		return (0);
	}
	if (geom_is_idle(w))
		return (0);
	if (hold(w) != 0)
		return (-1);
	if (resize_roll(w, w->im, w->frames, &w->geom, &im) != 0)
		return (-1);
	work_take(w, im);
	return (0);
}

int
work_memory(struct work *w)
{
	return (work_pixels(w) != 0 ? -1 : to_memory(w));
}

/*--------------------------------------------------------------------
 * The render
 */

static int
run_op(struct work *w, const struct rop *o)
{
	bool fresh = w->im == NULL;

	if (op_fns[o->id].plan != NULL)
		return (op_fns[o->id].plan(w, o));
	if (work_pixels(w) != 0 || (!fresh && hold(w) != 0))
		return (-1);
	return (work_each(w, o, op_fns[o->id].pixel));
}

/* No operation of the recipe sees transparency, so it may go before them. */
static bool
ops_ignore_alpha(const struct recipe *r)
{
	for (unsigned i = 0; i < r->n_ops; i++)
		switch (r->ops[i].id) {
		case OPS_resize:
		case OPS_crop:
		case OPS_noop:
		case OPS_grayscale:
			break;
		default:
			return (false);
		}
	return (true);
}

static void
plan_transparency(struct work *w)
{
	const struct recipe *r = w->recipe;
	double color = r->so[SO_transparency_color];

	if (isnan(color))
		color = r->so[SO_jpg_color];
	color_rgb(color, w->background);
	w->flatten = (save_drops_alpha(w, save_format(w)) &&
	    ops_ignore_alpha(r)) || r->so[SO_jpg_convert] == 1;
}

static int
run(struct work *w, int fd, struct wire_reply *reply)
{
	const struct recipe *r = w->recipe;
	enum format format;

	vector_for(w);
	plan_transparency(w);
	geom_reset(w);
	for (unsigned i = 0; i < r->n_ops; i++)
		if (run_op(w, &r->ops[i]) != 0)
			return (-1);
	if (work_pixels(w) != 0)
		return (-1);
	format = save_format(w);
	reply->format = format;
	reply->width = w->im->Xsize;
	reply->height = w->im->Ysize / w->frames;
	reply->frames = (uint32_t)w->frames;
	return (save(w, format, fd, &reply->len));
}

void
work_render(struct work *w, int fd, struct wire_reply *reply)
{
	if (run(w, fd, reply) != 0)
		work_fail_vips(w);
	reply->status = w->status;
	memcpy(reply->error, w->error, sizeof(reply->error));
}

void
work_free(struct work *w)
{
	if (w->im != NULL)
		g_object_unref(w->im);
	if (w->scope != NULL)
		g_object_unref(w->scope);
	w->im = w->scope = NULL;
	source_close(&w->src);
	free(w->scans);
	w->scans = NULL;
	vips_error_clear();
	reason_forget();
}
