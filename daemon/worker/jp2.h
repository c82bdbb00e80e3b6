/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JP2_H
#define JP2_H

#include <stddef.h>

struct work;

/* By the bytes alone. 0, or it is refused. */
int jp2_check(struct work *, const void *data, size_t len);

#endif
