/* SPDX-License-Identifier: BSD-2-Clause */
/* The store: aliases, and what they pointed at. */
#ifndef STORE_ALIAS_H
#define STORE_ALIAS_H

#include "store.h"

struct store_alias {
	char		org[ORG_MAX + 1];
	char		name[NAME_MAX_LEN + 1];
	struct hash	hash;
	/*
	 * What it pointed at when it was purged last, or made, which sticky
	 * caches show until the next purge; none if at *hash*. And what it
	 * pointed at just before, none if nowhere since then.
	 */
	struct hash	shown, previous;
	int64_t		created_ms, updated_ms;
	uint64_t	epoch;		/* of its last purge */
	uint64_t	seq;		/* of its last change: its version */
	int64_t		due_ms;		/* of its next planned one, 0: none */
	bool		described;	/* has a description, or tags */
	/* The lists' and store_alias_show()'s, while they call; or NULL. */
	const char	*description, *tags;
};

/*
 * What may go with a change of an alias; the texts stay the caller's. The actor
 * of the job is the key that makes the change.
 */
#define STORE_COMMENT_MAX	200	/* characters */
#define STORE_DESCRIPTION_MAX	500
#define STORE_TAGS_MAX		20
#define STORE_TAG_MAX		40
struct store_alias_note {
	const char	*comment;	/* why; NULL: none is given */
	/* NULL: as it is; "": none */
	const char	*description;
	/* The same: in order, each once, between commas. */
	const char	*tags;
	const char	*action;	/* in the audit log; NULL: by the change */
};

struct store_alias_put {
	struct store_job job;
#define STORE_ALIAS_PUT_MAGIC 0x86269089
	struct store_alias alias;	/* in: org, name */
	struct hash_prefix target;	/* in */
	struct store_alias_note note;	/* in */
	bool		overwrite;
	uint64_t	if_match;	/* its seq must be this; 0: any */
	bool		if_exists;	/* it must be there: If-Match: * */
	bool		if_absent;	/* it must not: If-None-Match: * */
	/*
	 * Also purge it, uncounted, when it points elsewhere from now on: for
	 * caches that do not follow the map.
	 */
	bool		purge;
};
/*
 * CREATED, OK, EXISTS or PRECONDITION (alias: as it is), NO_SOURCE, AMBIGUOUS.
 * To point it where it points already changes nothing, not even seq, unless it
 * gets another description or other tags.
 */
void store_alias_put(struct store *, struct store_alias_put *);

struct store_alias_delete {
	struct store_job job;
#define STORE_ALIAS_DELETE_MAGIC 0x6624d566
	char		org[ORG_MAX + 1];
	char		name[NAME_MAX_LEN + 1];
	uint64_t	if_match;	/* its seq must be this; 0: any */
	struct store_alias_note note;	/* in: comment, action */
};
void store_alias_delete(struct store *, struct store_alias_delete *);

/*
 * Many changes in one transaction, all or nothing, in their order. Each has a
 * status of its own; the job's is OK, or that of the first that failed, whose
 * index is *failed*.
 */
struct store_alias_change {
	struct store_alias_put put;	/* put.job: only its status is used */
	bool		remove;		/* instead: by org, name, if_match, note */
};
struct store_alias_bulk {
	struct store_job job;
#define STORE_ALIAS_BULK_MAGIC 0xb009ada3
	struct store_alias_change *changes;	/* the caller's */
	size_t		n, failed;
};
void store_alias_bulk(struct store *, struct store_alias_bulk *);

enum store_status store_alias_get(struct store *, const char *org,
    const char *name, struct store_alias *out);

typedef int store_alias_f(void *arg, const struct store_alias *);
/* One with its texts. */
enum store_status store_alias_show(struct store *, const char *org,
    const char *name, store_alias_f *, void *arg);
/*
 * Those of an organization in the order of names: after *after*, with names
 * that begin with *prefix*, pointing at the image *hash*; each may be NULL.
 */
enum store_status store_alias_each(struct store *, const char *org,
    const struct hash *hash, const char *prefix, const char *after,
    unsigned limit, store_alias_f *, void *arg);

/* The same of those that have *tag*. */
enum store_status store_alias_tagged(struct store *, const char *org,
    const char *tag, const char *prefix, const char *after, unsigned limit,
    store_alias_f *, void *arg);

/* Those that changed before the version *before*, the last first. */
enum store_status store_alias_newest(struct store *, const char *org,
    uint64_t before, unsigned limit, store_alias_f *, void *arg);

/* What it pointed at before, newest first; also for one that was deleted. */
struct store_alias_past {
	struct hash	hash;
	int64_t		from_ms, to_ms;	/* to_ms 0: it is so now */
	uint64_t	to_seq;		/* the change that ended it */
	/* who pointed it there, that key's comment, and why; or NULL */
	const char	*actor, *actor_comment, *comment;
	bool		deleted;	/* the image is, by now */
};
typedef int store_alias_past_f(void *arg, const struct store_alias_past *);
enum store_status store_alias_history(struct store *, const char *org,
    const char *name, uint64_t before_seq, unsigned limit,
    store_alias_past_f *, void *arg);
/* The same of what it points at now. */
enum store_status store_alias_present(struct store *, const char *org,
    const char *name, store_alias_past_f *, void *arg);

#endif
