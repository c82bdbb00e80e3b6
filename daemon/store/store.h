/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the daemon knows, durably: SQLite in WAL mode with synchronous=FULL,
 * and blobs as files named by content. Nothing outside this folder sees SQL.
 *
 * Writes are jobs: filled in and handed over by the event loop's thread, run
 * by the store's one writer thread, all waiting ones in one transaction. When
 * it is committed its changes go to the publisher, and only then are the jobs'
 * done() called, in the event loop's thread. So an answered write is on the
 * disk and in the map.
 *
 * Reads are calls of the event loop's thread on a connection of its own, or,
 * where one may take more than a millisecond, of the store's reader thread
 * (store_read_submit()). No other thread may call.
 */
#ifndef STORE_H
#define STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ORG_MAX		63	/* bytes of names, without the NUL */
#define NAME_MAX_LEN	255
#define HASH_HEX	40

struct event_base;
struct store;
struct store_tx;

enum store_status {
	STORE_OK,
	STORE_CREATED,		/* OK, and it was not there before */
	STORE_NOT_FOUND,	/* the thing itself */
	STORE_NO_SOURCE,	/* an alias's target, unknown or deleted */
	STORE_AMBIGUOUS,	/* a short hash that several images have */
	STORE_EXISTS,		/* and overwriting was not asked for */
	STORE_PRECONDITION,	/* If-Match or If-None-Match does not hold */
	STORE_LOCKED,		/* a locked source image */
	STORE_QUOTA,		/* the hour's purges are used up */
	STORE_FULL,		/* disk full: try again later */
	STORE_ERROR		/* logged */
};

/*--------------------------------------------------------------------
 * Changes, in the order of the commits. What a follower (the map; later other
 * machines) needs to keep level.
 */

enum store_change_kind {
	CHANGE_ALIAS,		/* key: name; hash and epoch, or gone */
	CHANGE_SOURCE,		/* key: 40 hex; epoch, revoked */
	CHANGE_STACK,		/* key: name; epoch */
	CHANGE_ORGANIZATION	/* key: ""; epoch */
};

struct store_change {
	uint64_t	seq;		/* ever rising, shared with epochs */
	enum store_change_kind kind;
	char		org[ORG_MAX + 1];
	char		key[NAME_MAX_LEN + 1];
	char		hash[HASH_HEX + 1];	/* target of an alias */
	uint64_t	epoch;
	bool		revoked;
	bool		gone;		/* the record is no more */
};

/*
 * Called by the writer thread after each commit, and by the caller's thread
 * out of store_replay().
 */
typedef void store_publish_f(void *arg, const struct store_change *,
    size_t n, uint64_t last_seq);

/* Called in the loop's thread when a batch has put rows into the outbox. */
typedef void store_outbox_f(void *arg);

struct store_conf {
	const char	*dir;		/* database and blobs */
	struct event_base *base;
	store_publish_f	*publish;
	store_outbox_f	*outbox;
	void		*arg;		/* of both */
	/* Unix time in milliseconds; NULL: the system's clock. For tests. */
	int64_t		(*now_ms)(void);
	/* How far the feed goes back, in sequence numbers; 0: 200 000. */
	uint64_t	feed_keep;
};

/* Opens, migrates and checks. NULL and a sentence in *err*. */
struct store *store_open(const struct store_conf *, char *err, size_t);
/* Finishes what is queued, then closes. */
void store_close(struct store *);
/* Of this database, made at its creation. */
void store_id(const struct store *, uint8_t id[16]);
uint64_t store_seq(struct store *);
/* May be called before the first job: writes the changes after *seq*. */
enum store_status store_replay(struct store *, uint64_t seq,
    store_publish_f *, void *arg);
/* True when changes after *seq* are no longer all kept: take a snapshot. */
bool store_replay_has_gap(struct store *, uint64_t seq);
/*
 * Everything as it is now, as changes, in one consistent read. *expected*: how
 * many there will be, known before the first is given. No publisher: only that.
 */
enum store_status store_snapshot(struct store *, uint64_t *expected,
    store_publish_f *, void *arg);
