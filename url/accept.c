/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <strings.h>

#include "url.h"

static const struct format {
	const char	*name;
	size_t		len;
} formats[] = {
#define F(n)	{ n, sizeof n - 1 }
	F("image/avif"), F("image/jxl"), F("image/webp")
#undef F
};
#define N_FORMATS	(sizeof formats / sizeof formats[0])

/* Whether the parameters of a media range say q=0, q=0.0 and so on. */
static bool
is_refused(const char *p, const char *end)
{

	while (p < end) {
		while (p < end && (*p == ';' || *p == ' ' || *p == '\t'))
			p++;
		if (end - p > 2 && (*p == 'q' || *p == 'Q') && p[1] == '=') {
			for (p += 2; p < end && (*p == '0' || *p == '.'); p++)
				continue;
			return (p == end || *p == ';' || *p == ' ' ||
			    *p == '\t');
		}
		while (p < end && *p != ';')
			p++;
	}
	return (false);
}

static unsigned
format_of(const char *p, const char *end)
{
	size_t i, len;

	if ((*p | 0x20) != 'i')
		return (0);
	for (i = 0; i < N_FORMATS; i++) {
		len = formats[i].len;
		if ((size_t)(end - p) < len ||
		    strncasecmp(p, formats[i].name, len) != 0)
			continue;
		p += len;
		if (p < end && *p != ';' && *p != ' ' && *p != '\t')
			return (0);
		return (is_refused(p, end) ? 0 : 1U << i);
	}
	return (0);
}

size_t
url_accept(const char *accept, char *buf)
{
	const char *p, *end;
	unsigned have = 0;
	size_t i, n = 0;

	for (p = accept; p != NULL && *p != '\0'; p = end) {
		p += strspn(p, ", \t");
		end = p + strcspn(p, ",");
		have |= format_of(p, end);
	}
	for (i = 0; i < N_FORMATS; i++) {
		if (!(have & 1U << i))
			continue;
		if (n > 0)
			buf[n++] = ',';
		memcpy(buf + n, formats[i].name, formats[i].len);
		n += formats[i].len;
	}
	buf[n] = '\0';
	return (n);
}
