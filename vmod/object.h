/* SPDX-License-Identifier: BSD-2-Clause */
/* What "new" makes in VCL, for the files that have its methods. */
#ifndef OBJECT_H
#define OBJECT_H

#include "visit.h"
#include "vcc_moniker_if.h"

struct vmod_moniker_map {
	unsigned		magic;
#define VMOD_MONIKER_MAP_MAGIC	0x6d6f6e69
	struct folder		*folder;
};

/* See visit_get. */
static inline struct visit *
object_visit(VRT_CTX, const struct vmod_moniker_map *m, bool make)
{

	CHECK_OBJ_NOTNULL(ctx, VRT_CTX_MAGIC);
	CHECK_OBJ_NOTNULL(m, VMOD_MONIKER_MAP_MAGIC);
	return (visit_get(ctx, m, make));
}

#endif
