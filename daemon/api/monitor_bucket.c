/* SPDX-License-Identifier: BSD-2-Clause */
/* Source images in a bucket, and the cache of them. */
#include "config.h"

#include <event2/buffer.h>

#include "api/monitor.h"
#include "store/store_bucket.h"

/* Name, type, help, value: of one number each. */
#define BUCKET_METRICS(M)						\
	M(moniker_s3_up, gauge, "1 while the bucket answers.",		\
	    s.away ? 0 : 1)						\
	M(moniker_blob_cache_bytes, gauge,				\
	    "Source images on disk that the bucket has, too.",		\
	    s.cache_bytes)						\
	M(moniker_blob_cache_files, gauge, "How many these are.",	\
	    s.cache_files)						\
	M(moniker_blob_cache_hits_total, counter,			\
	    "Source images opened without asking the bucket.", s.hits)	\
	M(moniker_blob_cache_evicted_total, counter,			\
	    "Dropped from the cache to make room.", s.evicted)		\
	M(moniker_blob_fetches_total, counter,				\
	    "Source images fetched from the bucket.", s.fetched)	\
	M(moniker_blob_corrupt_total, counter,				\
	    "Answers of the bucket that were not what was uploaded.",	\
	    s.corrupt)							\
	M(moniker_blob_moved_total, counter,				\
	    "Files moved to the bucket that were there before it.",	\
	    s.moved)							\
	M(moniker_blob_removed_total, counter,				\
	    "Objects removed from the bucket that no image had.",	\
	    s.removed)

/* A line for each kind of request; *us*: microseconds, told in seconds. */
static void
write_ops(struct evbuffer *b, const char *name, const char *help,
    const uint64_t values[S3_OPS], bool us)
{
	monitor_head(b, name, "counter", help);
	for (int i = 0; i < S3_OPS; i++) {
		(void)evbuffer_add_printf(b, "%s{op=\"%s\"} ", name,
		    s3_op_name(i));
		if (us)
			(void)evbuffer_add_printf(b, "%.6f\n",
			    (double)values[i] / 1e6);
		else
			(void)evbuffer_add_printf(b, "%llu\n",
			    (unsigned long long)values[i]);
	}
}

void
monitor_bucket(struct evbuffer *b, struct store *store)
{
	struct store_bucket_stats s;

	if (!store_bucket_stats(store, &s))
		return;
#define M(name, type, help, value)					\
	monitor_head(b, #name, #type, help);				\
	(void)evbuffer_add_printf(b, #name " %llu\n",			\
	    (unsigned long long)(value));
	BUCKET_METRICS(M)
#undef M
	write_ops(b, "moniker_s3_requests_total", "Requests to the bucket, "
	    "each try counted.", s.s3.requests, false);
	write_ops(b, "moniker_s3_errors_total", "Requests without an answer, "
	    "or refused.", s.s3.failed, false);
	write_ops(b, "moniker_s3_seconds_total", "Time that requests took.",
	    s.s3.us, true);
}
