/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>

#include "cache/cache.h"
#include "vapi/vsl_int.h"

#include "fetch.h"
#include "headers.h"
#include "lookup.h"
#include "visit.h"

#define DIGITS_MAX	20
#define PACKED		"X-Moniker-Fetch:"

/*
 * The header has words with a blank between them, whose first letter tells
 * what the rest is. No value has a blank.
 */
enum word {
	WORD_REQUEST = 'r',
	WORD_ORGANIZATION = 'o',
	WORD_STACK = 's',
	WORD_SOURCE = 'h',
	WORD_SOFT = 'p',
	WORD_ALIAS = 'a',
	WORD_EPOCH = 'e'
};

static const char *
word_header(char word)
{

	switch (word) {
	case WORD_REQUEST:
		return ("X-Request-Id: ");
	case WORD_ORGANIZATION:
		return ("X-Moniker-Organization: ");
	case WORD_STACK:
		return ("X-Moniker-Stack: ");
	case WORD_SOURCE:
		return ("X-Moniker-Source: ");
	case WORD_SOFT:
		return ("X-Moniker-Soft: ");
	case WORD_ALIAS:
		return ("X-Moniker-Alias: ");
	case WORD_EPOCH:
		return ("X-Moniker-Epoch: ");
	default:
		return (NULL);
	}
}
#define WORDS_MAX	7
#define HEADER_MAX	(sizeof "X-Moniker-Organization: ")

static char *
put(char *p, enum word word, const char *value)
{
	size_t len;

	if (value == NULL)
		return (p);
	len = strlen(value);
	*p++ = ' ';
	*p++ = (char)word;
	(void)memcpy(p, value, len);
	return (p + len);
}

static char *
put_number(char *p, enum word word, uint64_t n)
{
	char buf[DIGITS_MAX + 1], *d = buf + DIGITS_MAX;

	*d = '\0';
	do
		*--d = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	return (put(p, word, d));
}

/* Everything to say, as words. */
static char *
put_words(VRT_CTX, const struct visit *v, char *p)
{
	uint64_t soft = lookup_soft(v);

	p = put_number(p, WORD_REQUEST, VXID(ctx->req->vsl->wid));
	p = put(p, WORD_ORGANIZATION, v->org);
	p = put(p, WORD_STACK, v->stack);
	p = put(p, WORD_SOURCE, v->source);
	if (soft != 0)
		p = put_number(p, WORD_SOFT, soft);
	if (v->keep_alias && v->kind == URL_ALIAS) {
		p = put(p, WORD_ALIAS, v->alias);
		p = put_number(p, WORD_EPOCH, v->source_epoch);
	}
	*p = '\0';
	return (p);
}

void
fetch_pack(VRT_CTX, struct visit *v)
{
	static const char packed[] = PACKED;
	struct http *hp = ctx->http_req;
	const size_t n = sizeof packed - 1;
	size_t room = n + WORDS_MAX * (DIGITS_MAX + 2) + HASH_HEX +
	    strlen(v->org);
	char *header, *end;

	room += v->stack == NULL ? 0 : strlen(v->stack);
	room += v->alias == NULL ? 0 : strlen(v->alias);
	if (hp->nhd >= hp->shd) {
		WS_MarkOverflow(hp->ws);
		return;
	}
	header = visit_alloc(ctx, v, room);
	if (header == NULL)
		return;
	(void)memcpy(header, packed, n);
	end = put_words(ctx, v, header + n);
	hp->hd[hp->nhd] = (txt){ header, end };
	hp->hdf[hp->nhd++] = 0;
	visit_trim(v, header + room, room - (size_t)(end + 1 - header));
}

/*--------------------------------------------------------------------
 * The fetch
 */

/* The place of the header, 0 if there is none. */
static unsigned
find_packed(const struct http *hp)
{
	unsigned u;

	for (u = HTTP_HDR_FIRST; u < hp->nhd; u++)
		if (HEADER_INITIAL(hp->hd[u]) == 'x' &&
		    HEADER_IS(hp->hd[u], PACKED))
			return (u);
	return (0);
}

/* One header of *len* bytes at *word*; the first is put in at *place*. */
static char *
unpack(struct http *hp, unsigned place, const char *word, size_t len, char *p)
{
	const char *name = word_header(*word);
	const txt header = { p, NULL };

	if (name == NULL || place >= hp->shd)
		return (NULL);
	p = stpcpy(p, name);
	(void)memcpy(p, word + 1, len - 1);
	p += len - 1;
	*p = '\0';
	hp->hd[place] = header;
	hp->hd[place].e = p;
	hp->hdf[place] = 0;
	if (place == hp->nhd)
		hp->nhd++;
	if (hp->vsl != NULL)
		VSLbt(hp->vsl, SLT_BereqHeader, hp->hd[place]);
	return (p + 1);
}

bool
fetch_unpack(VRT_CTX)
{
	struct http *hp = ctx->http_bereq;
	unsigned place = hp == NULL ? 0 : find_packed(hp);
	const char *word, *end;
	unsigned words = 0;
	size_t len;
	char *p;

	if (place == 0)
		return (true);
	if (hp->vsl != NULL)
		VSLbt(hp->vsl, SLT_BereqUnset, hp->hd[place]);
	word = hp->hd[place].b + sizeof PACKED - 1;
	end = hp->hd[place].e;
	p = WS_Alloc(ctx->ws, (unsigned)((size_t)(end - word) +
	    WORDS_MAX * HEADER_MAX));
	while (p != NULL && word < end) {
		len = strcspn(++word, " ");
		if (len == 0)
			continue;
		/* There is room for so many, whoever wrote them. */
		p = words++ == WORDS_MAX ? NULL :
		    unpack(hp, place, word, len, p);
		place = hp->nhd;
		word += len;
	}
	if (p == NULL)
		WS_MarkOverflow(hp->ws);
	return (p != NULL);
}
