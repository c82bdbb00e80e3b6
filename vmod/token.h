/* SPDX-License-Identifier: BSD-2-Clause */
/* A secret that a file holds and a request has to know. */
#ifndef TOKEN_H
#define TOKEN_H

#include <stdbool.h>

/* Room for a token and the end of its line, in bytes. */
#define TOKEN_FILE_MAX	4096

/*
 * True when *given* is what *file* holds, but for the newlines at its end. The
 * file is read at each call, so that a new token needs no restart. False, with
 * a reason in *why (a constant; NULL: the tokens differ), for a file that is
 * missing, empty, too large or not a regular file. Either may be NULL. The time
 * that it takes tells nothing of where the two begin to differ.
 */
bool token_matches(const char *file, const char *given, const char **why);

#endif
