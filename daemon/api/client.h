/* SPDX-License-Identifier: BSD-2-Clause */
/* From where a call comes, and whose keys fail too often. */
#ifndef CLIENT_H
#define CLIENT_H

#include "api/call.h"

struct clients;

struct clients *clients_new(void);
void clients_free(struct clients *);

/*
 * The client's address, from Varnish's header X-Moniker-Client, which is
 * believed from this machine only; else the peer's. "" if it is unknown.
 */
void client_address(struct http_request *, char *buf, size_t size);

/* Whether the call comes from one of these networks, of which there are some. */
struct nets;
bool client_within(const struct call *, const struct nets *);

/* Counts a key that is wrong. True, after an answer 429: too many have been. */
bool client_throttled(struct call *);

#endif
