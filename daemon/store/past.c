/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an earlier run left: is the database the one that it used, and does it
 * belong to what lies beside it? One that is missing is not taken for a new
 * installation; one that was copied or restored counts on from where no cache
 * has been. doc/backup.rst has the cases.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blobs.h"
#include "log.h"

enum past { PAST_SAME, PAST_NEW, PAST_BACKUP, PAST_COPY, PAST_OLDER };

/* Where a file of *least* bytes or more is, or "". */
static void
past_place(const struct store *st, const char *name, off_t least,
    char place[64])
{
	struct stat sb;

	place[0] = '\0';
	if (fstatat(st->dir_fd, name, &sb, 0) == 0 && sb.st_size >= least)
		(void)snprintf(place, 64, "%ju:%ju", (uintmax_t)sb.st_dev,
		    (uintmax_t)sb.st_ino);
}

/*--------------------------------------------------------------------
 * No database
 */

int
past_check_new(struct store *st, char *err, size_t err_len)
{
	const struct store_follower *f = st->conf.follower;
	const char *dir = st->dir;
	char log[64];

	if (st->conf.anew)
		return (0);
	past_place(st, "moniker.db-wal", 1, log);
	if (log[0] != '\0' || blobs_any(st, true) || bucket_is_marked(st))
		(void)snprintf(err, err_len, "the database %s/moniker.db is "
		    "missing, but %s is there: restore both from a backup, or "
		    "begin anew without them by 'monikerd --begin-anew'", dir,
		    log[0] != '\0' ? "its log moniker.db-wal" :
		    bucket_is_marked(st) ? "what it knew of in its bucket" :
		    "what it knew of in blobs");
	else if (f != NULL && f->aliases > 0)
		(void)snprintf(err, err_len, "the database %s/moniker.db is "
		    "missing, but the map still has %llu aliases: is the disk "
		    "mounted, and store_dir right? If so, restore a backup, or "
		    "begin anew without them by 'monikerd --begin-anew'", dir,
		    (unsigned long long)f->aliases);
	else
		return (0);
	return (-1);
}

/* What was noted of the last run, if it did not end by itself. */
static bool
past_noted(const struct store *st, char place[64], char log[64])
{
	char text[160] = "";
	ssize_t n = -1;
	int fd;

	fd = openat(st->dir_fd, "dirty", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0) {
		n = read(fd, text, sizeof text - 1);
		(void)close(fd);
	}
	return (n > 0 && sscanf(text, "%63s %63s", place, log) == 2);
}

int
past_check_files(struct store *st, char *err, size_t err_len)
{
	char place[64], log[64];

	past_place(st, "moniker.db", 1, st->place);
	past_place(st, "moniker.db-wal", 1, st->log_place);
	if (st->place[0] == '\0')
		return (past_check_new(st, err, err_len));
	if (st->conf.anew) {
		(void)snprintf(err, err_len, "there is a database in %s: move "
		    "it away to begin anew", st->dir);
		return (-1);
	}
	/* SQLite would write the one's log into the other. */
	if (st->log_place[0] == '\0' || !past_noted(st, place, log) ||
	    strcmp(place, st->place) == 0 || strcmp(log, st->log_place) != 0)
		return (0);
	(void)snprintf(err, err_len, "%s/moniker.db was replaced, but the log "
	    "of the one before lies beside it: move moniker.db-wal and "
	    "moniker.db-shm away, they belong to that one", st->dir);
	return (-1);
}

void
past_note(struct store *st, int fd)
{

	past_place(st, "moniker.db", 1, st->place);
	past_place(st, "moniker.db-wal", 0, st->log_place);
	if (ftruncate(fd, 0) == 0)
		(void)dprintf(fd, "%s %s\n", st->place,
		    st->log_place[0] != '\0' ? st->log_place : "-");
}

/*--------------------------------------------------------------------
 * A database
 */

static int
past_meta(struct store *st, const char *key, char *text, size_t len)
{
	sqlite3_stmt *s;
	int rc;

	text[0] = '\0';
	s = db_row(&st->wr, &rc, ST_META_GET, key);
	if (s != NULL) {
		db_text(s, 0, text, len);
		db_reset(s);
	}
	return (rc);
}

/* A number of ours; 0 when there is none. */
static uint64_t
past_number(struct store *st, const char *key)
{
	uint64_t n;

	(void)db_meta(&st->wr, key, &n);
	return (n);
}

static unsigned long long
past_images(struct store *st)
{
	unsigned long long n = 0;
	sqlite3_stmt *s;
	int rc;

	s = db_row(&st->wr, &rc, ST_IMAGES_KEPT);
	if (s != NULL) {
		n = (unsigned long long)sqlite3_column_int64(s, 0);
		db_reset(s);
	}
	return (n);
}

static bool
past_id(struct db *db, uint8_t id[16])
{
	bool there = false;
	sqlite3_stmt *s;
	int rc;

	s = db_row(db, &rc, ST_META_GET, "id");
	if (s != NULL) {
		there = sqlite3_column_bytes(s, 0) == 16;
		if (there)
			memcpy(id, sqlite3_column_blob(s, 0), 16);
		db_reset(s);
	}
	return (there);
}

