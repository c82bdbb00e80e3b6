/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of a recipe shows in no pixel. This only has to be right where it says
 * that two recipes are one picture: what it misses costs a second object.
 */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recipe/recipe_crop.h"
#include "recipe/recipe_plan.h"
#include "recipe/recipe_priv.h"

#define ALL_FORMATS	UINT32_MAX
#define HAS(set, f)	(((set) & UINT32_C(1) << FORMAT_##f) != 0)
#define ONE(f)		(UINT32_C(1) << FORMAT_##f)

/*--------------------------------------------------------------------
 * One spelling for each value
 */

/* "007-bottom" becomes "7_bottom". */
static void
normal_anchor(const char *text, char *out, size_t size)
{
	size_t n = strcspn(text, "_-");
	const char *y = text + n + (text[n] != '\0');

	while (n > 1 && *text == '0') {
		text++;
		n--;
	}
	while (y[0] == '0' && y[1] != '\0')
		y++;
	if (*y == '\0')
		(void)snprintf(out, size, "%s", text);
	else
		(void)snprintf(out, size, "%.*s_%s", (int)n, text, y);
}

/* Keeps the words that have an effect, in the order of the formats. */
static void
normal_words(const char *text, char *out, size_t size)
{
	static const char *const words[] = { "avif", "jxl", "webp" };
	size_t n = 0;

	*out = '\0';
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (recipe_listed(text, words[i]))
			n += (size_t)snprintf(out + n, size - n, "%s%s",
			    n == 0 ? "" : ",", words[i]);
}

static void
normal_radius(const char *text, char *out, size_t size)
{
	char *end;
	double d = strtod(text, &end);

	(void)snprintf(out, size, "%.9g%s", d, *end == '\0' ? "" : "p");
}

typedef void normal_f(const char *text, char *out, size_t size);

static void
normal_text(struct recipe *r, double *at, normal_f *normal)
{
	char text[256];
	int i;

	if (isnan(*at))
		return;
	normal(recipe_text(r, *at), text, sizeof text);
	if (strcmp(text, recipe_text(r, *at)) == 0)
		return;
	i = *text == '\0' ? 0 : recipe_text_add(r, text);
	if (*text == '\0')
		*at = NAN;
	else if (i >= 0)
		*at = i;
}

static void
set_text(struct recipe *r, double *v, const char *text)
{
	int at = recipe_text_add(r, text);

	if (at >= 0)
		*v = at;
}

/* An anchor that follows no area, whatever the image. */
static bool
anchor_is_fixed(const char *anchor)
{
	return (anchor_is_place(anchor) || strcmp(anchor, "smart") == 0);
}

/* No image knows of faces: a crop to one goes where it falls back to. */
static void
normal_crop(struct recipe *r, struct rop *o)
{
	const char *anchor, *fallback;

	normal_text(r, &OPTV(o, crop, anchor), normal_anchor);
	normal_text(r, &OPTV(o, crop, fallback), normal_anchor);
	anchor = recipe_text(r, OPTV(o, crop, anchor));
	fallback = recipe_text(r, OPTV(o, crop, fallback));
	if (anchor != NULL && strcmp(anchor, "face") == 0) {
		anchor = fallback != NULL && anchor_is_place(fallback) ?
		    fallback : "center_center";
		set_text(r, &OPTV(o, crop, anchor), anchor);
	}
	if (anchor != NULL && anchor_is_fixed(anchor) &&
	    !OPTGIVEN(o, crop, area) && (OPTIS(o, crop, mode, "box") ||
	    OPTIS(o, crop, mode, "area")))
		OPTV(o, crop, mode) = 1;	/* ratio */
}

void
recipe_normal(struct recipe *r)
{
	for (unsigned i = 0; i < r->n_ops; i++) {
		struct rop *o = &r->ops[i];

		if (o->id == OPS_crop)
			normal_crop(r, o);
		else if (o->id == OPS_composition)
			normal_text(r, &OPTV(o, composition, anchor),
			    normal_anchor);
		else if (o->id == OPS_text)
			normal_text(r, &OPTV(o, text, anchor), normal_anchor);
		else if (o->id == OPS_circlemask)
			normal_text(r, &OPTV(o, circlemask, radius),
			    normal_radius);
		else if (o->id == OPS_rotate)
			OPTV(o, rotate, angle) = fmod(OPTV(o, rotate, angle) +
			    360, 360);
	}
	normal_text(r, &r->so[SO_af_exclude], normal_words);
}

