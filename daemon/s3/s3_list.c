/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ListObjectsV2. Of its XML only what stands between a few tags is read, as the
 * names that we give have no character that XML escapes. The next page begins
 * after the last name, so no token is kept.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "s3/s3_request.h"

#define LIST_MAX	(8 << 20)	/* bytes of a page */

struct page {
	char	*text;
	size_t	len;
};

static int
on_page(void *arg, const void *data, size_t n)
{
	struct page *p = arg;
	char *more = p->len + n > LIST_MAX ? NULL : realloc(p->text,
	    p->len + n + 1);

	if (more == NULL)
		return (-1);
	p->text = more;
	memcpy(p->text + p->len, data, n);
	p->len += n;
	p->text[p->len] = '\0';
	return (0);
}

/* The text of the first *tag* in [p, end), or false. */
static bool
take_tag(const char *p, const char *end, const char *tag, char *out,
    size_t size)
{
	const char *from = strstr(p, tag);
	size_t n;

	if (from == NULL || from >= end)
		return (false);
	from += strlen(tag);
	n = strcspn(from, "<");
	if (n >= size || from + n > end)
		return (false);
	(void)snprintf(out, size, "%.*s", (int)n, from);
	return (true);
}

static bool
take_object(const struct s3 *s3, const char *p, const char *end,
    struct s3_object *o)
{
	char key[S3_URL_MAX + S3_NAME_MAX], text[64];
	size_t prefix = strlen(s3->prefix);

	if (!take_tag(p, end, "<Key>", key, sizeof key) ||
	    strncmp(key, s3->prefix, prefix) != 0 ||
	    strlen(key + prefix) >= sizeof o->name ||
	    strpbrk(key, "&?# ") != NULL ||
	    !take_tag(p, end, "<Size>", text, sizeof text))
		return (false);
	(void)snprintf(o->name, sizeof o->name, "%s", key + prefix);
	o->size = strtoll(text, NULL, 10);
	o->changed_s = take_tag(p, end, "<LastModified>", text,
	    sizeof text) ? date_ms(text) / 1000 : 0;
	return (true);
}

/* A '/' is the one character of a prefix or a name that has to be escaped. */
static void
escape(const char *text, char *out, size_t size)
{
	size_t n = 0;

	for (; *text != '\0' && n + 4 < size; text++)
		if (*text == '/')
			n += (size_t)snprintf(out + n, size - n, "%%2F");
		else
			out[n++] = *text;
	out[n] = '\0';
}

enum s3_answer
s3_list(struct s3_link *l, const char *after, s3_object_f *func, void *arg,
    bool *more)
{
	char query[6 * S3_URL_MAX], prefix[S3_URL_MAX * 2], name[512];
	struct page page = { .text = NULL };
	struct s3_request r = { .op = S3_LIST, .name = "", .query = query,
	    .data = on_page, .arg = &page };
	const char *p, *end;
	struct s3_object o;
	enum s3_answer a;
	bool any = false;

	/* In the order of the names, which the signature goes by. */
	escape(l->s3->prefix, prefix, sizeof prefix);
	escape(after, name, sizeof name);
	(void)snprintf(query, sizeof query, "list-type=2&max-keys=1000&"
	    "prefix=%s%s%s%s", prefix, *after != '\0' ? "&start-after=" : "",
	    *after != '\0' ? prefix : "", name);
	a = s3_request(l, &r);
	p = a == S3_OK && page.text != NULL ? page.text : "";
	*more = strstr(p, "<IsTruncated>true<") != NULL;
	while ((p = strstr(p, "<Contents>")) != NULL &&
	    (end = strstr(p, "</Contents>")) != NULL) {
		if (take_object(l->s3, p, end, &o)) {
			any = true;
			func(arg, &o);
		}
		p = end;
	}
	free(page.text);
	/* Behind which of them to go on could not be told. */
	if (*more && !any) {
		(void)snprintf(l->why, sizeof l->why, "the prefix of s3_url "
		    "has a thousand objects of others in a row");
		a = S3_REFUSED;
	}
	return (a);
}
