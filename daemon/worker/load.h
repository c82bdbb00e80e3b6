/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LOAD_H
#define LOAD_H

#include "recipe/geom.h"
#include "worker/source_image.h"

/* *part* of a source at its wanted size, upright, sRGB, 8 bits. */
int load_part(struct work *, const struct source *, const struct geom *part,
    VipsImage **out);

#endif
