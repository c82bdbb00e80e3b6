/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accept-Language, of RFC 9110 and RFC 4647: a list of ranges ("de-CH;q=0.8"),
 * each for the languages that begin with it, and, since few sites have all of
 * them, for those that it begins with.
 */
#include <string.h>
#include <strings.h>

#include "name/ascii.h"
#include "url.h"

/* Of a header, whoever wrote it, no more are looked at. */
#define RANGES_MAX	64
#define ANSWERS_MAX	3
#define Q_ONE		1000

_Static_assert(URL_LANGUAGES_SIZE > ANSWERS_MAX * (URL_LANGUAGE_MAX + 2),
    "all answers must fit");

/* How a range meets a language, the closest last. */
enum meeting {
	MEET_NOT,
	MEET_ANY,		/* "*" */
	MEET_BELOW,		/* de: de-CH is offered */
	MEET_ABOVE,		/* de-CH: de is offered */
	MEET_SAME
};

struct language {
	struct url_span	tag;
	unsigned	q;		/* in thousandths */
	unsigned	place;		/* of the range in the header */
	enum meeting	meeting;
	size_t		len;		/* of the range */
};

struct range {
	struct url_span	tag;
	unsigned	q;
};

static struct url_span
trim(struct url_span s)
{

	for (; s.len > 0 && (*s.p == ' ' || *s.p == '\t'); s.p++)
		s.len--;
	while (s.len > 0 && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t'))
		s.len--;
	return (s);
}

/* The next item of a list, and what is behind it; false at the end. */
static bool
next_item(const char **list, struct url_span *item)
{
	const char *p = *list;

	if (*p == '\0')
		return (false);
	item->p = p;
	item->len = strcspn(p, ",");
	*list = p + item->len + (p[item->len] == ',');
	*item = trim(*item);
	return (true);
}

/* "0.8" as 800. A malformed weight counts as 0. */
static unsigned
weight(struct url_span s)
{
	unsigned q, unit = Q_ONE / 10;
	size_t i;

	if (s.len == 0 || (*s.p != '0' && *s.p != '1'))
		return (0);
	q = *s.p == '1' ? Q_ONE : 0;
	if (s.len > 1 && s.p[1] != '.')
		return (0);
	for (i = 2; i < s.len; i++) {
		if (!ascii_is_digit(s.p[i]))
			return (0);
		q += (unsigned)(s.p[i] - '0') * unit;
		unit /= 10;
	}
	return (q > Q_ONE ? Q_ONE : q);
}

/* The parameters of a range: ";q=0.8". The first one counts. */
static unsigned
range_q(struct url_span s)
{
	struct url_span one;

	while (s.len > 0) {
		s.p++;			/* the ";" */
		s.len--;
		one.p = s.p;
		for (one.len = 0; one.len < s.len && s.p[one.len] != ';';)
			one.len++;
		s.p += one.len;
		s.len -= one.len;
		one = trim(one);
		if (one.len >= 2 && (*one.p | 0x20) == 'q' && one.p[1] == '=')
			return (weight((struct url_span){ one.p + 2,
			    one.len - 2 }));
	}
	return (Q_ONE);
}

static struct range
range_of(struct url_span item)
{
	struct url_span rest = item;
	struct range r;

	r.tag.p = item.p;
	for (r.tag.len = 0; r.tag.len < item.len &&
	    item.p[r.tag.len] != ';';)
		r.tag.len++;
	rest.p += r.tag.len;
	rest.len -= r.tag.len;
	r.q = range_q(rest);
	r.tag = trim(r.tag);
	return (r);
}

/* Does *s* begin with *head*, and a "-" follow? */
static bool
is_below(struct url_span s, struct url_span head)
{

	return (s.len > head.len && head.len > 0 && s.p[head.len] == '-' &&
	    strncasecmp(s.p, head.p, head.len) == 0);
}

static enum meeting
meet(struct url_span range, struct url_span tag)
{

	if (range.len == 1 && *range.p == '*')
		return (MEET_ANY);
	if (range.len == tag.len && strncasecmp(range.p, tag.p, tag.len) == 0)
		return (MEET_SAME);
	if (is_below(range, tag))
		return (MEET_ABOVE);
	return (is_below(tag, range) ? MEET_BELOW : MEET_NOT);
}

/*
 * Whether *r* says more of a language than what did so far. Of those that it is
 * above of, the one that the client likes best does.
 */
static bool
says_more(const struct range *r, enum meeting m, const struct language *l)
{

	if (m != l->meeting)
		return (m > l->meeting);
	if (m == MEET_ABOVE)
		return (r->q > l->q);
	return (m == MEET_BELOW && r->tag.len > l->len);
}

static void
weigh(struct language *l, unsigned n, const struct range *r, unsigned place)
{
	enum meeting m;
	unsigned i;

	for (i = 0; i < n; i++) {
		m = meet(r->tag, l[i].tag);
		/* A client that refuses de-CH may accept de. */
		if (m == MEET_NOT || (m == MEET_ABOVE && r->q == 0) ||
		    !says_more(r, m, &l[i]))
			continue;
		l[i].meeting = m;
		l[i].q = r->q;
		l[i].place = place;
		l[i].len = r->tag.len;
	}
}

/* Does the client like *a* better than *b*? Of equals, the first offered. */
static bool
is_better(const struct language *a, const struct language *b)
{

	if (a->q != b->q)
		return (a->q > b->q);
	if (a->place != b->place)
		return (a->place < b->place);
	return (a->meeting > b->meeting);
}

static unsigned
read_offered(const char *offered, struct language *l)
{
	struct url_span item;
	unsigned n = 0;

	while (n < URL_LANGUAGES_MAX && next_item(&offered, &item))
		if (item.len > 0 && item.len <= URL_LANGUAGE_MAX)
			l[n++] = (struct language){ .tag = item };
	return (n);
}

static struct language *
best_of(struct language *l, unsigned n)
{
	struct language *best = NULL;
	unsigned i;

	for (i = 0; i < n; i++)
		if (l[i].q > 0 && (best == NULL || is_better(&l[i], best)))
			best = &l[i];
	return (best);
}

/* Up to that which there is without any variant. */
static size_t
write_best(struct language *l, unsigned n, char *buf)
{
	struct language *best;
	size_t len = 0;
	unsigned i;

	for (i = 0; i < ANSWERS_MAX; i++) {
		best = best_of(l, n);
		if (best == NULL)
			break;
		if (i > 0) {
			memcpy(buf + len, ", ", 2);
			len += 2;
		}
		memcpy(buf + len, best->tag.p, best->tag.len);
		len += best->tag.len;
		best->q = 0;
		if (best == l)
			break;
	}
	buf[len] = '\0';
	return (len);
}

size_t
url_language(const char *accept, const char *offered, char *buf)
{
	struct language l[URL_LANGUAGES_MAX];
	struct url_span item;
	struct range r;
	unsigned n, place;

	*buf = '\0';
	if (accept == NULL || offered == NULL)
		return (0);
	n = read_offered(offered, l);
	for (place = 0; place < RANGES_MAX && next_item(&accept, &item);
	    place++) {
		r = range_of(item);
		if (r.tag.len > 0)
			weigh(l, n, &r, place);
	}
	return (write_best(l, n, buf));
}
