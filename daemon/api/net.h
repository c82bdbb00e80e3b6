/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses and networks, IPv4 and IPv6: from where a key may be used. */
#ifndef NET_H
#define NET_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETS_MAX	10
#define NET_TEXT	50	/* of an IPv6 network, and its NUL */

/* An IPv4 address is one of IPv6, ::ffff:0:0/96. No bit is set behind *bits*. */
struct net {
	uint8_t		address[16];
	unsigned	bits;
};

struct nets {
	unsigned	n;
	struct net	net[NETS_MAX];
};

/* "192.0.2.7", "192.0.2.0/24", "2001:db8::/32"; false for anything else. */
bool net_parse(const char *text, size_t len, struct net *);
/* Writes what net_parse() reads; a single address without its length. */
void net_print(const struct net *, char text[NET_TEXT]);
/* Whether all of *inner* lies in one of *nets*. */
bool nets_hold(const struct nets *, const struct net *inner);
/* Adds it unless it is there already; false when full. */
bool nets_add(struct nets *, const struct net *);
/*
 * How many addresses they cover, of IPv6 how many networks of 64 bits: one
 * machine's part.
 */
uint64_t nets_size(const struct nets *);

/* A list with commas, as nets_print() writes it; false if it is malformed. */
#define NETS_TEXT	(NETS_MAX * NET_TEXT)
bool nets_parse(const char *list, struct nets *);
void nets_print(const struct nets *, char list[NETS_TEXT]);
/* An array of texts: a new reference. */
json_t *nets_json(const struct nets *);

#endif
