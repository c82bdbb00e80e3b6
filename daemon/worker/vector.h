/* SPDX-License-Identifier: BSD-2-Clause */
/* Code that libvips generates. */
#ifndef VECTOR_H
#define VECTOR_H

#include <stdbool.h>

struct work;

/*
 * Whether libvips generates code; that it must not; room for it, before the
 * sandbox; which renders may use it; and that the rest of one does so for each
 * of its frames.
 */
bool vector_generates(void);
void vector_disable(void);
void vector_reserve(void);
void vector_for(const struct work *);
void vector_for_frames(int n);

#endif
