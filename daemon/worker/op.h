/* SPDX-License-Identifier: BSD-2-Clause */
/* The operations, each in the file of its family. */
#ifndef OP_H
#define OP_H

#include "worker/work_pixels.h"

/*
 * Each operation's function; PLAN ones work on w itself. One that turns the
 * picture or lays it elsewhere says so in w->moved, for the areas of crops.
 */
typedef int op_plan_f(struct work *, const struct rop *);
#define OP_FN_PLAN(name)	op_plan_f op_##name;
#define OP_FN_PIXEL(name)	work_frame_f op_##name;
#define OP(name, kind, required, one_of, doc)	OP_FN_##kind(name)
#define OPT(...)
#define OP_END(name)
#include "recipe/tbl_ops.h"

/* op_blur.c: of a picture without alpha; fast for a wide *sigma* too */
int blur_opaque(struct work *, VipsImage *in, VipsImage **out, double sigma);

#endif
