/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bytes of images: on their way in, kept in files or in a bucket, and in the
 * cache of what the bucket has.
 *
 * Without a bucket, blobs/ has all of them. With one, blobs/ has only what is
 * still to be moved there, and cache/ copies of what the bucket has, of which
 * those go that nobody asked for longest.
 */
#ifndef BLOBS_H
#define BLOBS_H

#include <glib.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>

#include "s3/s3.h"
#include "store_bucket.h"
#include "store_priv.h"

#define EARLY_MAX	64
#define BLOB_NAME	(3 + HASH_HEX + 1)	/* "ab/" and all 40 digits */
#define BLOB_TMP	33			/* a name in the folder tmp */
#define BLOB_WORKERS	64

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
	char		name[BLOB_TMP];
	struct hash	content_hash, sha1_hash;
};

struct bucket;
struct cache;

struct blobs {
	pthread_t	thread[BLOB_WORKERS];
	unsigned	n_threads;
	pthread_mutex_t	mtx;
	pthread_cond_t	cond;
	struct job_list	queue;			/* under mtx */
	/* Files whose sync may begin before their job comes; under mtx */
	int		early[EARLY_MAX];
	unsigned	n_early;
	bool		stop;			/* under mtx */
	/* Named, but perhaps not yet committed: not to be removed. */
	struct store_blob *arriving;		/* under mtx */
	/* The bytes that the bucket is asked to delete; under mtx */
	bool		removes;
	struct hash	removed;
	atomic_uint	n_running;
	struct bucket	*bucket;		/* NULL: files alone */
	struct cache	*cache;			/* of the bucket, likewise */
};

/*---- blob.c */
/* "ab/abcd..." */
void blob_path(const struct hash *, char path[BLOB_NAME]);
/* A descriptor, or -1. */
int blob_open_file(int folder, const struct hash *);
/* Makes a file of a new name in the folder tmp. A descriptor, or -1 and errno. */
int blob_open_tmp(struct store *, char name[BLOB_TMP]);

/*---- blob_thread.c */
/* Whether a blob of these bytes is on its way in. Under mtx. */
bool blob_is_arriving(struct blobs *, const struct hash *);

/*---- blob_cache.c */
int cache_open(struct store *, char *err, size_t err_len);
void cache_close(struct store *);
/* A descriptor, or -1. From any thread, as all of these. */
int cache_open_blob(struct store *, const struct hash *);
/* Moves a file there from the folder *from*; 0 or an errno. */
int cache_take(struct store *, const struct hash *, int from,
    const char *name, int64_t size);
void cache_drop(struct store *, const struct hash *);
/* Drops what was not used for longest, until *bytes* more are free. */
void cache_free(struct store *, int64_t bytes);
void cache_stats(struct store *, struct store_bucket_stats *);

/*---- bucket.c */
/* Whether the data folder says that its images are in one. */
bool bucket_is_marked(struct store *);
int bucket_open(struct store *, char *err, size_t err_len);
void bucket_close(struct store *);
/*
 * Of the calling thread, one of blob_thread.c's; NULL without a bucket, or
 * without memory: then its uploads and fetches are AWAY.
 */
struct s3_link *bucket_link(struct store *);
/* What is under way ends, and what follows fails. */
void bucket_stop(struct store *);
/* The bytes of a file go there, in three tries; OK, AWAY, ERROR. */
enum store_status bucket_put(struct store *, struct s3_link *,
    const struct hash *, int fd, int64_t size);
/* To the cache; OK, AWAY, FULL, ERROR. */
enum store_status bucket_fetch(struct store *, struct s3_link *,
    const struct store_fetch *);

/* True: one is under way, which will answer this one, too. Under mtx. */
bool bucket_join(struct bucket *, struct store_fetch *);
/* All that wait for these bytes. Under mtx. */
struct store_fetch *bucket_part(struct bucket *, const struct hash *);

/*---- bucket_chores.c: what has time */
/* A piece of it; true: there is more to be done at once. */
bool bucket_chore(struct store *, struct s3_link *);

#endif
