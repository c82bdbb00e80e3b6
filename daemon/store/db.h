/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connection to the database with its prepared statements. Used by one
 * thread at a time; every thread that needs one has its own.
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <sqlite3.h>

#include "statements.h"
#include "store.h"

enum st {
#define S(name, params, sql) ST_##name,
	STORE_STATEMENTS(S)
#undef S
	ST_N
};

struct db_blob {
	const void	*data;
	size_t		len;
};

/*
 * What each statement is called with, as a structure: the compiler refuses an
 * argument of another type, one too few, and one too many. Each member takes
 * a slot of eight bytes, so that db.c finds them by number.
 */
#define DB_SLOT			8
#define SLOT			_Alignas(DB_SLOT)
#define NONE
#define TEXT(name)		SLOT const char *name;	/* NULL is allowed */
#define INT(name)		SLOT int64_t name;
#define REAL(name)		SLOT double name;
#define HASH(name)		SLOT const struct hash *name;	/* or NULL */
#define BLOB(name)		SLOT const struct db_blob *name;
#define S(name, params, sql)						\
struct ST_##name##_args {						\
	SLOT struct db *db;						\
	params								\
};
STORE_STATEMENTS(S)
#undef S
#undef BLOB
#undef HASH
#undef REAL
#undef INT
#undef TEXT
#undef NONE
#undef SLOT

struct db {
	unsigned	magic;
#define DB_MAGIC	0x61d5a3f2
	sqlite3		*h;
	sqlite3_stmt	*st[ST_N];	/* prepared when first used */
	/* of the last error: errno, extended code, second, alike ones since */
	int		failed;
	int		logged;
	int64_t		logged_s;
	unsigned	unlogged;
	int64_t		deadline;	/* of db_limit(): monotonic ms; 0: none */
	bool		late;		/* a statement met it */
};

/* Opens and sets the pragmas. 0, or -1 and a sentence in *err*. */
int db_open(struct db *, const char *path, bool read_only, char *err,
    size_t err_len);
void db_close(struct db *);
/*
 * Gives the statements from now on *ms* milliseconds together; 0: any. What
 * runs then fails with STORE_SLOW; what ends it, a rollback say, still runs.
 */
void db_limit(struct db *, unsigned ms);

/*
 * db_bind(db, ST_NAME, arguments...) binds. What the pointers point at must
 * stay until the statement is reset. NULL after an error, which is logged.
 */
#define DB_ARGS(db, st, ...)						\
	(st), &(struct st##_args){ (db), __VA_ARGS__ }
#define db_bind(...)	db_bind_args(DB_ARGS(__VA_ARGS__))
sqlite3_stmt *db_bind_args(enum st, const void *args);
/*
 * 1: a row, 0: no more, -1: an error, logged. After 0 and -1 the statement is
 * reset; who stops at a row calls db_reset(), or else the connection stays in
 * the past.
 */
int db_step(struct db *, sqlite3_stmt *);
void db_reset(sqlite3_stmt *);
/*
 * db_row(db, &rc, ST_NAME, arguments...) binds and steps once: the first row,
 * or NULL with *rc* 0 or -1.
 */
#define db_row(db, rc, ...)						\
	db_row_args((rc), DB_ARGS(db, __VA_ARGS__))
sqlite3_stmt *db_row_args(int *rc, enum st, const void *args);
/*
 * db_run(db, ST_NAME, arguments...) binds and runs a statement without rows:
 * number of changes, or -1.
 */
#define db_run(...)	db_run_args(DB_ARGS(__VA_ARGS__))
int db_run_args(enum st, const void *args);
/* Runs SQL that has no user's text in it. 0 or -1, logged. */
int db_exec(struct db *, const char *sql);
/* Reads a number of table meta: 1, or 0 or -1 with 0 in *value*. */
int db_meta(struct db *, const char *key, uint64_t *value);
/* What the last error means to a caller. */
enum store_status db_failure(struct db *);

/* Copies a column of text, cut to fit; "" for NULL. */
void db_text(sqlite3_stmt *, int col, char *buf, size_t len);
/* A copy on the heap; NULL only without memory. */
char *db_strdup(sqlite3_stmt *, int col);
/* Copies a hash column; false when it is NULL or of another length. */
bool db_hash(sqlite3_stmt *, int col, struct hash *hash);

#endif
