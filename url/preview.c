/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>

#include "preview.h"

#define DIGITS_MAX	18
#define PARAM		URL_PREVIEW_NAME "="

/* A number and the dot behind it. */
static bool
take_number(struct url_span *s, uint64_t *n)
{
	size_t i = 0;

	for (*n = 0; i < s->len && s->p[i] >= '0' && s->p[i] <= '9'; i++)
		*n = *n * 10 + (uint64_t)(s->p[i] - '0');
	if (i == 0 || i > DIGITS_MAX || i == s->len || s->p[i] != '.')
		return (false);
	s->p += i + 1;
	s->len -= i + 1;
	return (true);
}

bool
url_preview_parse(struct url_span s, struct url_preview *p)
{
	const char *start = s.p;

	memset(p, 0, sizeof *p);
	if (s.len < 1 || s.len >= URL_PREVIEW_MAX ||
	    (*s.p != 's' && *s.p != 't'))
		return (false);
	p->is_set = *s.p == 's';
	s.p++;
	s.len--;
	if (!take_number(&s, &p->what) || !take_number(&s, &p->expires) ||
	    !take_number(&s, &p->key))
		return (false);
	p->signed_len = (size_t)(s.p - start);
	return (hash_from_hex(&p->mac, s.p, s.len));
}

void
url_preview_write(struct url_preview *p, char buf[URL_PREVIEW_MAX])
{
	int n;

	n = snprintf(buf, URL_PREVIEW_MAX, "%c%" PRIu64 ".%" PRIu64 ".%"
	    PRIu64 ".", p->is_set ? 's' : 't', p->what, p->expires, p->key);
	p->signed_len = (size_t)n;
}

struct url_span
url_preview_cookie(const char *cookies)
{
	struct url_span s = { NULL, 0 };
	const char *p = cookies;

	while ((p = strstr(p, PARAM)) != NULL) {
		if (p != cookies && p[-1] != ' ' && p[-1] != ';') {
			p++;
			continue;
		}
		p += sizeof PARAM - 1;
		s = (struct url_span){ p, strcspn(p, "; \t") };
		if (s.len > 0)
			break;
	}
	return (s);
}

struct url_span
url_preview_strip(const char *target, char *buf)
{
	struct url_span found = { NULL, 0 };
	const char *p = strchr(target, '?');
	char *to = buf, mark = '?';
	size_t len;

	if (p == NULL) {
		memcpy(buf, target, strlen(target) + 1);
		return (found);
	}
	memcpy(to, target, (size_t)(p - target));
	to += p - target;
	while (*p != '\0') {
		len = strcspn(++p, "&");
		if (strncmp(p, PARAM, sizeof PARAM - 1) == 0)
			found = (struct url_span){ p + sizeof PARAM - 1,
			    len - (sizeof PARAM - 1) };
		else {
			*to++ = mark;
			mark = '&';
			memcpy(to, p, len);
			to += len;
		}
		p += len;
	}
	*to = '\0';
	return (found);
}
