/* SPDX-License-Identifier: BSD-2-Clause */
/* The store: the audit log. */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

#include <jansson.h>

#include "store.h"

/*
 * Reads lines of an organization. An object has action, object, key and from,
 * and before and after as far as there was and is something.
 */
struct store_audit {
	char		org[ORG_MAX + 1];
	int64_t		from_ms, to_ms;
	bool		oldest_first;
	unsigned	limit;
	/* go on after this line; id 0: from the start */
	int64_t		after_ms, after_id, after_line;
	/* other than 0 stops */
	int		(*func)(void *arg, int64_t ms, json_t *line);
	void		*arg;
	/* out: how many there were, and which the last was */
	unsigned	n;
	int64_t		last_ms, last_id, last_line;
};
enum store_status store_audit_each(struct store *, struct store_audit *);

#endif
