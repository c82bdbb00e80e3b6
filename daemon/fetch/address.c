/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "fetch/address.h"

struct net {
	uint8_t		bits[16];
	unsigned	len;		/* of the prefix */
	unsigned	bytes;		/* 4 or 16 */
};

static bool
net_has(const struct net *n, const uint8_t *a, unsigned bytes)
{
	unsigned whole = n->len / 8, rest = n->len % 8;
	uint8_t mask = (uint8_t)(0xff << (8 - rest));

	return (n->bytes == bytes && memcmp(n->bits, a, whole) == 0 &&
	    (rest == 0 || ((n->bits[whole] ^ a[whole]) & mask) == 0));
}

/*--------------------------------------------------------------------
 * IANA's registries of special-purpose addresses, and what is no host's
 */

#define V4(a, b, c, d, len)	{ { a, b, c, d }, len, 4 }
#define V6(len, ...)		{ { __VA_ARGS__ }, len, 16 }

static const struct net special4[] = {
	V4(0, 0, 0, 0, 8),		/* this network */
	V4(10, 0, 0, 0, 8),		/* private */
	V4(100, 64, 0, 0, 10),		/* carrier-grade NAT */
	V4(127, 0, 0, 0, 8),		/* loopback */
	V4(169, 254, 0, 0, 16),		/* link-local: clouds' metadata */
	V4(172, 16, 0, 0, 12),		/* private */
	V4(192, 0, 0, 0, 24),		/* IETF protocols */
	V4(192, 0, 2, 0, 24),		/* documentation */
	V4(192, 31, 196, 0, 24),	/* AS112 */
	V4(192, 52, 193, 0, 24),	/* AMT */
	V4(192, 88, 99, 0, 24),		/* relays of 6to4 */
	V4(192, 168, 0, 0, 16),		/* private */
	V4(192, 175, 48, 0, 24),	/* AS112 */
	V4(198, 18, 0, 0, 15),		/* benchmarks */
	V4(198, 51, 100, 0, 24),	/* documentation */
	V4(203, 0, 113, 0, 24),		/* documentation */
	V4(224, 0, 0, 0, 4),		/* multicast */
	V4(240, 0, 0, 0, 4),		/* reserved, broadcast */
};

/* All that is given out to hosts; IPv4-mapped and the like lie outside. */
static const struct net global6 = V6(3, 0x20);

static const struct net special6[] = {
	V6(23, 0x20, 0x01),			/* IETF protocols, Teredo */
	V6(32, 0x20, 0x01, 0x0d, 0xb8),		/* documentation */
	V6(16, 0x20, 0x02),			/* 6to4 */
	V6(48, 0x26, 0x20, 0, 0x4f, 0x80),	/* AS112 */
	V6(20, 0x3f, 0xff),			/* documentation */
};

/* The last four bytes are the IPv4 address that it is translated to. */
static const struct net nat64 = V6(96, 0, 0x64, 0xff, 0x9b);

#define IN(list, a, bytes)	in_list(list, sizeof list / sizeof *list, a, bytes)

static bool
in_list(const struct net *list, size_t n, const uint8_t *a, unsigned bytes)
{
	for (size_t i = 0; i < n; i++)
		if (net_has(&list[i], a, bytes))
			return (true);
	return (false);
}

/*
 * The last 64 bits of an address by ISATAP: what follows is an IPv4 address,
 * which a tunnel leads to.
 */
static bool
is_isatap(const uint8_t a[16])
{
	return ((a[8] & 0xfd) == 0 && a[9] == 0 && a[10] == 0x5e &&
	    a[11] == 0xfe);
}

/* The bytes of an address and how many, or NULL. */
static const uint8_t *
bytes_of(const struct sockaddr *sa, unsigned *bytes)
{
	const void *at = sa;

	switch (sa->sa_family) {
	case AF_INET:
		*bytes = 4;
		return ((const uint8_t *)
		    &((const struct sockaddr_in *)at)->sin_addr);
	case AF_INET6:
		*bytes = 16;
		return (((const struct sockaddr_in6 *)at)->sin6_addr.s6_addr);
	default:
		return (NULL);
	}
}

bool
address_is_public(const struct sockaddr *sa)
{
	unsigned bytes;
	const uint8_t *a = bytes_of(sa, &bytes);

	if (a == NULL)
		return (false);
	if (bytes == 4)
		return (!IN(special4, a, 4));
	if (net_has(&nat64, a, 16))
		return (!IN(special4, a + 12, 4));
	return (net_has(&global6, a, 16) && !IN(special6, a, 16) &&
	    !(is_isatap(a) && IN(special4, a + 12, 4)));
}

/*--------------------------------------------------------------------
 * What an operator opens
 */

static bool
parse_net(const char *word, size_t len, struct net *n)
{
	char text[64], *slash, *end;
	unsigned long bits;

	if (len >= sizeof text)
		return (false);
	memcpy(text, word, len);
	text[len] = '\0';
	slash = strchr(text, '/');
	if (slash != NULL)
		*slash++ = '\0';
	memset(n, 0, sizeof *n);
	n->bytes = strchr(text, ':') != NULL ? 16 : 4;
	n->len = n->bytes * 8;
	if (inet_pton(n->bytes == 16 ? AF_INET6 : AF_INET, text, n->bits) != 1)
		return (false);
	if (slash == NULL)
		return (true);
	bits = strtoul(slash, &end, 10);
	if (*slash < '0' || *slash > '9' || *end != '\0' || bits > n->len)
		return (false);
	n->len = (unsigned)bits;
	return (true);
}

/* The next of a list with blanks or commas; advances *at*. */
static bool
next_net(const char **at, const char **word, size_t *len)
{
	*at += strspn(*at, " ,");
	*word = *at;
	*len = strcspn(*at, " ,");
	*at += *len;
	return (*len > 0);
}

bool
address_nets_good(const char *nets)
{
	struct net n;
	const char *word;
	size_t len;

	while (next_net(&nets, &word, &len))
		if (!parse_net(word, len, &n))
			return (false);
	return (true);
}

bool
address_in_nets(const struct sockaddr *sa, const char *nets)
{
	unsigned bytes;
	const uint8_t *a = bytes_of(sa, &bytes);
	struct net n;
	const char *word;
	size_t len;

	while (a != NULL && next_net(&nets, &word, &len))
		if (parse_net(word, len, &n) && net_has(&n, a, bytes))
			return (true);
	return (false);
}
