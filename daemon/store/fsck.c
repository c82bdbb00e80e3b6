/* SPDX-License-Identifier: BSD-2-Clause */
/* Looks for what is wrong in a data folder, and changes nothing. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db.h"
#include "schema.h"
#include "terms.h"

struct fsck {
	struct db	db;
	int		blobs_fd;
	int		cache_fd;	/* -1: without a bucket */
	bool		deep, damaged;
	store_problem_f	*func;
	void		*arg;
	int		problems;
};

static void
problem(struct fsck *f, const char *where, const char *what)
{

	f->problems++;
	f->func(f->arg, where, what);
}

/* What to do about it is told once, at the end. */
static void
damage(struct fsck *f, const char *what)
{

	f->damaged = true;
	problem(f, "database", what);
}

/*
 * Each row of a query is a problem: where, and what. They run on a database
 * that may be damaged, so that an error is a problem too.
 */
static void
fsck_query(struct fsck *f, const char *sql)
{
	const char *where, *what;
	sqlite3_stmt *s = NULL;
	int rc;

	rc = sqlite3_prepare_v2(f->db.h, sql, -1, &s, NULL);
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(s);
		if (rc != SQLITE_ROW)
			break;
		where = (const char *)sqlite3_column_text(s, 0);
		what = (const char *)sqlite3_column_text(s, 1);
		problem(f, where != NULL ? where : "?",
		    what != NULL ? what : "?");
	}
	if (rc != SQLITE_DONE)
		damage(f, sqlite3_errmsg(f->db.h));
	(void)sqlite3_finalize(s);
}

/* Its first line is a heading, with the first complaint behind it. */
static void
fsck_integrity(struct fsck *f)
{
	const char *line;
	sqlite3_stmt *s = NULL;
	int rc;

	rc = sqlite3_prepare_v2(f->db.h, "PRAGMA integrity_check", -1, &s,
	    NULL);
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(s);
		line = rc == SQLITE_ROW ?
		    (const char *)sqlite3_column_text(s, 0) : NULL;
		if (line == NULL || strcmp(line, "ok") == 0)
			continue;
		if (*line == '*' && strchr(line, '\n') != NULL)
			line = strchr(line, '\n') + 1;
		damage(f, line);
	}
	if (rc != SQLITE_DONE)
		damage(f, sqlite3_errmsg(f->db.h));
	(void)sqlite3_finalize(s);
}

#define OUT_OF_BACKUP	": restore a backup"
#define BLOB_ANEW	": copy it from a backup, or upload the picture again"

static const char *const fsck_queries[] = {
	"SELECT 'table ' || \"table\", coalesce('row ' || rowid, 'a row') || "
	"' refers to no row of ' || parent || '" OUT_OF_BACKUP "' "
	"FROM pragma_foreign_key_check",
	"SELECT 'alias ' || o.name || '/' || a.name, 'points at an image that "
	"never was: set it anew, or delete it' "
	"FROM alias a JOIN org o ON o.id = a.org WHERE NOT EXISTS "
	"(SELECT 1 FROM source s WHERE s.org = a.org AND s.hash = a.hash) AND "
	"NOT EXISTS (SELECT 1 FROM epoch e WHERE e.org = a.org AND e.kind = 1 "
	"AND e.key = lower(hex(a.hash)))",
	"SELECT 'image ' || lower(hex(hash)), 'is deleted, but not revoked: "
	"restore it and delete it again' "
	"FROM source s WHERE deleted_ms > 0 AND NOT EXISTS (SELECT 1 FROM "
	"epoch e WHERE e.org = s.org AND e.kind = 1 AND "
	"e.key = lower(hex(s.hash)) AND e.revoked)",
	"SELECT 'image ' || lower(hex(hash)), 'its metadata is not JSON"
	OUT_OF_BACKUP "' "
	"FROM source WHERE NOT json_valid(user_meta) OR NOT "
	"json_valid(dynamic_meta) OR NOT json_valid(static_meta)",
	"SELECT 'organization ' || c.org, 'its count of images is wrong: lists "
	"tell a wrong total; please report it' "
	"FROM source_count c WHERE n <> (SELECT count(*) FROM source s "
	"WHERE s.org = c.org AND (s.deleted_ms > 0) = c.deleted)",
	"SELECT 'organization ' || o.name, 'its count for a quota is wrong; "
	"please report it' FROM org o JOIN usage u ON u.org = o.id "
	"WHERE u.images <> (SELECT count(*) FROM source WHERE org = o.id) "
	"OR u.bytes <> (SELECT coalesce(sum(size), 0) FROM source "
	"WHERE org = o.id) "
	"OR u.aliases <> (SELECT count(*) FROM alias WHERE org = o.id) "
	"OR u.stacks <> (SELECT count(*) FROM stack WHERE org = o.id) "
	"OR u.keys <> (SELECT count(*) FROM apikey WHERE org = o.id) "
	"OR u.history <> (SELECT count(*) FROM alias_history "
	"WHERE org = o.id)",
	/* A kill may have some be forgotten, and the daemon saves it by 64 kB. */
	"SELECT 'organization ' || o.name, 'its audit log is of another size "
	"than counted, so that audit_mb bounds it wrongly; please report it' "
	"FROM org o LEFT JOIN audit_size z ON z.org = o.id WHERE abs("
	"coalesce(z.bytes, 0) - (SELECT coalesce(sum(bytes), 0) FROM audit "
	"WHERE org = o.id)) > 1048576",
	"SELECT 'epoch of ' || key, 'is beyond the counter" OUT_OF_BACKUP "' "
	"FROM epoch "
	"WHERE max(epoch, soft) > (SELECT value FROM meta WHERE key = 'seq')",
	"SELECT 'alias ' || name, 'its version is beyond the counter"
	OUT_OF_BACKUP "' "
	"FROM alias WHERE seq > (SELECT value FROM meta WHERE key = 'seq')"
};

