/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store: changes of aliases that are planned. A plan has one alias, or is a
 * set of up to a thousand, with a name, and changes all of them or none.
 */
#ifndef STORE_PLAN_H
#define STORE_PLAN_H

#include "store_alias.h"

#define PLANS_MAX	1000		/* pending, of an organization */
#define SETS_MAX	100		/* of an organization */
#define SET_ITEMS_MAX	1000
#define PLAN_COMMENT_MAX	200
#define PLAN_YEARS_MAX	5

enum store_plan_state {
	PLAN_DRAFT,		/* a set that nothing is said about */
	PLAN_PENDING,		/* until at_ms */
	PLAN_ACTIVE,		/* has happened, and can be taken back */
	PLAN_DONE,
	PLAN_FAILED,
	PLAN_STATES
};
extern const char *const store_plan_states[PLAN_STATES];

struct store_plan_item {
	char		alias[NAME_MAX_LEN + 1];
	struct hash	hash;		/* none: the alias is deleted */
	struct hash	only_if;	/* it must point there; none: anywhere */
	struct hash	before;		/* of an active one; none: nowhere */
	/* in, of a job: what the hashes above begin with */
	struct hash_prefix target, condition;
	bool		remove;		/* in: without a target */
	bool		conditional;	/* in */
};

struct store_plan {
	int64_t		id;
	char		org[ORG_MAX + 1];
	char		name[NAME_MAX_LEN + 1];	/* of a set, else "" */
	enum store_plan_state state;
	int64_t		at_ms, until_ms;	/* 0: none */
	int64_t		next_ms;		/* whichever is next, 0: none */
	int64_t		created_ms, updated_ms, ended_ms;
	char		by[33];			/* id of the API key, or "" */
	char		comment[PLAN_COMMENT_MAX + 1];
	char		reason[256];		/* of a failure */
	size_t		n;			/* items, as it was read */
};

enum store_plan_what {
	PLAN_PUT,		/* a change of one alias, or what a set has */
	PLAN_DELETE,		/* by id and alias, or by name */
	PLAN_PUBLISH,		/* a set: at at_ms, 0: now; until until_ms */
	PLAN_WITHDRAW		/* a set: back to what was, or to a draft */
};

struct store_plan_change {
	struct store_job job;
#define STORE_PLAN_CHANGE_MAGIC 0x1d0f4a57
	enum store_plan_what what;
	struct store_plan plan;		/* in and out */
	/* The caller's, also those that the store gives if it is no PLAN_PUT. */
	struct store_plan_item *items;
	size_t		n;
	const char	*alias;		/* in: PLAN_DELETE of one change; NULL */
	bool		purge;		/* as that of store_alias_put */
	size_t		failed;		/* the item at fault, or n */
};
/*
 * OK, CREATED; NOT_FOUND; NO_SOURCE, AMBIGUOUS (of *failed*: now; n: of what was
 * there); EXISTS: at the same time as another plan of the alias; LIMIT: too many;
 * LOCKED: not in this state; PRECONDITION: plan.reason tells what is not as it
 * must be.
 */
void store_plan_change(struct store *, struct store_plan_change *);

/* *items* is freed by the caller. */
enum store_status store_plan_items(struct store *, int64_t id,
    struct store_plan_item **items, size_t *n);
enum store_status store_plan_get(struct store *, const char *org, int64_t id,
    const char *name, struct store_plan *);

typedef int store_plan_f(void *arg, const struct store_plan *);
struct store_plan_query {
	const char	*org;
	const char	*alias;		/* NULL: of any */
	bool		sets;		/* those alone */
	int		state;		/* enum store_plan_state, or -1 */
	int64_t		from_ms, to_ms;	/* of at_ms */
	int64_t		after;		/* the id of the last one seen */
	unsigned	limit;
};
enum store_status store_plan_each(struct store *,
    const struct store_plan_query *, store_plan_f *, void *arg);

/* Where an alias will point at *at_ms*, as things stand: none: nowhere. */
enum store_status store_plan_foresee(struct store *, const char *org,
    const char *alias, int64_t at_ms, struct hash *hash);

/*--------------------------------------------------------------------
 * Previews: a token shows its holder what is planned. The map has the digest of
 * the signing key that verifies it.
 */
struct store_preview {
	struct store_job job;
#define STORE_PREVIEW_MAGIC 0x6a1b44d9
	char		org[ORG_MAX + 1];
	char		set[NAME_MAX_LEN + 1];	/* in: "": of a moment */
	int64_t		at_ms;			/* in: the moment */
	int64_t		expires_ms;		/* in, and out: not later */
	int64_t		id;			/* out: of the set */
	int64_t		key;			/* out: id of the signing key */
	/* out: what signs; to be wiped */
	struct hash	secret;
};
/* OK; NOT_FOUND: the set, or the organization. */
void store_preview_open(struct store *, struct store_preview *);

struct store_plan_stats {
	uint64_t	pending;	/* that have yet to happen, or go back */
	uint64_t	fired, failed;	/* since the start */
	int64_t		next_ms;	/* 0: none */
};
void store_plan_stats(struct store *, struct store_plan_stats *);

#endif
