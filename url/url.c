/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "name/ascii.h"
#include "url.h"

long
url_decode(struct url_span in, char *out, size_t size)
{
	size_t i, n = 0;
	int hi, lo;
	char c;

	for (i = 0; i < in.len; i++) {
		c = in.p[i];
		if (c == '%') {
			if (in.len - i < 3)
				return (-1);
			hi = ascii_hex(in.p[i + 1]);
			lo = ascii_hex(in.p[i + 2]);
			if (hi < 0 || lo < 0)
				return (-1);
			c = (char)(hi << 4 | lo);
			i += 2;
		}
		if (c == '\0' || n + 1 >= size)
			return (-1);
		out[n++] = c;
	}
	if (n >= size)
		return (-1);
	out[n] = '\0';
	return ((long)n);
}

static bool
is_slash(struct url_span s)
{

	return (*s.p == '/');
}

/* The piece of the path behind *from*; its p is NULL at the end. */
static struct url_span
next_piece(const char *from, const char *end, bool brackets)
{
	struct url_span s = { NULL, 0 };
	const char *slash;

	while (from < end && *from == '/')
		from++;
	if (from == end)
		return (s);
	s.p = from;
	s.len = (size_t)(end - from);
	if (brackets)
		s.len = url_until(s, true, is_slash);
	else if ((slash = memchr(from, '/', s.len)) != NULL)
		s.len = (size_t)(slash - from);
	return (s);
}

static bool
is_hash(struct url_span s)
{

	return (hash_is_prefix(s.p, s.len));
}

/* Nobody needs to escape a hash, but its escapes vanish in a canonical form. */
static bool
is_hidden_hash(struct url_span s)
{
	char buf[HASH_HEX + 1];
	struct url_span plain = { buf, 0 };
	long n;

	if (memchr(s.p, '%', s.len) == NULL)
		return (false);
	n = url_decode(s, buf, sizeof buf);
	plain.len = n > 0 ? (size_t)n : 0;
	return (is_hash(plain));
}

/* -_name_-, where the name may be escaped. */
static bool
is_alias(struct url_span s, struct url *u)
{
	struct url_span name;
	long n;

	if (s.len < 5 || s.p[0] != '-' || s.p[1] != '_' ||
	    s.p[s.len - 2] != '_' || s.p[s.len - 1] != '-')
		return (false);
	name.p = s.p + 2;
	name.len = s.len - 4;
	n = url_decode(name, u->alias, sizeof u->alias);
	if (n < 1 || !name_is_alias(u->alias)) {
		u->alias[0] = '\0';
		return (false);
	}
	u->alias_len = (size_t)n;
	return (true);
}

static bool
is_stack(struct url_span s)
{
	char name[NAME_MAX_LEN + 1];

	return (url_decode(s, name, sizeof name) > 0 &&
	    name_is_url_stack(name));
}

static bool
is_dots(struct url_span s)
{
	char d[3];
	long n;

	if (*s.p != '.' && *s.p != '%')
		return (false);
	n = url_decode(s, d, sizeof d);
	return ((n == 1 && d[0] == '.') ||
	    (n == 2 && d[0] == '.' && d[1] == '.'));
}

/* An option's name never begins with "-", and empty parts give "--". */
static bool
opens_remote(struct url_span s)
{

	return (s.p[0] == '-' && (s.len == 1 || s.p[1] != '-'));
}

/* The pieces of a path that decide what it is. */
struct pieces {
	bool		plain;		/* neither brackets nor escapes */
	struct url_span	stack;
	struct url_span	dash;		/* first that may open a remote image */
	struct url_span	hash;		/* first before it that is a hash */
	struct url_span	prev;		/* the last but one, if not the stack */
	struct url_span	last;
};

static bool
find_pieces(const char *path, const char *end, struct pieces *p)
{
	struct url_span s = { path, (size_t)(end - path) };
	bool brackets;

	memset(p, 0, sizeof *p);
	p->plain = url_is_plain(s);
	brackets = !p->plain && url_brackets(s);
	if (path == end || *path != '/' || end[-1] == '/')
		return (false);
	for (s = next_piece(path, end, brackets); s.p != NULL;
	    s = next_piece(s.p + s.len, end, brackets)) {
		if (is_dots(s) || (!p->plain && is_hidden_hash(s)))
			return (false);
		if (p->stack.p == NULL) {
			p->stack = s;
			continue;
		}
		if (p->dash.p == NULL && opens_remote(s))
			p->dash = s;
		if (p->dash.p == NULL && p->hash.p == NULL && is_hash(s))
			p->hash = s;
		p->prev = p->last;
		p->last = s;
	}
	return (p->last.p != NULL && is_stack(p->stack));
}

