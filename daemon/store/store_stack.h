/* SPDX-License-Identifier: BSD-2-Clause */
/* The store: stacks. The definition is a JSON text that the API has checked. */
#ifndef STORE_STACK_H
#define STORE_STACK_H

#include "store.h"

struct store_stack {
	char		org[ORG_MAX + 1];
	char		name[NAME_MAX_LEN + 1];
	int64_t		created_ms;
	uint64_t	seq;		/* of its last change: its version */
	char		*definition;	/* freed by store_stack_clear() */
};
void store_stack_clear(struct store_stack *);

struct store_stack_put {
	struct store_job job;
#define STORE_STACK_PUT_MAGIC 0xb8ae19aa
	struct store_stack stack;	/* in: org, name, definition */
	bool		overwrite;
	/* Whether one may follow another; NULL: any. In the writer's thread. */
	bool		(*may_follow)(const char *old, const char *new);
};
/* CREATED, OK, EXISTS, NOT_FOUND (organization), PRECONDITION: may_follow(). */
void store_stack_put(struct store *, struct store_stack_put *);

struct store_stack_delete {
	struct store_job job;
#define STORE_STACK_DELETE_MAGIC 0xa67451ec
	char		org[ORG_MAX + 1];
	char		name[NAME_MAX_LEN + 1];
};
void store_stack_delete(struct store *, struct store_stack_delete *);

enum store_status store_stack_get(struct store *, const char *org,
    const char *name, struct store_stack *out);
/* That of its last purge, 0 if there was none. */
enum store_status store_stack_epoch(struct store *, const char *org,
    const char *name, uint64_t *epoch);
/* Its version alone, for who has the rest. */
enum store_status store_stack_seq(struct store *, const char *org,
    const char *name, uint64_t *seq);
/*
 * *changed: whether its change *seq* is younger than the last purge of it, or
 * of the organization, or than its first appearance. OK or ERROR.
 */
enum store_status store_stack_changed(struct store *, const char *org,
    const char *name, uint64_t seq, bool *changed);
typedef int store_stack_f(void *arg, const struct store_stack *);
/* In the order of names, those after *after* (NULL: from the start). */
enum store_status store_stack_each(struct store *, const char *org,
    const char *after, unsigned limit, store_stack_f *, void *arg);

#endif