static enum past
past_judge(struct store *st)
{
	const struct store_follower *f = st->conf.follower;
	char noted[64];

	if (!past_id(&st->wr, st->id))
		return (past_number(st, "seq") == 0 ? PAST_NEW :
		    PAST_BACKUP);
	if (f != NULL && memcmp(f->id, st->id, sizeof st->id) == 0 &&
	    f->seq > past_number(st, "seq"))
		return (PAST_OLDER);
	if (past_meta(st, "place", noted, sizeof noted) > 0 &&
	    strcmp(noted, st->place) != 0)
		return (PAST_COPY);
	return (PAST_SAME);
}

int
past_check_database(struct store *st, char *err, size_t err_len)
{
	const struct store_follower *f = st->conf.follower;
	unsigned long long n;

	n = past_images(st);
	if (n > 0 && !blobs_any(st, false) && !bucket_is_marked(st)) {
		(void)snprintf(err, err_len, "the database knows %llu images, "
		    "but %s/blobs is missing or empty: mount it, or copy it "
		    "from a backup; to go on without the pictures, make the "
		    "folder blobs/00", n, st->dir);
		return (-1);
	}
	if (past_judge(st) != PAST_SAME || f == NULL || f->aliases == 0 ||
	    memcmp(f->id, st->id, sizeof st->id) == 0)
		return (0);
	(void)snprintf(err, err_len, "the database in %s is not the one whose "
	    "%llu aliases the map has: is the disk mounted, and store_dir "
	    "right? To go on with this one, remove the map's folder",
	    st->dir, (unsigned long long)f->aliases);
	return (-1);
}

/*
 * Caches hold what was purged, deleted or protected after this database was
 * copied: raise the epoch of all of it, and ban it where there is no map.
 */
static int
past_disown(struct store *st, uint64_t seq)
{
	int64_t now = store_now(st);

	return (db_run(&st->wr, ST_RESTORED_EPOCHS, seq) < 0 ||
	    db_run(&st->wr, ST_RESTORED_BANS, now) < 0 ||
	    db_run(&st->wr, ST_RESTORED_OWED, now) < 0 ||
	    db_run(&st->wr, ST_BAN_SWEEP_ALL) < 0 ? -1 : 0);
}

/*
 * Its counter starts above any that a database in this place may have had
 * before, because caches may hold objects of those epochs: unix milliseconds
 * times 1024, which no rate of writes catches up with, and a double still
 * holds exactly.
 */
static int
past_renew(struct store *st, enum past how)
{
	const struct store_follower *f = st->conf.follower;
	uint64_t seq, start = (uint64_t)store_now(st) << 10;

	seq = past_number(st, "seq");
	if (f != NULL && f->seq > seq)
		seq = f->seq;
	seq = (seq > start ? seq : start) + 1;
	randombytes_buf(st->id, sizeof st->id);
	if (db_run(&st->wr, ST_BEGIN) < 0 ||
	    db_run(&st->wr, ST_CHANGE_PRUNE, INT64_MAX) < 0 ||
	    db_run(&st->wr, ST_META_SET_INT, "seq", seq) < 0 ||
	    db_run(&st->wr, ST_META_SET_INT, "floor", seq) < 0 ||
	    ((how == PAST_BACKUP || how == PAST_OLDER) &&
	    past_disown(st, seq) != 0) ||
	    db_run(&st->wr, ST_META_SET, "place", st->place) < 0 ||
	    db_run(&st->wr, ST_META_SET_BLOB, "id",
	    &(struct db_blob){ st->id, sizeof st->id }) < 0 ||
	    db_run(&st->wr, ST_COMMIT) < 0)
		return (-1);
	return (0);
}

static void
past_tell(const struct store *st, enum past how)
{

	if (how == PAST_NEW)
		log_info("store_new", KV("dir", st->dir));
	else if (how == PAST_BACKUP)
		log_info("store_restored", KV("from", "backup"),
		    KV("note", "all pictures in caches count as purged"));
	else if (how == PAST_COPY)
		log_info("store_copied", KV("note", "the database lies "
		    "elsewhere than at its last start: it has a new identity"));
	else if (how == PAST_OLDER)
		log_error("store_restored", "the database is older than the "
		    "map: what was written since is lost, and all pictures in "
		    "caches count as purged; if you did not restore it, stop "
		    "monikerd and look for a newer copy", KV("from", "older"));
}

int
past_identify(struct store *st)
{
	enum past how;
	char noted[64];

	past_place(st, "moniker.db", 1, st->place);
	how = past_judge(st);
	if (how != PAST_SAME) {
		past_tell(st, how);
		return (past_renew(st, how));
	}
	if (past_meta(st, "place", noted, sizeof noted) > 0)
		return (0);
	/* Made by a moniker that did not note it. */
	return (db_run(&st->wr, ST_META_SET, "place", st->place) < 0 ?
	    -1 : 0);
}

/*--------------------------------------------------------------------
 * Without opening the store
 */

bool
store_peek_id(const char *dir, uint8_t id[16])
{
	char path[4096], err[512];
	struct db db;
	bool there;

	(void)snprintf(path, sizeof path, "%s/moniker.db", dir);
	if (db_open(&db, path, true, err, sizeof err) != 0)
		return (false);
	there = past_id(&db, id);
	db_close(&db);
	return (there);
}

bool
store_in_use(const char *dir)
{
	char path[4096];
	bool used;
	int fd;

	(void)snprintf(path, sizeof path, "%s/lock", dir);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return (false);
	used = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
	(void)close(fd);
	return (used);
}
