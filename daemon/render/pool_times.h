/* SPDX-License-Identifier: BSD-2-Clause */
/* How long renders take, counted by kind. */
#ifndef POOL_TIMES_H
#define POOL_TIMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "recipe/recipe_data.h"
#include "render/render.h"

/* Kinds of operations, from the lightest to the heaviest. */
enum op_family {
	FAMILY_RESIZE, FAMILY_ROTATE, FAMILY_COLOR, FAMILY_SHAPE,
	FAMILY_COMPOSITION, FAMILY_BLUR, FAMILY_MAX
};

struct times_kind {
	uint64_t	bucket[RENDER_TIME_BOUNDS + 1];
	uint64_t	sum_us;
};

struct times {
	struct times_kind kind[FAMILY_MAX][FORMAT_MAX];
};

/* A render by this recipe, that came out as *format*, took so long. */
void times_add(struct times *, const struct recipe *, enum format format,
    int64_t took_us);
/* Kind number *i*, from 0, had it renders or not; false past the end. */
bool times_get(const struct times *, size_t i, struct render_time *out);

#endif
