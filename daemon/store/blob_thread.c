/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The threads that bring blobs to where they stay: to blobs/XX/HASH, or to the
 * bucket. So a big upload's sync, and a slow bucket, hold up no other write. Only
 * then does the job go to the writer.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "blobs.h"
#include "log.h"

#define CHORE_S	1	/* between two looks for something to do */

static int
blob_sync_folder(int at, const char *path)
{
	char dir[3] = { path[0], path[1], '\0' };
	int e, fd;

	fd = openat(at, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return (errno);
	e = fsync(fd) == 0 ? 0 : errno;
	(void)close(fd);
	return (e);
}

bool
blob_is_arriving(struct blobs *t, const struct hash *content)
{
	const struct store_blob *b;

	for (b = t->arriving; b != NULL; b = b->next)
		if (hash_equal(&b->content_hash, content))
			return (true);
	return (false);
}

/* From now on it is not removed. */
static void
blob_arrive(struct blobs *t, struct store_blob *b)
{

	(void)pthread_mutex_lock(&t->mtx);
	while (t->removes && hash_equal(&t->removed, &b->content_hash))
		(void)pthread_cond_wait(&t->cond, &t->mtx);
	b->next = t->arriving;
	t->arriving = b;
	(void)pthread_mutex_unlock(&t->mtx);
}

static enum store_status
blob_failed(struct store *st, int e)
{

	log_error("blob", "look at the disk of dir",
	    KV("error", strerror(e)), KV("dir", st->dir));
	return (e == ENOSPC || e == EDQUOT ? STORE_FULL : STORE_ERROR);
}

/* Over a file of that name: it has the same bytes. */
static int
blob_settle_file(struct store *st, struct store_blob *b)
{
	char path[BLOB_NAME];

	blob_path(&b->content_hash, path);
	if (renameat(st->tmp_fd, b->name, st->blobs_fd, path) != 0)
		return (errno);
	b->linked = false;
	return (blob_sync_folder(st->blobs_fd, path));
}

static enum store_status
blob_settle(struct store *st, struct s3_link *link, struct store_blob *b)
{
	const bool bucket = st->blobs->bucket != NULL;
	size_t len = sizeof b->sha1_hash.b;
	enum store_status status = STORE_OK;
	int e;

	(void)crypto_generichash_final(&b->content, b->content_hash.b,
	    HASH_LEN);
	g_checksum_get_digest(b->sha1, b->sha1_hash.b, &len);
	if (fsync(b->fd) != 0)
		return (blob_failed(st, errno));
	blob_arrive(st->blobs, b);
	if (bucket)
		status = bucket_put(st, link, &b->content_hash, b->read_fd,
		    b->size);
	if (status != STORE_OK)
		return (status);
	e = bucket ? cache_take(st, &b->content_hash, st->tmp_fd, b->name,
	    b->size) : blob_settle_file(st, b);
	b->linked = b->linked && e != 0;
	return (e == 0 ? STORE_OK : blob_failed(st, e));
}

static void
blob_do_put(struct store *st, struct s3_link *link, struct store_source_put *p)
{
	enum store_status status = blob_settle(st, link, p->blob);

	if (status == STORE_OK) {
		writer_enqueue(st, &p->job);
		return;
	}
	store_blob_free(p->blob);
	p->blob = NULL;
	deliver_finish(st, &p->job, status);
}

static void
blob_do_fetch(struct store *st, struct s3_link *link, struct store_fetch *f)
{
	struct blobs *t = st->blobs;
	enum store_status status = bucket_fetch(st, link, f);
	struct store_fetch *next;

	(void)pthread_mutex_lock(&t->mtx);
	f = bucket_part(t->bucket, &f->content);
	(void)pthread_mutex_unlock(&t->mtx);
	for (; f != NULL; f = next) {
		next = f->joined;
		deliver_finish(st, &f->job, status);
	}
}

/*--------------------------------------------------------------------
 * The threads
 */

/* How long a thread waits for something to do. */
enum patience { WAIT_EVER, WAIT_CHORE, WAIT_NOT };

/* Under mtx. */
static void
blob_wait(struct blobs *t, enum patience patience)
{
	struct timespec until;

	if (patience == WAIT_EVER) {
		(void)pthread_cond_wait(&t->cond, &t->mtx);
		return;
	}
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += CHORE_S;
	(void)pthread_cond_timedwait(&t->cond, &t->mtx, &until);
}

/*
 * The next job, or a sync that may begin; both NULL and -1: the end, or there is
 * nothing.
 */
static struct store_job *
blob_next(struct blobs *t, enum patience patience, int *early)
{
	struct store_job *j;

	(void)pthread_mutex_lock(&t->mtx);
	while (t->queue.first == NULL && t->n_early == 0 && !t->stop &&
	    patience != WAIT_NOT) {
		blob_wait(t, patience);
		if (patience == WAIT_CHORE)
			break;
	}
	j = job_list_take(&t->queue);
	*early = j == NULL && t->n_early > 0 ? t->early[--t->n_early] : -1;
	(void)pthread_mutex_unlock(&t->mtx);
	return (j);
}

static bool
blob_is_over(struct blobs *t)
{
	bool over;

	(void)pthread_mutex_lock(&t->mtx);
	over = t->stop && t->queue.first == NULL;
	(void)pthread_mutex_unlock(&t->mtx);
	return (over);
}

static void
blob_do(struct store *st, struct s3_link *link, struct store_job *j)
{

	if (j->magic == STORE_FETCH_MAGIC)
		blob_do_fetch(st, link, CAST_OBJ(j, STORE_FETCH_MAGIC));
	else
		blob_do_put(st, link, CAST_OBJ(j, STORE_SOURCE_PUT_MAGIC));
}

/* The first thread does what has time while nobody waits for it. */
static void *
blob_main(void *arg)
{
	struct store *st = CAST_OBJ(arg, STORE_MAGIC);
	struct blobs *t = st->blobs;
	struct s3_link *link = bucket_link(st);
	bool chores = link != NULL &&
	    atomic_fetch_add(&t->n_running, 1) == 0;
	enum patience patience = chores ? WAIT_CHORE : WAIT_EVER;
	struct store_job *j;
	int early;

	(void)pthread_setname_np(pthread_self(), "store-blobs");
	for (;;) {
		j = blob_next(t, patience, &early);
		if (early >= 0) {
			(void)fsync(early);
			(void)close(early);
		} else if (j != NULL)
			blob_do(st, link, j);
		else if (blob_is_over(t))
			break;
		else if (chores)
			patience = bucket_chore(st, link) ? WAIT_NOT :
			    WAIT_CHORE;
	}
	s3_link_free(link);
	return (NULL);
}

void
blobs_submit(struct store *st, struct store_source_put *p)
{
	struct blobs *t = st->blobs;

	(void)pthread_mutex_lock(&t->mtx);
	job_list_append(&t->queue, &p->job);
	(void)pthread_cond_broadcast(&t->cond);
	(void)pthread_mutex_unlock(&t->mtx);
}

/* The writer's thread. From a bucket, the sweep removes it. */
void
blob_drop(struct store *st, const struct hash *content)
{
	struct blobs *t = st->blobs;
	char path[BLOB_NAME];

	if (blob_used(&st->wr, content))
		return;
	blob_path(content, path);
	(void)pthread_mutex_lock(&t->mtx);
	if (!blob_is_arriving(t, content)) {
		(void)unlinkat(st->blobs_fd, path, 0);
		if (t->cache != NULL)
			cache_drop(st, content);
	}
	(void)pthread_mutex_unlock(&t->mtx);
}

/*--------------------------------------------------------------------
 * Their life
 */

static int
blobs_threads(struct store *st, unsigned n)
{
	struct blobs *t = st->blobs;
	int rc = 0;

	while (rc == 0 && t->n_threads < n) {
		rc = pthread_create(&t->thread[t->n_threads], NULL, blob_main,
		    st);
		t->n_threads += rc == 0;
	}
	return (rc);
}

int
blobs_start(struct store *st, char *err, size_t err_len)
{
	const struct store_bucket_conf *bc = st->conf.bucket;
	struct blobs *t = calloc(1, sizeof *t);
	int rc;

	if (t == NULL) {
		(void)snprintf(err, err_len, "out of memory");
		return (-1);
	}
	(void)pthread_mutex_init(&t->mtx, NULL);
	(void)pthread_cond_init(&t->cond, NULL);
	job_list_init(&t->queue);
	st->blobs = t;
	if (bucket_open(st, err, err_len) != 0)
		return (-1);
	rc = blobs_threads(st, bc != NULL ? bc->workers : 1);
	if (rc != 0)
		(void)snprintf(err, err_len, "cannot start a thread: %s",
		    strerror(rc));
	return (rc == 0 ? 0 : -1);
}

/* After this the queue is empty: all its jobs are with the writer, or failed. */
void
blobs_stop(struct store *st)
{
	struct blobs *t = st->blobs;

	if (t == NULL)
		return;
	bucket_stop(st);
	(void)pthread_mutex_lock(&t->mtx);
	t->stop = true;
	(void)pthread_cond_broadcast(&t->cond);
	(void)pthread_mutex_unlock(&t->mtx);
	while (t->n_threads > 0)
		(void)pthread_join(t->thread[--t->n_threads], NULL);
}

void
blobs_free(struct store *st)
{

	if (st->blobs == NULL)
		return;
	bucket_close(st);
	(void)pthread_cond_destroy(&st->blobs->cond);
	(void)pthread_mutex_destroy(&st->blobs->mtx);
	free(st->blobs);
	st->blobs = NULL;
}
