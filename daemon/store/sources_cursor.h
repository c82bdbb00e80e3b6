/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a list of source images goes on. */
#ifndef SOURCE_CURSOR_H
#define SOURCE_CURSOR_H

#include "db.h"
#include "store_source.h"

/*
 * The row that came last, and those of its columns that may change, as they
 * were then: the place where a list goes on does not move with it.
 */
struct cursor {
	int64_t	id;			/* 0: from the start */
	int64_t	deleted_ms;
	char	name[256];
};

/* The cursor behind *src*, whose row is *id*, as text. */
void cursor_print(const struct store_query *, int64_t id,
    const struct store_source *src, char out[STORE_CURSOR]);
/*
 * The one of the query: OK, with id 0 when it has none, or NOT_FOUND when no
 * list of this order has given it.
 */
enum store_status cursor_take(struct db *, const struct store_query *,
    struct cursor *);

#endif
