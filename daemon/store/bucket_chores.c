/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is done for a bucket when nobody waits: files that came before it are
 * moved there, and once a day objects that no image has are removed. The
 * bucket's own list is compared with the database, so no list of removals is
 * kept.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "bucket.h"
#include "log.h"

#define FOLDERS		256
#define DAY_MS		(24 * (int64_t)HOUR_MS)
#define AGE_MS		DAY_MS	/* a younger object may be on its way in */
#define LATER_US	10000000

/*--------------------------------------------------------------------
 * Files that came before the bucket
 */

/* The first file of a folder that is one of ours; false: none. */
static bool
move_next(struct store *st, unsigned folder, struct hash *hash)
{
	char name[3];
	struct dirent *e;
	bool found = false;
	DIR *d;
	int fd;

	(void)snprintf(name, sizeof name, "%02x", folder);
	fd = openat(st->blobs_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd >= 0 ? fdopendir(fd) : NULL;
	if (d == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return (false);
	}
	while (!found && (e = readdir(d)) != NULL)
		found = hash_from_text(hash, e->d_name);
	(void)closedir(d);
	return (found);
}

/* False: not now, or not this one. */
static bool
move_file(struct store *st, struct s3_link *link, const struct hash *hash)
{
	struct bucket *bk = st->blobs->bucket;
	enum store_status status;
	char path[BLOB_NAME];
	struct stat sb;
	int fd;

	fd = blob_open_file(st->blobs_fd, hash);
	if (fd < 0 || fstat(fd, &sb) != 0 || !S_ISREG(sb.st_mode)) {
		if (fd >= 0)
			(void)close(fd);
		return (false);
	}
	status = bucket_put(st, link, hash, fd, sb.st_size);
	(void)close(fd);
	blob_path(hash, path);
	if (status != STORE_OK || cache_take(st, hash, st->blobs_fd, path,
	    sb.st_size) != 0)
		return (false);
	atomic_fetch_add(&bk->moved, 1);
	return (true);
}

static void
move_chore(struct store *st, struct s3_link *link)
{
	struct bucket *bk = st->blobs->bucket;
	struct hash hash;

	if (!move_next(st, bk->move_folder, &hash)) {
		if (++bk->move_folder == FOLDERS &&
		    atomic_load(&bk->moved) > 0)
			log_info("bucket_moved",
			    KV("files", atomic_load(&bk->moved)));
		return;
	}
	if (!move_file(st, link, &hash))
		bk->chore_after_us = clock_us() + LATER_US;
}

/*--------------------------------------------------------------------
 * Objects that no image has
 */

struct owner {
	unsigned	magic;
#define OWNER_MAGIC	0x31d0b58f
	char	text[2 * 16 + 1];
	size_t	len;
};

static int
on_owner(void *arg, const void *data, size_t n)
{
	struct owner *o = CAST_OBJ(arg, OWNER_MAGIC);

	if (o->len + n >= sizeof o->text)
		return (-1);
	memcpy(o->text + o->len, data, n);
	o->len += n;
	return (0);
}

static enum s3_answer
owner_write(struct s3_link *link, const char *id)
{
	enum s3_answer a = S3_STOPPED;
	size_t len = strlen(id);
	int fd = memfd_create("owner", MFD_CLOEXEC);

	if (fd < 0)
		return (a);
	if (write(fd, id, len) == (ssize_t)len)
		a = s3_put(link, BUCKET_OWNER, fd, (int64_t)len);
	(void)close(fd);
	return (a);
}

/*
 * A copy of the database, of a backup say, has an identity of its own: it must
 * not remove what the other one shows.
 */
static bool
sweep_is_ours(struct store *st, struct s3_link *link)
{
	struct owner o = { .magic = OWNER_MAGIC };
	enum s3_answer a;
	char id[33];

	(void)sodium_bin2hex(id, sizeof id, st->id, sizeof st->id);
	a = s3_get(link, BUCKET_OWNER, on_owner, &o);
	if (a == S3_ABSENT)
		return (owner_write(link, id) == S3_OK);
	if (a == S3_OK && strcmp(o.text, id) == 0)
		return (true);
	if (a == S3_OK || a == S3_STOPPED)
		log_warn("bucket_of_another", "nothing is removed from the "
		    "bucket; when no other database uses it any more, delete "
		    "its object \"owner\"", KV("owner", o.text),
		    KV("database", id));
	return (false);
}

/* Nobody may have it, nor get it meanwhile. */
static void
sweep_remove(struct store *st, struct s3_link *link, const struct hash *hash,
    const char *name)
{
	struct blobs *t = st->blobs;
	bool arriving;

	(void)pthread_mutex_lock(&t->mtx);
	arriving = blob_is_arriving(t, hash);
	t->removes = !arriving;
	t->removed = *hash;
	(void)pthread_mutex_unlock(&t->mtx);
	if (arriving)
		return;
	/* Read now: one that came before has been committed. */
	if (!blob_used(&t->bucket->db, hash) && s3_delete(link, name) == S3_OK)
		atomic_fetch_add(&t->bucket->removed, 1);
	(void)pthread_mutex_lock(&t->mtx);
	t->removes = false;
	(void)pthread_cond_broadcast(&t->cond);
	(void)pthread_mutex_unlock(&t->mtx);
}

struct sweep {
	unsigned	magic;
#define SWEEP_MAGIC	0x58e2097b
	struct store	*store;
	struct hash	unused[1000];
	unsigned	n;
};

static void
on_object(void *arg, const struct s3_object *o)
{
	struct sweep *w = CAST_OBJ(arg, SWEEP_MAGIC);
	struct store *st = w->store;
	struct bucket *bk = st->blobs->bucket;
	struct hash hash;

	(void)snprintf(bk->sweep_after, sizeof bk->sweep_after, "%s",
	    o->name);
	if (strlen(o->name) == BLOB_NAME - 1 && o->name[2] == '/' &&
	    hash_from_text(&hash, o->name + 3) &&
	    o->changed_s * 1000 + AGE_MS < store_now(st) &&
	    w->n < sizeof w->unused / sizeof *w->unused &&
	    !blob_used(&bk->db, &hash))
		w->unused[w->n++] = hash;
}

/* A page of the list. */
static void
sweep_chore(struct store *st, struct s3_link *link)
{
	struct bucket *bk = st->blobs->bucket;
	struct sweep w = { .magic = SWEEP_MAGIC, .store = st };
	char name[BLOB_NAME];
	enum s3_answer a;
	bool more = false;

	if (!bk->sweeping && !sweep_is_ours(st, link)) {
		bk->chore_after_us = clock_us() + LATER_US;
		bk->sweep_after_ms = store_now(st) + HOUR_MS;
		return;
	}
	bk->sweeping = true;
	a = s3_list(link, bk->sweep_after, on_object, &w, &more);
	for (unsigned i = 0; i < w.n; i++) {
		blob_path(&w.unused[i], name);
		sweep_remove(st, link, &w.unused[i], name);
	}
	bk->sweeping = a == S3_OK && more;
	if (bk->sweeping)
		return;
	bk->sweep_after[0] = '\0';
	bk->sweep_after_ms = store_now(st) + (a == S3_OK ? DAY_MS : HOUR_MS);
}

bool
bucket_chore(struct store *st, struct s3_link *link)
{
	struct bucket *bk = st->blobs->bucket;

	if (clock_us() < bk->chore_after_us || s3_stopped(bk->s3))
		return (false);
	if (bk->move_folder < FOLDERS) {
		move_chore(st, link);
		return (true);
	}
	if (store_now(st) >= bk->sweep_after_ms)
		sweep_chore(st, link);
	return (bk->sweeping);
}
