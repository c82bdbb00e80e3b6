/* SPDX-License-Identifier: BSD-2-Clause */
/* The store: source images in a bucket of an S3 server, with a cache on disk. */
#ifndef STORE_BUCKET_H
#define STORE_BUCKET_H

#include "s3/s3.h"
#include "store.h"

struct store_bucket_conf {
	struct s3_conf	s3;
	unsigned	workers;	/* uploads and fetches at once */
	int64_t		cache_bytes;	/* of the cache, at most */
};

struct store_bucket_stats {
	bool		away;		/* the last request had no answer */
	int64_t		cache_bytes;
	uint64_t	cache_files;
	uint64_t	hits;		/* opened without asking the bucket */
	uint64_t	evicted;
	uint64_t	fetched;
	uint64_t	corrupt;	/* fetched, and not what was uploaded */
	uint64_t	moved;		/* from the folder blobs */
	uint64_t	removed;	/* from the bucket */
	struct s3_stats	s3;
};
/* False without a bucket. */
bool store_bucket_stats(struct store *, struct store_bucket_stats *);

#endif
