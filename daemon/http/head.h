/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The head of a request: a pure function of its bytes, strict where two
 * implementations could disagree. Knows no socket, so that a fuzzer can feed
 * it.
 */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HEAD_FIELDS	100		/* headers of one request */
#define HEAD_METHOD	32		/* bytes */
#define HEAD_TARGET	8192		/* bytes */

struct head_field {
	const char	*name, *value;
};

/* All pointers are into the buffer that was parsed, or head_join()'s. */
struct head {
	const char	*method;
	const char	*target;	/* raw; "*" for OPTIONS only */
	size_t		path_len;	/* of the target, up to its "?" */
	const char	*query;		/* behind "?", or NULL */
	bool		http10;
	bool		close;		/* the peer wants it, or is 1.0 */
	bool		expect;		/* 100-continue */
	bool		chunked;
	uint64_t	length;		/* of the body, when not chunked */
	unsigned	n;
	struct head_field field[HEAD_FIELDS];
};

/*
 * Looks for the blank line behind a head. *at* is 0 for a new head and kept by
 * the caller while bytes are added to *buf*.
 * Returns the length of the head with its blank line, 0 when more is needed,
 * or -1 and a sentence in *why* as soon as a byte is wrong.
 */
ssize_t head_scan(const char *buf, size_t len, size_t *at, const char **why);

/*
 * Parses in place what head_scan() found complete.
 * Returns 0, or the status to refuse it with and a sentence in *why*.
 */
int head_parse(char *buf, size_t len, struct head *, const char **why);

/* First value of header *name*, any case, or NULL. */
const char *head_find(const struct head *, const char *name);

/* How many headers of that name there are. */
unsigned head_count(const struct head *, const char *name);

/*
 * Makes the headers of that name one, its value the list of theirs, written to
 * *buf*. All joins of a head together take fewer bytes than its text has: each
 * line gives up its name, colon and end for a comma and a blank, or a NUL.
 * Returns the bytes used.
 */
size_t head_join(struct head *, const char *name, char *buf);

#endif
