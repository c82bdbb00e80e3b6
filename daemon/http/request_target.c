/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdbool.h>
#include <string.h>

#include "name/ascii.h"
#include "request_target.h"

int
request_target_escape(const char *p)
{
	int hi, lo;

	if (p[0] != '%' || (hi = ascii_hex(p[1])) < 0 ||
	    (lo = ascii_hex(p[2])) < 0)
		return (-1);
	return (hi * 16 + lo);
}

/*
 * One byte of the path, unescaped, to *c. Slash and backslash, escaped or not,
 * all count as the end of a segment here: some server takes each as one.
 */
static const char *
path_byte(const char *p, int *c)
{
	*c = (unsigned char)*p;
	if (*p == '%') {
		*c = request_target_escape(p);
		p += 2;
	}
	if (*c == '\\')
		*c = '/';
	return (p + 1);
}

static const char *
path_check(const char *p, size_t len)
{
	const char *end = p + len;
	size_t dots = 0, n = 0;
	int c;

	while (p <= end) {
		c = '/';
		if (p == end || *p == '/')
			p++;
		else if (*p == '%' && request_target_escape(p) < 0)
			return ("The path has a broken percent-escape.");
		else
			p = path_byte(p, &c);
		if (c < ' ' || c == 0x7f)
			return ("The path has an escaped control character.");
		if (c != '/') {
			n++;
			dots += c == '.';
			continue;
		}
		if (n == dots && (n == 1 || n == 2))
			return ("The path has a dot segment.");
		n = dots = 0;
	}
	return (NULL);
}

const char *
request_target_check(const char *target, const char *method)
{
	const char *p;

	if (strcmp(target, "*") == 0 && strcmp(method, "OPTIONS") == 0)
		return (NULL);
	if (*target != '/')
		return ("The target is not an absolute path.");
	for (p = target; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' || *p == '#')
			return ("The target has a byte that must be escaped.");
	if (strstr(target, "%00") != NULL)
		return ("The target has an escaped NUL.");
	return (path_check(target, strcspn(target, "?")));
}
