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
 *
 * This is what all of it has in common, and purges; store_alias.h, store_org.h,
 * store_source.h and store_stack.h have the rest.
 */
#ifndef STORE_H
#define STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "name/hash.h"
#include "name/name.h"

struct event_base;
struct store;
struct store_bucket_conf;
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
	STORE_LIMIT,		/* a quota of the organization is used up */
	STORE_LARGE,		/* more user metadata than an image may have */
	STORE_NO_FIELD,		/* no image has a field to sort by */
	STORE_SLOW,		/* a read that took longer than it may */
	STORE_MAP_FULL,		/* no room for more aliases in the map */
	STORE_FULL,		/* disk full: try again later */
	STORE_AWAY,		/* the bucket gives no answer: likewise */
	STORE_ERROR		/* logged */
};

/*--------------------------------------------------------------------
 * Changes, in the order of the commits. What a follower (the map; later other
 * machines) needs to keep level.
 */

enum store_change_kind {
	CHANGE_ALIAS,		/* key: name; hash and epoch, or gone */
	CHANGE_SOURCE,		/* hash; epoch, soft, revoked */
	CHANGE_STACK,		/* key: name; epoch, soft */
	CHANGE_ORGANIZATION,	/* key: ""; epoch, soft */
	/* hash: what is shown, and in epoch STORE_FALLBACK_...; or gone */
	CHANGE_FALLBACK,
	/*
	 * key: alias; hash, or none: it is deleted; of the set whose id is in
	 * epoch, a key "" for the set itself, or gone. Or, epoch 0, of the
	 * alias's change whose number from 0 is in soft, at due_ms; revoked:
	 * back to what it points at; gone: and all behind it.
	 */
	CHANGE_PLAN,
	/* key: id of a signing key; hash: what verifies; until due_ms; or gone */
	CHANGE_PREVIEW
};

struct store_change {
	uint64_t	seq;		/* ever rising, shared with epochs */
	enum store_change_kind kind;
	char		org[ORG_MAX + 1];
	char		key[NAME_MAX_LEN + 1];
	struct hash	hash;		/* target of an alias; image */
	/*
	 * Its target at its last purge, or when it was made, and the one before
	 * this; none if both are the same.
	 */
	struct hash	shown, previous;
	uint64_t	epoch;		/* of its last purge, 0: none */
	uint64_t	soft;		/* of its last soft purge, likewise */
	bool		revoked;
	bool		gone;		/* the record is gone */
	int64_t		due_ms;		/* of the next that is planned, 0: none */
	/* In one instant with all others of the batch; not of a replay. */
	bool		together;
};

/*
 * Called by the writer thread after each commit, and by the caller's thread
 * out of store_replay().
 */
typedef void store_publish_f(void *arg, const struct store_change *,
    size_t n, uint64_t last_seq);

/* Called in the loop's thread when a batch has put rows into the outbox. */
typedef void store_outbox_f(void *arg);

/* What was published by an earlier run, and is still there: the map. */
struct store_follower {
	uint8_t		id[16];		/* of the database that it followed */
	uint64_t	seq;		/* how far */
	uint64_t	aliases;	/* that it knows */
};

struct store_conf {
	const char	*dir;		/* database and blobs */
	struct event_base *base;
	store_publish_f	*publish;
	void		*publish_arg;
	store_outbox_f	*outbox;
	void		*outbox_arg;
	/* The same of events for webhooks, and of changes of these. */
	store_outbox_f	*hooked;
	void		*hooked_arg;
	/* Unix time in milliseconds; NULL: the system's clock. For tests. */
	int64_t		(*now_ms)(void);
	/* How far the feed goes back, in sequence numbers; 0: 200 000. */
	uint64_t	feed_keep;
	const struct store_follower *follower;	/* NULL: there is none */
	/* Where source images are kept; NULL: in files of *dir* alone. */
	const struct store_bucket_conf *bucket;
	/* Make an empty database although one seems to be lost. */
	bool		anew;
};

