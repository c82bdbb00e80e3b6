/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "cache/cache.h"

#include "compat.h"
#include "fetch.h"
#include "folder.h"
#include "headers.h"
#include "memo.h"
#include "receive.h"
#include "url/preview.h"
#include "visit.h"

/* What one pass over the headers of a request has found. */
struct request {
	const char	*host;
	unsigned	accept;		/* its place, 0: none */
	unsigned	accepts;	/* how many */
	unsigned	encoding;	/* Accept-Encoding */
	unsigned	encodings;
	bool		save_data;	/* Save-Data, in any form */
	bool		if_range;
	bool		ours;		/* some that only we may set */
	bool		private;	/* some that no picture depends on */
	unsigned	cookie;		/* its place, 0: none */
};

struct drop {
	bool	first;		/* no header of ours can be there */
	bool	ready;		/* the picture will be looked up */
	bool	alias;
};

/* The headers in which our own restarts keep their count. */
static bool
is_account(const txt h)
{

	return (HEADER_IS(h, "X-Moniker-Miss:") ||
	    HEADER_IS(h, "X-Moniker-Expired:") ||
	    HEADER_IS(h, "X-Moniker-Respelled:") ||
	    HEADER_IS(h, "X-Moniker-Body:"));
}

static bool
is_private(const txt h, bool alias)
{

	switch (HEADER_INITIAL(h)) {
	case 'x':
		return (HEADER_IS(h, "X-Request-Id:"));
	case 'a':	/* pictures are the same for everybody */
		return (HEADER_IS(h, "Authorization:"));
	case 'c':
		return (HEADER_IS(h, "Cookie:"));
	case 'i':	/* see moniker_picture in VCL */
		return (alias && HEADER_IS(h, "If-Modified-Since:"));
	default:
		return (false);
	}
}

static enum headers_fate v_matchproto_(headers_fate_f)
drop(const txt h, const void *priv)
{
	const struct drop *d = priv;
	bool go;

	if (HEADER_IS(h, "X-Moniker-"))
		go = d->first || !is_account(h);
	else
		go = d->ready && is_private(h, d->alias);
	return (go ? HEADERS_GO : HEADERS_STAY);
}

static void
look_at_header(const txt h, unsigned place, struct request *r)
{

	switch (HEADER_INITIAL(h)) {
	case 'a':
		if (HEADER_IS(h, "Accept:")) {
			if (r->accepts++ == 0)
				r->accept = place;
			return;
		}
		if (HEADER_IS(h, "Accept-Encoding:")) {
			if (r->encodings++ == 0)
				r->encoding = place;
			return;
		}
		break;
	case 'h':
		if (r->host == NULL && HEADER_IS(h, "Host:"))
			r->host = headers_value(h, sizeof "Host:" - 1);
		return;
	case 'i':
		if (HEADER_IS(h, "If-Range:"))
			r->if_range = true;
		break;
	case 's':
		r->save_data |= HEADER_IS(h, "Save-Data:");
		return;
	case 'x':
		if (HEADER_IS(h, "X-Moniker-"))
			r->ours = true;
		break;
	case 'c':
		if (HEADER_IS(h, "Cookie:")) {
			r->private = true;
			r->cookie = place;
		}
		return;
	default:
		return;
	}
	r->private |= is_private(h, true);
}

static void
look_at_headers(const struct http *hp, struct request *r)
{
	unsigned u;

	(void)memset(r, 0, sizeof *r);
	for (u = HTTP_HDR_FIRST; u < hp->nhd; u++)
		look_at_header(hp->hd[u], u, r);
}

/* What an Accept means. Remembered, as few differ from the one before. */
struct accept {
	struct memo	memo;
	bool		wants_picture;
	bool		wants_json;
	char		formats[URL_ACCEPT_MAX];
};

static const struct accept *
accept_of(const struct http *hp, unsigned place)
{
	static _Thread_local struct accept last;
	const char *accept = headers_value(hp->hd[place],
	    sizeof "Accept:" - 1);
	size_t len = (size_t)(hp->hd[place].e - accept);

	if (memo_is(&last.memo, accept, len))
		return (&last);
	last.wants_json = strstr(accept, "application/json") != NULL;
	last.wants_picture = strstr(accept, "image/") != NULL &&
	    !last.wants_json && strstr(accept, "text/html") == NULL;
	last.wants_json &= strstr(accept, "image/") == NULL;
	(void)url_accept(accept, last.formats);
	memo_keep(&last.memo, accept, len);
	return (&last);
}

/*
 * Clients that show pictures get one instead of an error in JSON. NULL: no
 * Accept.
 */
static const struct accept *
look_at_accept(struct http *hp, struct visit *v, struct request *r)
{
	const struct accept *a;

	v->received = true;
	/* Varnish looks at the first line of a name only. */
	if (r->accepts > 1) {
		http_CollectHdr(hp, H_Accept);
		look_at_headers(hp, r);
	}
	if (r->accept == 0)
		return (NULL);
	a = accept_of(hp, r->accept);
	v->wants_picture = a->wants_picture;
	v->wants_json = a->wants_json;
	return (a);
}