/*--------------------------------------------------------------------
 * What has no effect takes its default
 */

static double
default_of(const struct optspec *spec)
{
	char err[8];
	double d;

	if (spec->def == NULL || spec->type == OPT_STR ||
	    opt_parse(spec, spec->def, "", &d, err, sizeof err) != 0)
		return (NAN);
	return (d);
}

static void
drop_stackopt(struct recipe *r, enum stackopt_id id)
{
	r->so[id] = default_of(&stackopts[id]);
	r->so_given[id] = false;
}

static void
drop_op_option(struct rop *o, unsigned i)
{
	o->v[i] = default_of(&opspecs[o->id].opts[i]);
}

uint32_t
recipe_formats(const struct recipe *r)
{
	uint32_t set = UINT32_C(1) << r->format;

	if (r->format == FORMAT_JPG && !SOIS(r, jpg_autoformat, "false"))
		set |= ONE(PNG) | ONE(WEBP);
	if (recipe_varies(r))
		set |= ONE(AVIF) | ONE(JXL) | ONE(WEBP);
	return (set);
}

static void
reduce_encoders(struct recipe *r, uint32_t set)
{
	static const struct {
		enum stackopt_id	id;
		uint32_t		formats;
	} uses[] = {
		{ SO_jpg_quality, ONE(JPG) }, { SO_webp_quality, ONE(WEBP) },
		{ SO_avif_quality, ONE(AVIF) }, { SO_avif_effort, ONE(AVIF) },
		{ SO_heif_quality, ONE(HEIF) }, { SO_jxl_quality, ONE(JXL) },
		{ SO_gif_quality, ONE(GIF) },
		{ SO_png_level, ONE(PNG) }, { SO_pngquant, ONE(PNG) },
		{ SO_interlacing, ONE(JPG) | ONE(PNG) | ONE(GIF) },
		{ SO_optim_quality, 0 },	/* it is in the others */
		{ SO_optim_disable, 0 },
		{ SO_optim_immediate, 0 }, { SO_af_include, 0 },
	};

	for (size_t i = 0; i < sizeof uses / sizeof *uses; i++)
		if (!(set & uses[i].formats))
			drop_stackopt(r, uses[i].id);
	if (!SOIS(r, interlacing, "none")) {
		bool given = r->so_given[SO_interlacing];

		drop_stackopt(r, SO_interlacing);
		r->so_given[SO_interlacing] = given;
	} else if (!HAS(set, JPG))
		drop_stackopt(r, SO_interlacing);
}

/* The source's bytes as they are: nothing else counts. */
static void
reduce_source_file(struct recipe *r)
{
	r->n_ops = 0;
	for (int i = 0; i < SO_MAX; i++)
		if (i != SO_source_file && i != SO_disposition)
			drop_stackopt(r, (enum stackopt_id)i);
}

static void
reduce_options(struct recipe *r)
{
	if (!isnan(r->so[SO_transparency_color]))
		drop_stackopt(r, SO_jpg_color);
	if (r->format != FORMAT_JPG || !isnan(r->so[SO_transparency_color]))
		drop_stackopt(r, SO_jpg_autoformat);
	if (!recipe_varies(r)) {
		drop_stackopt(r, SO_autoformat);
		r->so[SO_af_exclude] = NAN;
	}
	reduce_encoders(r, recipe_formats(r));
}

/* To an area, without a size: all else only says what to do without one. */
static void
reduce_crop_to_area(struct recipe *r, struct rop *o)
{
	set_text(r, &OPTV(o, crop, anchor), "auto");
	set_text(r, &OPTV(o, crop, fallback), "center_center");
	drop_op_option(o, OPT_crop_mode);
}

/* The same for all images, whose areas the words name. */
static void
reduce_crop(struct recipe *r, struct rop *o)
{
	const char *anchor = recipe_text(r, OPTV(o, crop, anchor));
	const char *fallback = recipe_text(r, OPTV(o, crop, fallback));
	bool fixed = anchor_is_fixed(anchor);

	if (!recipe_crop_is_sized(o)) {
		reduce_crop_to_area(r, o);
		return;
	}
	if (fixed || !anchor_is_place(fallback))
		set_text(r, &OPTV(o, crop, fallback), "center_center");
}