/* Opens, migrates and checks. NULL and a sentence in *err*. */
struct store *store_open(const struct store_conf *, char *err, size_t);
/* Finishes what is queued, then closes. */
void store_close(struct store *);
/* The database's own id, made at its creation. */
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

/* The actor of a change, for the audit log. */
struct store_actor {
	char		key[33];	/* id of the API key, or "" */
	char		from[64];	/* an address, or what is known */
};

struct store_job {
	/* set by the typed calls below */
	unsigned	magic;		/* of the structure around it */
	enum store_status (*run)(struct store_tx *, struct store_job *);
	/* set by the caller */
	void		(*done)(struct store_job *);
	void		*arg;
	/* whose it is, until done(); NULL: not to be audited */
	const struct store_actor *actor;
	/* set before done() */
	enum store_status status;
	/* the store's own */
	struct store_job *next;
	bool		unsynced;	/* a power cut may undo it */
	void		(*settle)(struct store_tx *, struct store_job *);
};

struct store_stats {
	uint64_t	batches;	/* transactions */
	uint64_t	failed_batches;	/* rolled back: disk full, I/O */
	uint64_t	jobs;		/* in all of them */
	uint64_t	commit_us;	/* time that all of them took */
	uint64_t	publish_us;	/* and that their publishing did */
	bool		failing;	/* the last transaction did */
	bool		full;		/* as the disk was */
	uint64_t	map_used, map_bound;	/* of store_map_size() */
	/* bytes that the data folder may grow; 0 when mounted read-only */
	uint64_t	disk_free;
};
void store_stats(struct store *, struct store_stats *);

/*
 * What an organization may have whose options do not say otherwise. At the
 * start, and when the settings have changed; from any thread.
 */
enum store_use {
	USE_IMAGES,		/* deleted ones too, until they are removed */
	USE_BYTES,		/* of these, as uploaded */
	USE_ALIASES,
	USE_STACKS,
	USE_KEYS,
	USE_HISTORY,		/* what aliases pointed at: the oldest go */
	USE_N
};
/* "images": the option "quota_images" of an organization sets its limit. */
const char *store_usage_name(enum store_use);

struct store_limits {
	unsigned	purges[3];	/* an hour, by enum store_purge_kind */
	int64_t		quota[USE_N];	/* 0: none */
	uint64_t	disk_free;	/* no upload when there is less */
	unsigned	audit_days;	/* that it is kept; 0: there is none */
	int64_t		audit_max;	/* bytes of one organization; 0: any */
	unsigned	read_ms;	/* of store_read_submit(); 0: any */
	bool		overwrite_purges; /* so do changes that were planned */
	int64_t		hook_queue;	/* events that a webhook may owe */
};
void store_limits_set(struct store *, const struct store_limits *);
/*
 * Bytes that the map uses, and may: with no room there are no more aliases, but
 * those that are can be changed. 0: no bound. From any thread.
 */
void store_map_size(struct store *, uint64_t used, uint64_t bound);

struct store_usage {
	char		org[ORG_MAX + 1];
	int64_t		used[USE_N], limit[USE_N];	/* limit 0: none */
};
enum store_status store_usage_get(struct store *, const char *org,
    struct store_usage *out);
typedef void store_usage_f(void *arg, const struct store_usage *);
enum store_status store_usage_each(struct store *, store_usage_f *, void *arg);

/*
 * A read off the loop's thread: *read* is called in the reader thread and may
 * call everything here that reads; then done() in the loop's thread, after
 * the jobs and reads that were done before it. One that takes longer than
 * read_ms ends with STORE_SLOW: others wait for the thread.
 */
struct store_read {
	struct store_job job;		/* status: what read() gave */
#define STORE_READ_MAGIC 0x040b5bcd
	enum store_status (*read)(struct store *, struct store_read *);
};
void store_read_submit(struct store *, struct store_read *);

