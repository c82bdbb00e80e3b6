/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Failed keys by address. A key cannot be guessed, but each try costs a look
 * into the database, and lines of a log. A good key is looked at
 * first, so nobody's failures are in the way of others behind the same address.
 */
#include "config.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/client.h"
#include "api/net.h"
#include "base/clock.h"
#include "log.h"

#define SLOTS		4096
#define MINUTE_S	60

/* Direct mapped: an address that is displaced begins anew. */
struct clients {
	uint8_t		key[crypto_shorthash_KEYBYTES];
	struct client {
		uint8_t		net[16];	/* IPv6 by 64 bits */
		time_t		since;	/* CLOCK_MONOTONIC */
		unsigned	failed;
	}		slot[SLOTS];
};

struct clients *
clients_new(void)
{
	struct clients *all = calloc(1, sizeof *all);

	if (all != NULL)
		randombytes_buf(all->key, sizeof all->key);
	return (all);
}

void
clients_free(struct clients *all)
{
	free(all);
}

/* The bytes that count as one client. False if it is not an address. */
static bool
client_net(const char *address, uint8_t net[16])
{
	struct in6_addr in6;

	(void)memset(net, 0, 16);
	if (inet_pton(AF_INET, address, net + 12) == 1)
		return (true);
	if (inet_pton(AF_INET6, address, &in6) != 1)
		return (false);
	if (IN6_IS_ADDR_V4MAPPED(&in6))
		(void)memcpy(net + 12, in6.s6_addr + 12, 4);
	else
		(void)memcpy(net, in6.s6_addr, 8);
	return (true);
}

/* This machine: a peer on it may be Varnish. */
static bool
client_here(const char *peer)
{
	return (*peer == '\0' || strncmp(peer, "127.", 4) == 0 ||
	    strcmp(peer, "::1") == 0);
}

void
client_address(struct http_request *req, char *buf, size_t size)
{
	const char *said = http_header(req, "X-Moniker-Client");
	uint8_t net[16];

	http_peer_address(req, buf, size);
	if (said != NULL && client_here(buf) && strlen(said) < size &&
	    client_net(said, net))
		(void)snprintf(buf, size, "%s", said);
}

bool
client_within(const struct call *c, const struct nets *nets)
{
	struct net from;

	return (net_parse(c->actor.from, strlen(c->actor.from), &from) &&
	    nets_hold(nets, &from));
}

static struct client *
client_find(struct clients *all, const uint8_t net[16])
{
	uint64_t hash;
	struct client *c;

	(void)crypto_shorthash((uint8_t *)&hash, net, 16, all->key);
	c = &all->slot[hash % SLOTS];
	if (memcmp(c->net, net, 16) != 0 || c->failed == 0 ||
	    clock_us() / 1000000 - c->since >= MINUTE_S) {
		(void)memcpy(c->net, net, 16);
		c->since = clock_us() / 1000000;
		c->failed = 0;
	}
	return (c);
}

bool
client_throttled(struct call *c)
{
	unsigned limit = c->api->conf->auth_failures;
	struct client *from;
	uint8_t net[16];

	if (limit == 0 || !client_net(c->actor.from, net))
		return (false);
	from = client_find(c->api->clients, net);
	if (from->failed < limit) {
		from->failed++;
		return (false);
	}
	/* Once a minute. */
	if (from->failed++ == limit)
		log_warn("keys_fail", "wrong API keys or tokens; answered "
		    "429 for a minute", KV("from", c->actor.from),
		    KV("failed", limit));
	http_add_headerf(c->req, "Retry-After", "%jd",
	    (intmax_t)(from->since + MINUTE_S - clock_us() / 1000000 + 1));
	reply_error(c, 429, "Too many wrong API keys or tokens came from "
	    "your address; a valid one is accepted.");
	return (true);
}
