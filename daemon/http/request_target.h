/* SPDX-License-Identifier: BSD-2-Clause */
/* The target of a request line, and percent-escapes. */
#ifndef HTTP_REQUEST_TARGET_H
#define HTTP_REQUEST_TARGET_H

#include <stddef.h>
#include <sys/types.h>

/*
 * NULL when *target* is an absolute path that means the same to everybody
 * ("*" for OPTIONS), else a sentence.
 */
const char *request_target_check(const char *target, const char *method);

/*
 * The byte of the escape at *p* ("%41"), or -1 if it is malformed. Reads no
 * further than the first byte that is not a hex digit.
 */
int request_target_escape(const char *p);

#endif
