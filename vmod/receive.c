/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "cache/cache.h"
#include "vapi/vsl_int.h"

#include "folder.h"
#include "receive.h"
#include "visit.h"

#define DIGITS_MAX	20

/* Does *h* begin with *name*, which ends in ":" unless it is a prefix? */
#define IS(h, name)							\
	((size_t)Tlen(h) >= sizeof(name) - 1 &&				\
	    strncasecmp((h).b, name, sizeof(name) - 1) == 0)

/* Of these a restart of ours keeps account. */
static bool
is_account(const txt h)
{

	return (IS(h, "X-Moniker-Miss:") || IS(h, "X-Moniker-Expired:") ||
	    IS(h, "X-Moniker-Respelled:") || IS(h, "X-Moniker-Body:"));
}

struct drop {
	bool	first;		/* no header of ours can be there */
	bool	ready;		/* the picture will be looked up */
	bool	alias;
};

static bool
is_dropped(const txt h, const struct drop *d)
{

	switch (*h.b | 0x20) {
	case 'x':
		if (IS(h, "X-Moniker-"))
			return (d->first || !is_account(h));
		return (d->ready && IS(h, "X-Request-Id:"));
	case 'a':	/* pictures are the same for everybody */
		return (d->ready && IS(h, "Authorization:"));
	case 'c':
		return (d->ready && IS(h, "Cookie:"));
	case 'i':	/* see moniker_picture in VCL */
		return (d->ready && d->alias && IS(h, "If-Modified-Since:"));
	default:
		return (false);
	}
}

static void
drop_headers(struct http *hp, const struct drop *d)
{
	unsigned from, to;

	for (from = to = HTTP_HDR_FIRST; from < hp->nhd; from++) {
		if (hp->hd[from].b == NULL)
			continue;
		if (is_dropped(hp->hd[from], d)) {
			if (hp->vsl != NULL)
				VSLbt(hp->vsl, SLT_ReqUnset, hp->hd[from]);
			continue;
		}
		if (to != from) {
			hp->hd[to] = hp->hd[from];
			hp->hdf[to] = hp->hdf[from];
		}
		to++;
	}
	hp->nhd = (uint16_t)to;
}

/* Who shows pictures is shown one instead of an error in JSON. */
static void
look_at_accept(struct http *hp, struct visit *v)
{
	const char *accept;

	v->received = true;
	/* Varnish looks at the first line of a name only. */
	http_CollectHdr(hp, H_Accept);
	v->wants_picture = http_GetHdr(hp, H_Accept, &accept) &&
	    strstr(accept, "image/") != NULL &&
	    strstr(accept, "application/json") == NULL &&
	    strstr(accept, "text/html") == NULL;
}

/* What the origin takes; VCL answers 414 to more, for which there is no room. */
#define TARGET_MAX	8192

/* One that needs no answer but a picture, as far as can be seen here. */
static bool
is_usual(VRT_CTX, struct visit *v)
{
	const struct http *hp = ctx->http_req;
	const char *method = hp->hd[HTTP_HDR_METHOD].b;

	return (ctx->req->restarts == 0 &&
	    Tlen(hp->hd[HTTP_HDR_URL]) <= TARGET_MAX && (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0) &&
	    ctx->req->req_body_status == BS_NONE &&
	    !http_GetHdr(hp, H_If_Range, NULL) &&
	    http_GetHdr(hp, H_Host, NULL) && visit_org(ctx, v) != NULL);
}

/*--------------------------------------------------------------------
 * Headers for the origin. Nobody else reads them, so they are in the log of
 * the fetch and not in that of a hit.
 */

struct writer {
	struct http	*hp;
	char		*p;
};

static void
put(struct writer *w, const char *name, const char *value)
{
	struct http *hp = w->hp;

	if (value == NULL)
		return;
	if (hp->nhd >= hp->shd) {
		WS_MarkOverflow(hp->ws);
		return;
	}
	hp->hd[hp->nhd].b = w->p;
	w->p = stpcpy(stpcpy(w->p, name), value);
	hp->hd[hp->nhd].e = w->p++;
	hp->hdf[hp->nhd++] = 0;
}

static const char *
digits(char buf[DIGITS_MAX + 1], uint64_t n)
{
	char *p = buf + DIGITS_MAX;

	*p = '\0';
	do
		*--p = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	return (p);
}

/* As moniker.accept() writes it; it is in its place already if it is that. */
static void
put_accept(struct writer *w)
{
	struct http *hp = w->hp;
	const char *accept;
	char buf[URL_ACCEPT_MAX];
	unsigned u;

	if (!http_GetHdr(hp, H_Accept, &accept))
		return;
	(void)url_accept(accept, buf);
	if (strcmp(accept, buf) == 0)
		return;
	for (u = HTTP_HDR_FIRST; u < hp->nhd; u++)
		if (IS(hp->hd[u], "Accept:"))
			break;
	if (u == hp->nhd)
		return;
	hp->hd[u] = hp->hd[--hp->nhd];
	hp->hdf[u] = hp->hdf[hp->nhd];
	put(w, "Accept: ", *buf == '\0' ? NULL : buf);
}

uint64_t
receive_soft(const struct visit *v)
{

	return (v->source_soft > v->shared_soft ? v->source_soft :
	    v->shared_soft);
}

