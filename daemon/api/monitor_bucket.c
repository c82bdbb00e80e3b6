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

static void
write_ops(struct evbuffer *b, const struct s3_stats *s)
{
	monitor_head(b, "moniker_s3_requests_total", "counter",
	    "Requests to the bucket, tries counted one by one.");
	for (int i = 0; i < S3_OPS; i++)
		(void)evbuffer_add_printf(b, "moniker_s3_requests_total{"
		    "op=\"%s\"} %llu\n", s3_op_name(i),
		    (unsigned long long)s->requests[i]);
	monitor_head(b, "moniker_s3_errors_total", "counter",
	    "Those that had no answer, or a refusal.");
	for (int i = 0; i < S3_OPS; i++)
		(void)evbuffer_add_printf(b, "moniker_s3_errors_total{"
		    "op=\"%s\"} %llu\n", s3_op_name(i),
		    (unsigned long long)s->failed[i]);
	monitor_head(b, "moniker_s3_seconds_total", "counter",
	    "Time that they took.");
	for (int i = 0; i < S3_OPS; i++)
		(void)evbuffer_add_printf(b, "moniker_s3_seconds_total{"
		    "op=\"%s\"} %.6f\n", s3_op_name(i),
		    (double)s->us[i] / 1e6);
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
	write_ops(b, &s.s3);
}
