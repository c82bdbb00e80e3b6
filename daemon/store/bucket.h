/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BUCKET_H
#define BUCKET_H

#include "blobs.h"

struct bucket {
	struct s3	*s3;
	/* Those that a thread fetches, or will; under mtx of the blobs */
	struct store_fetch *fetches;
	/* While it gives no answer, one thread at a time asks. */
	_Atomic int64_t	closed_until_us;
	atomic_bool	away;
	unsigned	timeout_ms;
	_Atomic uint64_t fetched, corrupt, moved, removed;
	/* The thread that does chores: where it is */
	unsigned	move_folder;	/* 256: all is moved */
	int64_t		chore_after_us, sweep_after_ms;
	bool		sweeping;
	char		sweep_after[S3_NAME_MAX];
	struct db	db;
	bool		db_open;
};

#define BUCKET_OWNER	"owner"	/* the object that says whose the bucket is */

/* bucket_try.c: whether a try may be made; after S3_OK, and after the last. */
bool bucket_may_ask(struct bucket *);
void bucket_answered(struct bucket *, struct s3_link *, enum s3_answer,
    const char *what);
/* Waits before try *n* (from 1); false: no more. */
bool bucket_again(struct bucket *, enum s3_answer, unsigned n);

#endif
