/* SPDX-License-Identifier: BSD-2-Clause */
/* A table of routes: method, pattern, handler. Nothing else knows paths. */
#ifndef ROUTER_H
#define ROUTER_H

#include <stddef.h>

#define ROUTE_PARAMS	6

struct route {
	const char	*method;
	/* "/sourceimages/{organization}/alias/{alias}" */
	const char	*pattern;
	const void	*handler;	/* the table's owner knows its type */
};

struct route_match {
	const struct route *route;	/* NULL: see the return value */
	unsigned	n;
	const char	*name[ROUTE_PARAMS];	/* with name_len */
	size_t		name_len[ROUTE_PARAMS];
	char		value[ROUTE_PARAMS][512]; /* percent-decoded */
	char		allow[128];	/* methods of the path, for a 405 */
};

/*
 * Finds the route of *method* and *target*, whose query does not count; a
 * literal segment wins over a parameter, the leftmost first, and of the paths
 * that are equal then, all methods are one resource. HEAD falls back to GET.
 * One resource has one path: "//" and a slash at the end are no match, unless
 * the pattern ends in a slash. A parameter is never empty.
 * Returns 0, 404, 405 (m->allow is set, OPTIONS is in it; answering that one is
 * left to the caller) or 400 (a broken escape, an escaped control character or
 * slash, a segment too long).
 */
int route_find(const struct route *table, size_t n, const char *method,
    const char *target, struct route_match *m);

/* The value of parameter *name*, or NULL. */
const char *route_param(const struct route_match *, const char *name);

#endif
