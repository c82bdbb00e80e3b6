/* SPDX-License-Identifier: BSD-2-Clause */
/* The libraries that pictures are made with: which, and what they can do. */
#ifndef LIBS_H
#define LIBS_H

#include <stdbool.h>

#include "recipe/format.h"
#include "wire/wire.h"

/* Looks once. What it finds is loaded then, so before the sandbox closes. */
const struct wire_libs *libs_look(void);

/* Whether there is a coder for the format. */
bool libs_read(enum format);
bool libs_write(enum format);

#endif
