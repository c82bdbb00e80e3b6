/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The URL parser. Beyond "does not crash": spans lie within the target, the
 * canonical form is canonical and means the same, with a hash in place of the
 * alias it means that hash, and is no longer than it promises.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "url/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define HASH	"0123456789abcdef0123456789abcdef01234567"
#define MUST(x)	do { if (!(x)) { fprintf(stderr, "%s\n", #x); abort(); } } \
	while (0)

static void
check_span(struct url_span s, const char *target, size_t len)
{

	if (s.len == 0)
		return;
	MUST(s.p >= target && s.len <= len);
	MUST((size_t)(s.p - target) <= len - s.len);
}

/* The name of a download ends the header, and cannot end its quotes. */
static void
check_download(const struct url *u)
{
	char value[URL_DOWNLOAD_MAX];
	const char *quote;

	if (!url_download(u, NULL, NULL, value))
		return;
	quote = strchr(value, '"');
	MUST(quote != NULL && strlen(value) < sizeof value - 1);
	MUST(strchr(quote + 1, '"') == value + strlen(value) - 1);
	for (const char *p = value; *p != '\0'; p++)
		MUST(*p >= ' ' && *p != 0x7f && *p != '\\' && *p != '/');
}

static bool
same(struct url_span a, struct url_span b)
{

	return (a.len == b.len && (a.len == 0 ||
	    memcmp(a.p, b.p, a.len) == 0));
}

static void
check_canonical(const struct url *u, char *buf, size_t size)
{
	struct url v;
	char *again = malloc(size);
	size_t n;

	n = url_canonical(u, NULL, buf, size);
	MUST(n > 0 && n < size && strlen(buf) <= n);
	MUST(url_parse(buf, n, &v) == u->kind);
	MUST(v.alias_len == u->alias_len);
	MUST(memcmp(v.alias, u->alias, u->alias_len) == 0);
	if (u->kind == URL_HASH)
		MUST(same(v.image, u->image));
	MUST(same(v.version, u->version));
	MUST(url_canonical(&v, NULL, again, size) == n);
	MUST(memcmp(buf, again, n + 1) == 0);
	free(again);
}

static void
check_hash(const struct url *u, char *buf, size_t size)
{
	struct url v;
	size_t n;

	n = url_canonical(u, HASH, buf, size);
	MUST(n > 0 && n < size);
	MUST(url_parse(buf, n, &v) == URL_HASH);
	MUST(v.image.len == strlen(HASH));
	MUST(memcmp(v.image.p, HASH, v.image.len) == 0);
	MUST(same(v.version, u->version));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char accept[URL_ACCEPT_MAX];
	struct url u;
	char *target, *text, *buf;
	size_t size = len + HASH_HEX + 8;

	/* Copies that end where a sanitizer notices. */
	text = strndup((const char *)data, len);
	target = malloc(len > 0 ? len : 1);
	buf = malloc(size);
	if (len > 0)
		memcpy(target, data, len);
	MUST(url_accept(text, accept) < sizeof accept);
	free(text);

	(void)url_parse(target, len, &u);
	check_span(u.stack, target, len);
	check_span(u.segments, target, len);
	check_span(u.image, target, len);
	check_span(u.slug, target, len);
	check_span(u.version, target, len);
	check_span(u.format, target, len);
	check_span(u.query, target, len);
	check_download(&u);
	if (u.kind != URL_OTHER) {
		check_canonical(&u, buf, size);
		if (u.kind == URL_ALIAS || u.kind == URL_HASH)
			check_hash(&u, buf, size);
	} else
		MUST(url_canonical(&u, NULL, buf, size) == 0);
	free(target);
	free(buf);
	return (0);
}