/*
 * The same of a data folder that this process has not opened; a daemon may.
 * Returns 0, or -1 and a sentence in *err*.
 */
int store_scan(const char *dir, store_publish_f *publish, void *arg, char *err,
    size_t err_len);

/*--------------------------------------------------------------------
 * Jobs. The caller embeds one at the front of its own structure and keeps it
 * alive until done().
 */

struct store_job {
	/* set by the typed calls below */
	enum store_status (*run)(struct store_tx *, struct store_job *);
	/* set by the caller */
	void		(*done)(struct store_job *);
	void		*arg;
	/* set before done() */
	enum store_status status;
	/* the store's own */
	struct store_job *next;
	void		(*settle)(struct store_tx *, struct store_job *);
};

struct store_stats {
	uint64_t	batches;	/* transactions */
	uint64_t	failed_batches;	/* rolled back: disk full, I/O */
	uint64_t	jobs;		/* in all of them */
	uint64_t	commit_us;	/* time that all of them took */
	bool		failing;	/* the last transaction did */
	uint64_t	disk_free;	/* bytes that the data folder may grow */
};
void store_stats(struct store *, struct store_stats *);

/*
 * A read off the loop's thread: *read* is called in the reader thread and may
 * call everything here that reads; then done() in the loop's thread, after
 * the jobs and reads that were done before it.
 */
struct store_read {
	struct store_job job;		/* status: what read() gave */
	enum store_status (*read)(struct store *, struct store_read *);
};
void store_read_submit(struct store *, struct store_read *);

/*
 * Drops what is due: images deleted thirty days ago and their bytes, preview
 * stacks, and what is kept of purges, bans and histories. The store does so by
 * itself every ten minutes.
 */
void store_housekeep(struct store *, struct store_job *);

/*
 * A copy to the new folder *to*, which is a data folder again, made while the
 * store is in use: everything that was answered before is in it. Bytes are
 * hard links where the file system is the same. The copy will have an identity
 * of its own, so that no map of the original is taken for one of it.
 */
struct store_backup {
	struct store_job job;
	const char	*to;		/* the caller's */
	uint64_t	images;		/* out: files of bytes */
	char		err[512];	/* out: a sentence, when it failed */
};
/* OK, EXISTS (one is under way, or the folder is there), FULL, ERROR. */
void store_backup(struct store *, struct store_backup *);

/*
 * Looks at the data folder *dir*, in use or not: the database's structure,
 * what its rows refer to, and the bytes of each image (*deep*: reads them
 * all). Calls *func* for each problem; gives their number, or -1 with a
 * sentence in *err* when it cannot look.
 */
typedef void store_problem_f(void *arg, const char *where, const char *what);
int store_fsck(const char *dir, bool deep, store_problem_f *func, void *arg,
    char *err, size_t err_len);

/*--------------------------------------------------------------------
 * Organizations and keys
 */

/* Rights of a key, as bits. */
enum store_right {
	RIGHT_READ	= 1 << 0,
	RIGHT_WRITE	= 1 << 1,
	RIGHT_UPLOAD	= 1 << 2,
	RIGHT_SOURCE_READ = 1 << 3,
	RIGHT_SOURCE_WRITE = 1 << 4,
	RIGHT_UNLOCK	= 1 << 5,
	RIGHT_DOWNLOAD_PROTECTED = 1 << 6,
	RIGHT_ADMIN	= 1 << 7,
	RIGHT_ADMIN_READ = 1 << 8
};

struct store_org {
	char		id[37];			/* UUID */
	char		name[ORG_MAX + 1];
	char		display_name[256];
	char		billing_email[256];
	int64_t		created_ms;
	char		signing_key[65];
	/* JSON object of options, "{}" */
	char		options[4096];
};

/*
 * Changes what is given and leaves the rest as it is then, whoever else changes
 * it; makes a new one where there is none of this name.
 */
