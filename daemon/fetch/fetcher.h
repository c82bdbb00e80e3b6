/* SPDX-License-Identifier: BSD-2-Clause */
/* The process that fetches; fetcher.c. */
#ifndef FETCHER_H
#define FETCHER_H

#include "fetch/frame.h"

/* What "monikerd" does when it is started to fetch; never returns. */
void fetcher_main(int sock) __attribute__((noreturn));

/* Milliseconds until the fetch has to be over, at least 1. */
int fetcher_left(void);

/*
 * connect.c: resolves the host once, and connects to the first of its addresses
 * that is allowed and answers. A connected socket, or -1 with why and a
 * sentence.
 */
int fetcher_connect(const struct fetch_request *, enum fetch_status *why,
    char *err, size_t err_len);

/*
 * shut.c: how the cage closes. first() before a name is resolved, when files
 * are needed still; last() when the socket is connected: from then on there is
 * no other, and no file. 0, or -1 and a sentence.
 */
int fetcher_shut_first(const struct fetch_request *, struct wire_cage *,
    char *err, size_t err_len);
int fetcher_shut_last(const struct fetch_request *, struct wire_cage *,
    char *err, size_t err_len);

#endif
