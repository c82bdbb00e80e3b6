/* SPDX-License-Identifier: BSD-2-Clause */
/* A roll: the frames of an animation, one below the other. */
#ifndef ROLL_H
#define ROLL_H

#include <vips/vips.h>

struct work;

/*
 * Each of *n* frames, one below the other in *roll*, through *f*; what
 * comes out is a roll again.
 */
typedef int roll_frame_f(struct work *, const void *arg, VipsImage *frame,
    VipsImage **out);
int roll_map(struct work *, VipsImage *roll, int n, roll_frame_f *f,
    const void *arg, VipsImage **out);
/* Without its alpha channel if that is opaque throughout */
int roll_drop_opaque(VipsImage *in, VipsImage **out);

#endif
