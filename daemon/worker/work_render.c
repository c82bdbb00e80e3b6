/* SPDX-License-Identifier: BSD-2-Clause */
/* A recipe, step by step, from the source to the result. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "wire/wire.h"
#include "worker/codec.h"
#include "worker/color.h"
#include "worker/op.h"
#include "worker/reason.h"
#include "worker/save.h"
#include "worker/vector.h"
#include "worker/work_render.h"

static const struct {
	op_plan_f	*plan;
	work_frame_f	*pixel;
} op_fns[OPS_MAX] = {
#define FN_PLAN(name)	{ op_##name, NULL },
#define FN_PIXEL(name)	{ NULL, op_##name },
#define OP(name, kind, required, one_of, doc)	FN_##kind(name)
#define OPT(...)
#define OP_END(name)
#include "recipe/tbl_ops.h"
};

static int
run_op(struct work *w, const struct rop *o)
{
	bool fresh = w->im == NULL;

	if (op_fns[o->id].plan != NULL)
		return (op_fns[o->id].plan(w, o));
	if (work_pixels(w) != 0 || (!fresh && work_hold(w) != 0))
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

/* A text is made of few pixels: the decoder need not make more. */
static void
plan_text(struct work *w)
{
	struct geom *g = &w->geom;
	struct size s = { g->width, g->height };

	if (!(formats[w->recipe->format].holds & FORMAT_TEXT) ||
	    (s.width <= TEXT_SIDE && s.height <= TEXT_SIDE))
		return;
	s = geom_fit(s, TEXT_SIDE, TEXT_SIDE, GEOM_BOX);
	g->width = s.width;
	g->height = s.height;
}

static int
run(struct work *w, int fd, struct wire_reply *reply)
{
	const struct recipe *r = w->recipe;
	enum format format;

	vector_for(w);
	plan_transparency(w);
	w->map = affine_scale(w->src.dpi / PDF_DPI);
	work_plan_all(w);
	for (unsigned i = 0; i < r->n_ops; i++)
		if (run_op(w, &r->ops[i]) != 0)
			return (-1);
	plan_text(w);
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
	memcpy(reply->error, w->error, sizeof reply->error);
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
