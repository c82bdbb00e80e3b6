/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "url.h"

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
url_host_good(const char *host)
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
