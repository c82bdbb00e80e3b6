/* SPDX-License-Identifier: BSD-2-Clause */
/* What follows from all that stack and URL say: defaults, checks, dpr. */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/word.h"
#include "recipe/hosted.h"
#include "recipe/recipe_crop.h"
#include "recipe/recipe_priv.h"
#include "url.h"

static int
set_defaults(struct maker *m)
{
	struct recipe *r = m->r;

	for (unsigned i = 0; i < r->n_ops; i++) {
		const struct opspec *spec = &opspecs[r->ops[i].id];

		for (unsigned j = 0; j < spec->n_opts; j++)
			if (isnan(r->ops[i].v[j]) &&
			    spec->opts[j].def != NULL &&
			    recipe_set(m, &spec->opts[j], spec->name,
			    spec->opts[j].def, &r->ops[i].v[j]) < 0)
				return (-1);
	}
	for (int i = 0; i < SO_MAX; i++)
		if (isnan(r->so[i]) && stackopts[i].def != NULL &&
		    recipe_set(m, &stackopts[i], "options", stackopts[i].def,
		    &r->so[i]) < 0)
			return (-1);
	return (0);
}

/* Whether one of the options *words* ("a|b") of *op* is given, or all. */
static bool
op_has(const struct rop *op, const char *words, bool all)
{
	const struct opspec *spec = &opspecs[op->id];
	char name[32];
	const char *word;
	bool has = all;
	size_t n;

	while (word_next(&words, &word, &n)) {
		(void)snprintf(name, sizeof name, "%.*s", (int)n, word);
		has = !isnan(op->v[op_opt_find(spec, name)]);
		if (has != all)
			return (has);
	}
	return (has);
}

static bool
op_enabled(const struct rop *op)
{
	return (op->v[0] != 0);
}

static bool
op_is_of_area(const struct rop *op)
{
	return (op->id == OPS_crop && OPTGIVEN(op, crop, area) &&
	    !recipe_crop_is_sized(op));
}

/*
 * A crop to an area has no size of its own: its fallback is a place for a size
 * that is given. Of an image without that area it cuts nothing.
 */
static bool
op_cuts_nothing(const struct maker *m, const struct rop *op)
{
	return (op_is_of_area(op) && op->area.kind == AREA_NONE &&
	    !m->any_image);
}

/* What the image is known by, or NULL. */
static json_t *
load_metadata(const struct maker *m)
{
	const char *text = m->image == NULL ? NULL :
	    m->image->dynamic_metadata;

	return (text == NULL || strcmp(text, "{}") == 0 ? NULL :
	    json_loads(text, 0, NULL));
}

/* Which area each crop follows. */
static void
follow_areas(struct maker *m)
{
	struct recipe *r = m->r;
	json_t *metadata = load_metadata(m);

	for (unsigned i = 0; metadata != NULL && i < r->n_ops; i++)
		if (r->ops[i].id == OPS_crop && op_enabled(&r->ops[i]))
			recipe_crop_follow(r, &r->ops[i], metadata);
	json_decref(metadata);
}

/* Takes out what is switched off and checks what each operation needs. */
static int
check_ops(struct maker *m)
{
	struct recipe *r = m->r;
	unsigned n = 0;

	for (unsigned i = 0; i < r->n_ops; i++) {
		const struct rop *op = &r->ops[i];
		const struct opspec *spec = &opspecs[op->id];

		if (!op_enabled(op) || op->id == OPS_noop ||
		    op_cuts_nothing(m, op))
			continue;
		if (!op_is_of_area(op) && !op_has(op, spec->required, true))
			return (recipe_fail(m, "%s: %s is missing", spec->name,
			    spec->required));
		if (spec->one_of != NULL && !op_has(op, spec->one_of, false))
			return (recipe_fail(m, "%s: needs one of %s",
			    spec->name, spec->one_of));
		r->ops[n++] = *op;
	}
	r->n_ops = n;
	return (0);
}

