/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether the daemon can serve. */
#ifndef READY_H
#define READY_H

#include "api/call.h"
#include "map.h"

void ready_map(struct call *, struct map_status *);

/* What keeps it from being ready, or NULL. */
const char *ready_why_not(const struct call *, const struct map_status *);

#endif