struct store_org_put {
	struct store_job job;
	struct store_org org;		/* in: name; out: all of it */
	/* the caller's; NULL: as it is, and for a new one its name and "" */
	const char	*display_name, *billing_email;
	/* JSON object of the options to set, the caller's; NULL: none */
	const char	*options;
};
/* OK, CREATED, ERROR. */
void store_org_put(struct store *, struct store_org_put *);
enum store_status store_org_get(struct store *, const char *name,
    struct store_org *out);
typedef int store_org_f(void *arg, const struct store_org *);
/* In the order of names, those after *after* (NULL: from the start). */
enum store_status store_org_each(struct store *, const char *after,
    store_org_f *, void *arg);

#define KEY_LEN		64	/* 32 of identity, 32 of secret */

struct store_key {
	char		id[33];
	char		org[ORG_MAX + 1];
	char		comment[256];
	unsigned	rights;
	int64_t		created_ms;
};

struct store_key_new {
	struct store_job job;
	struct store_key key;		/* in: org, comment, rights */
	char		secret[KEY_LEN + 1]; /* out: shown once, kept nowhere */
};
void store_key_new(struct store *, struct store_key_new *);

struct store_key_delete {
	struct store_job job;
	char		org[ORG_MAX + 1];
	char		id[33];
};
void store_key_delete(struct store *, struct store_key_delete *);

/* Whose key this is; constant time in the secret part. */
enum store_status store_key_check(struct store *, const char *api_key,
    struct store_key *out);
typedef int store_key_f(void *arg, const struct store_key *);
enum store_status store_key_each(struct store *, const char *org,
    store_key_f *, void *arg);

/*--------------------------------------------------------------------
 * Blobs: bytes on their way in. Written by the loop's thread, synced and
 * renamed by the store.
 */

struct store_blob;

struct store_blob *store_blob_new(struct store *);
/* 0, or an errno (ENOSPC). Hashes as it goes. */
int store_blob_write(struct store_blob *, const void *, size_t);
/* For probing what was written: a descriptor, read only, still owned here. */
int store_blob_fd(const struct store_blob *);
int64_t store_blob_size(const struct store_blob *);
/* Drops it, unless a job has taken it. */
void store_blob_free(struct store_blob *);

/*--------------------------------------------------------------------
 * Source images
 */

struct store_source {
	char		org[ORG_MAX + 1];
	char		hash[HASH_HEX + 1];
	char		short_hash[HASH_HEX + 1];
	char		binary_hash[HASH_HEX + 1];	/* SHA-1 of the bytes */
	char		content[HASH_HEX + 1];		/* name of the blob */
	char		name[256];
	char		format[8];
	char		mimetype[64];
	int64_t		size, width, height;
	int64_t		created_ms;
	int64_t		deleted_ms;	/* 0: not deleted */
	bool		locked, protected, opaque, animated;
	/* JSON objects, "{}" when empty */
	char		*user_metadata, *dynamic_metadata, *static_metadata;
};
/* Frees what a call below allocated, and zeroes. */
void store_source_clear(struct store_source *);

struct store_source_put {
	struct store_job job;
	struct store_blob *blob;	/* taken over */
	/*
	 * in: org, name, format, mimetype, width, height, flags, metadata
	 * (NULL: kept as it is for a known image); out: all of it
	 */
	struct store_source source;
};
/* CREATED, or OK for an image known before (undeleted if it was deleted). */
void store_source_put(struct store *, struct store_source_put *);

/* Deletes (revokes) or restores. Any length of hash from 6 on. */
struct store_source_delete {
	struct store_job job;
	char		org[ORG_MAX + 1];
	char		hash[HASH_HEX + 1];	/* in: short; out: full */
	bool		restore;
	struct store_source source;		/* out, when restored */
};
void store_source_delete(struct store *, struct store_source_delete *);

/* Deletes all images of the same bytes, or none: LOCKED when one of them is. */
struct store_source_delete_binary {
	struct store_job job;
	char		org[ORG_MAX + 1];
	char		binary_hash[HASH_HEX + 1];
};
void store_source_delete_binary(struct store *,
    struct store_source_delete_binary *);

