/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blobs: written by the loop's thread under a temporary name, synced and
 * renamed to blobs/XX/HASH by a thread of its own, so that a big upload's sync
 * holds up no other write. Only then does the job go to the writer.
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

#include "log.h"
#include "store_priv.h"

#define ROOM_BYTES	(4 << 20)
#define EARLY_MAX	64
#define BLOB_NAME	(3 + HASH_HEX + 1)	/* "ab/" and all 40 digits */

/* libsodium wants its state on a cache line: the rest is behind it. */
struct store_blob {
	crypto_generichash_state content;
	int		fd, read_fd;
	bool		linked;			/* its name still exists */
	struct store	*store;
	int64_t		size;
	int64_t		room_until;		/* size at the next look */
	GChecksum	*sha1;
	struct store_blob *next;		/* on its way in */
	char		name[33];		/* in the folder tmp */
	struct hash	content_hash, sha1_hash;
};

struct blob_thread {
	pthread_t	thread;
	pthread_mutex_t	mtx;
	pthread_cond_t	cond;
	struct job_list	queue;			/* under mtx */
	/* Files whose sync may begin before their job comes; under mtx */
	int		early[EARLY_MAX];
	unsigned	n_early;
	bool		stop;			/* under mtx */
	/* Named, but perhaps not yet committed: not to be removed. */
	struct store_blob *arriving;		/* under mtx */
};

static void
blob_path(const struct hash *hash, char path[BLOB_NAME])
{
	char hex[HASH_HEX + 1];

	hash_to_hex(hash, hex);
	(void)snprintf(path, BLOB_NAME, "%.2s/%s", hex, hex);
}

/*--------------------------------------------------------------------
 * In the loop's thread
 */

