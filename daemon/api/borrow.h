/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an organization shows: its own images, and those of another that it names
 * in its option render_org_fallback, if that lists it.
 */
#ifndef BORROW_H
#define BORROW_H

#include "api/call.h"
#include "store/store_alias.h"
#include "store/store_source.h"

/*
 * As store_source_get() of one that is not deleted, its own before the other's;
 * out->org is whose it is. Nothing protected is another's, nor what this
 * organization had and deleted.
 */
enum store_status borrow_source(struct call *, const char *org,
    const struct hash_prefix *, struct store_source *out);
/* As store_alias_get(). */
enum store_status borrow_alias(struct call *, const char *org,
    const char *name, struct store_alias *out);
/* The image of an alias that either gave, and whose org it is. */
enum store_status borrow_aliased(struct call *, const char *org,
    const struct store_alias *, const struct hash_prefix *,
    struct store_source *out);

/* Whether *org* may name *lender* there; the same for one that does not exist. */
bool borrow_is_allowed(struct call *, const char *org, const char *lender);

#endif
