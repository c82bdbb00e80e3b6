/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The folders of blobs, and what is put in order in them at the start: uploads
 * that were never finished go, and files that no image has are moved to the
 * folder "lost". A database that was restored may be older than they are, and
 * a newer one may follow: what it knows is taken back from there.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "store_priv.h"

#define LOST_MS	(30 * 24 * (int64_t)HOUR_MS)

bool
blob_used(struct db *db, const struct hash *content)
{
	sqlite3_stmt *s;
	int rc;

	s = db_row(db, &rc, ST_SOURCE_USES, content);
	if (s != NULL)
		db_reset(s);
	return (rc != 0);	/* when in doubt, it is */
}

static void
blobs_each(int at, const char *folder,
    void (*func)(struct store *, int, const char *), struct store *st)
{
	struct dirent *e;
	DIR *d;
	int fd;

	fd = openat(at, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	d = fdopendir(fd);
	if (d == NULL) {
		(void)close(fd);
		return;
	}
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			func(st, fd, e->d_name);
	(void)closedir(d);
}

static void
blob_sweep_tmp(struct store *st, int fd, const char *name)
{

	(void)st;
	(void)unlinkat(fd, name, 0);
}

static void
blob_sweep(struct store *st, int fd, const char *name)
{
	struct hash hash;

	if (hash_from_text(&hash, name) && blob_used(&st->wr, &hash))
		return;
	if (renameat(fd, name, st->lost_fd, name) == 0)
		log_warn("blob_lost", "no image has it; it stays in the folder "
		    "lost for thirty days", KV("file", name),
		    KV("dir", st->dir));
}

/* Back to its place, when an image has it; gone, when it is old. */
static void
blob_recover(struct store *st, int fd, const char *name)
{
	char path[HASH_HEX + 4];
	struct hash hash;
	struct stat sb;

	if (fstatat(fd, name, &sb, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	if (hash_from_text(&hash, name) && blob_used(&st->wr, &hash)) {
		(void)snprintf(path, sizeof path, "%.2s/%.40s", name, name);
		if (renameat(fd, name, st->blobs_fd, path) == 0)
			log_info("blob_found", KV("file", name));
	} else if ((int64_t)sb.st_ctime * 1000 + LOST_MS < store_now(st))
		(void)unlinkat(fd, name, 0);
}

static bool
blobs_one(const struct store *st, const char *folder, bool file)
{
	struct dirent *e;
	bool any = false;
	DIR *d;
	int fd;

	fd = openat(st->dir_fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd >= 0 ? fdopendir(fd) : NULL;
	if (d == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return (false);
	}
	any = !file;
	while (!any && (e = readdir(d)) != NULL)
		any = e->d_name[0] != '.';
	(void)closedir(d);
	return (any);
}

bool
blobs_any(struct store *st, bool file)
{
	char name[16];
	unsigned i;

	for (i = 0; i < 256; i++) {
		(void)snprintf(name, sizeof name, "blobs/%02x", i);
		if (blobs_one(st, name, file))
			return (true);
	}
	return (false);
}

static int
blobs_folder(int at, const char *name, int *fd)
{

	if (mkdirat(at, name, 0700) != 0 && errno != EEXIST)
		return (-1);
	if (fd == NULL)
		return (0);
	*fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return (*fd >= 0 ? 0 : -1);
}

static int
blobs_folders(struct store *st)
{
	char name[3];
	unsigned i;

	if (blobs_folder(st->dir_fd, "tmp", &st->tmp_fd) != 0 ||
	    blobs_folder(st->dir_fd, "lost", &st->lost_fd) != 0 ||
	    blobs_folder(st->dir_fd, "blobs", &st->blobs_fd) != 0)
		return (-1);
	for (i = 0; i < 256; i++) {
		(void)snprintf(name, sizeof name, "%02x", i);
		if (blobs_folder(st->blobs_fd, name, NULL) != 0)
			return (-1);
	}
	return (fsync(st->blobs_fd) != 0 || fsync(st->dir_fd) != 0 ? -1 : 0);
}

/*
 * A file of the name "dirty" tells that the last daemon was killed: only then
 * can there be blobs that no image has, and only then are they looked for.
 */
int
blobs_open(struct store *st, char *err, size_t err_len)
{
	char name[3];
	unsigned i;
	int fd;

	if (blobs_folders(st) != 0) {
		(void)snprintf(err, err_len, "cannot make the folders in %s: "
		    "%s", st->dir, strerror(errno));
		return (-1);
	}
	blobs_each(st->tmp_fd, ".", blob_sweep_tmp, st);
	blobs_each(st->lost_fd, ".", blob_recover, st);
	if (!st->conf.anew && faccessat(st->dir_fd, "dirty", F_OK, 0) == 0)
		for (i = 0; i < 256; i++) {
			(void)snprintf(name, sizeof name, "%02x", i);
			blobs_each(st->blobs_fd, name, blob_sweep, st);
		}
	fd = openat(st->dir_fd, "dirty",
	    O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
	if (fd >= 0) {
		past_note(st, fd);
		(void)close(fd);
	}
	return (0);
}

void
blobs_close(struct store *st)
{

	if (st->blobs_fd >= 0) {
		(void)unlinkat(st->dir_fd, "dirty", 0);
		(void)close(st->blobs_fd);
	}
	if (st->tmp_fd >= 0)
		(void)close(st->tmp_fd);
	if (st->lost_fd >= 0)
		(void)close(st->lost_fd);
}
