/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Places where the tests stop, kill or race a program. Compiled out of
 * everything that is installed.
 */
#ifndef MAP_FAILPOINT_H
#define MAP_FAILPOINT_H

#ifdef MAP_FAILPOINTS
extern void (*map_failpoint)(const char *where);
#define MAP_FAILPOINT(w) do {			\
	if (map_failpoint != NULL)		\
		map_failpoint(w);		\
} while (0)
#else
#define MAP_FAILPOINT(w) do { } while (0)
#endif

#endif