static void
put_headers(VRT_CTX, const struct visit *v)
{
	char buf[DIGITS_MAX + 1];
	struct writer w = { .hp = ctx->http_req };
	uint64_t soft = receive_soft(v);
	bool sticky = v->keep_alias && v->kind == URL_ALIAS;
	size_t room = 512 + strlen(v->org);

	room += v->stack == NULL ? 0 : strlen(v->stack);
	room += v->alias == NULL ? 0 : strlen(v->alias);
	if (WS_ReserveSize(ctx->ws, (unsigned)room) == 0)
		return;		/* and the workspace is marked */
	w.p = WS_Reservation(ctx->ws);
	put_accept(&w);
	put(&w, "X-Request-Id: ",
	    digits(buf, ctx->req->vsl->wid & VSL_IDENTMASK));
	put(&w, "X-Moniker-Organization: ", v->org);
	put(&w, "X-Moniker-Stack: ", v->stack);
	put(&w, "X-Moniker-Source: ", v->source);
	put(&w, "X-Moniker-Soft: ", soft == 0 ? NULL : digits(buf, soft));
	if (sticky) {
		put(&w, "X-Moniker-Alias: ", v->alias);
		put(&w, "X-Moniker-Epoch: ", digits(buf, v->source_epoch));
	}
	WS_ReleaseP(ctx->ws, w.p);
}

/* Neither refused here nor kept away from the cache. */
static bool
is_ready(const struct visit *v)
{

	return (v->looked && v->kind != URL_OTHER && !v->unknown &&
	    !v->revoked && !v->is_signed && !v->is_short &&
	    (v->kind != URL_ALIAS || v->known) && !visit_preview(v));
}

bool
receive_request(VRT_CTX, struct folder *f, struct visit *v, bool keep_alias)
{
	struct http *hp = ctx->http_req;
	struct drop d = { .first = v == NULL || !v->received ||
	    ctx->req->restarts == 0 };
	const char *url = hp->hd[HTTP_HDR_URL].b, *to;

	drop_headers(hp, &d);
	if (v == NULL)
		return (false);
	if (d.first)
		look_at_accept(hp, v);
	if (*url == '\0' || !is_usual(ctx, v))
		return (false);
	to = visit_url(ctx, f, v, url, keep_alias);
	if (strcmp(to, url) != 0)
		http_SetH(hp, HTTP_HDR_URL, to);
	if (!is_ready(v))
		return (false);
	d.ready = true;
	d.alias = v->kind == URL_ALIAS;
	drop_headers(hp, &d);
	put_headers(ctx, v);
	return (true);
}

/*--------------------------------------------------------------------
 * The look-up
 */

const char *
receive_epochs(VRT_CTX, const struct visit *v, bool of_alias)
{
	uint64_t first;

	if (v == NULL || !v->looked || !v->attached)
		return ("none");
	first = of_alias && v->kind == URL_ALIAS ? v->alias_epoch :
	    v->source_epoch;
	if ((first | v->stack_epoch | v->org_epoch) == 0)
		return ("0.0.0");
	return (WS_Printf(ctx->ws, "%jx.%jx.%jx", (uintmax_t)first,
	    (uintmax_t)v->stack_epoch, (uintmax_t)v->org_epoch));
}

/* Of what stands before the URL, nothing can hold a blank. */
const char *
receive_key(VRT_CTX, const struct visit *v)
{
	static const char head[] = "moniker ";
	const char *url = ctx->http_req->hd[HTTP_HDR_URL].b, *epochs;
	size_t room;
	char *key, *p;

	if (v == NULL || v->org == NULL)
		return (NULL);
	epochs = receive_epochs(ctx, v, v->keep_alias);
	if (epochs == NULL)
		return (NULL);
	room = sizeof head + strlen(v->org) + strlen(epochs) + strlen(url) + 2;
	key = WS_Alloc(ctx->ws, (unsigned)room);
	if (key == NULL)
		return (NULL);
	p = stpcpy(stpcpy(key, head), v->org);
	*p++ = ' ';
	p = stpcpy(p, epochs);
	*p++ = ' ';
	(void)memcpy(p, url, strlen(url) + 1);
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

/* What follows the name in *header*, as Varnish keeps it. */
static const char *
value_of(const char *header, const char *name, size_t len)
{

	if (strncasecmp(header, name, len) != 0)
		return (NULL);
	return (header + len + strspn(header + len, " \t"));
}

bool
receive_untouched(VRT_CTX, const struct visit *v)
{
	const char *h, *p, *source = NULL, *epoch = NULL, *soft = NULL;
	uint64_t wanted;

	if (v == NULL || !v->looked || !v->attached || v->source == NULL ||
	    v->revoked || ctx->req->objcore == NULL)
		return (false);
	HTTP_FOREACH_PACK(ctx->req->wrk, ctx->req->objcore, h) {
		if ((*h | 0x20) != 'x')
			continue;
#define VALUE(name)	value_of(h, name ":", sizeof name)
		if (VALUE("x-moniker-secondary") != NULL)
			return (false);
		if ((p = VALUE("x-moniker-source")) != NULL)
			source = p;
		else if ((p = VALUE("x-moniker-epoch")) != NULL)
			epoch = p;
		else if ((p = VALUE("x-moniker-soft")) != NULL)
			soft = p;
#undef VALUE
	}
	/* A sticky object may show another source image than its alias. */
	if (v->keep_alias && (source == NULL || strcmp(source, v->source) != 0
	    || (v->kind == URL_ALIAS && (epoch == NULL ||
	    !is_at_least(epoch, v->source_epoch)))))
		return (false);
	wanted = receive_soft(v);
	return (wanted == 0 || (soft != NULL && is_at_least(soft, wanted)));
}
