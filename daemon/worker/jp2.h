/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JP2_H
#define JP2_H

#include <stddef.h>

struct work;

/* Looks at the bytes alone. Returns 0, or -1 after it has refused them. */
int jp2_check(struct work *, const void *data, size_t len);

#endif
