/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#include "fetch/fetch_head.h"

bool
fetch_header_is(const char *line, size_t len, const char *name, char *value,
    size_t size)
{
	size_t n = strlen(name);

	if (len <= n || strncasecmp(line, name, n) != 0 || line[n] != ':')
		return (false);
	for (n++; n < len && (line[n] == ' ' || line[n] == '\t'); n++)
		continue;
	while (len > n && (unsigned char)line[len - 1] <= ' ')
		len--;
	if (len - n >= size)
		return (false);
	memcpy(value, line + n, len - n);
	value[len - n] = '\0';
	for (const char *p = value; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return (false);
	return (strlen(value) == len - n);
}

struct curl_slist *
fetch_headers(struct fetch_request *rq)
{
	struct curl_slist *list = NULL;
	char *at = NULL, *line;

	if (rq->post_len == 0)
		list = curl_slist_append(list, "Accept: image/*,*/*;q=0.1");
	else
		/* No body is so long that somebody should be asked for it. */
		list = curl_slist_append(list, "Expect:");
	for (line = strtok_r(rq->headers, "\n", &at); line != NULL;
	    line = strtok_r(NULL, "\n", &at))
		list = curl_slist_append(list, line);
	return (curl_slist_append(list, "Accept-Encoding: identity"));
}
