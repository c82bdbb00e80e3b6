/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections, statements and columns. */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "db.h"
#include "log.h"
#include "obj.h"
#include "terms.h"

static const char *const db_sql[ST_N] = {
#define S(name, params, sql) [ST_##name] = sql,
	STORE_STATEMENTS(S)
#undef S
};

/* The kinds of each statement's parameters, a letter each. */
#define NONE		""
#define TEXT(name)	"t"
#define INT(name)	"i"
#define REAL(name)	"r"
#define HASH(name)	"h"
#define BLOB(name)	"b"
static const char *const db_types[ST_N] = {
#define S(name, params, sql) [ST_##name] = params,
	STORE_STATEMENTS(S)
#undef S
};

/* sizeof counts the NUL, as the structure has the connection. */
#define S(name, params, sql)						\
_Static_assert(sizeof(struct ST_##name##_args) == DB_SLOT * sizeof params, \
    "a parameter of " #name " is not a slot");
STORE_STATEMENTS(S)
#undef S

/*
 * FULL: the log is synced at each commit, so what was answered survives a
 * power cut. Checkpoints are taken by the writer after the answers left.
 */
#define DB_PRAGMAS							\
	"PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"		\
	"PRAGMA cache_size=-16384; PRAGMA temp_store=MEMORY;"		\
	"PRAGMA wal_autocheckpoint=0; PRAGMA mmap_size=268435456;"	\
	"PRAGMA journal_size_limit=67108864;"				\
	"PRAGMA cell_size_check=ON; PRAGMA trusted_schema=OFF;"

#define DB_LOOK_EVERY	1000	/* instructions of SQLite's, at the clock */

/* SQLite would wait for the other end of a pipe. */
static bool
db_is_file(const char *path, const char *suffix, char *err, size_t err_len)
{
	char name[PATH_MAX];
	struct stat sb;

	(void)snprintf(name, sizeof name, "%s%s", path, suffix);
	if (stat(name, &sb) != 0 || S_ISREG(sb.st_mode))
		return (true);
	(void)snprintf(err, err_len, "%s is not a regular file: move it away",
	    name);
	return (false);
}

static int64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return ((int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000);
}

/* SQLite's progress handler: other than 0 interrupts the statement. */
static int
db_is_late(void *arg)
{
	struct db *db = CAST_OBJ(arg, DB_MAGIC);

	if (db->deadline == 0 || now_ms() < db->deadline)
		return (0);
	db->deadline = 0;
	db->late = true;
	return (1);
}

void
db_limit(struct db *db, unsigned ms)
{

	db->deadline = ms > 0 ? now_ms() + ms : 0;
	db->late = false;
	sqlite3_progress_handler(db->h, ms > 0 ? DB_LOOK_EVERY : 0, db_is_late,
	    db);
}

int
db_open(struct db *db, const char *path, bool read_only, char *err,
    size_t err_len)
{
	int flags, rc;

	memset(db, 0, sizeof *db);
	db->magic = DB_MAGIC;
	if (!db_is_file(path, "", err, err_len) ||
	    !db_is_file(path, "-wal", err, err_len) ||
	    !db_is_file(path, "-shm", err, err_len))
		return (-1);
	flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	flags |= read_only ? SQLITE_OPEN_READONLY :
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	rc = sqlite3_open_v2(path, &db->h, flags, NULL);
	if (rc == SQLITE_OK) {
		(void)sqlite3_busy_timeout(db->h, 10000);
		rc = sqlite3_exec(db->h, DB_PRAGMAS, NULL, NULL, NULL);
	}
	if (rc == SQLITE_OK)
		rc = terms_functions(db);
	if (rc == SQLITE_OK && !read_only)
		rc = sqlite3_exec(db->h, "PRAGMA journal_mode=WAL",
		    NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		return (0);
	(void)snprintf(err, err_len, "cannot open %s: %s", path,
	    db->h != NULL ? sqlite3_errmsg(db->h) : sqlite3_errstr(rc));
	db_close(db);
	return (-1);
}

void
db_close(struct db *db)
{
	unsigned i;

	for (i = 0; i < ST_N; i++)
		(void)sqlite3_finalize(db->st[i]);
	(void)sqlite3_close(db->h);
	memset(db, 0, sizeof *db);
}

enum store_status
db_failure(struct db *db)
{
	int rc;

	if (db->late)
		return (STORE_SLOW);
	rc = sqlite3_errcode(db->h) & 0xff;
	if (rc == SQLITE_FULL || (rc == SQLITE_IOERR &&
	    (db->failed == ENOSPC || db->failed == EDQUOT)))
		return (STORE_FULL);
	return (STORE_ERROR);
}

/* A full disk fails every write: one line a second tells it. */
static void
db_log(struct db *db, const char *what)
{
	int code = sqlite3_extended_errcode(db->h);
	struct timespec now;
	char sql[200];

	if (db->late)
		return;
	/* For sqlite3_system_errno() SQLite looks too late at times. */
	db->failed = errno;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	if (code == db->logged && now.tv_sec == db->logged_s) {
		db->unlogged++;
		return;
	}
	(void)snprintf(sql, sizeof sql, "%s", what);
	log_error("store", db_failure(db) == STORE_FULL ?
	    "free space on the data folder's disk" :
	    "look at the data folder's disk, then run monikerd --fsck",
	    KV("error", sqlite3_errmsg(db->h)), KV("code", code),
	    KV("sql", sql), KV("unlogged", db->unlogged));
	db->logged = code;
	db->logged_s = now.tv_sec;
	db->unlogged = 0;
}

static sqlite3_stmt *
db_prepare(struct db *db, enum st st)
{

	if (db->st[st] == NULL && sqlite3_prepare_v3(db->h, db_sql[st], -1,
	    SQLITE_PREPARE_PERSISTENT, &db->st[st], NULL) != SQLITE_OK) {
		db_log(db, db_sql[st]);
		return (NULL);
	}
	return (db->st[st]);
}

static int
db_bind_one(sqlite3_stmt *s, int i, char type, const void *slot)
{
	const struct db_blob *const *b = slot;
	const struct hash *const *h = slot;
	const char *const *t = slot;
	const int64_t *n = slot;
	const double *r = slot;

	switch (type) {
	case 't':
		return (sqlite3_bind_text(s, i, *t, -1, SQLITE_STATIC));
	case 'i':
		return (sqlite3_bind_int64(s, i, *n));
	case 'r':
		return (sqlite3_bind_double(s, i, *r));
	case 'h':
		return (sqlite3_bind_blob(s, i, *h, sizeof **h,
		    SQLITE_STATIC));
	case 'b':
		return (sqlite3_bind_blob64(s, i, (*b)->data, (*b)->len,
		    SQLITE_STATIC));
	default:
		return (SQLITE_MISUSE);
	}
}

/* The first slot is the connection. */
static struct db *
db_of(const void *args)
{
	struct db *const *db = args;

	return (*db);
}

sqlite3_stmt *
db_bind_args(enum st st, const void *args)
{
	struct db *db = db_of(args);
	const char *types = db_types[st], *slot = args;
	sqlite3_stmt *s;
	int i;

	s = db_prepare(db, st);
	if (s == NULL)
		return (NULL);
	for (i = 1; types[i - 1] != '\0'; i++)
		if (db_bind_one(s, i, types[i - 1], slot + DB_SLOT * i) !=
		    SQLITE_OK) {
			db_log(db, db_sql[st]);
			return (NULL);
		}
	return (s);
}

int
db_step(struct db *db, sqlite3_stmt *s)
{
	int rc;

	if (s == NULL)
		return (-1);
	rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		return (1);
	if (rc != SQLITE_DONE)
		db_log(db, sqlite3_sql(s));
	db_reset(s);
	return (rc == SQLITE_DONE ? 0 : -1);
}

void
db_reset(sqlite3_stmt *s)
{

	(void)sqlite3_reset(s);
	(void)sqlite3_clear_bindings(s);
}

sqlite3_stmt *
db_row_args(int *rc, enum st st, const void *args)
{
	sqlite3_stmt *s;

	s = db_bind_args(st, args);
	*rc = db_step(db_of(args), s);
	return (*rc == 1 ? s : NULL);
}

int
db_run_args(enum st st, const void *args)
{
	struct db *db = db_of(args);

	if (db_step(db, db_bind_args(st, args)) != 0)
		return (-1);
	return (sqlite3_changes(db->h));
}

int
db_meta(struct db *db, const char *key, uint64_t *value)
{
	sqlite3_stmt *s;
	int rc;

	*value = 0;
	s = db_row(db, &rc, ST_META_GET, key);
	if (s != NULL) {
		*value = (uint64_t)sqlite3_column_int64(s, 0);
		db_reset(s);
	}
	return (rc);
}

int
db_exec(struct db *db, const char *sql)
{

	if (sqlite3_exec(db->h, sql, NULL, NULL, NULL) == SQLITE_OK)
		return (0);
	db_log(db, sql);
	return (-1);
}

void
db_text(sqlite3_stmt *s, int col, char *buf, size_t len)
{
	const void *p;
	size_t n;

	buf[0] = '\0';
	p = sqlite3_column_text(s, col);
	if (p == NULL)
		return;
	n = (size_t)sqlite3_column_bytes(s, col);
	n = n < len ? n : len - 1;
	memcpy(buf, p, n);
	buf[n] = '\0';
}

char *
db_strdup(sqlite3_stmt *s, int col)
{
	const char *p;

	p = (const char *)sqlite3_column_text(s, col);
	return (strdup(p != NULL ? p : ""));
}

bool
db_hash(sqlite3_stmt *s, int col, struct hash *hash)
{
	const void *p;

	p = sqlite3_column_blob(s, col);
	if (p == NULL || sqlite3_column_bytes(s, col) != HASH_LEN) {
		memset(hash, 0, HASH_LEN);
		return (false);
	}
	memcpy(hash, p, HASH_LEN);
	return (true);
}
