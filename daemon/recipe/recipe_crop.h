/* SPDX-License-Identifier: BSD-2-Clause */
/* Crops that follow an area of the image. */
#ifndef RECIPE_CROP_H
#define RECIPE_CROP_H

#include "recipe/affine.h"
#include "recipe/recipe_data.h"

/* "left_top", "7-9": an anchor that needs no area, and no pixels. */
bool anchor_is_place(const char *anchor);

/* Without width and height: to an area, whose size it takes. */
bool recipe_crop_is_sized(const struct rop *);
/* Whether the size that a crop gives depends on where its area is. */
bool recipe_crop_is_by_area(const struct rop *);

/*
 * Sets what a crop follows: the area that it names, else by its anchor, of what
 * the image has. *metadata* NULL: nothing.
 */
void recipe_crop_follow(const struct recipe *, struct rop *,
    const json_t *metadata);

/*
 * Where the area of a crop is in the picture, for which *map* leads there from
 * the *source*. False if there is none, or nothing of it is left.
 */
bool recipe_crop_area(const struct rop *, struct size source,
    const struct affine *map, struct size have, struct box *);

/*
 * The part of *have* for the area that is at *at*: its size, and *x, *y in
 * whole pixels, which may reach over the edge. *held*, *kept*: see
 * recipe_crop_size().
 */
struct size recipe_crop_part(const struct rop *, struct size have,
    const struct box *at, bool held, bool *kept, double *x, double *y);

#endif
