/* SPDX-License-Identifier: BSD-2-Clause */
/* Signed URLs of the render host (contract, 1.11). Pure functions. */
#ifndef SIGN_H
#define SIGN_H

#include <stdint.h>

enum sign_status {
	SIGN_NONE,		/* the URL has no signature */
	SIGN_GOOD,
	SIGN_BAD,
	SIGN_EXPIRED
};

/*
 * Checks *target* (path and query as the client sent them) against *key*.
 * *until_ms* is set to the unix time until which it is good, or 0 for ever.
 */
enum sign_status sign_check(const char *target, const char *key,
    int64_t now_ms, int64_t *until_ms);

#endif
