/* SPDX-License-Identifier: BSD-2-Clause */
/* The picture in hand: when operations need pixels, and frame by frame. */
#ifndef WORK_PIXELS_H
#define WORK_PIXELS_H

#include "worker/work.h"

/* Loads, crops and resizes what is due: after it w->im is the picture. */
int work_pixels(struct work *);
/* The same, and w->im may be read in any order. */
int work_memory(struct work *);

typedef int work_frame_f(struct work *, const struct rop *, VipsImage *in,
    VipsImage **out);
/* Runs *f* on each frame of w->im. */
int work_each(struct work *, const struct rop *, work_frame_f *f);

/* w->im, which is there, in memory before it is read again and again */
int work_hold(struct work *);
/*
 * Where an area of the source of a crop is in the planned picture. False if
 * there is none, or nothing of it is left.
 */
bool work_area(const struct work *, const struct rop *, struct box *);
/* Plans all of the picture at the size that it has. */
void work_plan_all(struct work *);

#endif
