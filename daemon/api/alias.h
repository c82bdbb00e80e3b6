/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ALIAS_H
#define ALIAS_H

#include "api/call.h"
#include "store/store_alias.h"

/*
 * The object of part 1.2 of the contract, a new reference: of one with its texts,
 * or of one that is described and whose texts are then looked up.
 */
json_t *alias_json(struct store *, const struct store_alias *);

/* The path's name, or NULL after an answer. */
const char *alias_param(struct call *);

/* Its version, as the header ETag. */
void alias_etag(struct call *, const struct store_alias *);
/*
 * The version that the alias must have for If-Match, which lists those that it
 * may have: the one that it has now, should that be among them. The store looks
 * once more when it writes. Else a version that there never is.
 */
uint64_t alias_match(struct call *, const char *name, const char *list);
/* Where the alias pointed, or will point as things stand, at a time. */
enum store_status alias_at_time(struct call *, const char *name,
    int64_t at_ms, json_t **answer);

/*
 * DELETE of the path of an alias "cache" with ?prefix= or ?tag= purges all such
 * aliases: then true. Without either, it is the alias of that name.
 */
bool purge_aliases(struct call *);

/* Answers what the store says of the alias *name*. */
void alias_refuse(struct call *, enum store_status, const char *name);

#endif