/*
 * Drops what is due: images deleted thirty days ago and their bytes, preview
 * stacks, purges of thirty days ago, bans and histories that no cache can have
 * a picture of any more, figures of days long gone; and writes those of today. The
 * store does so by itself every ten minutes.
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
#define STORE_BACKUP_MAGIC 0x80e406fe
	const char	*to;		/* the caller's */
	uint64_t	images;		/* out: files of bytes */
	char		err[512];	/* out: a sentence, when it failed */
};
/* OK, EXISTS (one is under way, or the folder is there), FULL, ERROR. */
void store_backup(struct store *, struct store_backup *);

/*
 * The id of the database in *dir*, which this process has not opened. False
 * when it has none: a copy that a backup made, before its first start.
 */
bool store_peek_id(const char *dir, uint8_t id[16]);
/* Whether a monikerd has the data folder *dir* open. */
bool store_in_use(const char *dir);

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
 * Blobs: bytes on their way in. Written by the loop's thread, synced and
 * renamed by the store.
 */

struct store_blob;

struct store_blob *store_blob_new(struct store *);
/* 0, or an errno (ENOSPC). Hashes as it goes. */
int store_blob_write(struct store_blob *, const void *, size_t);
/*
 * Nothing more will be written: its sync may begin, beside what has to be done
 * before a job takes it. Whether it could be synced is told by the job alone.
 */
void store_blob_sync(struct store_blob *);
/* For probing what was written: a descriptor, read only, still owned here. */
int store_blob_fd(const struct store_blob *);
int64_t store_blob_size(const struct store_blob *);
/* Drops it, unless a job has taken it. */
void store_blob_free(struct store_blob *);

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
#define STORE_PURGE_MAGIC 0x5cb776ad
	char		org[ORG_MAX + 1];
	enum store_purge_kind kind;
	char		key[NAME_MAX_LEN + 1];	/* name; stack "*" */
	struct hash_prefix source;		/* instead, of PURGE_SOURCE */
	/* in: of all aliases with this prefix or this tag, one of them; key: out */
	char		prefix[NAME_MAX_LEN + 1], tag[64];
	bool		variants;		/* in: of the alias, too */
	unsigned	limit;			/* in: of the quota, 0: none */
	/*
	 * in: only expire it, keeping it for grace; not for an alias. Owed by
	 * the targets that want to hear of it.
	 */
	bool		soft;
	/* out */
	struct store_quota quota;
	int64_t		id;
	struct hash	*sources;	/* that it concerns; freed by the caller */
	size_t		nsources;
	char		(*names)[NAME_MAX_LEN + 1];	/* if several, */
	size_t		n;				/* likewise */
};
#define STORE_PURGE_MAX	1000	/* aliases of one */
/*
 * OK, QUOTA, or NOT_FOUND (a source image that never was, no such alias by
 * prefix or tag); PRECONDITION: more than STORE_PURGE_MAX.
 */
void store_purge(struct store *, struct store_purge *);
/* What is left, without taking any. */
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
/* *acked_ms*: unix time at which nothing was pending any more, 0: not known. */
typedef int store_purge_target_f(void *arg, const char *target, bool pending,
    int64_t acked_ms);
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

struct store_target {
	const char	*name;
	bool		soft;	/* hears of soft purges as well */
	const char	*org;	/* hears of this one's alone; NULL: of all */
};
enum store_status store_targets_set(struct store *,
    const struct store_target *, size_t n);
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

#define STORE_REPEAT_MAX	86400000	/* milliseconds */

struct store_ban_ack {
	struct store_job job;
#define STORE_BAN_ACK_MAGIC 0x6ab0f469
	char		target[NAME_MAX_LEN + 1];
	int64_t		ids[64];
	size_t		n;
	/*
	 * Rows of round 0 become due once more after this, STORE_REPEAT_MAX at
	 * most; 0, and for rows of round 1: they are done with.
	 */
	unsigned	repeat_ms;
};
void store_ban_ack(struct store *, struct store_ban_ack *);

#endif
