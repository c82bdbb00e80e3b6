/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of this folder share. */
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
#include "store_rollback.h"
#include "store_source.h"
#include "store_stack.h"

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

/*---- sources_hash.c */
enum store_status source_resolve(struct db *, const char *org,
    const struct hash_prefix *, bool deleted, struct hash *hash);
/* The digits of *hash* that no other image begins with; 0 or -1. */
int source_short(struct db *, const char *org, const struct hash *hash,
    char out[HASH_HEX + 1]);

/*---- sources_identity.c */
/* Writes its dynamic metadata in the one form that is kept and hashed; 0 or -1. */
int source_canonical(struct store_source *);
/*
 * Loads the image that *in* describes, and sets the hash of *in*: NOT_FOUND
 * leaves one that is free. *exact*: not one of other dynamic metadata.
 */
enum store_status source_known(struct db *, struct store_source *in,
    bool exact, struct store_source *known);
/*
 * Whether the image that *in* describes is there and not deleted: OK or
 * NOT_FOUND. Sets the hash of *in*.
 */
enum store_status source_shown(struct db *, struct store_source *in);

/*---- sources.c */
/* The row of a hash, deleted or not. */
enum store_status source_load(struct db *, const char *org,
    const struct hash *hash, struct store_source *);
/* The same of one that is deleted, or is not. */
enum store_status source_by_prefix(struct db *, const char *org,
    const struct hash_prefix *, bool deleted, struct store_source *);
/* Writes what may change of an image back. */
enum store_status source_save(struct store_tx *, const struct store_source *);
/*
 * Finds or makes the image that *in* describes, with its content; *in* becomes
 * its row. Without dynamic metadata in *in*, it is that of the row.
 */
enum store_status source_add(struct store_tx *, struct store_source *in);
/* Takes both over. */
void source_audit(struct store_tx *, const struct store_source *,
    const char *action, json_t *before, json_t *after);
/*
 * Deletes and revokes. *counted*: may count as a purge, as tx_withdraw_source()
 * says.
 */
enum store_status source_withdraw(struct store_tx *, struct store_source *,
    bool counted);
/* Brings one back that is deleted; QUOTA. */
enum store_status source_undelete(struct store_tx *, struct store_source *);
int source_row(sqlite3_stmt *, const char *org, struct store_source *);

/*---- remote_url.c */
/* Remembers *most* URLs of an organization, this one as the newest; 0 or -1. */
int remote_put(struct store_tx *, const char *org, const char *url,
    int64_t most, const struct hash *);

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

/*---- aliases.c */
enum store_status tx_alias_put(struct store_tx *, struct store_alias_put *);
/*
 * Points all aliases of one image at another, and purges them, uncounted. The
 * two must differ. Adds to *moved* how many there were.
 */
enum store_status tx_aliases_follow(struct store_tx *, const char *org,
    const struct hash *from, const struct hash *to, unsigned *moved);
enum store_status tx_alias_delete(struct store_tx *,
    struct store_alias_delete *);
/* Whether some alias points at the image: 1, 0, or -1. */
int source_is_aliased(struct db *, const char *org, const struct hash *);

/*---- aliases_label.c */
/*
 * Gives *a* the description and the tags that *note* has; *changed*: they
 * differ from what it had, and it is of another version.
 */
enum store_status tx_alias_label(struct store_tx *, struct store_alias *a,
    const struct store_alias_note *note, bool *changed);
/* It is being deleted. */
int tx_alias_unlabel(struct store_tx *, const struct store_alias *); /* 0, -1 */

/*---- aliases_apply.c */
/*
 * Makes *n* changes in their order, each with its own conditions and note. OK,
 * or how the first failed, whose index is *failed*: the job then undoes all. Each
 * change has its status in put.job.status.
 */
enum store_status tx_aliases_apply(struct store_tx *,
    struct store_alias_change *changes, size_t n, size_t *failed);

/*---- rollback.c */
/*
 * What *name* pointed at *at_ms*, *now* being what it is or NULL: none if it was
 * not there. PRECONDITION: the history does not go back so far.
 */
enum store_status alias_was(struct db *, const char *org, const char *name,
    int64_t at_ms, const struct store_alias *now, struct hash *);
