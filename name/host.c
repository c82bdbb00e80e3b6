/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "ascii.h"
#include "name.h"

#define DIGITS	"0123456789"
#define HEX	DIGITS "abcdefABCDEF"
#define LABEL	DIGITS "abcdefghijklmnopqrstuvwxyz" \
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ" "-_~%"

/* RFC 3986 lets a port be empty. */
static bool
is_port(const char *p)
{
	size_t n;

	if (*p == '\0')
		return (true);
	if (*p++ != ':')
		return (false);
	n = strspn(p, DIGITS);
	return (n <= 5 && p[n] == '\0' && strtoul(p, NULL, 10) <= 65535);
}

bool
name_is_host(const char *host)
{
	const char *p = host;
	size_t n;

	if (*p == '[') {
		n = strspn(p + 1, HEX ":.");
		return (n > 0 && p[n + 1] == ']' && is_port(p + n + 2));
	}
	do {
		n = strspn(p, LABEL);
		if (n == 0)
			return (p > host && is_port(p));
		p += n;
	} while (*p++ == '.');
	return (is_port(p - 1));
}

/* An IPv6 address has a bracket, which is no organization's. */
static bool
is_ipv4(const char *host)
{
	size_t n = strspn(host, DIGITS ".");

	return (host[n] == '\0' || host[n] == ':');
}

bool
name_host_org(const char *host, char org[ORG_MAX + 1])
{
	size_t n;

	for (n = 0; host[n] != '.' && host[n] != '\0' && n < ORG_MAX; n++)
		org[n] = ascii_lower(host[n]);
	org[n] = '\0';
	if (host[n] != '.' || host[n + 1] == '\0' || host[n + 1] == ':')
		return (false);
	return (name_is_org_shown(org) && !is_ipv4(host) &&
	    name_is_host(host));
}