/* 0, or an errno; EILSEQ when the bytes are not those of the name. */
static int
fsck_bytes(int fd, const struct hash *want)
{
	crypto_generichash_state state;
	uint8_t buf[65536], have[HASH_LEN];
	ssize_t n;

	(void)crypto_generichash_init(&state, NULL, 0, HASH_LEN);
	while ((n = read(fd, buf, sizeof buf)) > 0)
		(void)crypto_generichash_update(&state, buf,
		    (unsigned long long)n);
	if (n < 0)
		return (errno);
	(void)crypto_generichash_final(&state, have, HASH_LEN);
	return (memcmp(have, want->b, HASH_LEN) == 0 ? 0 : EILSEQ);
}

/* What to do about a blob that cannot be opened. */
static const char *
fsck_absent(const struct fsck *f, const char *hex, int e)
{
	char lost[HASH_HEX + 16];

	if (e != ENOENT)
		return (BLOB_ANEW);
	(void)snprintf(lost, sizeof lost, "../lost/%s", hex);
	return (faccessat(f->blobs_fd, lost, F_OK, 0) == 0 ? ": it lies in "
	    "the folder lost, from where monikerd takes it back when it starts"
	    : BLOB_ANEW);
}

static int
fsck_open(const struct fsck *f, const char *name)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	int fd = openat(f->blobs_fd, name, flags);

	if (fd < 0 && errno == ENOENT && f->cache_fd >= 0)
		fd = openat(f->cache_fd, name, flags);
	return (fd);
}

/* *image* is one of those that have these bytes. */
static void
fsck_blob(struct fsck *f, const struct hash *content, int64_t size,
    const char *image)
{
	char hex[HASH_HEX + 1], name[HASH_HEX + 4], where[512], why[256];
	struct stat sb;
	int e, fd;

	hash_to_hex(content, hex);
	(void)snprintf(name, sizeof name, "%.2s/%s", hex, hex);
	(void)snprintf(where, sizeof where, "blob %s of image %s", name,
	    image);
	fd = fsck_open(f, name);
	if (fd < 0 && errno == ENOENT && f->cache_fd >= 0)
		return;		/* the bucket has it, which is not asked */
	if (fd < 0 || fstat(fd, &sb) != 0) {
		e = errno;
		(void)snprintf(why, sizeof why, "%s%s",
		    e == ENOENT ? "is missing" : strerror(e),
		    fsck_absent(f, hex, e));
		problem(f, where, why);
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	if (!S_ISREG(sb.st_mode) || sb.st_size != size)
		problem(f, where, "has not the size that its image says"
		    BLOB_ANEW);
	else if (f->deep && (e = fsck_bytes(fd, content)) != 0)
		problem(f, where, e == EILSEQ ?
		    "has other bytes than those of its name" BLOB_ANEW :
		    strerror(e));
	(void)close(fd);
}

static void
fsck_blobs(struct fsck *f)
{
	struct hash content;
	const char *image;
	sqlite3_stmt *s = NULL;
	int rc;

	rc = sqlite3_prepare_v2(f->db.h, "SELECT s.content, max(s.size), "
	    "coalesce(o.name, '?') || '/' || lower(hex(s.hash)) FROM source s "
	    "LEFT JOIN org o ON o.id = s.org GROUP BY s.content", -1, &s,
	    NULL);
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(s);
		if (rc != SQLITE_ROW)
			break;
		image = (const char *)sqlite3_column_text(s, 2);
		if (db_hash(s, 0, &content) && image != NULL)
			fsck_blob(f, &content, sqlite3_column_int64(s, 1),
			    image);
		else
			problem(f, "table source", "a content is not a hash"
			    OUT_OF_BACKUP);
	}
	if (rc != SQLITE_DONE)
		damage(f, sqlite3_errmsg(f->db.h));
	(void)sqlite3_finalize(s);
}

