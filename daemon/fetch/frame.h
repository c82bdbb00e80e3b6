/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the daemon and a fetcher say to each other over a SOCK_SEQPACKET pair:
 * one request, then frames. A fetcher is expected to be taken over one day, so
 * the daemon believes of its frames what frame_take() has checked.
 */
#ifndef FETCH_FRAME_H
#define FETCH_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fetch/fetch_url.h"
#include "wire/wire.h"

#define FETCH_NETS_MAX	1024
#define FETCH_CA_MAX	1024	/* of its path */
#define FETCH_HEADERS_MAX 1024	/* of a POST */
#define FETCH_POST_MAX	32768	/* bytes of its body */

/* One fetch, without redirects. */
struct fetch_request {
	struct fetch_url url;
	char		allow_nets[FETCH_NETS_MAX];
	char		ca_file[FETCH_CA_MAX];
	uint64_t	max_bytes;
	uint32_t	timeout_ms;
	uint32_t	rate;		/* bytes a second, at least; 0: any */
	uint32_t	user_namespace;
	uint32_t	refused;	/* errno: why it has no namespaces, or 0 */
	uint32_t	post_len;	/* of the body; 0: it is no POST */
	char		headers[FETCH_HEADERS_MAX]; /* "A: b\n", with the POST */
	char		post[FETCH_POST_MAX];	/* of which post_len are sent */
};
#define FETCH_REQUEST_LEN(rq)						\
	(offsetof(struct fetch_request, post) + (rq)->post_len)

/*
 * SHUT: the cage is closed, by what it is. DATA*, then one of DONE (text: its
 * Content-Disposition), MOVED (text: where to) and FAILED (text: a sentence).
 */
enum frame_kind { FRAME_SHUT = 1, FRAME_DATA, FRAME_DONE, FRAME_MOVED,
	FRAME_FAILED };

/* Why a fetch failed. */
enum fetch_status {
	FETCH_OK,
	FETCH_REFUSED,		/* URL or address are not allowed */
	FETCH_FAILED,		/* the other side is to blame */
	FETCH_TOO_BIG,
	FETCH_BUSY,		/* too many at once */
	FETCH_BROKEN,		/* ours: no process, no memory, no cage */
	FETCH_MAX
};

#define FRAME_BYTES	32768
#define FRAME_TEXT	2048

struct frame {
	uint32_t	kind;
	uint32_t	status;		/* of FAILED: enum fetch_status */
	uint32_t	code;		/* HTTP's; 0: none came */
	uint32_t	len;		/* of the bytes that follow */
	char		bytes[FRAME_BYTES];
};
#define FRAME_HEAD	offsetof(struct frame, bytes)

/* How far a fetch is. */
struct frame_state {
	uint64_t	max_bytes, got;
	bool		shut, over;
	bool		post;		/* it is one: any 2xx is good */
};

/* A frame that makes sense there. */
struct frame_view {
	enum frame_kind	kind;
	enum fetch_status status;
	unsigned	code;
	const char	*bytes;		/* of DATA and SHUT */
	size_t		len;
	char		text[FRAME_TEXT + 1]; /* of all others, ASCII or UTF-8 */
};

/* False: no fetcher of ours says this; end it. */
bool frame_take(struct frame_state *, const void *message, size_t len,
    struct frame_view *);

#endif
