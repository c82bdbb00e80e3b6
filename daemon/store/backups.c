/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A consistent copy while the store is in use: the database by SQLite's online
 * backup in one read transaction, then the bytes of every image that the copy
 * knows. The database gets its name last, so that half a copy is not taken for one.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blobs.h"

struct backup {
	unsigned	magic;
#define BACKUP_MAGIC	0x42251607
	struct store	*store;
	struct store_backup *job;
	pthread_t	thread;
	atomic_bool	over;		/* the thread is about to end */
	bool		made;		/* the new folder */
	int		fd, blobs_fd;	/* of it */
};

static enum store_status
backup_fail(struct store_backup *p, const char *what, int e)
{

	(void)snprintf(p->err, sizeof p->err, "backup to %s: cannot %s: %s%s",
	    p->to, what, strerror(e), e == EROFS || e == EACCES ?
	    "; may monikerd, and its systemd unit, write there?" :
	    e == EEXIST ? "; name one that does not exist yet" : "");
	return (e == ENOSPC || e == EDQUOT ? STORE_FULL :
	    e == EEXIST ? STORE_EXISTS : STORE_ERROR);
}

static enum store_status
backup_sqlite_fail(struct store_backup *p, sqlite3 *h)
{

	(void)snprintf(p->err, sizeof p->err, "backup to %s: %s", p->to,
	    sqlite3_errmsg(h));
	return ((sqlite3_errcode(h) & 0xff) == SQLITE_FULL ? STORE_FULL :
	    STORE_ERROR);
}

static int
backup_pages(struct db *from, sqlite3 *to)
{
	sqlite3_backup *b;

	b = sqlite3_backup_init(to, "main", from->h, "main");
	if (b == NULL)
		return (-1);
	/* All at once: a read transaction, which holds nobody up. */
	(void)sqlite3_backup_step(b, -1);
	return (sqlite3_backup_finish(b) == SQLITE_OK ? 0 : -1);
}

/* Without an id, the copy makes itself one when it is first opened. */
static enum store_status
backup_database(struct backup *b, sqlite3 **copy)
{
	char path[4096], err[512];
	struct db from;

	(void)snprintf(path, sizeof path, "%s/moniker.db",
	    b->store->dir);
	if (db_open(&from, path, true, err, sizeof err) != 0) {
		(void)snprintf(b->job->err, sizeof b->job->err, "%s", err);
		return (STORE_ERROR);
	}
	(void)snprintf(path, sizeof path, "%s/copy.db", b->job->to);
	if (sqlite3_open(path, copy) != SQLITE_OK ||
	    backup_pages(&from, *copy) != 0 ||
	    sqlite3_exec(*copy, "PRAGMA journal_mode=DELETE; "
	    "DELETE FROM meta WHERE key = 'id'", NULL, NULL, NULL) !=
	    SQLITE_OK) {
		db_close(&from);
		return (backup_sqlite_fail(b->job, *copy));
	}
	db_close(&from);
	return (STORE_OK);
}

static int
backup_copy(int from_dir, int to_dir, const char *name)
{
	ssize_t n = 1;
	int e = 0, in, out;

	in = openat(from_dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (in < 0)
		return (errno);
	out = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    0600);
	if (out < 0)
		e = errno;
	while (e == 0 && n > 0) {
		n = sendfile(out, in, NULL, 1 << 20);
		if (n < 0)
			e = errno;
	}
	if (e == 0 && fsync(out) != 0)
		e = errno;
	if (out >= 0)
		(void)close(out);
	(void)close(in);
	return (e);
}

static enum store_status
backup_blob(struct backup *b, const struct hash *content)
{
	char hex[HASH_HEX + 1], name[HASH_HEX + 4];
	int e;

	hash_to_hex(content, hex);
	(void)snprintf(name, sizeof name, "%.2s", hex);
	if (mkdirat(b->blobs_fd, name, 0700) != 0 && errno != EEXIST)
		return (backup_fail(b->job, "make a folder", errno));
	(void)snprintf(name, sizeof name, "%.2s/%s", hex, hex);
	if (linkat(b->store->blobs_fd, name, b->blobs_fd, name, 0) == 0) {
		b->job->images++;
		return (STORE_OK);
	}
	if (errno == ENOENT && b->store->blobs->bucket != NULL)
		return (STORE_OK);	/* it stays there */
	e = errno == EXDEV || errno == EPERM || errno == EMLINK ?
	    backup_copy(b->store->blobs_fd, b->blobs_fd, name) : errno;
	b->job->images += e == 0;
	return (e == 0 ? STORE_OK : backup_fail(b->job, "copy an image", e));
}

