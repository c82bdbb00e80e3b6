/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening and closing: the folder, its lock, the database and its identity. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "log.h"
#include "orgs.h"
#include "plans.h"
#include "purges.h"
#include "schema.h"
#include "terms.h"

/* Larger ones are checked by monikerd --fsck: it would hold up the start. */
#define QUICK_CHECK_BYTES	(64LL << 20)

int64_t
store_now(const struct store *st)
{

	return (st->conf.now_ms != NULL ? st->conf.now_ms() : clock_wall_ms());
}

static int
store_folder(struct store *st, char *err, size_t err_len)
{

	if (mkdir(st->dir, 0700) != 0 && errno != EEXIST) {
		(void)snprintf(err, err_len, "cannot make the data folder %s: "
		    "%s", st->dir, strerror(errno));
		return (-1);
	}
	st->dir_fd = open(st->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (st->dir_fd >= 0)
		st->lock_fd = openat(st->dir_fd, "lock",
		    O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (st->lock_fd < 0) {
		(void)snprintf(err, err_len, "cannot open the data folder %s: "
		    "%s", st->dir, strerror(errno));
		return (-1);
	}
	if (flock(st->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return (0);
	(void)snprintf(err, err_len, "the data folder %s is in use by another "
	    "monikerd: stop it, or give this one another folder",
	    st->dir);
	return (-1);
}

static bool
store_is_small(const char *path)
{
	struct stat sb;

	return (stat(path, &sb) == 0 && sb.st_size <= QUICK_CHECK_BYTES);
}

static int
store_check(struct store *st, const char *path, char *err, size_t err_len)
{
	sqlite3_stmt *s = NULL;
	int rc = -1;

	if (!store_is_small(path))
		return (0);
	if (sqlite3_prepare_v2(st->wr.h, "PRAGMA quick_check(1)", -1, &s,
	    NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW &&
	    strcmp((const char *)sqlite3_column_text(s, 0), "ok") == 0)
		rc = 0;
	(void)sqlite3_finalize(s);
	if (rc != 0)
		(void)snprintf(err, err_len, "the database %s is damaged: "
		    "restore a backup, or salvage it with 'sqlite3 %s "
		    ".recover' into a new file", path, path);
	return (rc);
}

static int
store_database(struct store *st, char *err, size_t err_len)
{
	char path[4096];
	uint64_t seq = 0;
	mode_t mask;
	int rc;

	if (past_check_files(st, err, err_len) != 0)
		return (-1);
	(void)snprintf(path, sizeof path, "%s/moniker.db", st->dir);
	/* SQLite gives the log and its index the mode of the database. */
	mask = umask(077);
	rc = db_open(&st->wr, path, false, err, err_len);
	(void)umask(mask);
	if (rc != 0 || store_check(st, path, err, err_len) != 0 ||
	    (schema_is_new(&st->wr) &&
	    past_check_new(st, err, err_len) != 0) ||
	    schema_migrate(&st->wr, err, err_len) != 0 ||
	    past_check_database(st, err, err_len) != 0)
		return (-1);
	if (past_identify(st) != 0 || terms_open(&st->wr) != 0 ||
	    (store_is_small(path) && audit_recount(st) != 0) ||
	    db_meta(&st->wr, "seq", &seq) < 0 ||
	    db_meta(&st->wr, "floor", &st->wr_floor) < 0) {
		(void)snprintf(err, err_len, "cannot read %s: %s: check the "
		    "disk", path, sqlite3_errmsg(st->wr.h));
		return (-1);
	}
	st->wr_seq = seq;
	atomic_store(&st->seq, seq);
	if (db_open(&st->rd, path, true, err, err_len) != 0)
		return (-1);
	/* Each commit would have it mapped anew, which stops all cores. */
	(void)db_exec(&st->rd, "PRAGMA mmap_size=0");
	return (0);
}

struct store *
store_open(const struct store_conf *conf, char *err, size_t err_len)
{
	struct store *st;

	st = calloc(1, sizeof *st);
	if (st == NULL || sodium_init() < 0) {
		free(st);
		(void)snprintf(err, err_len, "out of memory");
		return (NULL);
	}
	/* Its counters cost a lock that all threads share. */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	st->magic = STORE_MAGIC;
	st->conf = *conf;
	st->dir = strdup(conf->dir);
	st->conf.dir = st->dir;
	if (st->conf.feed_keep == 0)
		st->conf.feed_keep = FEED_KEEP;
	st->dir_fd = st->lock_fd = st->blobs_fd = st->tmp_fd = -1;
	st->lost_fd = -1;
	st->event_fd = -1;
	(void)pthread_mutex_init(&st->mtx, NULL);
	(void)pthread_cond_init(&st->cond, NULL);
	job_list_init(&st->queue);
	job_list_init(&st->finished);
	if (st->dir != NULL && quota_open(st) == 0 &&
	    usage_open(st) == 0 &&
	    audit_open(st) == 0 &&
	    withdraw_open(st) == 0 &&
	    keys_open(st) == 0 &&
	    uses_open(st) == 0 &&
	    days_open(st) == 0 &&
	    store_folder(st, err, err_len) == 0 &&
	    store_database(st, err, err_len) == 0 &&
	    blobs_open(st, err, err_len) == 0 &&
	    blobs_start(st, err, err_len) == 0 &&
	    writer_start(st, err, err_len) == 0 &&
	    reader_start(st, err, err_len) == 0 &&
	    housekeep_start(st, err, err_len) == 0 &&
	    plans_start(st, err, err_len) == 0 &&
	    uses_start(st) == 0) {
		st->conf.bucket = NULL;	/* the caller's, and read */
		return (st);
	}
	store_close(st);
	return (NULL);
}

void
store_close(struct store *st)
{

	if (st == NULL)
		return;
	housekeep_stop(st);
	plans_stop(st);
	uses_stop(st);
	days_stop(st);
	backup_stop(st);
	reader_stop(st);
	blobs_stop(st);
	writer_stop(st);
	blobs_free(st);
	audit_save(st);
	blobs_close(st);
	free(st->housekeep);
	free(st->plans);
	db_close(&st->rd);
	db_close(&st->wr);
	keys_close(st);
	uses_close(st);
	days_close(st);
	quota_close(st);
	usage_close(st);
	audit_close(st);
	withdraw_close(st);
	if (st->lock_fd >= 0)
		(void)close(st->lock_fd);
	if (st->dir_fd >= 0)
		(void)close(st->dir_fd);
	(void)pthread_cond_destroy(&st->cond);
	(void)pthread_mutex_destroy(&st->mtx);
	free(st->dir);
	st->magic = 0;
	free(st);
}

void
store_id(const struct store *st, uint8_t id[16])
{

	memcpy(id, st->id, sizeof st->id);
}

uint64_t
store_seq(struct store *st)
{

	return (atomic_load(&st->seq));
}

/* That of a thread which has its own. */
static __thread struct db *thread_db;

void
store_use_db(struct db *db)
{

	thread_db = db;
}

struct db *
store_db(struct store *st)
{

	return (thread_db != NULL ? thread_db : &st->rd);
}
