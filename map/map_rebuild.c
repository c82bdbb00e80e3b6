/* SPDX-License-Identifier: BSD-2-Clause */
/* Building a map from nothing, while readers go on with the old one. */
#include "config.h"

#include <errno.h>

#include "map_writer.h"

int
map_writer_rebuild_begin(struct map_writer *w, uint64_t expected)
{
	struct map_table *t;
	int rc;

	map_grow_abandon(w, 0);
	w->retry = 0;
	rc = map_writer_table(w, &t, expected);
	if (rc != 0)
		return (rc);
	if (w->shown)
		w->kept = w->cur;
	else
		map_writer_unlink(w, w->cur);
	w->cur = t;
	w->shown = false;
	w->rebuilding = true;
	w->failed = 0;
	return (0);
}

int
map_writer_rebuild_end(struct map_writer *w, uint64_t seq)
{

	if (!w->rebuilding)
		return (EINVAL);
	/* What lacks an alias would answer 404 for it. */
	if (w->failed != 0)
		return (w->failed);
	w->rebuilding = false;
	w->withdrawn = false;
	map_writer_commit(w, seq);
	return (0);
}