/*
 * Any length of hash from 6 on. A deleted image is NOT_FOUND, unless *deleted*
 * is true: then only a deleted one is found.
 */
enum store_status store_source_get(struct store *, const char *org,
    const char *hash, bool deleted, struct store_source *out);
/* Opens the bytes of an image. Returns a descriptor, or -1 with errno. */
int store_source_open(struct store *, const struct store_source *);

/* One change of an image that is not deleted. Any length of hash from 6 on. */
enum store_edit {
	EDIT_NAME,		/* text: the name */
	EDIT_LOCKED,		/* flag */
	EDIT_USER_PUT,		/* text: JSON object, replaces all */
	EDIT_USER_PATCH,	/* text: JSON object, null removes a field */
	EDIT_USER_FIELD,	/* field; text: JSON value */
	EDIT_USER_DELETE	/* field, or NULL for all */
};

struct store_source_edit {
	struct store_job job;
	char		org[ORG_MAX + 1];
	char		hash[HASH_HEX + 1];
	enum store_edit	what;
	const char	*text, *field;	/* the caller's */
	bool		flag;
	struct store_source source;	/* out, as it is now */
};
/*
 * OK, NOT_FOUND (the image, or the field to delete), LOCKED (user metadata and
 * name of a locked image).
 */
void store_source_edit(struct store *, struct store_source_edit *);

/* The same bytes with other properties of those that make the hash. */
struct store_source_derive {
	struct store_job job;
	char		org[ORG_MAX + 1];
	char		hash[HASH_HEX + 1];
	bool		protected;
	/* JSON object, the caller's; NULL: as it is */
	const char	*dynamic_metadata;
	bool		delete_previous;
	struct store_source source;	/* out: the other image, or the same */
};
/* CREATED; OK when there is such an image already; NOT_FOUND, LOCKED. */
void store_source_derive(struct store *, struct store_source_derive *);

/*
 * Lists and searches. X(NAME, name in the API, column, is it a number)
 */
#define STORE_FIELDS(X)							\
	X(HASH, "hash", hash, false)					\
	X(SHORT_HASH, "short_hash", short, false)			\
	X(BINARY_HASH, "binaryhash", binary, false)			\
	X(MIMETYPE, "mimetype", mimetype, false)			\
	X(FORMAT, "format", format, false)				\
	X(NAME, "name", name, false)					\
	X(SIZE, "size", size, true)					\
	X(WIDTH, "width", width, true)					\
	X(HEIGHT, "height", height, true)				\
	X(CREATED, "created", created_ms, true)				\
	X(DELETED, "deletedDate", deleted_ms, true)

enum store_field {
#define X(sym, name, column, number) FIELD_##sym,
	STORE_FIELDS(X)
#undef X
	FIELD_N
};

/* By its name in the API; FIELD_N for another. */
enum store_field store_field_find(const char *name);
bool store_field_is_number(enum store_field);

struct store_filter {
	enum store_field field;
	enum { FILTER_EQUAL, FILTER_PREFIX, FILTER_RANGE } op;
	/* texts: the value, the prefix, or the ends; "" is an open end */
	char		low[256], high[256];
	/* numbers (times in unix ms): equal to min, or from min to max */
	int64_t		min, max;	/* INT64_MIN, INT64_MAX: open */
	bool		low_open, high_open;	/* the end itself excluded */
};

#define STORE_FILTERS	16
#define STORE_SORTS	4

struct store_query {
	char		org[ORG_MAX + 1];
	bool		deleted;	/* only deleted ones, or none of them */
	struct store_filter filter[STORE_FILTERS];
	unsigned	nfilters;
	bool		any;		/* of the filters, instead of all */
	struct {
		enum store_field field;
		bool		descending;
	}		sort[STORE_SORTS]; /* none: newest first */
	unsigned	nsorts;
	unsigned	limit, offset;	/* limit 0: only the total */
	char		cursor[24];	/* "": from the start; before offset */
	/* out */
	int64_t		total;		/* without cursor, limit and offset */
	char		next[24];	/* cursor of the next page, "": none */
	char		last[24];	/* the one behind what was given */
};
typedef int store_source_f(void *arg, const struct store_source *);
/* OK, NOT_FOUND for a cursor that no list has given. */
enum store_status store_source_query(struct store *, struct store_query *,
    store_source_f *, void *arg);

