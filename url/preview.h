/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The token by which a client sees what is planned, made by monikerd and
 * verified by the VMOD:
 *
 *	s12.1796083200.1.0123...	(40 hex digits)
 *
 * for the set of id 12 ("t" and unix milliseconds: for a moment), until the unix
 * time in seconds, with what was derived from signing key 1. The digits are the
 * first of HMAC-SHA256 over the organization, a blank, and all before them.
 */
#ifndef URL_PREVIEW_H
#define URL_PREVIEW_H

#include <stdint.h>

#include "url.h"

/* Of the parameter in a query, and of the cookie. */
#define URL_PREVIEW_NAME	"moniker_preview"
#define URL_PREVIEW_MAX		128

struct url_preview {
	bool		is_set;
	uint64_t	what;		/* id of the set, or the moment */
	uint64_t	expires;	/* unix time in seconds */
	uint64_t	key;		/* id of the signing key */
	struct hash	mac;
	size_t		signed_len;	/* bytes before the digits */
};

/* False if it is malformed. A token that parses must still be verified. */
bool url_preview_parse(struct url_span, struct url_preview *);

/* What is signed, but for the organization; sets signed_len. */
void url_preview_write(struct url_preview *, char buf[URL_PREVIEW_MAX]);

/*
 * The token in *cookies*, the value of a Cookie header, or an empty span. One
 * without a value counts as none.
 */
struct url_span url_preview_cookie(const char *cookies);

/*
 * *target* without the parameter, which is written to *buf* of strlen(target) + 1
 * bytes; the token as it was sent, of the last one; empty if there is none.
 */
struct url_span url_preview_strip(const char *target, char *buf);

#endif
