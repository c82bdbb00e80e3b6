/* SPDX-License-Identifier: BSD-2-Clause */
/* Which URLs may be fetched. Pure functions. */
#ifndef FETCH_URL_H
#define FETCH_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "name/name.h"

#define FETCH_URL_MAX	2048

struct fetch_url {
	bool		tls;
	bool		six;		/* host is an IPv6 address */
	unsigned	port;
	char		host[HOST_MAX + 1]; /* lower case, no brackets */
	/* All of it in one form, without a fragment */
	char		text[FETCH_URL_MAX + 1];
};

/*
 * Takes *text* apart, of which it believes nothing. False and a sentence
 * without a subject ("must ...") in *err*: it is too long, is not http or
 * https, has a name or password, or an invalid host or port.
 */
bool fetch_url_parse(const char *text, struct fetch_url *, char *err,
    size_t err_len);

/*
 * Patterns of hosts (name.h) with blanks or commas between them: well written;
 * and whether one matches *host*.
 */
bool fetch_hosts_good(const char *hosts);
bool fetch_host_listed(const char *hosts, const char *host);

/* Ports, "80 443": well written; and whether one is *port*. */
bool fetch_ports_good(const char *ports);
bool fetch_port_listed(const char *ports, unsigned port);

#endif
