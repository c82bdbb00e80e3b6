/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects begin with a magic number, as in Varnish. It is checked where a
 * void * or a job of the store becomes the object that it is. A check that
 * fails is a fault of this program: no input can lead to one.
 */
#ifndef OBJ_H
#define OBJ_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

#define CHECK_OBJ(ptr, m)	assert((ptr) != NULL && (ptr)->magic == (m))

static inline bool
obj_is(const void *obj, unsigned magic)
{
	return (obj != NULL && *(const unsigned *)obj == magic);
}

/* struct thing *t = CAST_OBJ(arg, THING_MAGIC); */
#define CAST_OBJ(ptr, m)	(assert(obj_is((ptr), (m))), (void *)(ptr))

#endif
