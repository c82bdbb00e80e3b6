/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SAVE_H
#define SAVE_H

#include <stdint.h>

#include "recipe/format.h"

struct work;

enum format save_format(const struct work *);
bool save_drops_alpha(const struct work *, enum format);
/* The picture as *f* into *fd*; its length. 0, or it has failed. */
int save(struct work *, enum format f, int fd, int64_t *len);

#endif
