/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all files of this folder share: the store, a transaction, and the threads
 * that work for it. What one subject shows the others has a header of its own:
 * aliases.h, hooks.h, orgs.h, plans.h, purges.h, sources.h.
 */
#ifndef STORE_PRIV_H
#define STORE_PRIV_H

#include <glib.h>
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>

#include "db.h"
#include "obj.h"
#include "store_alias.h"
#include "store_org.h"
#include "store_source.h"

#define STORE_BATCH	512		/* jobs of one transaction, at most */
#define FEED_KEEP	200000		/* seqs that the feed goes back */
#define FEED_CHUNK	1000		/* changes of one call of a follower */
#define HOUR_MS		3600000

struct event;

/* Jobs in the order in which they came. */
struct job_list {
	struct store_job *first, **last;
};

struct blobs;
struct quota_cache;
struct reader;
struct housekeep;
struct plans;
struct key_cache;
struct uses;
struct days;
struct audit;
struct backup;
struct usage;

struct store {
	unsigned	magic;
#define STORE_MAGIC	0x53744f72
	char		*dir;
	struct store_conf conf;		/* dir is ours; no zeros */
	int		dir_fd, lock_fd, blobs_fd, tmp_fd, lost_fd;
	/* the database's and its log's, to tell a copy from the original */
	char		place[64], log_place[64];
	uint8_t		id[16];
	_Atomic uint64_t seq;		/* the last one committed */
	_Atomic unsigned key_changes;	/* committed since the start */

	struct db	rd;		/* the loop's thread */
	struct db	wr;		/* the writer, once it runs */
	uint64_t	wr_seq;		/* the writer: the last one drawn */
	uint64_t	wr_floor;	/* the writer: of the feed */
	/* the writer: pages in the log, and when it was last written back */
	int		wr_wal, wr_wal_done;
	bool		wr_unsynced;	/* the writer: commits do not sync */

	pthread_t	writer;
	bool		started;
	pthread_mutex_t	mtx;
	pthread_cond_t	cond;
	struct job_list	queue;		/* under mtx */
	bool		stop;		/* under mtx */
	struct job_list	finished;	/* under mtx: done() is due */
	bool		banned;		/* under mtx: outbox() is due */
	bool		acked;		/* under mtx: look at the watches */
	bool		planned;	/* under mtx: look at the plans */
	bool		hooked;		/* under mtx: webhooks() is due */

	int		event_fd;	/* the writer wakes the loop by it */
	struct event	*event;

	struct blobs	*blobs;
	struct reader	*reader;
	struct quota_cache *quota;
	/* the loop's thread */
	struct store_watch *watches, *watches_ready;
	struct key_cache *keys;
	struct uses	*uses;
	struct days	*days;
	struct housekeep	*housekeep;
	struct plans	*plans;
	struct backup	*backup;	/* the one under way */
	struct store_stats stats;	/* under mtx */
	struct store_limits limits;	/* under mtx */
	atomic_bool	map_full;
	struct usage	*usage;		/* the writer's */
	struct audit	*audit;		/* the writer's */
	GHashTable	*withdrawn;	/* the writer's, by organization */
	/* the writer's: whether any webhook is on, if that is known */
	bool		hooks, hooks_known;
};

/* A transaction of the writer, as a job sees it. */
struct store_tx {
	struct store	*store;
	struct db	*db;
	int64_t		now_ms;
	struct store_change *changes;
	size_t		n, room;
	bool		banned, acked, planned, hooked;
	bool		event_failed;	/* one could not be written */
	int64_t		hook_queue;	/* events that a webhook may owe */
	int64_t		quota[USE_N];	/* unless the organization sets its own */
	unsigned	audit_days;
	int64_t		audit_max;
	const struct store_actor *actor; /* of the job; NULL: the daemon */
	/* contents that may have lost their last image: looked at afterwards */
	struct hash	*dropped;
	size_t		ndropped;
};

static inline const struct hash *
hash_or_null(const struct hash *h)
{

	return (hash_is_none(h) ? NULL : h);
}

/*---- store.c */
int64_t store_now(const struct store *);
/* The connection of the thread that asks: the loop's, or one of its own. */
struct db *store_db(struct store *);
/* The calling thread has this one. */
void store_use_db(struct db *);

/*---- job_list.c */
void job_list_init(struct job_list *);
void job_list_append(struct job_list *, struct store_job *);
/* The first, or NULL. */
struct store_job *job_list_take(struct job_list *);
/* Appends all of *from*, which is empty then. */
void job_list_move(struct job_list *to, struct job_list *from);

/*---- writer.c */
typedef enum store_status job_run_f(struct store_tx *, struct store_job *);
typedef void job_settle_f(struct store_tx *, struct store_job *);
int writer_start(struct store *, char *err, size_t err_len);
void writer_stop(struct store *);
/*
 * *settle* (or NULL) is called by the writer's thread after commit or rollback
 * and publishing, whatever became of the job.
 */
void writer_submit(struct store *, struct store_job *, job_run_f *run,
    job_settle_f *settle);
/* What may be undone by a power cut, and is not worth a sync of its own. */
void writer_submit_unsynced(struct store *, struct store_job *, job_run_f *run);
/* From any thread: a job that submit() has counted goes its way. */
void writer_enqueue(struct store *, struct store_job *);

/*---- deliver.c */
/* From any thread: the loop looks for jobs that are over. */
void deliver_wake(struct store *);
/* What the loop then calls. */
void deliver_event(int fd, short what, void *store);
/* Hands back all that are over, when the loop ends. */
void deliver_all(struct store *);
/* Submits, and delivers what is done until this job is. */
enum store_status deliver_call(struct store *, struct store_job *, job_run_f *);
/* From any thread: a job is over without having run. */
void deliver_finish(struct store *, struct store_job *, enum store_status);
/* From any thread: has the watches looked at. */
void deliver_acked(struct store *);

