/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CAGE_H
#define CAGE_H

#include "wire/wire.h"

/*
 * Gives up files, user and rights, as far as the system lets it, and makes room
 * for generated code where it is wanted; says in *c* how far. -1 and errno: it
 * would keep the rights of root.
 */
int cage_enter(struct wire_cage *c, const struct wire_limits *);

#endif