/* The ratio multiplies lengths and lowers the qualities nobody asked for. */
static int
apply_dpr(struct maker *m)
{
	struct recipe *r = m->r;
	double dpr = r->so[SO_dpr];
	bool resizes = false;

	for (unsigned i = 0; i < r->n_ops; i++)
		resizes |= r->ops[i].id == OPS_resize;
	if (r->so_given[SO_dpr] && dpr != 1 && !resizes)
		return (recipe_fail(m, "options.dpr: needs a resize "
		    "operation"));
	if (dpr > 1.5 && !r->so_given[SO_jpg_quality])
		r->so[SO_jpg_quality] -= 10;
	if (dpr > 1.5 && !r->so_given[SO_webp_quality])
		r->so[SO_webp_quality] -= 10;
	for (unsigned i = 0; dpr != 1 && i < r->n_ops; i++) {
		const struct opspec *spec = &opspecs[r->ops[i].id];

		for (unsigned j = 0; j < spec->n_opts; j++)
			if (spec->opts[j].flags & OPT_PX)
				r->ops[i].v[j] = opt_round(
				    r->ops[i].v[j] * dpr);
	}
	return (0);
}

/* What a step of optim.quality adds: 10 of them stay below lossless WebP. */
#define OPTIM_STEP	3

/*
 * The qualities that nobody asked for, of the formats that may come out: the
 * pictures of the others keep their ETag.
 */
static void
apply_optim(struct recipe *r)
{
	static const struct {
		enum stackopt_id	id;
		enum format		format;
	} of[] = {
		{ SO_jpg_quality, FORMAT_JPG }, { SO_webp_quality, FORMAT_WEBP },
		{ SO_avif_quality, FORMAT_AVIF },
		{ SO_heif_quality, FORMAT_HEIF }, { SO_jxl_quality, FORMAT_JXL },
	};
	double more = OPTIM_STEP * (r->so[SO_optim_quality] - 5);
	uint32_t set = recipe_formats(r);

	for (size_t i = 0; i < sizeof of / sizeof *of; i++)
		if (!r->so_given[of[i].id] &&
		    (set & UINT32_C(1) << of[i].format) != 0)
			r->so[of[i].id] += more;
}

static int avif_effort = 2;

void
recipe_set_avif_effort(unsigned effort)
{
	avif_effort = (int)effort;
}

/* Only of what may be an AVIF: all others keep their ETag. */
static void
apply_effort(struct recipe *r)
{
	uint32_t avif = UINT32_C(1) << FORMAT_AVIF;

	if (isnan(r->so[SO_avif_effort]) && (recipe_formats(r) & avif) != 0)
		r->so[SO_avif_effort] = avif_effort;
}

uint32_t
recipe_accept(const char *accept)
{
	char wanted[URL_ACCEPT_MAX];
	uint32_t set = 0;

	(void)url_accept(accept, wanted);
	for (int i = 0; i < FORMAT_MAX; i++)
		if (strstr(wanted, formats[i].mime) != NULL)
			set |= UINT32_C(1) << i;
	return (set);
}

static int
take_format(struct maker *m, struct url_span format)
{
	m->r->format = format_find(format.p, format.len);
	if (m->r->format == FORMAT_MAX)
		return (recipe_fail(m, hosted_video_format(format.p,
		    format.len) ? "format: \"%.*s\" " HOSTED_VIDEO :
		    "format: \"%.*s\" is not known",
		    (int)(format.len < 16 ? format.len : 16), format.p));
	if (!(formats[m->r->format].holds & FORMAT_SAVES) &&
	    m->r->so[SO_source_file] != 1)
		return (recipe_fail(m, "format: \"%.*s\" cannot be made",
		    (int)format.len, format.p));
	return (0);
}

int
recipe_complete(struct maker *m, struct url_span format)
{
	if (set_defaults(m) != 0)
		return (-1);
	follow_areas(m);
	if (check_ops(m) != 0 || recipe_check_second(m) != 0 ||
	    apply_dpr(m) != 0)
		return (-1);
	if (take_format(m, format) != 0)
		return (-1);
	apply_optim(m->r);
	apply_effort(m->r);
	return (0);
}
