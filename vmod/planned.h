/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Previews: a request with a token sees the aliases as they are planned, by a set
 * or at a moment.
 */
#ifndef PLANNED_H
#define PLANNED_H

#include "url/preview.h"
#include "visit.h"

struct planned {
	bool		is_set;
	uint64_t	what;		/* id of the set, or unix time in ms */
};

/*
 * Looks for a token in the URL or the cookie of *v*, and takes it out of both
 * v->original and *u*. False: it may not be used, v->refusal says why. To be
 * called if there may be one.
 */
bool planned_look(VRT_CTX, const struct folder *, struct visit *,
    struct url *u);

/*
 * What *v* sees of an alias, whose own look-up gave *live* and *val*, which is
 * changed.
 */
enum map_answer planned_find(const struct folder *, const struct visit *,
    const char *alias, size_t len, enum map_answer live,
    struct map_value *val);

/* The cookie for the token in *url*, or what ends it; NULL: v->refusal. */
const char *planned_cookie(VRT_CTX, const struct folder *, struct visit *,
    const char *url);

/* The answer of a guarded visit is for nobody else, whatever its address. */
void planned_deliver(struct http *, const struct visit *);

#endif
