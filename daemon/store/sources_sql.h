/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A statement in the making, for lists and searches of source images: it is put
 * together from the table of fields and from nothing that a user sent; values
 * are bound.
 */
#ifndef SOURCES_SQL_H
#define SOURCES_SQL_H

#include "db.h"
#include "ids.h"
#include "store_source.h"

/* Two of each filter and of each key of a cursor, and some. */
#define QUERY_VALUES	(2 * STORE_FILTERS + 6 * STORE_SORTS + 8)
/* The parameter of value[0]; those before are the caller's. */
#define QUERY_FIRST	5

struct query_value {
	char		type;	/* i, r, t, h, n: NULL; j: *list*; s: *set* */
	int64_t		i;
	double		r;
	char		text[264];
	struct hash	hash;
	const char	*list;
	const struct ids *set;
};

struct query {
	bool		plain;		/* filters use no index: the order does */
	char		sql[8192];
	size_t		len;
	struct query_value value[QUERY_VALUES];
	unsigned	nvalues;
};

void query_put(struct query *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* One more, whose parameter is query_param() before. */
struct query_value *query_value(struct query *, char type);
unsigned query_param(const struct query *);
/* What *f* says of *column*. */
void query_filter(struct query *, const struct store_filter *f,
    const char *column);
/* The statement with all values bound but ?1 to ?4; NULL: logged. */
sqlite3_stmt *query_prepare(struct db *, const struct query *);

const char *field_column(enum store_field);

#endif