/*--------------------------------------------------------------------
 * Aliases
 */

struct store_alias {
	char		org[ORG_MAX + 1];
	char		name[NAME_MAX_LEN + 1];
	char		hash[HASH_HEX + 1];
	int64_t		created_ms, updated_ms;
	uint64_t	epoch;		/* of its last purge */
	uint64_t	seq;		/* of its last change: its version */
};

struct store_alias_put {
	struct store_job job;
	struct store_alias alias;	/* in: org, name, hash (any length) */
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
 * To point it where it points already changes nothing, not even seq.
 */
void store_alias_put(struct store *, struct store_alias_put *);

struct store_alias_delete {
	struct store_job job;
	char		org[ORG_MAX + 1];
	char		name[NAME_MAX_LEN + 1];
	uint64_t	if_match;	/* its seq must be this; 0: any */
};
void store_alias_delete(struct store *, struct store_alias_delete *);

/*
 * Many changes in one transaction, all or nothing, in their order. Each has a
 * status of its own; the job's is OK, or that of the first that failed, whose
 * index is *failed*.
 */
struct store_alias_change {
	struct store_alias_put put;	/* put.job: only its status is used */
	bool		remove;		/* instead: by org, name, if_match */
};
struct store_alias_bulk {
	struct store_job job;
	struct store_alias_change *changes;	/* the caller's */
	size_t		n, failed;
};
void store_alias_bulk(struct store *, struct store_alias_bulk *);

enum store_status store_alias_get(struct store *, const char *org,
    const char *name, struct store_alias *out);

typedef int store_alias_f(void *arg, const struct store_alias *);
/*
 * Those of an organization in the order of names: after *after*, with names
 * that begin with *prefix*, pointing at the image *hash* (40 digits); each may
 * be NULL.
 */
enum store_status store_alias_each(struct store *, const char *org,
    const char *hash, const char *prefix, const char *after, unsigned limit,
    store_alias_f *, void *arg);

/* What it pointed at before, newest first; also for one that was deleted. */
struct store_alias_past {
	char		hash[HASH_HEX + 1];
	int64_t		from_ms, to_ms;
	uint64_t	to_seq;		/* the change that ended it */
};
typedef int store_alias_past_f(void *arg, const struct store_alias_past *);
enum store_status store_alias_history(struct store *, const char *org,
    const char *name, uint64_t before_seq, unsigned limit,
    store_alias_past_f *, void *arg);

/*--------------------------------------------------------------------
 * Stacks. The definition is a JSON text that the API has checked.
 */

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
	struct store_stack stack;	/* in: org, name, definition */
	bool		overwrite;
	/* Whether one may follow another; NULL: any. In the writer's thread. */
	bool		(*may_follow)(const char *old, const char *new);
};
/* CREATED, OK, EXISTS, NOT_FOUND (organization), PRECONDITION: may_follow(). */
void store_stack_put(struct store *, struct store_stack_put *);

struct store_stack_delete {
	struct store_job job;
	char		org[ORG_MAX + 1];
	char		name[NAME_MAX_LEN + 1];
};
void store_stack_delete(struct store *, struct store_stack_delete *);

enum store_status store_stack_get(struct store *, const char *org,
    const char *name, struct store_stack *out);
typedef int store_stack_f(void *arg, const struct store_stack *);
/* In the order of names, those after *after* (NULL: from the start). */
enum store_status store_stack_each(struct store *, const char *org,
    const char *after, unsigned limit, store_stack_f *, void *arg);

/*--------------------------------------------------------------------
 * Purges: the quota, the epochs and the outbox, in one transaction.
 */

enum store_purge_kind { PURGE_ALIAS, PURGE_STACK, PURGE_SOURCE };

struct store_quota {
	unsigned	limit;		/* an hour; 0: none */
	unsigned	remaining;
	int64_t		retry_ms;	/* unix time of the next free place */
};

