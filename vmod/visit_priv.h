/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files share that find out what a URL means. */
#ifndef VISIT_PRIV_H
#define VISIT_PRIV_H

#include "visit.h"

/* Forgets the URL but not the organization and the client. */
void visit_reset(struct visit *);

/* Looks at v->original; *canonical* (NULL: not known) is where it leads. */
void visit_look(VRT_CTX, struct folder *, struct visit *,
    const char *canonical);

/*
 * What the map has to say about the image of *u*, which becomes that of a
 * variant if one is wanted and there.
 */
void visit_find_image(VRT_CTX, const struct folder *, struct visit *,
    struct url *u);

/* The epoch; a soft one that is above *soft* takes its place. */
uint64_t visit_find_epoch(const struct folder *, struct visit *, enum map_kind,
    const void *name, size_t name_len, uint64_t *soft);

/* An alias, as this visit sees it. */
enum map_answer visit_find_alias(const struct folder *, const struct visit *,
    const char *name, size_t len, struct map_value *);

bool visit_is_revoked(const struct folder *, const char *org,
    const uint8_t hash[HASH_LEN]);
bool visit_is_signed(const struct url *);

/* The canonical form of *u*, which came of *url*; that itself if it is it. */
const char *visit_write_url(VRT_CTX, struct visit *, const struct url *u,
    const char *hash, const char *url);

/* visit_use_fallback() for a reason that is known, but for the headers. */
bool visit_stand_in(VRT_CTX, const struct folder *, struct visit *,
    const char *why);

/* Has *u*, and what is known of it, be as *canonical* says. */
void visit_spelled(VRT_CTX, const struct folder *, struct visit *,
    struct url *u, const char *canonical);

/* The same by what the origin said before, if it is known. */
void visit_spell(VRT_CTX, const struct folder *, struct visit *,
    struct url *u);

#endif
