/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long renders take, by what weighs most in them and the format that came
 * out. libvips works lazily, so that no single operation has a time of its own.
 */
#include "config.h"

#include "render/pool_times.h"

/* From the lightest to the heaviest. */
static const char *const families[] = {
	[FAMILY_RESIZE] = "resize", [FAMILY_ROTATE] = "rotate",
	[FAMILY_COLOR] = "color", [FAMILY_SHAPE] = "shape",
	[FAMILY_COMPOSITION] = "composition", [FAMILY_BLUR] = "blur",
};

const int64_t render_time_bounds[RENDER_TIME_BOUNDS] = {
	2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000,
	2500000, 5000000, 10000000,
};

static enum op_family
op_family(enum op_id id)
{
	switch (id) {
	case OPS_rotate: case OPS_autorotate:
		return (FAMILY_ROTATE);
	case OPS_grayscale: case OPS_sepia: case OPS_modulate:
	case OPS_multiply:
		return (FAMILY_COLOR);
	case OPS_dropshadow: case OPS_alpha: case OPS_circlemask:
		return (FAMILY_SHAPE);
	case OPS_composition: case OPS_text:
		return (FAMILY_COMPOSITION);
	case OPS_blur: case OPS_sharpen:
		return (FAMILY_BLUR);
	case OPS_resize: case OPS_crop: case OPS_trim: case OPS_noop:
	case OPS_MAX:
		break;
	}
	return (FAMILY_RESIZE);
}

static enum op_family
recipe_family(const struct recipe *r)
{
	enum op_family most = FAMILY_RESIZE, one;

	for (unsigned i = 0; i < r->n_ops; i++)
		if ((one = op_family(r->ops[i].id)) > most)
			most = one;
	return (most);
}

void
times_add(struct times *t, const struct recipe *r, enum format format,
    int64_t took_us)
{
	struct times_kind *k = &t->kind[recipe_family(r)][format];
	size_t b = 0;

	while (b < RENDER_TIME_BOUNDS && took_us > render_time_bounds[b])
		b++;
	k->bucket[b]++;
	k->sum_us += (uint64_t)took_us;
}

bool
times_get(const struct times *t, size_t i, struct render_time *out)
{
	const struct times_kind *k;

	if (i >= (size_t)FAMILY_MAX * FORMAT_MAX)
		return (false);
	k = &t->kind[i / FORMAT_MAX][i % FORMAT_MAX];
	out->operation = families[i / FORMAT_MAX];
	out->format = formats[i % FORMAT_MAX].ext;
	out->bucket = k->bucket;
	out->sum_us = k->sum_us;
	return (true);
}