struct store_purge {
	struct store_job job;
	char		org[ORG_MAX + 1];
	enum store_purge_kind kind;
	char		key[NAME_MAX_LEN + 1];	/* name or hash; stack "*" */
	unsigned	limit;			/* in: of the quota, 0: none */
	/* in: only expire it, keeping it for grace; not for an alias */
	bool		soft;
	/* out */
	struct store_quota quota;
	int64_t		id;
	/* hashes of the sources concerned, as a JSON array; freed by caller */
	char		*sources;
};
/* OK, QUOTA, or NOT_FOUND (a source image that never was). */
void store_purge(struct store *, struct store_purge *);
/* What is left, without taking any: cheap, for refusing. */
enum store_status store_quota_get(struct store *, const char *org,
    enum store_purge_kind, unsigned limit, struct store_quota *out);

/* A purge that was accepted. Kept for thirty days. */
struct store_purge_info {
	int64_t		id;
	char		org[ORG_MAX + 1];
	enum store_purge_kind kind;
	char		key[NAME_MAX_LEN + 1];
	int64_t		created_ms;
	bool		counted, soft;
	unsigned	pending;	/* targets that have not acknowledged */
};
typedef int store_purge_target_f(void *arg, const char *target, bool pending);
/* *func* (NULL: none) gets each of the targets that it was for. */
enum store_status store_purge_get(struct store *, const char *org, int64_t id,
    struct store_purge_info *out, store_purge_target_f *func, void *arg);
typedef int store_purge_f(void *arg, const struct store_purge_info *);
/* Newest first, those before *before* (0: from the newest). */
enum store_status store_purge_each(struct store *, const char *org,
    int64_t before, unsigned limit, store_purge_f *, void *arg);
/*
 * Calls done() once when all targets have acknowledged the purge, in the
 * loop's thread and never inside this call. The time limit is the caller's:
 * store_purge_unwatch() before freeing, harmless after done().
 */
struct store_watch {
	int64_t		purge;
	void		(*done)(struct store_watch *);
	void		*arg;
	struct store_watch *next;	/* the store's */
};
void store_purge_watch(struct store *, struct store_watch *);
void store_purge_unwatch(struct store *, struct store_watch *);

/*
 * The outbox: bans that targets (Varnishes, by their configured names) have
 * yet to acknowledge. Targets are told at start; a row is owed by each.
 */
struct store_ban {
	int64_t		id;
	int64_t		purge;		/* id of its purge */
	int64_t		created_ms;
	unsigned	round;		/* 0: owed; 1: sent, due once more */
	bool		soft;		/* expire, but keep for grace */
	/* equality on one of our own headers */
	char		header[32];	/* "x-moniker-source" */
	char		value[NAME_MAX_LEN + 1];
	char		org[ORG_MAX + 1]; /* and obj.http.x-moniker-org == */
};

enum store_status store_targets_set(struct store *, const char *const *names,
    size_t n);
typedef int store_ban_f(void *arg, const struct store_ban *);
/*
 * What *target* owes and is due now, oldest first, after *after_id*. Stops when
 * the function returns other than 0.
 */
enum store_status store_ban_each(struct store *, const char *target,
    int64_t after_id, unsigned limit, store_ban_f *, void *arg);
/* Unix time when the next row of *target* is due: 0 now, INT64_MAX none. */
enum store_status store_ban_due(struct store *, const char *target,
    int64_t *due_ms);
/* Rows that *target* has not acknowledged, repeats left out. */
enum store_status store_ban_count(struct store *, const char *target,
    unsigned *pending, int64_t *oldest_ms);

struct store_ban_ack {
	struct store_job job;
	char		target[NAME_MAX_LEN + 1];
	int64_t		ids[64];
	size_t		n;
	/*
	 * Rows of round 0 become due once more after this; 0, and for rows of
	 * round 1: they are done with.
	 */
	unsigned	repeat_ms;
};
void store_ban_ack(struct store *, struct store_ban_ack *);

#endif
