/* SPDX-License-Identifier: BSD-2-Clause */
/* The sizes that resize and crop give, for the worker and for the ETag. */
#ifndef RECIPE_PLAN_H
#define RECIPE_PLAN_H

#include "recipe/geom.h"
#include "recipe/recipe_data.h"

/*
 * What a resize makes of *have*. *held says that the picture may not grow to
 * the size asked for; it stays so until the next resize.
 */
struct size recipe_resize_size(const struct recipe *, const struct rop *,
    struct size have, bool *held);

/*
 * The part of *have* that a crop keeps. *kept is set when a picture that was
 * held back is cut to the ratio asked for, where each side would be cut by
 * itself otherwise.
 */
struct size recipe_crop_size(const struct rop *, struct size have, bool held,
    bool *kept);

/* Whether a resize may hold a picture back. */
bool recipe_may_hold(const struct recipe *, const struct rop *);

#endif
