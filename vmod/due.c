/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "cache/cache.h"

#include "due.h"
#include "folder.h"
#include "headers.h"
#include "tag.h"
#include "visit.h"

const char *
due_moving(const txt h)
{
	static const char name[] = "x-moniker-secondary:";
	const char *list;

	if (!HEADER_IS(h, "x-moniker-secondary:"))
		return (NULL);
	list = headers_value(h, sizeof name - 1);
	return (*list == '_' || strstr(list, ",_") != NULL ? list : NULL);
}

uint64_t
due_sooner(uint64_t a, uint64_t b)
{

	return (a == 0 || (b != 0 && b < a) ? b : a);
}

/* The next change of the aliases that a composition shows. */
static uint64_t
due_below(const struct folder *f, const struct visit *v, const char *list)
{
	uint64_t due_ms = 0;
	struct map_value val;
	struct tag t;

	while (v->org != NULL && tag_next(&list, &t))
		if (t.kind == MAP_KIND_ALIAS && visit_find(f, t.kind, v->org,
		    t.name, t.len, &val) == MAP_FOUND)
			due_ms = due_sooner(due_ms, val.due_ms);
	return (due_ms);
}

bool
due_left(VRT_CTX, const struct folder *f, const struct visit *v,
    const char *secondary, double *left)
{
	uint64_t due_ms = v->kind == URL_ALIAS ? v->due_ms : 0;

	if (secondary != NULL)
		due_ms = due_sooner(due_ms, due_below(f, v, secondary));
	if (due_ms == 0)
		return (false);
	*left = (double)due_ms / 1000 - ctx->now;
	return (true);
}
