/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bucket: an upload is there before its row is committed, and what comes
 * back is compared with the hash that names it. The folder has the file "bucket",
 * which says where its images are, lest a daemon look for them elsewhere.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bucket.h"
#include "log.h"

#define MARK	"bucket"

/*--------------------------------------------------------------------
 * Opening
 */

/* What the file says, without the end of its line; "": there is none. */
static void
mark_read(struct store *st, char url[1024])
{
	ssize_t n = -1;
	int fd;

	fd = openat(st->dir_fd, MARK, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0) {
		n = read(fd, url, 1023);
		(void)close(fd);
	}
	url[n > 0 ? n : 0] = '\0';
	url[strcspn(url, "\n")] = '\0';
}

static int
mark_write(struct store *st, const char *url)
{
	int fd, rc;

	fd = openat(st->dir_fd, MARK, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return (-1);
	rc = dprintf(fd, "%s\n", url) > 0 && fsync(fd) == 0 &&
	    fsync(st->dir_fd) == 0 ? 0 : -1;
	(void)close(fd);
	return (rc);
}

bool
bucket_is_marked(struct store *st)
{

	return (faccessat(st->dir_fd, MARK, F_OK, 0) == 0);
}

static int
mark_check(struct store *st, char *err, size_t err_len)
{
	const struct store_bucket_conf *bc = st->conf.bucket;
	char url[1024];

	mark_read(st, url);
	if (bc == NULL && url[0] != '\0')
		(void)snprintf(err, err_len, "the source images are in %s: set "
		    "s3_url, or copy them to %s/blobs and remove the file "
		    "%s/" MARK, url, st->dir, st->dir);
	else if (bc != NULL && url[0] != '\0' && strcmp(url, bc->s3.url) != 0)
		(void)snprintf(err, err_len, "the source images are in %s, and "
		    "s3_url is %s: set it back, or copy them there and remove "
		    "the file %s/" MARK, url, bc->s3.url, st->dir);
	else if (bc != NULL && url[0] == '\0' &&
	    mark_write(st, bc->s3.url) != 0)
		(void)snprintf(err, err_len, "cannot write %s/" MARK ": %s",
		    st->dir, strerror(errno));
	else
		return (0);
	return (-1);
}

int
bucket_open(struct store *st, char *err, size_t err_len)
{
	const struct store_bucket_conf *bc = st->conf.bucket;
	char path[4096];
	struct bucket *bk;

	if (mark_check(st, err, err_len) != 0)
		return (-1);
	if (bc == NULL)
		return (0);
	(void)snprintf(err, err_len, "out of memory");
	st->blobs->bucket = bk = calloc(1, sizeof *bk);
	if (bk == NULL)
		return (-1);
	bk->timeout_ms = bc->s3.timeout_ms;
	bk->s3 = s3_open(&bc->s3, err, err_len);
	(void)snprintf(path, sizeof path, "%s/moniker.db", st->dir);
	if (bk->s3 == NULL || db_open(&bk->db, path, true, err, err_len) != 0)
		return (-1);
	bk->db_open = true;
	return (cache_open(st, err, err_len));
}

void
bucket_stop(struct store *st)
{
	struct bucket *bk = st->blobs->bucket;

	if (bk != NULL && bk->s3 != NULL)
		s3_stop(bk->s3);
}

void
bucket_close(struct store *st)
{
	struct bucket *bk = st->blobs->bucket;

	cache_close(st);
	if (bk == NULL)
		return;
	if (bk->db_open)
		db_close(&bk->db);
	s3_free(bk->s3);
	free(bk);
	st->blobs->bucket = NULL;
}

struct s3_link *
bucket_link(struct store *st)
{
	struct bucket *bk = st->blobs->bucket;

	return (bk != NULL ? s3_link_new(bk->s3) : NULL);
}

bool
store_bucket_stats(struct store *st, struct store_bucket_stats *out)
{
	struct bucket *bk = st->blobs->bucket;

	memset(out, 0, sizeof *out);
	if (bk == NULL)
		return (false);
	out->away = atomic_load(&bk->away);
	out->fetched = atomic_load(&bk->fetched);
	out->corrupt = atomic_load(&bk->corrupt);
	out->moved = atomic_load(&bk->moved);
	out->removed = atomic_load(&bk->removed);
	s3_stats(bk->s3, &out->s3);
	cache_stats(st, out);
	return (true);
}

/*--------------------------------------------------------------------
 * Up
 */

/* A server may say that it has what it has not: it is asked how long that is. */
static enum s3_answer
put_once(struct s3_link *link, const char *name, int fd, int64_t size)
{
	enum s3_answer a = s3_put(link, name, fd, size);
	int64_t kept;

	if (a != S3_OK)
		return (a);
	a = s3_size(link, name, &kept);
	return (a == S3_ABSENT || (a == S3_OK && kept != size) ? S3_AWAY : a);
}

enum store_status
bucket_put(struct store *st, struct s3_link *link, const struct hash *hash,
    int fd, int64_t size)
{
	struct bucket *bk = st->blobs->bucket;
	enum s3_answer a;
	char name[BLOB_NAME];
	unsigned n = 0;

	if (link == NULL || !bucket_may_ask(bk))
		return (STORE_AWAY);
	blob_path(hash, name);
	do
		a = put_once(link, name, fd, size);
	while (a != S3_OK && bucket_again(bk, a, ++n));
	bucket_answered(bk, link, a, "put");
	if (a == S3_STOPPED)
		log_error("blob", "look at the disk of dir",
		    KV("error", s3_why(link)), KV("dir", st->dir));
	return (a == S3_OK ? STORE_OK : a == S3_STOPPED ? STORE_ERROR :
	    STORE_AWAY);
}

/*--------------------------------------------------------------------
 * Down
 */

struct arrival {
	unsigned	magic;
#define ARRIVAL_MAGIC	0x6a77c1e2
	struct store	*store;
	const struct store_fetch *fetch;
	crypto_generichash_state state;
	int		fd, error;
	int64_t		size;
	bool		wrong;
	char		name[BLOB_TMP];
};

static int
on_bytes(void *arg, const void *data, size_t len)
{
	struct arrival *v = CAST_OBJ(arg, ARRIVAL_MAGIC);
	const uint8_t *p = data;
	ssize_t n;

	v->size += (int64_t)len;
	v->wrong = v->size > v->fetch->size;
	if (v->wrong)
		return (-1);
	(void)crypto_generichash_update(&v->state, p, len);
	while (len > 0) {
		n = write(v->fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			v->error = errno;
			return (-1);
		}
		p += n;
		len -= (size_t)n;
	}
	return (0);
}

static bool
arrival_is_right(struct arrival *v)
{
	struct hash have;

	(void)crypto_generichash_final(&v->state, have.b, HASH_LEN);
	return (!v->wrong && v->size == v->fetch->size &&
	    hash_equal(&have, &v->fetch->content));
}

static void
arrival_corrupt(struct arrival *v, struct bucket *bk)
{
	char name[BLOB_NAME];

	blob_path(&v->fetch->content, name);
	atomic_fetch_add(&bk->corrupt, 1);
	log_error("blob_corrupt", "the bucket gave other bytes than were "
	    "uploaded: restore the object from a backup or an older version, "
	    "or upload the picture again", KV("object", name),
	    KV("bytes", (long long)v->size),
	    KV("expected", (long long)v->fetch->size));
}

/* One try; *status* is set when the bucket gave it all. */
static enum s3_answer
fetch_once(struct arrival *v, struct s3_link *link, enum store_status *status)
{
	struct bucket *bk = v->store->blobs->bucket;
	char name[BLOB_NAME];
	enum s3_answer a;

	blob_path(&v->fetch->content, name);
	v->size = v->error = 0;
	v->wrong = false;
	(void)crypto_generichash_init(&v->state, NULL, 0, HASH_LEN);
	if (ftruncate(v->fd, 0) != 0 || lseek(v->fd, 0, SEEK_SET) != 0)
		v->error = errno;
	a = v->error != 0 ? S3_STOPPED : s3_get(link, name, on_bytes, v);
	if (v->wrong || (a == S3_OK && !arrival_is_right(v))) {
		arrival_corrupt(v, bk);
		*status = STORE_ERROR;
		return (S3_OK);
	}
	if (a == S3_OK && fsync(v->fd) != 0)
		v->error = errno;
	if (a == S3_OK && v->error == 0)
		v->error = cache_take(v->store, &v->fetch->content,
		    v->store->tmp_fd, v->name, v->size);
	if (a == S3_OK)
		atomic_fetch_add(&bk->fetched, 1);
	*status = v->error == 0 ? STORE_OK : v->error == ENOSPC ||
	    v->error == EDQUOT ? STORE_FULL : STORE_ERROR;
	return (a);
}

static enum store_status
fetch_tries(struct arrival *v, struct s3_link *link)
{
	struct bucket *bk = v->store->blobs->bucket;
	enum store_status status = STORE_ERROR;
	enum s3_answer a;
	unsigned n = 0;

	do {
		a = fetch_once(v, link, &status);
		/* A full disk has the cache make room, once. */
		if (status == STORE_FULL && n == 0) {
			cache_free(v->store, v->fetch->size);
			a = fetch_once(v, link, &status);
		}
	} while (bucket_again(bk, a, ++n));
	bucket_answered(bk, link, a, "get");
	if (a == S3_AWAY || a == S3_REFUSED)
		return (STORE_AWAY);
	if (v->error != 0)
		log_error("blob", "look at the disk of dir",
		    KV("error", strerror(v->error)),
		    KV("dir", v->store->dir));
	return (a == S3_ABSENT ? STORE_NOT_FOUND : status);
}

enum store_status
bucket_fetch(struct store *st, struct s3_link *link,
    const struct store_fetch *f)
{
	struct arrival v = { .magic = ARRIVAL_MAGIC, .store = st,
	    .fetch = f };
	enum store_status status;

	if (link == NULL || !bucket_may_ask(st->blobs->bucket))
		return (STORE_AWAY);
	v.fd = blob_open_tmp(st, v.name);
	if (v.fd < 0)
		return (errno == ENOSPC || errno == EDQUOT ? STORE_FULL :
		    STORE_ERROR);
	status = fetch_tries(&v, link);
	if (status != STORE_OK)
		(void)unlinkat(st->tmp_fd, v.name, 0);
	(void)close(v.fd);
	return (status);
}

/*--------------------------------------------------------------------
 * Fetches of the same bytes
 */

bool
bucket_join(struct bucket *bk, struct store_fetch *f)
{
	struct store_fetch *o;

	for (o = bk->fetches; o != NULL; o = o->next)
		if (hash_equal(&o->content, &f->content)) {
			f->joined = o->joined;
			o->joined = f;
			return (true);
		}
	f->next = bk->fetches;
	bk->fetches = f;
	return (false);
}

struct store_fetch *
bucket_part(struct bucket *bk, const struct hash *content)
{
	struct store_fetch **p, *f;

	for (p = &bk->fetches; !hash_equal(&(*p)->content, content);
	    p = &(*p)->next)
		continue;
	f = *p;
	*p = f->next;
	return (f);
}
