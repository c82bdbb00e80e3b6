/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Head, route and chunked body of a request. Beyond "does not crash": the
 * verdict must not hang on how the bytes are cut, and whatever gets through
 * must be printable as a plain request that means the same.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/chunked.h"
#include "http/head.h"
#include "http/router.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define MUST(x)	do { if (!(x)) { fprintf(stderr, "%s\n", #x); abort(); } } \
	while (0)

static const struct route table[] = {
	{ "GET", "/", "" },
	{ "GET", "/hello", "" },
	{ "PUT", "/a/{b}/c", "" },
	{ "GET", "/a/{b}/{c}", "" },
};

/* A copy that ends where a sanitizer notices. */
static char *
copy(const void *data, size_t len)
{
	char *p = malloc(len > 0 ? len : 1);

	if (len > 0)
		memcpy(p, data, len);
	return (p);
}

/* Scans in pieces of *step*. */
static ssize_t
scan(const char *data, size_t len, size_t step)
{
	const char *why;
	size_t at = 0, have = 0;
	ssize_t n = 0;

	while (n == 0 && have < len) {
		have = have + step < len ? have + step : len;
		char *p = copy(data, have);
		n = head_scan(p, have, &at, &why);
		free(p);
	}
	return (n);
}

/* What must be true of all that was let in. */
static void
check_path(const struct head *h)
{
	char path[HEAD_TARGET + 1];
	struct route_match m;
	int status;

	(void)snprintf(path, sizeof path, "%.*s", (int)h->path_len,
	    h->target);
	MUST(*path == '/' || strcmp(path, "*") == 0);
	for (const char *p = path; *p != '\0'; p++)
		MUST(*p > ' ' && *p < 0x7f && *p != '#' && *p != '?');
	MUST(strstr(path, "/../") == NULL && strstr(path, "/./") == NULL);
	MUST(strcasestr(path, "%2e%2e") == NULL ||
	    strcasestr(path, "/%2e%2e/") == NULL);
	status = route_find(table, 4, "GET", h->target, &m);
	MUST(status == route_find(table, 4, "GET", path, &m));
	MUST(status == 0 || status == 404 || status == 405 || status == 400);
	MUST((status == 0) == (m.route != NULL));
	for (unsigned i = 0; status == 0 && i < m.n; i++)
		MUST(m.value[i][0] != '\0' && strchr(m.value[i], '/') == NULL);
}

static size_t
print_head(const struct head *h, char *out, size_t size)
{
	size_t n = (size_t)snprintf(out, size, "%s %s HTTP/1.%d\r\n",
	    h->method, h->target, h->http10 ? 0 : 1);

	for (unsigned i = 0; i < h->n; i++)
		n += (size_t)snprintf(out + n, size - n, "%s: %s\r\n",
		    h->field[i].name, h->field[i].value);
	return (n + (size_t)snprintf(out + n, size - n, "\r\n"));
}

static void
check_round_trip(const struct head *h)
{
	static char text[65536];
	struct head again;
	const char *why;
	size_t len = print_head(h, text, sizeof text), at = 0;

	MUST(len < sizeof text);
	MUST(head_scan(text, len, &at, &why) == (ssize_t)len);
	MUST(head_parse(text, len, &again, &why) == 0);
	MUST(again.length == h->length && again.chunked == h->chunked);
	MUST(again.close == h->close && again.expect == h->expect);
	MUST(again.n == h->n && strcmp(again.target, h->target) == 0 &&
	    again.path_len == h->path_len);
}

/* Joins fit in what head.h says, and leave one header of each name. */
static void
check_joins(struct head *h, size_t len)
{
	char *room = malloc(len);
	size_t used = 0;

	for (unsigned i = 0; i < h->n; i++) {
		const char *name = h->field[i].name;

		if (*name == '\0' || head_count(h, name) == 1)
			continue;
		used += head_join(h, name, room + used);
		MUST(used <= len && head_count(h, name) == 1);
		MUST(head_find(h, name)[0] != '\0');
	}
	free(room);
}

/* Decodes in pieces; returns the length of the body, or -1. */
static ssize_t
decode(const char *data, size_t len, size_t step, uint32_t *sum, size_t *end)
{
	struct chunked ck = { .state = 0 };
	const char *out, *why;
	size_t used, n, at = 0, total = 0;

	*sum = 0;
	*end = len;
	while (at < len) {
		size_t have = len - at < step ? len - at : step;
		char *p = copy(data + at, have);
		enum chunked_result r =
		    chunked_feed(&ck, p, have, &used, &out, &n, &why);

		MUST(used <= have);
		for (size_t i = 0; r == CHUNKED_DATA && i < n; i++)
			*sum = *sum * 31 + (unsigned char)out[i];
		free(p);
		if (r == CHUNKED_DATA)
			total += n;
		at += used;
		if (r == CHUNKED_BAD)
			return (-1);
		if (r == CHUNKED_END) {
			*end = at;
			return ((ssize_t)total);
		}
		MUST(used > 0);
	}
	return ((ssize_t)total);
}

static void
check_chunked(const char *data, size_t len, size_t step)
{
	uint32_t sum, sum2;
	size_t end, end2;
	ssize_t n = decode(data, len, len, &sum, &end);

	MUST(decode(data, len, step, &sum2, &end2) == n);
	MUST(n < 0 || (sum == sum2 && end == end2));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *in = (const char *)data + 1, *why;
	struct head h;
	size_t step;
	ssize_t n;
	char *p;

	if (len < 2)
		return (0);
	step = data[0] % 32 + 1;
	len--;
	n = scan(in, len, len);
	MUST(scan(in, len, step) == n);
	check_chunked(in, len, step);
	if (n <= 0)
		return (0);
	p = copy(in, (size_t)n);
	if (head_parse(p, (size_t)n, &h, &why) == 0) {
		MUST(!(h.chunked && h.length > 0));
		MUST(h.http10 || head_find(&h, "host") != NULL);
		check_path(&h);
		check_round_trip(&h);
		check_joins(&h, (size_t)n);
	} else
		MUST(why != NULL && strpbrk(why, "\"\\") == NULL);
	free(p);
	return (0);
}
