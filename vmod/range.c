/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "range.h"

#define DIGITS_MAX	18		/* a long long holds as many */

/* A number of at least one digit; NULL if there is none, or it is too long. */
static const char *
range_number(const char *p, long long *value)
{
	size_t n = strspn(p, "0123456789");

	if (n == 0 || n > DIGITS_MAX)
		return (NULL);
	*value = strtoll(p, NULL, 10);
	return (p + n);
}

bool
range_parse(const char *range, long long *low)
{
	const char *p;
	long long high;

	if (range == NULL || strncasecmp(range, "bytes=", 6) != 0)
		return (false);
	p = range + 6;
	*low = -1;
	if (*p == '-') {
		p = range_number(p + 1, &high);
		return (p != NULL && *p == '\0' && high > 0);
	}
	p = range_number(p, low);
	if (p == NULL || *p++ != '-')
		return (false);
	if (*p == '\0')
		return (true);
	p = range_number(p, &high);
	return (p != NULL && *p == '\0' && high >= *low);
}