struct store_blob *
store_blob_new(struct store *st)
{
	struct store_blob *b;
	uint8_t random[16];

	b = aligned_alloc(_Alignof(struct store_blob), sizeof *b);
	if (b == NULL)
		return (NULL);
	memset(b, 0, sizeof *b);
	b->store = st;
	randombytes_buf(random, sizeof random);
	(void)sodium_bin2hex(b->name, sizeof b->name, random, sizeof random);
	(void)crypto_generichash_init(&b->content, NULL, 0, HASH_LEN);
	b->sha1 = g_checksum_new(G_CHECKSUM_SHA1);
	b->read_fd = -1;
	b->fd = openat(st->tmp_fd, b->name,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	b->linked = b->fd >= 0;
	if (b->linked)
		b->read_fd = openat(st->tmp_fd, b->name, O_RDONLY | O_CLOEXEC);
	if (b->read_fd >= 0)
		return (b);
	log_error("blob", "free space or descriptors for dir",
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
	struct blob_thread *t = b->store->blobs;
	int fd;

	fd = openat(b->store->tmp_fd, b->name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)pthread_mutex_lock(&t->mtx);
	if (t->n_early < EARLY_MAX) {
		t->early[t->n_early++] = fd;
		fd = -1;
		(void)pthread_cond_signal(&t->cond);
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
	struct blob_thread *t = b->store->blobs;
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

int
store_source_open(struct store *st, const struct store_source *src)
{
	char path[BLOB_NAME];
	struct stat sb;
	int fd;

	blob_path(&src->content, path);
	/* Whatever has come there instead: do not wait for its other end. */
	fd = openat(st->blobs_fd, path,
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || (fstat(fd, &sb) == 0 && S_ISREG(sb.st_mode) &&
	    sb.st_size == src->size))
		return (fd);
	(void)close(fd);
	errno = EIO;
	return (-1);
}

/*--------------------------------------------------------------------
 * The thread
 */

static int
blob_sync_folder(struct store *st, const char *path)
{
	char dir[3] = { path[0], path[1], '\0' };
	int e, fd;

	fd = openat(st->blobs_fd, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return (errno);
	e = fsync(fd) == 0 ? 0 : errno;
	(void)close(fd);
	return (e);
}

static int
blob_settle(struct store *st, struct store_blob *b)
{
	struct blob_thread *t = st->blobs;
	size_t len = sizeof b->sha1_hash.b;
	char path[BLOB_NAME];

	(void)crypto_generichash_final(&b->content, b->content_hash.b,
	    HASH_LEN);
	g_checksum_get_digest(b->sha1, b->sha1_hash.b, &len);
	blob_path(&b->content_hash, path);
	if (fsync(b->fd) != 0)
		return (errno);
	(void)pthread_mutex_lock(&t->mtx);
	b->next = t->arriving;
	t->arriving = b;
	(void)pthread_mutex_unlock(&t->mtx);
	/* Over a file of that name: it has the same bytes. */
	if (renameat(st->tmp_fd, b->name, st->blobs_fd, path) != 0)
		return (errno);
	b->linked = false;
	return (blob_sync_folder(st, path));
}

/* The next job, or a sync that may begin; both NULL and -1: the end. */
static struct store_job *
blob_next(struct blob_thread *t, int *early)
{
	struct store_job *j;

	(void)pthread_mutex_lock(&t->mtx);
	while (t->queue.first == NULL && t->n_early == 0 && !t->stop)
		(void)pthread_cond_wait(&t->cond, &t->mtx);
	j = job_list_take(&t->queue);
	*early = j == NULL && t->n_early > 0 ? t->early[--t->n_early] : -1;
	(void)pthread_mutex_unlock(&t->mtx);
	return (j);
}

static void *
blob_main(void *arg)
{
	struct store *st = CAST_OBJ(arg, STORE_MAGIC);
	struct blob_thread *t = st->blobs;
	struct store_source_put *p;
	struct store_job *j;
	int e, early;

	(void)pthread_setname_np(pthread_self(), "store-blobs");
	for (;;) {
		j = blob_next(t, &early);
		if (early >= 0) {
			(void)fsync(early);
			(void)close(early);
			continue;
		}
		if (j == NULL)
			return (NULL);
		p = CAST_OBJ(j, STORE_SOURCE_PUT_MAGIC);
		e = blob_settle(st, p->blob);
		if (e == 0) {
			writer_enqueue(st, j);
			continue;
		}
		store_blob_free(p->blob);
		p->blob = NULL;
		log_error("blob", "look at the disk of dir",
		    KV("error", strerror(e)), KV("dir", st->dir));
		deliver_finish(st, j, e == ENOSPC || e == EDQUOT ?
		    STORE_FULL : STORE_ERROR);
	}
}

void
blobs_submit(struct store *st, struct store_source_put *p)
{
	struct blob_thread *t = st->blobs;

	(void)pthread_mutex_lock(&t->mtx);
	job_list_append(&t->queue, &p->job);
	(void)pthread_cond_signal(&t->cond);
	(void)pthread_mutex_unlock(&t->mtx);
}

/*--------------------------------------------------------------------
 * Removing, and the thread's life
 */

/* The writer's thread. */
void
blob_drop(struct store *st, const struct hash *content)
{
	struct blob_thread *t = st->blobs;
	struct store_blob *b;
	char path[BLOB_NAME];

	if (blob_used(&st->wr, content))
		return;
	blob_path(content, path);
	(void)pthread_mutex_lock(&t->mtx);
	for (b = t->arriving; b != NULL; b = b->next)
		if (hash_equal(&b->content_hash, content))
			break;
	if (b == NULL)
		(void)unlinkat(st->blobs_fd, path, 0);
	(void)pthread_mutex_unlock(&t->mtx);
}

int
blobs_start(struct store *st, char *err, size_t err_len)
{
	struct blob_thread *t;
	int rc = ENOMEM;

	t = calloc(1, sizeof *t);
	if (t != NULL) {
		(void)pthread_mutex_init(&t->mtx, NULL);
		(void)pthread_cond_init(&t->cond, NULL);
		job_list_init(&t->queue);
		st->blobs = t;
		rc = pthread_create(&t->thread, NULL, blob_main, st);
	}
	if (rc == 0)
		return (0);
	free(t);
	st->blobs = NULL;
	(void)snprintf(err, err_len, "cannot start a thread: %s",
	    strerror(rc));
	return (-1);
}

/* After this the queue is empty: all its jobs are with the writer. */
void
blobs_stop(struct store *st)
{
	struct blob_thread *t = st->blobs;

	if (t == NULL)
		return;
	(void)pthread_mutex_lock(&t->mtx);
	t->stop = true;
	(void)pthread_cond_signal(&t->cond);
	(void)pthread_mutex_unlock(&t->mtx);
	(void)pthread_join(t->thread, NULL);
}

void
blobs_free(struct store *st)
{

	if (st->blobs == NULL)
		return;
	(void)pthread_cond_destroy(&st->blobs->cond);
	(void)pthread_mutex_destroy(&st->blobs->mtx);
	free(st->blobs);
	st->blobs = NULL;
}