/* "thumbhash" is the one long name of a format. */
static bool
is_format(struct url_span s)
{
	static const char longest[] = "thumbhash";

	if (s.len != sizeof longest - 1)
		return (s.len >= 2 && s.len <= 4);
	for (size_t i = 0; i < s.len; i++)
		if (ascii_lower(s.p[i]) != longest[i])
			return (false);
	return (true);
}

/* Splits "stem.format" at its last dot. */
static bool
split_format(struct url_span *stem, struct url_span *format)
{
	size_t i;

	for (i = stem->len; i > 0 && ascii_is_alnum(stem->p[i - 1]); i--)
		continue;
	if (i == 0 || stem->p[i - 1] != '.')
		return (false);
	format->p = stem->p + i;
	format->len = stem->len - i;
	stem->len = i - 1;
	return (is_format(*format));
}

/* Cuts a trailing v<digits> that stands alone ("v1", "name-v1", not "av1"). */
static void
split_version(struct url_span *slug, struct url_span *version)
{
	size_t i;

	for (i = slug->len; i > 0 && ascii_is_digit(slug->p[i - 1]); i--)
		continue;
	if (i == slug->len || i == 0 || slug->p[i - 1] != 'v')
		return;
	if (i > 1 && ascii_is_alnum(slug->p[i - 2]))
		return;
	version->p = slug->p + i - 1;
	version->len = slug->len - i + 1;
	slug->len = i - 1;
}

/*
 * From the piece that opens it to the "-" that ends the stem or *prev*. Not if
 * that piece is all of an alias: without its slug it would be taken for one.
 */
static enum url_kind
find_remote(const struct pieces *p, struct url_span stem, struct url *u)
{
	const char *from = p->dash.p;
	const char *end;

	if (from == NULL || is_alias(p->dash, u))
		return (URL_OTHER);
	u->image.p = from;
	end = stem.p + stem.len;
	if (end >= from + 3 && end[-1] == '-') {
		u->image.len = (size_t)(end - from);
		return (URL_REMOTE);
	}
	if (p->prev.p == NULL || p->prev.p < from)
		return (URL_OTHER);
	end = p->prev.p + p->prev.len;
	if (end >= from + 3 && end[-1] == '-') {
		u->image.len = (size_t)(end - from);
		u->slug = stem;
		return (URL_REMOTE);
	}
	return (URL_OTHER);
}

/*
 * The last but one piece is asked first, since a slug may look like a hash
 * ("20240101") and may begin with "-", while an operation never looks like
 * either. A remote image that began before it swallows it. Before that there is
 * no other hash: without a slug that would be taken for the image.
 */
static enum url_kind
find_image(const struct pieces *p, struct url_span stem, struct url *u)
{
	bool swallowed;

	if (p->hash.p != NULL && p->hash.p != p->prev.p)
		return (URL_OTHER);
	swallowed = p->dash.p != NULL && p->dash.p < p->prev.p;
	if (p->prev.p != NULL && !swallowed) {
		u->image = p->prev;
		u->slug = stem;
		if (is_alias(p->prev, u))
			return (URL_ALIAS);
		if (is_hash(p->prev))
			return (URL_HASH);
		u->slug.p = NULL;
		u->slug.len = 0;
	}
	u->image = stem;
	if (p->dash.p == p->last.p && is_alias(stem, u))
		return (URL_ALIAS);
	if (p->dash.p == NULL && is_hash(stem))
		return (URL_HASH);
	return (find_remote(p, stem, u));
}

enum url_kind
url_parse(const char *target, size_t len, struct url *u)
{
	struct pieces p;
	struct url_span stem;
	const char *end;

	memset(u, 0, sizeof *u);
	end = len > 0 ? memchr(target, '?', len) : NULL;
	if (end != NULL) {
		u->query.p = end + 1;
		u->query.len = len - (size_t)(end + 1 - target);
	} else
		end = target + len;
	if (!find_pieces(target, end, &p))
		return (u->kind);
	stem = p.last;
	if (!split_format(&stem, &u->format))
		return (u->kind);
	u->kind = find_image(&p, stem, u);
	/* Brackets are those of the segments, with a slug or without one. */
	if (!p.plain && (!url_balanced(u->slug) || !url_balanced(u->image)))
		u->kind = URL_OTHER;
	if (u->kind == URL_OTHER)
		return (u->kind);
	u->stack = p.stack;
	u->segments.p = p.stack.p + p.stack.len;
	u->segments.len = (size_t)(u->image.p - u->segments.p);
	if (u->slug.p != NULL)
		split_version(&u->slug, &u->version);
	return (u->kind);
}
