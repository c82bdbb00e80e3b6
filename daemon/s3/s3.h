/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bucket of an S3 server: put, get, delete and list objects by name, with
 * signature version 4. Calls block; each thread has a link of its own. What an
 * object is called, and whether its bytes are right, is the caller's affair.
 */
#ifndef S3_H
#define S3_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define S3_NAME_MAX	128	/* bytes of an object's name, without prefix */

struct s3_conf {
	const char	*url;		/* https://host/bucket/prefix */
	const char	*region;
	/* The access key on its first line, its secret on the second */
	const char	*key_file;
	unsigned	timeout_ms;	/* without a byte sent or received */
};

enum s3_answer {
	S3_OK,
	S3_ABSENT,		/* the bucket lacks the object */
	S3_AWAY,		/* no answer, or "try again" */
	S3_REFUSED,		/* key, bucket or clock are wrong */
	S3_STOPPED		/* by the caller's function, or its disk */
};

enum s3_op { S3_PUT, S3_GET, S3_HEAD, S3_DELETE, S3_LIST, S3_OPS };

struct s3_stats {
	uint64_t	requests[S3_OPS], failed[S3_OPS];
	uint64_t	us[S3_OPS];
};

struct s3;

/* Reads the key; asks the server nothing. NULL and a sentence in *err*. */
struct s3 *s3_open(const struct s3_conf *, char *err, size_t);
void s3_free(struct s3 *);
/* From any thread: what is under way, and all that follows, is S3_AWAY. */
void s3_stop(struct s3 *);
bool s3_stopped(struct s3 *);
void s3_stats(struct s3 *, struct s3_stats *);
/* "put" */
const char *s3_op_name(enum s3_op);

/*--------------------------------------------------------------------
 * A connection that is kept.
 */

struct s3_link;

struct s3_link *s3_link_new(struct s3 *);
void s3_link_free(struct s3_link *);
/* What the last call that failed met, in a few words. */
const char *s3_why(const struct s3_link *);

/* *size* bytes from the beginning of *fd*, which is a file. */
enum s3_answer s3_put(struct s3_link *, const char *name, int fd,
    int64_t size);
/* Other than 0 ends the call: S3_STOPPED. */
typedef int s3_data_f(void *arg, const void *, size_t);
enum s3_answer s3_get(struct s3_link *, const char *name, s3_data_f *,
    void *arg);
enum s3_answer s3_size(struct s3_link *, const char *name, int64_t *size);
/* OK, too, when there is none. */
enum s3_answer s3_delete(struct s3_link *, const char *name);

struct s3_object {
	char		name[S3_NAME_MAX];	/* without the prefix */
	int64_t		size;
	int64_t		changed_s;		/* unix time */
};
typedef void s3_object_f(void *arg, const struct s3_object *);
/*
 * At most a thousand of those after *after* ("": from the first), in order.
 * *more*: there may be others behind the last. Names that nobody here gives are
 * left out.
 */
enum s3_answer s3_list(struct s3_link *l, const char *after,
    s3_object_f *func, void *arg, bool *more);

#endif