/*
 * Whether an alias may point at an image again, which it brings back if it may
 * *restore*. PRECONDITION, and QUOTA: *refusal* says more.
 */
enum store_status rollback_image(struct store_tx *, const char *org,
    const struct hash *, bool restore, struct store_rollback_refusal *);
/* Points it there, anew with the texts that a delete took from it. */
enum store_status rollback_put(struct store_tx *, struct store_alias_put *,
    const struct hash *);

/*---- aliases_row.c */
/* A row of ALIAS_COLS, and one of ALIAS_TEXTS. */
void alias_row(sqlite3_stmt *, const char *org, struct store_alias *);
void alias_row_texts(sqlite3_stmt *, const char *org, struct store_alias *);
int alias_publish(struct store_tx *, const struct store_alias *, uint64_t seq,
    bool gone);
enum store_status alias_load(struct db *, const char *org, const char *name,
    struct store_alias *);

/*---- fallbacks.c */
/* The options of *org* change: the map learns what it shows, if that is new. */
int fallback_options(struct store_tx *, const char *org, const char *before,
    const char *after);
/* *a* was set, or is gone: so does the map if a fallback goes by it. */
int fallback_follow(struct store_tx *, const struct store_alias *a, bool gone);
/* Gives those of all organizations, as of *seq*; 0 or -1. */
int fallback_each(struct db *, uint64_t seq, store_publish_f *, void *arg);
/*---- plans_foresee.c */
/* An alias was changed: so is what its plans come to. 0 or -1. */
int plan_follow(struct store_tx *, const char *org, const char *alias);

/*---- plans_show.c */
/* All that the map is told of plans. */
int plan_each(struct db *, uint64_t seq, store_publish_f *, void *arg);

/*---- previews.c */
/* The key's end has changed, or, *gone*, it is no more. */
int preview_follow(struct store_tx *, const char *org,
    const struct store_sign_key *, bool gone);
int preview_each(struct db *, uint64_t seq, store_publish_f *, void *arg);

/*---- sign_keys.c */
/* Those that have not ended, the newest first. */
enum store_status sign_keys_load(struct db *, const char *org, int64_t now_ms,
    struct store_sign_keys *);

/*---- plans_fire.c */
int plans_start(struct store *, char *err, size_t err_len);
void plans_stop(struct store *);
/* The loop's thread: plans were changed, the next may be another. */
void plans_arm(struct store *);
/* Drops plans that ended long ago; 0 or -1. */
int plans_expire(struct store_tx *);

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

/*---- hooks_event.c */
/* Whether any webhook is on. */
bool tx_hooks(struct store_tx *);
/*
 * Queues an event for the webhooks of *org* that want it; takes *data*, an object,
 * over. A failure fails the transaction.
 */
void tx_event(struct store_tx *, const char *org, const char *type,
    json_t *data);
/* The one, if there is one, of what the audit log is told. */
void tx_event_audit(struct store_tx *, const char *org, const char *action,
    const char *object, const char *before, const char *after);

/*---- hooks_log.c */
/* Drops what is old; 0 or -1. */
int hooks_expire(struct store_tx *);

/*---- withdraw.c */
/*
 * Deletes and protection: a new epoch for what caches hold, and bans owed. The
 * second within an hour counts as a purge, unless *counted* is false: then it
 * is one of the things alone that were taken away.
 */
enum store_status tx_withdraw_source(struct store_tx *, const char *org,
    const struct hash *, bool counted);
/* A stack and those that stand on it; all that an organization shows. */
enum store_status tx_withdraw_stack(struct store_tx *, const char *org,
    const char *name);
enum store_status tx_withdraw_org(struct store_tx *, const char *org);
/*
 * An edge keeps for a second that there is no such stack, nor one that stands
 * on it. By new epochs they are seen as soon as the stack is there.
 */
enum store_status tx_appear_stack(struct store_tx *, const char *org,
    const char *name);
int withdraw_open(struct store *);
void withdraw_close(struct store *);
/*
 * OK, or QUOTA, before what was withdrawn is given back, or made, and for no
 * change.
 */
enum store_status tx_may_return(struct store_tx *, enum store_purge_kind,
    const char *org, const char *key);
