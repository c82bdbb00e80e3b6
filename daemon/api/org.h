/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ORG_H
#define ORG_H

#include "api/call.h"

/* The signing keys, the first of which signs; none for who may not see them. */
json_t *org_signing_keys(const struct call *, const char *org);

/* Sets options that were looked at, null to unset one, and answers. */
void org_change_options(struct call *, json_t *changes);

/* org_fallback.c: the options of what is shown for what is not there. */
bool org_is_fallback(const char *name);
/* False after an answer 400; *v* NULL unsets it. */
bool org_fallback_good(struct call *, const char *name, const json_t *v);

#endif
