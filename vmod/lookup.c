/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cache/cache.h"

#include "headers.h"
#include "lookup.h"
#include "visit.h"

#define NO_EPOCHS	"0.0.0"

uint64_t
lookup_soft(const struct visit *v)
{

	return (v->source_soft > v->shared_soft ? v->source_soft :
	    v->shared_soft);
}

const char *
lookup_epochs(VRT_CTX, const struct visit *v, bool of_alias)
{
	uint64_t first;

	if (v == NULL || !v->looked || !v->attached)
		return ("none");
	first = of_alias && v->kind == URL_ALIAS ? v->alias_epoch :
	    v->source_epoch;
	if ((first | v->stack_epoch | v->org_epoch) == 0)
		return (NO_EPOCHS);
	return (WS_Printf(ctx->ws, "%jx.%jx.%jx", (uintmax_t)first,
	    (uintmax_t)v->stack_epoch, (uintmax_t)v->org_epoch));
}

/* 20 bytes as 27 letters, of which an URL could consist as well. */
#define KEY_HASH_LEN	27

_Static_assert(HASH_LEN % 3 == 2, "the last letter group is short");

static void
put_hash(const uint8_t hash[HASH_LEN], char *to)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned i, bits;

	for (i = 0; i + 2 < HASH_LEN; i += 3) {
		bits = (unsigned)hash[i] << 16 | (unsigned)hash[i + 1] << 8 |
		    hash[i + 2];
		*to++ = letters[bits >> 18];
		*to++ = letters[bits >> 12 & 63];
		*to++ = letters[bits >> 6 & 63];
		*to++ = letters[bits & 63];
	}
	bits = (unsigned)hash[i] << 8 | hash[i + 1];
	*to++ = letters[bits >> 10];
	*to++ = letters[bits >> 4 & 63];
	*to = letters[bits << 2 & 63];
}

/* Where *url* has the hash of the source image; NULL if it does not. */
static const char *
find_hash(const char *url, const char *source)
{
	const char *p;

	for (p = strchr(url, '/'); p != NULL; p = strchr(p, '/'))
		if (strncmp(++p, source, HASH_HEX) == 0)
			return (p);
	return (NULL);
}

/*
 * SHA-256 takes twice as long for 56 bytes as for 55, which is why the hash is
 * written in letters. They stand before the rest of the URL, which begins with
 * "/", and a blank is in their place: this cannot be the key of another URL.
 */
static void
put_url(char *p, const struct visit *v, const char *url)
{
	const char *at = v->source == NULL || strchr(url, ' ') != NULL ? NULL :
	    find_hash(url, v->source);

	if (at == NULL) {
		(void)memcpy(p, url, strlen(url) + 1);
		return;
	}
	put_hash(v->hash.b, p);
	p += KEY_HASH_LEN;
	(void)memcpy(p, url, (size_t)(at - url));
	p += at - url;
	*p++ = ' ';
	at += HASH_HEX;
	(void)memcpy(p, at, strlen(at) + 1);
}

const char *
lookup_key(VRT_CTX, struct visit *v)
{
	const char *url = ctx->http_req->hd[HTTP_HDR_URL].b, *epochs;
	const char *original;
	size_t room;
	char *key, *p;

	if (v == NULL || v->org == NULL)
		return (NULL);
	epochs = lookup_epochs(ctx, v, v->keep_alias);
	if (epochs == NULL)
		return (NULL);
	/* Signatures are over the URL as the client wrote it. */
	original = v->looked && v->is_signed ? v->original : NULL;
	if (strcmp(epochs, NO_EPOCHS) == 0)
		epochs = "";
	room = strlen(v->org) + strlen(epochs) + strlen(url) + 4;
	if (original != NULL)
		room += strlen(original) + 24;
	key = p = visit_alloc(ctx, v, room);
	if (key == NULL)
		return (NULL);
	if (original != NULL)
		p += sprintf(p, "%zu %s", strlen(original), original);
	*p++ = ' ';
	p = stpcpy(p, v->org);
	*p++ = ' ';
	p = stpcpy(p, epochs);
	*p++ = ' ';
	put_url(p, v, url);
	return (key);
}

/* Is *value* the number *n* or one above it? Longer ones are not looked at. */
static bool
is_at_least(const char *value, uint64_t n)
{
	uint64_t have = 0;
	size_t i;

	for (i = 0; value[i] >= '0' && value[i] <= '9' && i < 19; i++)
		have = have * 10 + (uint64_t)(value[i] - '0');
	return (i > 0 && value[i] == '\0' && have >= n);
}

/* What of our tags an object has. */
struct tags {
	const char	*source;
	const char	*epoch;
	const char	*soft;
	bool		secondary;
};

static void
look_at_tag(const txt h, struct tags *t)
{

	if (HEADER_IS(h, "x-moniker-source:"))
		t->source = headers_value(h, sizeof "x-moniker-source:" - 1);
	else if (HEADER_IS(h, "x-moniker-epoch:"))
		t->epoch = headers_value(h, sizeof "x-moniker-epoch:" - 1);
	else if (HEADER_IS(h, "x-moniker-soft:"))
		t->soft = headers_value(h, sizeof "x-moniker-soft:" - 1);
	else if (HEADER_IS(h, "x-moniker-secondary:"))
		t->secondary = true;
}

/* Varnish packs headers one behind the other, with an empty one at the end. */
static void
look_at_object(VRT_CTX, struct tags *t)
{
	const char *p = NULL;
	txt h;

	(void)memset(t, 0, sizeof *t);
	if (!HTTP_IterHdrPack(ctx->req->wrk, ctx->req->objcore, &p))
		return;
	for (h.b = p; *h.b != '\0'; h.b = h.e + 1) {
		h.e = h.b + strlen(h.b);
		if (HEADER_INITIAL(h) == 'x' && HEADER_IS(h, "x-moniker-"))
			look_at_tag(h, t);
	}
}

bool
lookup_untouched(VRT_CTX, const struct visit *v)
{
	struct tags t;
	uint64_t wanted;

	if (v == NULL || !v->looked || !v->attached || v->source == NULL ||
	    v->revoked || ctx->req->objcore == NULL)
		return (false);
	look_at_object(ctx, &t);
	if (t.secondary)
		return (false);
	/* A sticky object may show another source image than its alias. */
	if (v->keep_alias && (t.source == NULL ||
	    strcmp(t.source, v->source) != 0 || (v->kind == URL_ALIAS &&
	    (t.epoch == NULL || !is_at_least(t.epoch, v->source_epoch)))))
		return (false);
	wanted = lookup_soft(v);
	return (wanted == 0 || (t.soft != NULL &&
	    is_at_least(t.soft, wanted)));
}
