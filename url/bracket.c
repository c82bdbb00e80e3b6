/* SPDX-License-Identifier: BSD-2-Clause */
/* Expressions in URLs: "crop-width-[image.height / 2]". */
#include <string.h>

#include "url.h"

int
url_bracket(const char *p, const char *end, size_t *len)
{

	*len = 1;
	if (*p == '[' || *p == ']')
		return (*p == '[' ? 1 : -1);
	if (*p != '%' || end - p < 3 || p[1] != '5')
		return (0);
	*len = 3;
	if (p[2] == 'B' || p[2] == 'b')
		return (1);
	if (p[2] == 'D' || p[2] == 'd')
		return (-1);
	*len = 1;
	return (0);
}

/* Whether each bracket has its other one, and whether there are *any*. */
static bool
is_balanced(struct url_span s, bool *any)
{
	long depth = 0;
	size_t n;

	*any = false;
	for (; s.len > 0 && depth >= 0; s.p += n, s.len -= n) {
		int turn = url_bracket(s.p, s.p + s.len, &n);

		depth += turn;
		*any |= turn > 0;
	}
	return (depth == 0);
}

bool
url_is_plain(struct url_span s)
{

	return (s.len == 0 || (memchr(s.p, '[', s.len) == NULL &&
	    memchr(s.p, ']', s.len) == NULL &&
	    memchr(s.p, '%', s.len) == NULL));
}

bool
url_brackets(struct url_span s)
{
	bool any;

	return (!url_is_plain(s) && is_balanced(s, &any) && any);
}

bool
url_balanced(struct url_span s)
{
	bool any;

	return (is_balanced(s, &any));
}

size_t
url_until(struct url_span s, bool brackets, bool (*ends)(struct url_span))
{
	const size_t all = s.len;
	long depth = 0;
	size_t n = 1;

	for (; s.len > 0; s.p += n, s.len -= n) {
		if (brackets)
			depth += url_bracket(s.p, s.p + s.len, &n);
		if (depth == 0 && ends(s))
			break;
	}
	return (all - s.len);
}
