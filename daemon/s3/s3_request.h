/* SPDX-License-Identifier: BSD-2-Clause */
/* One request to the server. */
#ifndef S3_REQUEST_H
#define S3_REQUEST_H

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "s3/s3.h"

#define S3_URL_MAX	1024
#define S3_ERROR_MAX	4096	/* bytes kept of an answer that is an error */

struct s3 {
	char		bucket[S3_URL_MAX];	/* https://host/bucket */
	char		prefix[S3_URL_MAX];	/* "" or "a/b/" */
	char		key[256], secret[256];
	char		sign[128];	/* for CURLOPT_AWS_SIGV4 */
	unsigned	timeout_ms;
	atomic_bool	stop;
	pthread_mutex_t	mtx;
	struct s3_stats	stats;		/* under mtx */
};

struct s3_link {
	struct s3	*s3;
	CURL		*easy;
	char		why[256];
};

struct s3_request {
	enum s3_op	op;
	const char	*name;		/* "": the bucket's own */
	const char	*query;		/* NULL: none */
	int		fd;		/* S3_PUT */
	int64_t		size;		/* likewise; out, S3_HEAD */
	s3_data_f	*data;		/* NULL: not wanted */
	void		*arg;
	/* its own */
	struct s3_link	*link;
	int64_t		at;		/* of fd */
	int64_t		moved_us;	/* when a byte moved last */
	curl_off_t	moved;
	bool		stopped, stalled;
	char		error[S3_ERROR_MAX];
	size_t		error_len;
};

enum s3_answer s3_request(struct s3_link *, struct s3_request *);

#endif
