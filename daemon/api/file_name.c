/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/file_name.h"
#include "api/json.h"
#include "http/disposition.h"
#include "url.h"

/* Browsers of old send all of a file's path. */
static const char *
base_name(const char *name)
{
	const char *p = strpbrk(name, "/\\");

	for (; p != NULL; p = strpbrk(name, "/\\"))
		name = p + 1;
	return (*name != '\0' ? name : "unnamed");
}

void
file_name(char *out, size_t size, const char *path)
{
	json_t *clean = json_clean_string(base_name(path));
	const char *s = clean != NULL ? json_string_value(clean) : "unnamed";
	size_t n = strlen(s);

	/* Cut between characters. */
	if (n >= size)
		for (n = size - 1; n > 0 && (s[n] & 0xc0) == 0x80; n--)
			;
	memcpy(out, s, n);
	out[n] = '\0';
	json_decref(clean);
}

/* In place; NULL: it has none. */
static const char *
name_of_disposition(char *value)
{
	char *p = param_begin(value), *name, *text;
	const char *plain = NULL, *better = NULL;

	while (p != NULL && param_next(&p, &name, &text) == 1) {
		if (strcasecmp(name, "filename") == 0)
			plain = text;
		else if (strcasecmp(name, "filename*") == 0)
			better = param_extended(text);
	}
	plain = better != NULL ? better : plain;
	return (plain != NULL && *plain != '\0' && param_is_text(plain) ?
	    plain : NULL);
}

void
file_name_fetched(char *out, size_t size, const char *disposition,
    const char *url)
{
	char *copy = strdup(disposition), plain[1024];
	const char *name = copy != NULL ? name_of_disposition(copy) : NULL;
	const char *host = strstr(url, "://"), *path;
	struct url_span segment;

	if (name == NULL) {
		path = host != NULL ? host + 3 : url;
		path += strcspn(path, "/?");
		segment = (struct url_span){ path, strcspn(path, "?") };
		name = url_decode(segment, plain, sizeof plain) > 0 &&
		    param_is_text(plain) ? plain : "";
	}
	file_name(out, size, name);
	free(copy);
}
