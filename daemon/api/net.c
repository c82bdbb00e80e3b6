/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "api/net.h"

#define MAPPED		96	/* bits before an IPv4 address */
#define MACHINE		64	/* bits of IPv6 that a provider gives to one */
#define ADDRESS		128

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

static bool
is_mapped(const struct net *n)
{
	return (n->bits >= MAPPED &&
	    memcmp(n->address, mapped, sizeof mapped) == 0);
}

/* Clears what lies behind the network's bits. */
static void
net_mask(struct net *n)
{
	for (unsigned i = 0; i < sizeof n->address; i++) {
		unsigned before = i * 8;

		if (n->bits <= before)
			n->address[i] = 0;
		else if (n->bits < before + 8)
			n->address[i] &= (uint8_t)(0xff00 >>
			    (n->bits - before));
	}
}

/* The digits behind the slash; false if they are not a number up to *max*. */
static bool
net_length(const char *digits, unsigned max, unsigned *bits)
{
	unsigned n = 0;

	if (strlen(digits) > 3 || *digits == '\0')
		return (false);
	for (; isdigit((unsigned char)*digits); digits++)
		n = n * 10 + (unsigned)(*digits - '0');
	*bits = n;
	return (*digits == '\0' && n <= max);
}

bool
net_parse(const char *text, size_t len, struct net *n)
{
	char copy[NET_TEXT], *slash;
	unsigned before = 0, bits;

	if (len >= sizeof copy)
		return (false);
	(void)memcpy(copy, text, len);
	copy[len] = '\0';
	slash = strchr(copy, '/');
	if (slash != NULL)
		*slash++ = '\0';
	if (inet_pton(AF_INET, copy, n->address + 12) == 1) {
		(void)memcpy(n->address, mapped, sizeof mapped);
		before = MAPPED;
	} else if (inet_pton(AF_INET6, copy, n->address) != 1)
		return (false);
	bits = ADDRESS - before;
	if (slash != NULL && !net_length(slash, bits, &bits))
		return (false);
	n->bits = before + bits;
	net_mask(n);
	return (true);
}

void
net_print(const struct net *n, char text[NET_TEXT])
{
	unsigned before = is_mapped(n) ? MAPPED : 0;
	size_t len;

	(void)inet_ntop(before > 0 ? AF_INET : AF_INET6,
	    n->address + before / 8, text, NET_TEXT);
	len = strlen(text);
	if (n->bits < ADDRESS)
		(void)snprintf(text + len, NET_TEXT - len, "/%u",
		    n->bits - before);
}

static bool
net_holds(const struct net *outer, const struct net *inner)
{
	struct net n = { .bits = outer->bits };

	if (inner->bits < outer->bits)
		return (false);
	(void)memcpy(n.address, inner->address, sizeof n.address);
	net_mask(&n);
	return (memcmp(n.address, outer->address, sizeof n.address) == 0);
}

bool
nets_hold(const struct nets *all, const struct net *inner)
{
	for (unsigned i = 0; i < all->n; i++)
		if (net_holds(&all->net[i], inner))
			return (true);
	return (false);
}

bool
nets_add(struct nets *all, const struct net *n)
{
	for (unsigned i = 0; i < all->n; i++)
		if (all->net[i].bits == n->bits &&
		    memcmp(all->net[i].address, n->address,
		    sizeof n->address) == 0)
			return (true);
	if (all->n == NETS_MAX)
		return (false);
	all->net[all->n++] = *n;
	return (true);
}

uint64_t
nets_size(const struct nets *all)
{
	uint64_t size = 0, one;

	for (unsigned i = 0; i < all->n; i++) {
		unsigned whole = is_mapped(&all->net[i]) ? ADDRESS : MACHINE;
		unsigned bits = all->net[i].bits;

		if (bits >= whole)
			one = 1;
		else if (whole - bits < 64)
			one = (uint64_t)1 << (whole - bits);
		else
			one = UINT64_MAX;
		if (__builtin_add_overflow(size, one, &size))
			return (UINT64_MAX);
	}
	return (size);
}

/*--------------------------------------------------------------------*/

bool
nets_parse(const char *list, struct nets *all)
{
	struct net n;

	all->n = 0;
	while (*list != '\0') {
		size_t len = strcspn(list, ",");

		if (!net_parse(list, len, &n) || !nets_add(all, &n))
			return (false);
		list += len + (list[len] == ',');
	}
	return (true);
}

void
nets_print(const struct nets *all, char list[NETS_TEXT])
{
	char text[NET_TEXT];
	size_t len = 0;

	list[0] = '\0';
	for (unsigned i = 0; i < all->n; i++) {
		net_print(&all->net[i], text);
		len += (size_t)snprintf(list + len, NETS_TEXT - len, "%s%s",
		    i > 0 ? "," : "", text);
	}
}

json_t *
nets_json(const struct nets *all)
{
	json_t *list = json_array();
	char text[NET_TEXT];

	for (unsigned i = 0; i < all->n; i++) {
		net_print(&all->net[i], text);
		(void)json_array_append_new(list, json_string(text));
	}
	return (list);
}
