/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "name/ascii.h"
#include "url.h"

struct out {
	char	*buf;
	size_t	size;
	size_t	len;
	bool	full;
};

static void
put(struct out *o, const char *p, size_t len)
{

	if (o->full || len >= o->size - o->len) {
		o->full = true;
		return;
	}
	memcpy(o->buf + o->len, p, len);
	o->len += len;
}

static void
put_char(struct out *o, char c)
{

	if (o->full || o->size - o->len < 2) {
		o->full = true;
		return;
	}
	o->buf[o->len++] = c;
}

static void
put_span(struct out *o, struct url_span s)
{

	if (s.len > 0)
		put(o, s.p, s.len);
}

/*
 * Decoded, these mean what they mean encoded. "-" is not one of them, it
 * separates keys from values, and neither is ".", of which ".." is made.
 */
static bool
is_plain(char c)
{

	return (ascii_is_alnum(c) || c == '_' || c == '~');
}

static bool
is_escaped_well(struct url_span s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (s.p[i] == '%' && (s.len - i < 3 ||
		    ascii_hex(s.p[i + 1]) < 0 || ascii_hex(s.p[i + 2]) < 0))
			return (false);
	return (true);
}

static void
put_escape(struct out *o, const char *p, bool plain)
{
	static const char upper[] = "0123456789ABCDEF";
	unsigned hi = (unsigned)ascii_hex(p[1]) & 15;
	unsigned lo = (unsigned)ascii_hex(p[2]) & 15;
	const char esc[3] = { '%', upper[hi], upper[lo] };
	const char c = (char)(hi << 4 | lo);

	if (plain || is_plain(c))
		put(o, &c, 1);
	else
		put(o, esc, 3);
}

/*
 * One spelling for each escape: "%5b" becomes "%5B", "%61" becomes "a". Not
 * where one of them is broken: "%2%66" must not become "%2f". Where *brackets*
 * count, they are not escaped, nor is a "/" between them.
 */
static void
put_normal(struct out *o, struct url_span s, bool brackets)
{
	const char *end = s.p + s.len;
	long depth = 0;
	size_t n;
	int turn = 0;

	if (url_is_plain(s) || !is_escaped_well(s)) {
		put_span(o, s);
		return;
	}
	for (const char *p = s.p; p < end; p += *p == '%' ? 3 : 1) {
		if (brackets)
			turn = url_bracket(p, end, &n);
		depth += turn;
		if (*p == '%')
			put_escape(o, p, turn != 0 || (depth > 0 &&
			    p[1] == '2' && (p[2] | 0x20) == 'f'));
		else
			put(o, p, 1);
	}
}

static bool
is_slash(struct url_span s)
{

	return (*s.p == '/');
}

static size_t
piece_len(struct url_span s, bool brackets)
{
	const char *slash;

	if (brackets)
		return (url_until(s, true, is_slash));
	slash = memchr(s.p, '/', s.len);
	return (slash == NULL ? s.len : (size_t)(slash - s.p));
}

static void
put_segments(struct out *o, struct url_span s)
{
	const bool brackets = s.len > 1 && url_brackets(s);
	struct url_span piece;

	while (s.len > 0) {
		if (*s.p == '/') {
			s.p++;
			s.len--;
			continue;
		}
		piece.p = s.p;
		piece.len = piece_len(s, brackets);
		put(o, "/", 1);
		put_normal(o, piece, brackets);
		s.p += piece.len;
		s.len -= piece.len;
	}
}

static void
put_image(struct out *o, const struct url *u, const char *hash)
{

	put_char(o, '/');
	if (hash != NULL) {
		put(o, hash, strlen(hash));
	} else if (u->kind == URL_ALIAS) {
		put(o, "-_", 2);
		put(o, u->alias, u->alias_len);
		put(o, "_-", 2);
	} else
		put_span(o, u->image);
}

static void
put_format(struct out *o, struct url_span format)
{
	size_t i;
	char c;

	put_char(o, '.');
	for (i = 0; i < format.len; i++) {
		c = ascii_lower(format.p[i]);
		put_char(o, c);
	}
}

/* Counts name=, whose last value goes to *value*. */
static size_t
find_param(const struct url *u, const char *name, struct url_span *value)
{
	const char *p, *end, *amp;
	size_t len = strlen(name), n = 0;

	value->p = NULL;
	value->len = 0;
	if (u->query.len == 0)
		return (0);
	end = u->query.p + u->query.len;
	for (p = u->query.p; p < end; p = amp + 1) {
		amp = memchr(p, '&', (size_t)(end - p));
		if (amp == NULL)
			amp = end;
		if ((size_t)(amp - p) <= len || memcmp(p, name, len) != 0 ||
		    p[len] != '=')
			continue;
		value->p = p + len + 1;
		value->len = (size_t)(amp - value->p);
		n++;
	}
	return (n);
}

bool
url_query(const struct url *u, const char *name, struct url_span *value)
{

	(void)find_param(u, name, value);
	return (value->len > 0);
}

size_t
url_count(const struct url *u, const char *name)
{
	struct url_span value;

	return (find_param(u, name, &value));
}

static void
put_query(struct out *o, const struct url *u)
{
	static const char * const kept[] = { "v", "sigopts", "sig" };
	struct url_span value;
	size_t i;
	char lead = '?';

	for (i = 0; i < sizeof kept / sizeof kept[0]; i++) {
		if (!url_query(u, kept[i], &value))
			continue;
		put(o, &lead, 1);
		put(o, kept[i], strlen(kept[i]));
		put(o, "=", 1);
		put_span(o, value);
		lead = '&';
	}
}

size_t
url_canonical(const struct url *u, const char *hash, char *buf, size_t size)
{
	struct out o = { buf, size, 0, size == 0 };
	char stack[NAME_MAX_LEN + 1];
	long n;

	n = url_decode(u->stack, stack, sizeof stack);
	if (u->kind == URL_OTHER || n < 1)
		return (0);
	put_char(&o, '/');
	put(&o, stack, (size_t)n);
	put_segments(&o, u->segments);
	put_image(&o, u, hash);
	if (u->version.len > 0) {
		put(&o, "/", 1);
		put_span(&o, u->version);
	}
	put_format(&o, u->format);
	if (u->query.len > 0)
		put_query(&o, u);
	if (o.full)
		return (0);
	buf[o.len] = '\0';
	return (o.len);
}