/* Whether a stack's pictures need a signature, by its own or a base's word. */
int stack_is_shut(struct db *, const char *org, const char *definition);
/* The name of the stack that it stands on, or "". */
void stack_base(const char *definition, char base[NAME_MAX_LEN + 1]);
/* Withdraws what other options of an organization close. Before the change. */
enum store_status tx_options_changed(struct store_tx *, const char *org,
    const char *before, const char *after);

/*---- stacks.c */
enum store_status stack_load(struct db *, const char *org, const char *name,
    struct store_stack *);
enum store_status tx_stack_delete(struct store_tx *, const char *org,
    const char *name);

/*---- orgs.c */
/* Purges that it may have in an hour, 0: any number. */
unsigned org_purges(struct store_tx *, const char *org, enum store_purge_kind);

enum store_status org_load(struct db *, const char *name, struct store_org *);

/*---- lend.c */
/* What was purged or withdrawn of *org* is so where others show it, too. */
enum store_status tx_lent_source(struct store_tx *, const char *org,
    const struct hash *, bool soft);
enum store_status tx_lent_alias(struct store_tx *, const char *org,
    const char *name);
/* Whether *org*, which has no such image, may have shown its lender's. */
bool tx_is_borrowed(struct store_tx *, const char *org, const struct hash *);
/* Notes for the edge whether *org* may show aliases of another's; 0 or -1. */
int tx_lender_note(struct store_tx *, const char *org, const json_t *options);
/* What options end is withdrawn. QUOTA, before they change. */
enum store_status tx_lending_changed(struct store_tx *, const char *org,
    const json_t *old, const json_t *new);

/*---- random.c */
/* *n* characters of the first *alphabet* of 0-9a-zA-Z, and a NUL. */
void random_text(char *out, size_t n, unsigned alphabet);

/*---- keys.c */
int keys_open(struct store *);
void keys_close(struct store *);

/*---- sessions.c */
int sessions_expire(struct store_tx *);	/* 0 or -1 */

/*---- sign_keys.c */
/* The first key of a new organization; 0 or -1. */
int sign_first(struct store_tx *, const char *org);

/*---- uses.c */
int uses_open(struct store *);
int uses_start(struct store *);
/* Queues what is still to be written. */
void uses_stop(struct store *);
void uses_close(struct store *);
/* When it was used, if that is not written yet, else *written_ms*. */
int64_t use_last(struct store *, const char *org, const char *id,
    int64_t written_ms);

/*---- days.c */
int days_open(struct store *);
/* Queues what was counted, and what each organization has today. */
void days_flush(struct store *);
void days_stop(struct store *);
void days_close(struct store *);

/*---- quota.c */
int quota_open(struct store *);
void quota_close(struct store *);
enum store_status quota_read(struct db *, int64_t now_ms, const char *org,
    enum store_purge_kind, unsigned limit, struct store_quota *);
void quota_remember(struct store *, const char *org, enum store_purge_kind,
    const struct store_quota *);
/* True, and how it stands, when it is known that nothing is left. */
bool quota_refuses(struct store *, const char *org, enum store_purge_kind,
    unsigned limit, struct store_quota *);

/*---- purges.c */
/* Notes a purge that counts, as one of *key*. */
enum store_status tx_purge_note(struct store_tx *, const char *org,
    enum store_purge_kind, const char *key, int64_t *id);
/* Does what a purge of the alias or source image does, uncounted. */
enum store_status tx_purge_alias(struct store_tx *, const char *org,
    const char *name);
enum store_status tx_purge_source(struct store_tx *, const char *org,
    const struct hash *);
/* Tells webhooks that all targets have carried a purge out, if they have. */
void tx_purge_acked(struct store_tx *, int64_t id, const char *org,
    enum store_purge_kind, const char *key);

/*---- outbox.c */
/*
 * Owes a ban to each target that hears of *org*, a *soft* one only to those
 * that want to hear of such; *purge* 0: of none.
 */
enum store_status tx_ban(struct store_tx *, int64_t purge, const char *org,
    const char *header, const char *value, bool soft);
/* Bans pictures that show a source image; unless *soft*, also as second. */
enum store_status tx_ban_source(struct store_tx *, int64_t purge,
    const char *org, const char *hash, bool soft);

#endif
