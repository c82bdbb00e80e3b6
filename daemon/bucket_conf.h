/* SPDX-License-Identifier: BSD-2-Clause */
/* The settings of the bucket, as the store wants them. */
#ifndef BUCKET_CONF_H
#define BUCKET_CONF_H

#include "conf.h"
#include "store/store_bucket.h"

/* Its texts are those of *c*. */
static inline struct store_bucket_conf
bucket_conf(const struct conf *c)
{
	return ((struct store_bucket_conf){
		.s3 = { .url = c->s3_url, .region = c->s3_region,
		    .key_file = c->s3_key_file,
		    .timeout_ms = c->s3_timeout_ms },
		.workers = c->blob_workers,
		.cache_bytes = (int64_t)c->blob_cache,
	});
}

#endif
