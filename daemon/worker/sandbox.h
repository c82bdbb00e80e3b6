/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a worker may do once it has begun: compute, read and write descriptors
 * that it was given, get memory up to a limit. Nothing else.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include "wire/wire.h"

/* Limits of memory, files and output size. 0, or -1 and errno. */
int sandbox_limits(const struct wire_limits *);

/*
 * Closes the door for good: no new privileges, no file by name (Landlock,
 * where the kernel has it), and of the system calls only a list (seccomp).
 * Says in *c* what the kernel does not have. 0, or -1 and a sentence: it has it
 * and something forbids it, and no image may be seen.
 */
int sandbox_enter(struct wire_cage *c, char *err, size_t err_len);

/*
 * Whether *len* bytes more can be had: tried, for what the libraries hold is
 * known to none but the system. May be asked by a handler of signals.
 */
bool sandbox_has_room(size_t len);

/* A worker's time: *ms* more of CPU from now, then the kernel ends it. */
void sandbox_more_cpu(unsigned ms);

#endif