static void
reduce_op(struct recipe *r, struct rop *o)
{
	if (o->id == OPS_crop)
		reduce_crop(r, o);
	else if (o->id == OPS_blur)
		drop_op_option(o, OPT_blur_radius);
	else if (o->id == OPS_rotate &&
	    fmod(OPTV(o, rotate, angle), 90) == 0) {
		drop_op_option(o, OPT_rotate_background_color);
		drop_op_option(o, OPT_rotate_background_opacity);
	} else if (o->id == OPS_multiply && OPTGIVEN(o, multiply, factor_color))
		drop_op_option(o, OPT_multiply_factor);
	else if (o->id == OPS_alpha && !OPTIS(o, alpha, mode, "apply"))
		drop_op_option(o, OPT_alpha_opacity);
	else if (o->id == OPS_composition &&
	    (OPTGIVEN(o, composition, secondary_image) ||
	    OPTGIVEN(o, composition, secondary_stack)))
		drop_op_option(o, OPT_composition_secondary_color);
}

bool
recipe_same_value(const struct recipe *a, double x, const struct recipe *b,
    double y, const struct optspec *spec)
{
	if (isnan(x) || isnan(y))
		return (isnan(x) && isnan(y));
	return (spec->type == OPT_STR ?
	    strcmp(recipe_text(a, x), recipe_text(b, y)) == 0 : x == y);
}

static bool
same_op(const struct recipe *r, const struct rop *a, const struct rop *b)
{
	const struct opspec *spec = &opspecs[a->id];

	if (a->id != b->id)
		return (false);
	for (unsigned i = 0; i < spec->n_opts; i++)
		if (!recipe_same_value(r, a->v[i], r, b->v[i], &spec->opts[i]))
			return (false);
	return (true);
}

/* Whether a resize before *o* may hold the picture back. */
static bool
may_be_held(const struct recipe *r, const struct rop *o)
{
	for (const struct rop *b = r->ops; b < o; b++)
		if (b->id == OPS_resize && recipe_may_hold(r, b))
			return (true);
	return (false);
}

/* Whether *o* finds nothing to do behind itself. */
static bool
is_done_once(const struct recipe *r, const struct rop *o)
{
	switch (o->id) {
	case OPS_resize:	/* dpr might let it grow in two steps */
		return (r->so[SO_dpr] == 1 || (OPTV(o, resize, upscale) == 1 &&
		    OPTV(o, resize, upscale_dpr) == 1));
	case OPS_crop:
		return (OPTIS(o, crop, mode, "absolute") &&
		    OPTV(o, crop, scale) == 100 &&
		    !OPTGIVEN(o, crop, movearea_x) &&
		    !OPTGIVEN(o, crop, movearea_y) &&
		    /* Its sides are rounded, and another ratio. */
		    !may_be_held(r, o));
	case OPS_grayscale:
		return (OPTV(o, grayscale, levels) == 256);
	case OPS_autorotate:
		return (true);
	default:
		return (false);
	}
}

bool
recipe_op_is_idle(const struct rop *o)
{
	if (o->id == OPS_rotate)
		return (fmod(OPTV(o, rotate, angle), 360) == 0);
	return (o->id == OPS_blur && OPTV(o, blur, sigma) < BLUR_SEEN);
}

void
recipe_reduce_values(struct recipe *r)
{
	if (r->so[SO_source_file] == 1)
		reduce_source_file(r);
	for (unsigned i = 0; i < r->n_ops; i++)
		reduce_op(r, &r->ops[i]);
	reduce_options(r);
	r->accept = recipe_varies(r) ? ALL_FORMATS : 0;
}

void
recipe_reduce(struct recipe *r)
{
	unsigned n = 0;

	recipe_reduce_values(r);
	for (unsigned i = 0; i < r->n_ops; i++) {
		if (recipe_op_is_idle(&r->ops[i]) ||
		    (n > 0 && same_op(r, &r->ops[n - 1], &r->ops[i]) &&
		    is_done_once(r, &r->ops[i])))
			continue;
		r->ops[n++] = r->ops[i];
	}
	r->n_ops = n;
}
