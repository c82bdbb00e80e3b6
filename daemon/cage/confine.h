/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a child gives up before it sees a byte of others: the file system, its
 * user, its rights as root. What the system does not offer is told in the
 * struct wire_cage, not fatal.
 */
#ifndef CONFINE_H
#define CONFINE_H

#include <stdbool.h>

#include "wire/wire.h"

/* Adds what it lacks to what is said of it. */
void confine_lacks(struct wire_cage *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * An empty folder as root, unless the child has no namespaces, which *refused*
 * gives the reason for.
 */
void confine_root(struct wire_cage *, int refused);

/*
 * Nobody's user, no capability, and death with the daemon. -1 and errno: it
 * would keep the rights of root.
 */
int confine_rights(struct wire_cage *, bool user_namespace);

/*
 * landlock.c: with every right that the kernel knows, none is left but to read
 * below the *readable* folders (NULL-terminated), and to connect if there is
 * one. 0 too where there is no Landlock; -1 and errno: something forbids it.
 */
int confine_landlock(struct wire_cage *, const char *const *readable);

/*
 * calls.c: of the system calls, the *n* *allowed*, what every child needs with
 * memory that is not executed, and those that *add* adds to the filter of
 * libseccomp. All others fail with EPERM, so that a library which tries for more
 * goes on without. 0, or -1; *add* returns 0 or an error of libseccomp's.
 */
int confine_calls(const int *allowed, size_t n, int (*add)(void *filter));

/*
 * Standard input, output and error to nowhere: libraries chat there, as much as
 * a hostile file or server wants. A sanitizer keeps its standard error.
 */
void confine_hush(void);

/* A limit of setrlimit(). 0, or -1 and errno. */
int confine_limit(int what, unsigned long soft, unsigned long hard);

#endif
