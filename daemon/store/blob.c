/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blobs as the loop's thread has them: written under a temporary name, and
 * opened. blob_thread.c has what comes in between.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blobs.h"
#include "log.h"

#define ROOM_BYTES	(4 << 20)

void
blob_path(const struct hash *hash, char path[BLOB_NAME])
{
	char hex[HASH_HEX + 1];

	hash_to_hex(hash, hex);
	(void)snprintf(path, BLOB_NAME, "%.2s/%s", hex, hex);
}

int
blob_open_tmp(struct store *st, char name[BLOB_TMP])
{
	uint8_t random[(BLOB_TMP - 1) / 2];
	int e, fd;

	randombytes_buf(random, sizeof random);
	(void)sodium_bin2hex(name, BLOB_TMP, random, sizeof random);
	fd = openat(st->tmp_fd, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	e = errno;
	if (fd < 0)
		log_error("blob", "free space or descriptors for dir",
		    KV("error", strerror(e)), KV("dir", st->dir));
	errno = e;
	return (fd);
}

/*--------------------------------------------------------------------
 * In the loop's thread
 */

struct store_blob *
store_blob_new(struct store *st)
{
	struct store_blob *b;

	b = aligned_alloc(_Alignof(struct store_blob), sizeof *b);
	if (b == NULL)
		return (NULL);
	memset(b, 0, sizeof *b);
	b->store = st;
	(void)crypto_generichash_init(&b->content, NULL, 0, HASH_LEN);
	b->sha1 = g_checksum_new(G_CHECKSUM_SHA1);
	b->read_fd = -1;
	b->fd = blob_open_tmp(st, b->name);
	b->linked = b->fd >= 0;
	if (b->linked)
		b->read_fd = openat(st->tmp_fd, b->name, O_RDONLY | O_CLOEXEC);
	if (b->read_fd >= 0)
		return (b);
	if (b->linked)
		log_error("blob", "free descriptors for the daemon",
		    KV("error", strerror(errno)), KV("dir", st->dir));
	store_blob_free(b);
	return (NULL);
}

/*
 * Whether there is more room than what uploads leave to the database; asked at
 * the beginning, and every few megabytes.
 */
static bool
blob_room(struct store_blob *b)
{
	struct store_stats s;
	uint64_t mark;

	if (b->size < b->room_until)
		return (true);
	b->room_until = b->size + ROOM_BYTES;
	(void)pthread_mutex_lock(&b->store->mtx);
	mark = b->store->limits.disk_free;
	(void)pthread_mutex_unlock(&b->store->mtx);
	if (mark == 0)
		return (true);
	store_stats(b->store, &s);
	if (s.disk_free < mark && b->store->blobs->cache != NULL) {
		cache_free(b->store, (int64_t)(mark - s.disk_free));
		store_stats(b->store, &s);
	}
	return (s.disk_free >= mark);
}

int
store_blob_write(struct store_blob *b, const void *data, size_t len)
{
	const uint8_t *p = data;
	ssize_t n;

	if (!blob_room(b))
		return (ENOSPC);
	while (len > 0) {
		n = write(b->fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return (errno);
		(void)crypto_generichash_update(&b->content, p,
		    (unsigned long long)n);
		g_checksum_update(b->sha1, p, n);
		b->size += n;
		p += n;
		len -= (size_t)n;
	}
	return (0);
}

int
store_blob_fd(const struct store_blob *b)
{

	return (b->read_fd);
}

/*
 * The thread gets a description of its own, as an error is told to each of them
 * once: blob_settle() is still told.
 */
void
store_blob_sync(struct store_blob *b)
{
	struct blobs *t = b->store->blobs;
	int fd;

	fd = openat(b->store->tmp_fd, b->name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)pthread_mutex_lock(&t->mtx);
	if (t->n_early < EARLY_MAX) {
		t->early[t->n_early++] = fd;
		fd = -1;
		(void)pthread_cond_broadcast(&t->cond);
	}
	(void)pthread_mutex_unlock(&t->mtx);
	if (fd >= 0)
		(void)close(fd);
}

int64_t
store_blob_size(const struct store_blob *b)
{

	return (b->size);
}

const struct hash *
blob_content(const struct store_blob *b)
{

	return (&b->content_hash);
}

const struct hash *
blob_sha1(const struct store_blob *b)
{

	return (&b->sha1_hash);
}

static void
blob_forget(struct store_blob *b)
{
	struct blobs *t = b->store->blobs;
	struct store_blob **p;

	(void)pthread_mutex_lock(&t->mtx);
	for (p = &t->arriving; *p != NULL && *p != b; p = &(*p)->next)
		continue;
	if (*p != NULL)
		*p = b->next;
	(void)pthread_mutex_unlock(&t->mtx);
}

void
store_blob_free(struct store_blob *b)
{

	if (b == NULL)
		return;
	blob_forget(b);
	if (b->linked)
		(void)unlinkat(b->store->tmp_fd, b->name, 0);
	if (b->fd >= 0)
		(void)close(b->fd);
	if (b->read_fd >= 0)
		(void)close(b->read_fd);
	g_checksum_free(b->sha1);
	free(b);
}

/* Whatever has come there instead: do not wait for its other end. */
int
blob_open_file(int folder, const struct hash *content)
{
	char path[BLOB_NAME];

	blob_path(content, path);
	return (openat(folder, path,
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
}

static bool
blob_is_whole(int fd, int64_t size)
{
	struct stat sb;

	return (fstat(fd, &sb) == 0 && S_ISREG(sb.st_mode) &&
	    sb.st_size == size);
}

/* Of what is not there, or not whole, the bucket has the bytes. */
static int
blob_open_cached(struct store *st, const struct store_source *src)
{
	int fd = cache_open_blob(st, &src->content);

	if (fd < 0)
		fd = blob_open_file(st->blobs_fd, &src->content);
	if (fd >= 0 && blob_is_whole(fd, src->size))
		return (fd);
	if (fd < 0 && errno != ENOENT)
		return (-1);
	if (fd >= 0) {
		(void)close(fd);
		cache_drop(st, &src->content);
	}
	errno = EAGAIN;
	return (-1);
}

int
store_source_open(struct store *st, const struct store_source *src)
{
	int fd;

	if (st->blobs->bucket != NULL)
		return (blob_open_cached(st, src));
	fd = blob_open_file(st->blobs_fd, &src->content);
	if (fd < 0 || blob_is_whole(fd, src->size))
		return (fd);
	(void)close(fd);
	errno = EIO;
	return (-1);
}

void
store_source_fetch(struct store *st, struct store_fetch *f)
{
	struct blobs *t = st->blobs;

	f->job.magic = STORE_FETCH_MAGIC;
	f->joined = f->next = NULL;
	if (t->bucket == NULL) {
		deliver_finish(st, &f->job, STORE_NOT_FOUND);
		return;
	}
	(void)pthread_mutex_lock(&t->mtx);
	if (!bucket_join(t->bucket, f)) {
		job_list_append(&t->queue, &f->job);
		(void)pthread_cond_broadcast(&t->cond);
	}
	(void)pthread_mutex_unlock(&t->mtx);
}
