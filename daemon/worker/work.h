/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One render, inside a worker.
 *
 * Geometry is lazy: resize and crop only move "part" and the wanted size, and
 * the picture is loaded when an operation asks for pixels, with as much
 * shrink-on-load as the decoder offers and one resize, however many the stack
 * has. Orientation and colour are put right on the small picture.
 */
#ifndef WORK_H
#define WORK_H

#include <vips/vips.h>

#include "recipe/recipe_data.h"
#include "wire/status.h"
#include "recipe/affine.h"
#include "worker/source_image.h"

struct wire_limits;

struct work {
	const struct recipe *recipe;
	const struct wire_limits *limits;
	struct source	src;
	struct source	*secondary;	/* NULL: none was given */
	struct {
		const void	*data;
		size_t		len;
	}		font;		/* NULL: none was given */
	struct geom	geom;
	struct affine	map;		/* from the source to im */
	struct affine	moved;		/* by the operation at work */
	bool		held, kept;	/* see recipe_plan.h */
	VipsImage	*im;		/* NULL until pixels are needed */
	VipsImage	*scope;		/* holds what a step leaves behind */
	int		frames;		/* of im, one below the other */
	void		*scans;		/* of a JPEG, see jpeg.c */
	bool		flatten;	/* the result has no transparency */
	double		background[3];	/* to flatten on */
	enum render_status status;
	char		error[256];
};

/* Room for *n* images that live until the step is over. */
VipsImage **work_room(struct work *, int n);

/* Fails the render: always -1. work_fail_vips() takes libvips' own words. */
int work_fail(struct work *, enum render_status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int work_fail_vips(struct work *);

/* 0 when a picture of this size may be made; else the render has failed. */
int work_check_size(struct work *, int width, int height);
/* Whether it may be; nothing has failed. */
bool work_size_fits(const struct work *, int width, int height);
/*
 * 0 when *pixel* bytes for each of so many pixels, which the library of the
 * format is known to need, and *rest* more can be had; else it has failed.
 */
int work_check_memory(struct work *, enum format, int width, int height,
    size_t pixel, size_t rest);

#endif
