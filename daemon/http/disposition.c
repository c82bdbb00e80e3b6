/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What real clients write: browsers and curl quote every value, .NET only
 * those that are no token, and adds filename*; some escape a quote by a
 * backslash, some send whole Windows paths with bare backslashes.
 */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "disposition.h"
#include "request_target.h"

static char *
skip_blank(char *p)
{
	return (p + strspn(p, " \t"));
}

/*
 * Only \" and \\ are escapes: any other backslash is part of a Windows path.
 * Returns behind the closing quote, or NULL.
 */
static char *
unquote(char *p, char **value)
{
	char *to = ++p;

	*value = to;
	for (; *p != '"'; p++) {
		if (*p == '\\' && (p[1] == '"' || p[1] == '\\'))
			p++;
		if (*p == '\0')
			return (NULL);
		*to++ = *p;
	}
	*to = '\0';
	return (p + 1);
}

char *
param_begin(char *value)
{
	size_t n = strcspn(value, "; \t");
	char *p = skip_blank(value + n);

	if (*p != ';' && *p != '\0')
		return (NULL);
	if (*p == ';')
		p++;
	value[n] = '\0';
	return (p);
}

int
param_next(char **p, char **name, char **value)
{
	char *s = skip_blank(*p), *end, *next;

	if (*s == '\0')
		return (0);
	end = s + strcspn(s, "=; \t\"");
	if (end == s || *end != '=')
		return (-1);
	*end = '\0';
	*name = s;
	s = *value = end + 1;
	end = *s == '"' ? unquote(s, value) : s + strcspn(s, "; \t\"");
	if (end == NULL || end == s)
		return (-1);
	next = skip_blank(end);
	if (*next != ';' && *next != '\0')
		return (-1);
	*p = *next == ';' ? next + 1 : next;
	*end = '\0';
	return (1);
}

char *
param_extended(char *value)
{
	char *from, *to;
	int c;

	if (strncasecmp(value, "UTF-8'", 6) != 0)
		return (NULL);
	from = strchr(value + 6, '\'');
	if (from == NULL)
		return (NULL);
	value = to = ++from;
	while (*from != '\0') {
		c = (unsigned char)*from++;
		if (c == '%') {
			c = request_target_escape(from - 1);
			if (c <= 0)
				return (NULL);
			from += 2;
		}
		*to++ = (char)c;
	}
	*to = '\0';
	return (value);
}

int
param_is_text(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t n;

	for (; *p != '\0'; p += n) {
		n = utf8_len(p);
		if (n == 0 || *p < ' ' || *p == 0x7f)
			return (0);
	}
	return (1);
}
