/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "log.h"
#include "store/store_org.h"
#include "unreachable.h"

/* Made before the name was refused, or restored. */
void
unreachable_warn(struct store *st)
{
	struct store_org o;

	if (store_org_get(st, ORG_UNREACHABLE, &o) == STORE_OK)
		log_warn("organization_unreachable", "host names that begin so "
		    "are the API's: its pictures are not shown; move them to "
		    "another organization", KV("organization", o.name));
}
