/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <strings.h>

#include "ascii.h"
#include "name.h"

bool
name_is_dns(const char *host)
{
	const char *p = host;
	size_t n;

	if (strnlen(host, HOST_MAX + 1) > HOST_MAX)
		return (false);
	for (;; p += n + 1) {
		for (n = 0; ascii_is_alnum(p[n]) || p[n] == '-' ||
		    p[n] == '_'; n++)
			continue;
		if (n == 0 || n > 63)
			return (false);
		if (p[n] == '\0')
			return (true);
		if (p[n] != '.')
			return (false);
	}
}

bool
name_is_host_pattern(const char *p)
{
	static const char six[] = "0123456789abcdefABCDEF:.";

	if (strcmp(p, "*") == 0)
		return (true);
	if (strchr(p, ':') != strrchr(p, ':'))
		return (p[strspn(p, six)] == '\0');
	return (name_is_dns(p[0] == '*' && p[1] == '.' ? p + 2 : p));
}

bool
name_host_matches(const char *p, const char *host)
{
	size_t n = strlen(host), tail;

	if (strcmp(p, "*") == 0)
		return (true);
	if (p[0] != '*')
		return (strcasecmp(p, host) == 0);
	tail = strlen(p + 1);		/* ".example.com" */
	return (n > tail && strcasecmp(host + n - tail, p + 1) == 0);
}

bool
name_host_pattern(const char *p, char *out, size_t size)
{
	size_t n = 0;

	p += *p == '^';
	while (*p != '\0' && !(p[0] == '$' && p[1] == '\0')) {
		if (n + 1 >= size)
			return (false);
		/* "\." is a dot, ".*" all there may be. */
		if ((p[0] == '\\' && p[1] == '.') ||
		    (p[0] == '.' && p[1] == '*'))
			p++;
		out[n++] = *p++;
	}
	out[n] = '\0';
	return (name_is_host_pattern(out));
}
