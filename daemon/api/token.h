/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tokens: for some time, and from some addresses, as good as the API key for
 * which they were given. A JSON Web Token by HS256, whose secret is this
 * installation's own.
 */
#ifndef TOKEN_H
#define TOKEN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "api/net.h"

#define TOKEN_SECRET	32
#define TOKEN_LEN	2048	/* what may be one */
#define TOKEN_SPAN_MAX	2592000	/* seconds: thirty days */

struct token {
	char		key[33];	/* the id of its API key */
	int64_t		end;		/* unix seconds */
	unsigned	span;		/* seconds for which it was given */
	bool		renewable;
	struct nets	nets;		/* that it is bound to; none: to none */
};

/* The claims of a token, as clients of rokka read them: a new reference. */
json_t *token_claims(const struct token *);
/* Signed; to be freed. NULL without memory. */
char *token_sign(const uint8_t secret[TOKEN_SECRET], const struct token *);
/*
 * Whether *text* is a token that was signed with *secret*. It may have ended, and
 * its key may be gone.
 */
bool token_read(const uint8_t secret[TOKEN_SECRET], const char *text,
    struct token *);

#endif
