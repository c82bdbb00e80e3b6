/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * multipart/form-data (RFC 7578), pushed in pieces of any size. Nothing is
 * kept but the headers of one part, 8 kB at most; a body has up to 1024 parts.
 */
#ifndef MULTIPART_H
#define MULTIPART_H

#include <stddef.h>

struct multipart;

struct multipart_part {
	const char	*name;		/* never NULL */
	const char	*filename;	/* NULL when the part has none */
	const char	*type;		/* its Content-Type, or NULL */
};
/* name and filename are UTF-8 without control characters. */

/* Each returns 0, or other to stop: multipart_feed() then returns that. */
struct multipart_events {
	int (*begin)(void *arg, const struct multipart_part *);
	int (*data)(void *arg, const void *, size_t);
	int (*end)(void *arg);
};

#define MULTIPART_MALFORMED	(-1)

/* NULL if *content_type* is not multipart/form-data with a boundary. */
struct multipart *multipart_new(const char *content_type,
    const struct multipart_events *, void *arg);
int multipart_feed(struct multipart *, const void *, size_t);
/* 0 when the closing boundary has been seen, else MULTIPART_MALFORMED. */
int multipart_finish(struct multipart *);
/* What was malformed, a sentence, or "". */
const char *multipart_reason(const struct multipart *);
void multipart_free(struct multipart *);

#endif