/*
 * Bytes that no image has. An upload that a crash cut short leaves such, but so
 * does a database that is older than they are: then they are the only copy.
 */
static void
fsck_orphan(struct fsck *f, const char *name)
{
	struct hash content;
	char where[300];
	sqlite3_stmt *s;
	int rc;

	if (name[0] == '.')
		return;
	(void)snprintf(where, sizeof where, "blob %s", name);
	if (!hash_from_text(&content, name)) {
		problem(f, where, "is not the name of a blob: move it away");
		return;
	}
	s = db_row(&f->db, &rc, ST_SOURCE_USES, &content);
	if (s != NULL)
		db_reset(s);
	else if (rc == 0)
		problem(f, where, "belongs to no image: keep it. If the "
		    "database is older than its pictures, restore a newer "
		    "one; if not, it is what a cut upload left, and does no "
		    "harm");
}

static void
fsck_orphans(struct fsck *f)
{
	struct dirent *e;
	char name[3];
	unsigned i;
	DIR *d;
	int fd;

	for (i = 0; i < 256; i++) {
		(void)snprintf(name, sizeof name, "%02x", i);
		fd = openat(f->blobs_fd, name,
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		d = fd >= 0 ? fdopendir(fd) : NULL;
		if (d == NULL) {
			if (fd >= 0)
				(void)close(fd);
			continue;
		}
		while ((e = readdir(d)) != NULL)
			fsck_orphan(f, e->d_name);
		(void)closedir(d);
	}
}

/* An older database gets them at the next start. */
static void
fsck_terms(struct fsck *f)
{
	int n = schema_is_current(&f->db) ?
	    terms_check(&f->db, f->func, f->arg) : 0;

	if (n < 0)
		damage(f, sqlite3_errmsg(f->db.h));
	else
		f->problems += n;
}

static void
fsck_database(struct fsck *f, const char *path)
{
	char err[512];

	if (db_open(&f->db, path, true, err, sizeof err) != 0) {
		damage(f, err);
		return;
	}
	fsck_integrity(f);
	for (size_t i = 0; i < sizeof fsck_queries / sizeof *fsck_queries; i++)
		fsck_query(f, fsck_queries[i]);
	fsck_terms(f);
	fsck_blobs(f);
	fsck_orphans(f);
	db_close(&f->db);
}

/* The cache of a bucket, where the folder says that there is one; or -1. */
static int
fsck_cache(const char *dir)
{
	char path[4096];

	(void)snprintf(path, sizeof path, "%s/bucket", dir);
	if (access(path, F_OK) != 0)
		return (-1);
	(void)snprintf(path, sizeof path, "%s/cache", dir);
	/* It is made at the first start: any folder without its files will do. */
	return (open(access(path, F_OK) == 0 ? path : dir,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

int
store_fsck(const char *dir, bool deep, store_problem_f *func, void *arg,
    char *err, size_t err_len)
{
	struct fsck f = { .deep = deep, .func = func, .arg = arg,
	    .cache_fd = -1 };
	char path[4096];

	(void)snprintf(path, sizeof path, "%s/blobs", dir);
	f.blobs_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f.blobs_fd < 0 || sodium_init() < 0) {
		(void)snprintf(err, err_len, "cannot open %s: %s", path,
		    strerror(errno));
		return (-1);
	}
	(void)snprintf(path, sizeof path, "%s/moniker.db", dir);
	if (access(path, R_OK) != 0) {
		(void)snprintf(err, err_len, "cannot open %s: %s%s", path,
		    strerror(errno), errno == ENOENT ? "; without it the "
		    "files in blobs are all that is left: keep them, and "
		    "restore a backup" : "");
		(void)close(f.blobs_fd);
		return (-1);
	}
	f.cache_fd = fsck_cache(dir);
	fsck_database(&f, path);
	(void)close(f.blobs_fd);
	if (f.cache_fd >= 0)
		(void)close(f.cache_fd);
	if (f.damaged)
		func(arg, "database", "is damaged: stop monikerd and restore "
		    "a backup, or save what can be read with sqlite3's "
		    ".recover");
	return (f.problems);
}
