/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reader thread: lists and searches of milliseconds, on a connection of
 * their own, so that they hold up neither the loop nor the writer.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_priv.h"

struct reader {
	pthread_t	thread;
	pthread_mutex_t	mtx;
	pthread_cond_t	cond;
	struct job_list	queue;		/* under mtx */
	bool		stop;		/* under mtx */
	struct db	db;		/* the thread's */
};

static unsigned
reader_ms(struct store *st)
{
	unsigned ms;

	(void)pthread_mutex_lock(&st->mtx);
	ms = st->limits.read_ms;
	(void)pthread_mutex_unlock(&st->mtx);
	return (ms);
}

static void *
reader_main(void *arg)
{
	struct store *st = CAST_OBJ(arg, STORE_MAGIC);
	struct reader *r = st->reader;
	struct store_read *p;
	struct store_job *j;

	(void)pthread_setname_np(pthread_self(), "store-reader");
	store_use_db(&r->db);
	for (;;) {
		(void)pthread_mutex_lock(&r->mtx);
		while (r->queue.first == NULL && !r->stop)
			(void)pthread_cond_wait(&r->cond, &r->mtx);
		j = job_list_take(&r->queue);
		(void)pthread_mutex_unlock(&r->mtx);
		if (j == NULL)
			return (NULL);
		p = CAST_OBJ(j, STORE_READ_MAGIC);
		db_limit(&r->db, reader_ms(st));
		deliver_finish(st, j, p->read(st, p));
	}
}

void
store_read_submit(struct store *st, struct store_read *p)
{
	struct reader *r = st->reader;

	p->job.magic = STORE_READ_MAGIC;
	(void)pthread_mutex_lock(&r->mtx);
	job_list_append(&r->queue, &p->job);
	(void)pthread_cond_signal(&r->cond);
	(void)pthread_mutex_unlock(&r->mtx);
}

int
reader_start(struct store *st, char *err, size_t err_len)
{
	char path[4096];
	struct reader *r;
	int rc;

	r = calloc(1, sizeof *r);
	if (r == NULL) {
		(void)snprintf(err, err_len, "out of memory");
		return (-1);
	}
	(void)snprintf(path, sizeof path, "%s/moniker.db", st->dir);
	if (db_open(&r->db, path, true, err, err_len) != 0) {
		free(r);
		return (-1);
	}
	/* A search may read a large part of the file. */
	(void)db_exec(&r->db, "PRAGMA mmap_size=2147418112");
	(void)pthread_mutex_init(&r->mtx, NULL);
	(void)pthread_cond_init(&r->cond, NULL);
	job_list_init(&r->queue);
	st->reader = r;
	rc = pthread_create(&r->thread, NULL, reader_main, st);
	if (rc == 0)
		return (0);
	db_close(&r->db);
	free(r);
	st->reader = NULL;
	(void)snprintf(err, err_len, "cannot start a thread: %s",
	    strerror(rc));
	return (-1);
}

/* Finishes what is queued: the writer is still there to deliver it. */
void
reader_stop(struct store *st)
{
	struct reader *r = st->reader;

	if (r == NULL)
		return;
	(void)pthread_mutex_lock(&r->mtx);
	r->stop = true;
	(void)pthread_cond_signal(&r->cond);
	(void)pthread_mutex_unlock(&r->mtx);
	(void)pthread_join(r->thread, NULL);
	db_close(&r->db);
	(void)pthread_cond_destroy(&r->cond);
	(void)pthread_mutex_destroy(&r->mtx);
	free(r);
	st->reader = NULL;
}
