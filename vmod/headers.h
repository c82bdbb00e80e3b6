/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Headers as Varnish keeps them, in one pass where its own calls would take
 * one for each name.
 */
#ifndef HEADERS_H
#define HEADERS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline bool
headers_same8(const char *p, const char *name)
{
	uint64_t a, b;

	(void)memcpy(&a, p, sizeof a);
	(void)memcpy(&b, name, sizeof b);
	return (((a ^ b) & ~((b & 0x4040404040404040) >> 1)) == 0);
}

static inline bool
headers_same4(const char *p, const char *name)
{
	uint32_t a, b;

	(void)memcpy(&a, p, sizeof a);
	(void)memcpy(&b, name, sizeof b);
	return (((a ^ b) & ~((b & 0x40404040) >> 1)) == 0);
}

/*
 * Are these *n* bytes, four at least, the same but for the case of letters,
 * which of the bytes of *name* alone have the bit 0x40? Many at a time, the last
 * ones perhaps twice: what takes time in a pass over the headers is to call
 * strncasecmp, or to look at each byte.
 */
static inline bool
headers_same(const char *p, const char *name, size_t n)
{
	const char *last = p + n, *last_of_name = name + n;

	if (n < 8)
		return (headers_same4(p, name) &&
		    headers_same4(last - 4, last_of_name - 4));
	for (; p < last - 8; p += 8, name += 8)
		if (!headers_same8(p, name))
			return (false);
	return (headers_same8(last - 8, last_of_name - 8));
}

/* Does *h* begin with *name*, which ends in ":" unless it is a prefix? */
#define HEADER_IS(h, name)						\
	((size_t)((h).e - (h).b) >= sizeof (name) - 1 &&			\
	    (h).b[sizeof (name) - 2] == (name)[sizeof (name) - 2] &&	\
	    headers_same((h).b, name, sizeof (name) - 1))

/* The first letter, in lower case. Nothing else is one of these. */
#define HEADER_INITIAL(h)	((h).b == NULL ? '\0' : *(h).b | 0x20)

/* What follows the name, of *len* bytes with the colon. */
static inline const char *
headers_value(const txt h, size_t len)
{
	const char *p = h.b + len;

	while (p < h.e && (*p == ' ' || *p == '\t'))
		p++;
	return (p);
}

/* Is the header to go? And is that worth a record in the log? */
enum headers_fate { HEADERS_STAY, HEADERS_GO, HEADERS_GO_UNSEEN };
typedef enum headers_fate headers_fate_f(const txt h, const void *priv);

/*
 * Removes those headers, *from* this place on, for which *f* says so, and logs
 * them as *tag*. Inline, so that a pass is one loop without a call for each.
 */
static inline void
headers_drop(struct http *hp, unsigned from, enum VSL_tag_e tag,
    headers_fate_f *f, const void *priv)
{
	enum headers_fate fate;
	unsigned to;

	for (to = from; from < hp->nhd; from++) {
		if (hp->hd[from].b == NULL)
			continue;
		fate = f(hp->hd[from], priv);
		if (fate == HEADERS_GO && hp->vsl != NULL)
			VSLbt(hp->vsl, tag, hp->hd[from]);
		if (fate != HEADERS_STAY)
			continue;
		if (to != from) {
			hp->hd[to] = hp->hd[from];
			hp->hdf[to] = hp->hdf[from];
		}
		to++;
	}
	hp->nhd = (uint16_t)to;
}

#endif
