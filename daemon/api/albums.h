/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of images for galleries, on the render host. */
#ifndef ALBUMS_H
#define ALBUMS_H

#include <stdbool.h>

struct call;

/* Answers for the path of an album; false for any other path. */
bool albums_get(struct call *);

#endif
