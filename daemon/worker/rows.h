/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ROWS_H
#define ROWS_H

#include <stdbool.h>
#include <stdint.h>
#include <vips/vips.h>

/*
 * *f* for each row of an image from top to bottom, until it fails (-1);
 * and a copy in memory, or NULL and libvips' error.
 */
typedef int row_f(void *arg, int y, const VipsPel *row);
int rows_each(VipsImage *, row_f *f, void *arg);
VipsImage *rows_in_memory(VipsImage *);
/*
 * The same for *n* frames one below the other, up to the first that cannot be
 * made: *whole* of them, or NULL and libvips' error.
 */
VipsImage *rows_of_frames(VipsImage *, int n, int *whole);

/*
 * opaque.c: whether no pixel of an image with opacity shows what is behind; all
 * of them are read. 0, or -1.
 */
int opaque_find(VipsImage *, bool *opaque);

#endif
