/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How often a bucket is asked that does not answer. A request has three tries.
 * Once they were in vain, others fail at once, but for one each second, until
 * that one succeeds: nobody waits in a row behind a server that is gone.
 */
#include "config.h"

#include <time.h>

#include "base/clock.h"
#include "bucket.h"
#include "log.h"

#define TRIES		3
#define PAUSE_MS	100	/* before the second; then four times as long */
#define CLOSED_US	1000000

bool
bucket_may_ask(struct bucket *bk)
{
	int64_t now = clock_us(), until;

	if (s3_stopped(bk->s3))
		return (false);
	if (!atomic_load(&bk->away))
		return (true);
	until = atomic_load(&bk->closed_until_us);
	/* The others wait for its answer as long as that may take. */
	return (until <= now && atomic_compare_exchange_strong(
	    &bk->closed_until_us, &until,
	    now + (int64_t)bk->timeout_ms * 1000 + CLOSED_US));
}

void
bucket_answered(struct bucket *bk, struct s3_link *link, enum s3_answer a,
    const char *what)
{

	if (a != S3_AWAY && a != S3_REFUSED) {
		if (atomic_exchange(&bk->away, false))
			log_info("bucket_back", KV("what", what));
		return;
	}
	if (s3_stopped(bk->s3))
		return;
	atomic_store(&bk->closed_until_us, clock_us() + CLOSED_US);
	if (atomic_exchange(&bk->away, true))
		return;
	if (a == S3_AWAY)
		log_error("bucket_away", "look at the S3 server of s3_url, and "
		    "the way there; until it answers, uploads and source "
		    "images that are not in the cache get 503",
		    KV("what", what), KV("error", s3_why(link)));
	else
		log_error("bucket_refuses", "look at s3_url, s3_region and "
		    "s3_key_file, at what the key may do, and at the clock",
		    KV("what", what), KV("error", s3_why(link)));
}

bool
bucket_again(struct bucket *bk, enum s3_answer a, unsigned n)
{
	unsigned ms = n == 1 ? PAUSE_MS : 4 * PAUSE_MS;
	const struct timespec pause = { 0, ms * 1000000L };

	if (a != S3_AWAY || n >= TRIES || s3_stopped(bk->s3) ||
	    atomic_load(&bk->away))
		return (false);
	(void)nanosleep(&pause, NULL);
	return (true);
}