/*---- reader.c */
int reader_start(struct store *, char *err, size_t err_len);
void reader_stop(struct store *);

/*---- housekeep.c */
int housekeep_start(struct store *, char *err, size_t err_len);
void housekeep_stop(struct store *);

/*---- backups.c */
void backup_stop(struct store *);

/*---- watches.c */
void watch_check(struct store *);

/*---- feed.c */
uint64_t tx_seq(struct store_tx *);
/* Notes a change for the publisher and the feed; 0 or -1. */
int tx_change(struct store_tx *, const struct store_change *);
/* What has an epoch. */
struct epoch_of {
	enum store_change_kind kind;
	const char	*org;
	const char	*key;		/* "" for an organization */
	const struct hash *source;	/* instead, of CHANGE_SOURCE */
};
#define ALIAS_EPOCH(org, name)	(&(struct epoch_of){ CHANGE_ALIAS,	\
	(org), (name), NULL })
#define STACK_EPOCH(org, name)	(&(struct epoch_of){ CHANGE_STACK,	\
	(org), (name), NULL })
#define ORG_EPOCH(org)		(&(struct epoch_of){ CHANGE_ORGANIZATION, \
	(org), "", NULL })
#define SOURCE_EPOCH(org, hash)	(&(struct epoch_of){ CHANGE_SOURCE,	\
	(org), "", (hash) })
/* Draws an epoch, keeps it, and publishes it where the kind has a record. */
int tx_epoch(struct store_tx *, const struct epoch_of *, const bool *revoked,
    uint64_t *epoch);
/* The same of a soft epoch, for a kind that has a record. */
int tx_epoch_soft(struct store_tx *, const struct epoch_of *);
/* The epoch that is kept, 0 when there is none; 0 or -1. */
int epoch_get(struct db *, const struct epoch_of *, uint64_t *epoch,
    bool *revoked);

/* Notes a content for removal, should no image have it after the commit. */
void tx_drop(struct store_tx *, const struct hash *content);

/*---- past.c */
/* Before the database is opened: is there one, and is its log its own? */
int past_check_files(struct store *, char *err, size_t err_len);
/* No database: 0 when nothing says that there was one. */
int past_check_new(struct store *, char *err, size_t err_len);
/* The database is open: does it belong to what lies beside it? */
int past_check_database(struct store *, char *err, size_t err_len);
/* Reads or makes the id; 0 or -1. */
int past_identify(struct store *);
/* Notes where the database and its log are, for the next start. */
void past_note(struct store *, int fd);

/*---- blob_folder.c */
/* Whether any of the 256 folders is there; and, *file*, any file in one. */
bool blobs_any(struct store *, bool file);
int blobs_open(struct store *, char *err, size_t err_len);
void blobs_close(struct store *);
bool blob_used(struct db *, const struct hash *content);

/*---- blob_thread.c */
int blobs_start(struct store *, char *err, size_t err_len);
void blobs_stop(struct store *);
void blobs_free(struct store *);
/* Syncs and names the blob of *job*, then hands the job to the writer. */
void blobs_submit(struct store *, struct store_source_put *);
const struct hash *blob_content(const struct store_blob *);
const struct hash *blob_sha1(const struct store_blob *);
/* The writer: removes a content that no image has, nor one on its way in. */
void blob_drop(struct store *, const struct hash *content);

/*---- usage.c */
int usage_open(struct store *);
void usage_close(struct store *);
/* Counts *n* more or less; LIMIT, and nothing is counted. */
enum store_status usage_add(struct store_tx *, const char *org, enum store_use,
    int64_t n);
/* Counts a row of the history, and makes room for it; 0 or -1. */
int usage_history(struct store_tx *, const char *org);
/* *n* rows went, the last of which ended at *last_ms*. */
void usage_history_expired(struct store_tx *, const char *org, int64_t n,
    int64_t last_ms);
/* Before this it may lack rows. */
int64_t usage_history_gone(struct store_tx *, const char *org);
/* The options of *org* change. */
void usage_options(struct store_tx *, const char *org);
/* Around a job, and around a transaction; usage_write(): 0 or -1. */
void usage_begin_job(struct store_tx *);
void usage_undo_job(struct store_tx *);
int usage_write(struct store_tx *);
void usage_end(struct store_tx *, bool committed);

/*---- audit_log.c */
int audit_open(struct store *);
void audit_close(struct store *);
/* What was counted, when the writer has ended; and anew, after a kill. */
void audit_save(struct store *);
int audit_recount(struct store *);	/* 0 or -1 */
/*
 * Notes a change of *object*, if the job is somebody's. *before* and *after* are
 * JSON or NULL, without any secret.
 */
void tx_audit(struct store_tx *, const char *org, const char *action,
    const char *object, const char *before, const char *after);
/* The same; takes both over. */
void tx_audit_json(struct store_tx *, const char *org, const char *action,
    const char *object, json_t *before, json_t *after);
/* The same of hashes. */
void tx_audit_hash(struct store_tx *, const char *org, const char *action,
    const char *object, const struct hash *before,
    const struct hash *after);
/* Around a job, which has succeeded at its end, and a transaction. */
void audit_begin_job(struct store_tx *);
void audit_end_job(struct store_tx *);
int audit_write(struct store_tx *);	/* 0 or -1 */
void audit_end(struct store_tx *, bool committed);
/* Removes what is old; 0 or -1. */
int audit_expire(struct store_tx *);

/*---- random.c */
/* *n* characters of the first *alphabet* of 0-9a-zA-Z, and a NUL. */
void random_text(char *out, size_t n, unsigned alphabet);

#endif
