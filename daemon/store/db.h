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

#define HASH_LEN	20	/* bytes of a hash, as the tables keep it */

enum st {
#define S(name, sql) ST_##name,
	STORE_STATEMENTS(S)
#undef S
	ST_N
};

struct db {
	sqlite3		*h;
	sqlite3_stmt	*st[ST_N];	/* prepared when first used */
	/* of the last error: errno, extended code, second, alike ones since */
	int		failed;
	int		logged;
	int64_t		logged_s;
	unsigned	unlogged;
};

/* Opens and sets the pragmas. 0, or -1 and a sentence in *err*. */
int db_open(struct db *, const char *path, bool read_only, char *err,
    size_t err_len);
void db_close(struct db *);

/*
 * Binds by *types*, one letter a parameter: t text (NULL is allowed),
 * i int64_t, u uint64_t, d int, h HASH_LEN bytes, b const void * and size_t.
 * NULL after an error, which is logged.
 */
sqlite3_stmt *db_bind(struct db *, enum st, const char *types, ...);
/*
 * 1: a row, 0: no more, -1: an error, logged. After 0 and -1 the statement is
 * reset; who stops at a row calls db_reset(), or else the connection stays in
 * the past.
 */
int db_step(struct db *, sqlite3_stmt *);
void db_reset(sqlite3_stmt *);
/* Binds and steps once: the first row, or NULL with *rc* 0 or -1. */
sqlite3_stmt *db_row(struct db *, int *rc, enum st, const char *types, ...);
/* Binds and runs a statement without rows: number of changes, or -1. */
int db_run(struct db *, enum st, const char *types, ...);
/* Runs SQL that is no user's. 0 or -1, logged. */
int db_exec(struct db *, const char *sql);
/* What the last error means to a caller. */
enum store_status db_failure(struct db *);

/* Copies a column of text, cut to fit; "" for NULL. */
void db_text(sqlite3_stmt *, int col, char *buf, size_t len);
/* A copy on the heap; NULL only without memory. */
char *db_strdup(sqlite3_stmt *, int col);
/* Writes a hash column as 40 hex digits; "" when it is NULL. */
void db_hex(sqlite3_stmt *, int col, char hex[HASH_HEX + 1]);
/* Copies a hash column; false when it is NULL or of another length. */
bool db_hash(sqlite3_stmt *, int col, uint8_t hash[HASH_LEN]);

bool hash_parse(const char *hex, uint8_t hash[HASH_LEN]);
void hash_print(const uint8_t hash[HASH_LEN], char hex[HASH_HEX + 1]);

#endif
