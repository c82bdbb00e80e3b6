/* SPDX-License-Identifier: BSD-2-Clause */
/* Signed URLs of the render host (contract, 1.11). Pure functions. */
#ifndef SIGN_H
#define SIGN_H

#include <stdbool.h>
#include <stdint.h>

enum sign_status {
	SIGN_NONE,		/* the URL has no signature */
	SIGN_GOOD,
	SIGN_BAD,
	SIGN_EXPIRED
};

/* Whether *target* has a signature, be it good or bad. */
bool sign_given(const char *target);

/*
 * Checks *target* (path and query as the client sent them) against *key*.
 * *until_ms* is set to the unix time until which it is good, or 0 for ever.
 */
enum sign_status sign_check(const char *target, const char *key,
    int64_t now_ms, int64_t *until_ms);

/*
 * *url* (a path, or a URL with one) signed with *key*, in place of what signed
 * it before; *sigopts* is the percent-encoded value of that parameter, or NULL.
 * A string to be freed; NULL: it is not a URL, or there is no memory.
 */
char *sign_url(const char *url, const char *key, const char *sigopts);

#endif
