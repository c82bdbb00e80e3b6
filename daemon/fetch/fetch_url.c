/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fetch/fetch_url.h"
#include "name/ascii.h"
#include "name/name.h"

#define DIGITS	"0123456789"

static bool
fail(char *err, size_t err_len, const char *why)
{
	(void)snprintf(err, err_len, "%s", why);
	return (false);
}

/* What RFC 3986 lets stand in a URL. */
static bool
has_only_url_chars(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s <= ' ' || *s > '~' || strchr("\"<>\\^`{|}", *s) != NULL)
			return (false);
	return (true);
}

/*
 * Some programs read "127.1", "0x7f000001" and "2130706433" as addresses. Here
 * an address must have four numbers.
 */
static bool
looks_numeric(const char *host)
{
	const char *last = strrchr(host, '.');

	last = last != NULL ? last + 1 : host;
	return (last[strspn(last, DIGITS)] == '\0' ||
	    (last[0] == '0' && ascii_lower(last[1]) == 'x'));
}

static bool
take_host(struct fetch_url *u, const char *p, size_t n)
{
	struct in6_addr a;

	u->six = n > 1 && p[0] == '[' && p[n - 1] == ']';
	if (u->six) {
		p++;
		n -= 2;
	}
	if (n == 0 || n > HOST_MAX)
		return (false);
	for (size_t i = 0; i < n; i++)
		u->host[i] = ascii_lower(p[i]);
	u->host[n] = '\0';
	if (u->six)
		return (inet_pton(AF_INET6, u->host, &a) == 1);
	if (looks_numeric(u->host))
		return (inet_pton(AF_INET, u->host, &a) == 1);
	return (name_is_dns(u->host));
}

static bool
take_port(struct fetch_url *u, const char *p, size_t n)
{
	u->port = u->tls ? 443 : 80;
	if (n == 0)
		return (true);
	if (p[0] != ':' || n < 2 || n > 6 || strspn(p + 1, DIGITS) < n - 1)
		return (false);
	u->port = (unsigned)strtoul(p + 1, NULL, 10);
	return (u->port > 0 && u->port < 65536);
}

/* "host:port" of *n* bytes */
static bool
take_authority(struct fetch_url *u, const char *p, size_t n, char *err,
    size_t err_len)
{
	const char *bracket = memchr(p, ']', n);
	const char *from = bracket != NULL ? bracket : p;
	const char *colon = memchr(from, ':', n - (size_t)(from - p));
	size_t host = colon != NULL ? (size_t)(colon - p) : n;

	if (memchr(p, '@', n) != NULL)
		return (fail(err, err_len, "must not have a user or a "
		    "password"));
	if (!take_host(u, p, host))
		return (fail(err, err_len, "must have a host: a name, or an "
		    "address in full"));
	if (!take_port(u, p + host, n - host))
		return (fail(err, err_len, "must have a port from 1 to 65535, "
		    "or none"));
	return (true);
}

static bool
write_text(struct fetch_url *u, const char *path)
{
	char port[8] = "";
	int n;

	if (u->port != (u->tls ? 443U : 80U))
		(void)snprintf(port, sizeof port, ":%u", u->port);
	n = snprintf(u->text, sizeof u->text, "%s://%s%s%s%s%s%.*s",
	    u->tls ? "https" : "http", u->six ? "[" : "", u->host,
	    u->six ? "]" : "", port, *path == '/' ? "" : "/",
	    (int)strcspn(path, "#"), path);
	return (n > 0 && (size_t)n < sizeof u->text);
}

bool
fetch_url_parse(const char *text, struct fetch_url *u, char *err,
    size_t err_len)
{
	const char *p;
	size_t n;

	memset(u, 0, sizeof *u);
	if (strnlen(text, FETCH_URL_MAX + 1) > FETCH_URL_MAX)
		return (fail(err, err_len, "must have at most 2048 bytes"));
	if (!has_only_url_chars(text))
		return (fail(err, err_len, "must be of ASCII; escape all else "
		    "as %20, and a host as xn--"));
	u->tls = strncasecmp(text, "https://", 8) == 0;
	if (!u->tls && strncasecmp(text, "http://", 7) != 0)
		return (fail(err, err_len, "must begin with http:// or "
		    "https://"));
	p = text + (u->tls ? 8 : 7);
	n = strcspn(p, "/?#");
	if (!take_authority(u, p, n, err, err_len))
		return (false);
	if (!write_text(u, p + n))
		return (fail(err, err_len, "must have at most 2048 bytes"));
	return (true);
}

/*--------------------------------------------------------------------
 * Lists
 */

/* The next word between blanks or commas; advances *at*. */
static bool
next_word(const char **at, char *word, size_t size)
{
	size_t n;

	*at += strspn(*at, " ,");
	n = strcspn(*at, " ,");
	if (n == 0)
		return (false);
	(void)snprintf(word, size, "%.*s", (int)(n < size ? n : size - 1),
	    *at);
	*at += n;
	return (true);
}

bool
fetch_hosts_good(const char *hosts)
{
	char word[HOST_MAX + 4];

	while (next_word(&hosts, word, sizeof word))
		if (!name_is_host_pattern(word))
			return (false);
	return (true);
}

bool
fetch_host_listed(const char *hosts, const char *host)
{
	char word[HOST_MAX + 4];

	while (next_word(&hosts, word, sizeof word))
		if (name_is_host_pattern(word) &&
		    name_host_matches(word, host))
			return (true);
	return (false);
}

static bool
port_of(const char *word, unsigned *port)
{
	size_t n = strspn(word, DIGITS);

	*port = (unsigned)strtoul(word, NULL, 10);
	return (n > 0 && n < 6 && word[n] == '\0' && *port > 0 &&
	    *port < 65536);
}

bool
fetch_ports_good(const char *ports)
{
	char word[8];
	unsigned port, n = 0;

	for (; next_word(&ports, word, sizeof word); n++)
		if (!port_of(word, &port))
			return (false);
	return (n > 0);
}

bool
fetch_port_listed(const char *ports, unsigned wanted)
{
	char word[8];
	unsigned port;

	while (next_word(&ports, word, sizeof word))
		if (port_of(word, &port) && port == wanted)
			return (true);
	return (false);
}
