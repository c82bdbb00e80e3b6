/* SPDX-License-Identifier: BSD-2-Clause */
/* Which addresses a fetch may connect to. Pure functions. */
#ifndef FETCH_ADDRESS_H
#define FETCH_ADDRESS_H

#include <stdbool.h>

struct sockaddr;

/*
 * Whether the address is one of the public internet: not one that IANA's
 * registries of special addresses list, nor IPv6 that carries such an IPv4
 * address. What is neither IPv4 nor IPv6 is not.
 */
bool address_is_public(const struct sockaddr *);

/*
 * Networks, as "127.0.0.1 10.1.0.0/16 fd00::/8", with blanks or commas between
 * them. Whether all of them are well written; and whether one has the address.
 */
bool address_nets_good(const char *nets);
bool address_in_nets(const struct sockaddr *, const char *nets);

#endif