/* A browser sends those of all the site, of which one may be for us. */
static void
look_at_cookie(const struct http *hp, unsigned place, struct visit *v)
{
	struct url_span token = url_preview_cookie(headers_value(
	    hp->hd[place], sizeof "Cookie:" - 1));

	if (token.len > 0)
		v->cookie = token.p;
}

/* What the origin takes. VCL answers 414 to more: there is no room for it. */
#define TARGET_MAX	8192

/* Does the header at *place* take gzip, for certain? As above. */
static bool
takes_gzip(const struct http *hp, unsigned place)
{
	static _Thread_local struct {
		struct memo	memo;
		bool		gzip;
	} last;
	const char *p, *text = headers_value(hp->hd[place],
	    sizeof "Accept-Encoding:" - 1);
	size_t len = (size_t)(hp->hd[place].e - text);

	if (memo_is(&last.memo, text, len))
		return (last.gzip);
	p = strstr(text, "gzip");
	last.gzip = p != NULL && (p == text || p[-1] == ' ' || p[-1] == ',')
	    && (p[4] == ',' || p[4] == '\0');
	memo_keep(&last.memo, text, len);
	return (last.gzip);
}

/* The last header takes its place. */
static void
remove_at(struct http *hp, struct request *r, unsigned place)
{
	unsigned last = --hp->nhd;

	hp->hd[place] = hp->hd[last];
	hp->hdf[place] = hp->hdf[last];
	if (r->accept == last)
		r->accept = place;
}

/*
 * Varnish makes "gzip" of it behind vcl_recv, but takes ten times as long. What
 * is not as browsers write it is left to Varnish. For a picture that no gzip
 * makes smaller it is removed, since Varnish would look for it three times.
 */
static void
set_encoding(struct http *hp, struct request *r, bool packed)
{
	static const char gzip[] = "Accept-Encoding: gzip";

	if (r->encodings != 1)
		return;
	if (packed)
		remove_at(hp, r, r->encoding);
	else if (takes_gzip(hp, r->encoding))
		hp->hd[r->encoding] = (txt){ gzip, gzip + sizeof gzip - 1 };
}

/* One that needs no answer but a picture, as far as can be seen here. */
static bool
is_usual(VRT_CTX, struct visit *v, const struct request *r)
{
	const char *method = ctx->http_req->hd[HTTP_HDR_METHOD].b;

	return (ctx->req->restarts == 0 &&
	    Tlen(ctx->http_req->hd[HTTP_HDR_URL]) <= TARGET_MAX &&
	    (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0) &&
	    ctx->req->req_body_status == BS_NONE && !r->if_range &&
	    r->host != NULL && visit_host(ctx, v, r->host) != NULL);
}

/* Sets what moniker.accept() returns, unless the header has it already. */
static void
set_accept(VRT_CTX, struct visit *v, struct request *r,
    const struct accept *a)
{
	static const char name[] = "Accept: ";
	struct http *hp = ctx->http_req;
	const unsigned place = r->accept;
	size_t n = sizeof name - 1, len;
	char *header;

	if (place == 0 || a == NULL)
		return;
	len = strlen(a->formats);
	if (strcmp(headers_value(hp->hd[place], n - 1), a->formats) == 0)
		return;
	if (len == 0) {
		remove_at(hp, r, place);
		return;
	}
	header = visit_alloc(ctx, v, n + len + 1);
	if (header == NULL)
		return;		/* and the workspace is marked */
	(void)memcpy(header, name, n);
	(void)memcpy(header + n, a->formats, len + 1);
	hp->hd[place] = (txt){ header, header + n + len };
	hp->hdf[place] = 0;
}

/* "on" or nothing, as some pictures vary by it. */
static void
set_save_data(struct http *hp)
{
	const char *save = NULL;
	bool on = http_GetHdr(hp, HDR("Save-Data"), &save) &&
	    strcasecmp(save, "on") == 0;

	http_Unset(hp, HDR("Save-Data"));
	if (on)
		http_SetHeader(hp, "Save-Data: on");
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
	const struct accept *accept = NULL;
	struct request r;

	look_at_headers(hp, &r);
	if (r.ours) {
		headers_drop(hp, HTTP_HDR_FIRST, SLT_ReqUnset, drop, &d);
		look_at_headers(hp, &r);
	}
	if (v == NULL)
		return (false);
	if (d.first)
		accept = look_at_accept(hp, v, &r);
	if (r.cookie != 0)
		look_at_cookie(hp, r.cookie, v);
	if (*url == '\0' || !is_usual(ctx, v, &r))
		return (false);
	to = visit_url(ctx, f, v, url, keep_alias);
	if ((v->unknown || v->revoked) &&
	    visit_use_fallback(ctx, f, v, false)) {
		to = v->url;
		look_at_headers(hp, &r);
	}
	set_encoding(hp, &r, v->is_packed);
	if (strcmp(to, url) != 0)
		http_SetH(hp, HTTP_HDR_URL, to);
	if (!is_ready(v))
		return (false);
	d.ready = true;
	d.alias = v->kind == URL_ALIAS || v->planned != NULL;
	if (r.private) {
		headers_drop(hp, HTTP_HDR_FIRST, SLT_ReqUnset, drop, &d);
		look_at_headers(hp, &r);
	}
	set_accept(ctx, v, &r, accept);
	if (r.save_data)
		set_save_data(hp);
	fetch_pack(ctx, v);
	return (true);
}
