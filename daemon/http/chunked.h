/* SPDX-License-Identifier: BSD-2-Clause */
/* Decoder of the chunked transfer coding, fed in pieces of any size. */
#ifndef HTTP_CHUNKED_H
#define HTTP_CHUNKED_H

#include <stddef.h>
#include <stdint.h>

struct chunked {
	int		state;
	uint64_t	left;		/* of the chunk under way */
	unsigned	digits;		/* of its size */
	unsigned	extension;	/* bytes of all extensions so far */
};

enum chunked_result { CHUNKED_MORE, CHUNKED_DATA, CHUNKED_END, CHUNKED_BAD };

/* A zeroed struct begins a body. */

/*
 * Takes up to *len* bytes, says in *used* how many. CHUNKED_DATA: *out* and
 * *out_len* are a piece of the body inside *in*; call again with the rest.
 * CHUNKED_END: the body is complete; what was not used is not of it.
 * CHUNKED_BAD: a sentence in *why*.
 */
enum chunked_result chunked_feed(struct chunked *, const char *in, size_t len,
    size_t *used, const char **out, size_t *out_len, const char **why);

#endif