/* Where the others are. */
static enum store_status
backup_mark(struct backup *b)
{
	int e = bucket_is_marked(b->store) ? backup_copy(b->store->dir_fd,
	    b->fd, "bucket") : 0;

	return (e == 0 ? STORE_OK : backup_fail(b->job, "copy bucket", e));
}

static enum store_status
backup_blobs(struct backup *b, sqlite3 *copy)
{
	enum store_status status = STORE_OK;
	struct hash content;
	sqlite3_stmt *s = NULL;

	if (sqlite3_prepare_v2(copy, "SELECT DISTINCT content FROM source", -1,
	    &s, NULL) != SQLITE_OK)
		return (backup_sqlite_fail(b->job, copy));
	while (status == STORE_OK && sqlite3_step(s) == SQLITE_ROW)
		if (db_hash(s, 0, &content))
			status = backup_blob(b, &content);
	(void)sqlite3_finalize(s);
	return (status == STORE_OK ? backup_mark(b) : status);
}

static enum store_status
backup_folder(struct backup *b)
{

	if (mkdir(b->job->to, 0700) != 0)
		return (backup_fail(b->job, "make the folder", errno));
	b->made = true;
	b->fd = open(b->job->to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (b->fd < 0 || mkdirat(b->fd, "blobs", 0700) != 0)
		return (backup_fail(b->job, "make a folder", errno));
	b->blobs_fd = openat(b->fd, "blobs",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return (b->blobs_fd >= 0 ? STORE_OK :
	    backup_fail(b->job, "open a folder", errno));
}

static int
backup_remove(const char *path, const struct stat *st, int type,
    struct FTW *at)
{

	(void)st;
	(void)type;
	(void)at;
	(void)remove(path);
	return (0);
}

/* A copy for each night on which the disk was full would keep it full. */
static void
backup_undo(struct backup *b)
{

	if (b->made)
		(void)nftw(b->job->to, backup_remove, 8,
		    FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static enum store_status
backup_do(struct backup *b)
{
	enum store_status status;
	sqlite3 *copy = NULL;

	status = backup_folder(b);
	if (status == STORE_OK)
		status = backup_database(b, &copy);
	if (status == STORE_OK)
		status = backup_blobs(b, copy);
	if (sqlite3_close(copy) != SQLITE_OK && status == STORE_OK)
		status = STORE_ERROR;
	if (status == STORE_OK && (chmod(b->job->to, 0700) != 0 ||
	    fchmodat(b->fd, "copy.db", 0600, 0) != 0 ||
	    renameat(b->fd, "copy.db", b->fd, "moniker.db") != 0 ||
	    syncfs(b->fd) != 0))
		status = backup_fail(b->job, "finish", errno);
	return (status);
}

static void *
backup_main(void *arg)
{
	struct backup *b = CAST_OBJ(arg, BACKUP_MAGIC);
	enum store_status status;

	status = backup_do(b);
	if (status != STORE_OK)
		backup_undo(b);
	atomic_store(&b->over, true);
	deliver_finish(b->store, &b->job->job, status);
	return (NULL);
}

static void
backup_free(struct store *st)
{
	struct backup *b = st->backup;

	st->backup = NULL;
	if (b->blobs_fd >= 0)
		(void)close(b->blobs_fd);
	if (b->fd >= 0)
		(void)close(b->fd);
	free(b);
}

/* Waits for one that is under way. */
void
backup_stop(struct store *st)
{

	if (st->backup == NULL)
		return;
	(void)pthread_join(st->backup->thread, NULL);
	backup_free(st);
}

void
store_backup(struct store *st, struct store_backup *p)
{
	struct backup *b;

	p->job.magic = STORE_BACKUP_MAGIC;
	p->images = 0;
	p->err[0] = '\0';
	if (st->backup != NULL && atomic_load(&st->backup->over))
		backup_stop(st);
	if (st->backup != NULL) {
		(void)snprintf(p->err, sizeof p->err, "a backup is under way: "
		    "wait for it");
		deliver_finish(st, &p->job, STORE_EXISTS);
		return;
	}
	b = calloc(1, sizeof *b);
	if (b != NULL) {
		b->magic = BACKUP_MAGIC;
		b->store = st;
		b->job = p;
		b->fd = b->blobs_fd = -1;
		st->backup = b;
	}
	if (b != NULL && pthread_create(&b->thread, NULL, backup_main, b) == 0)
		return;
	free(b);
	st->backup = NULL;
	deliver_finish(st, &p->job, backup_fail(p, "start a thread", ENOMEM));
}
