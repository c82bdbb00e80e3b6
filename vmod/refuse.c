/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "cache/cache.h"

#include "headers.h"
#include "refuse.h"
#include "variant.h"
#include "visit.h"

static const char *const common[] = {
	"X-Content-Type-Options: nosniff",
	"Vary: Accept",
	"Access-Control-Allow-Origin: *"
};

/* Not 405, 413, 416 and 429: they have more to say, or show no picture. */
static bool
is_usual(VRT_CTX, const struct visit *v)
{
	uint16_t status = ctx->http_resp->status;

	return (v != NULL && v->looked && v->kind != URL_OTHER &&
	    status >= 7400 && status < 7500 && status != 7405 &&
	    status != 7413 && status != 7416 && status != 7429 &&
	    ctx->req->req_body_status == BS_NONE);
}

/* Those of a user's vcl_synth before ours are replaced. */
static enum headers_fate v_matchproto_(headers_fate_f)
drop(const txt h, const void *priv)
{
	bool go;

	(void)priv;
	switch (HEADER_INITIAL(h)) {
	case 'a':
		go = HEADER_IS(h, "Access-Control-Allow-Origin:");
		break;
	case 'c':
		go = HEADER_IS(h, "Cache-Control:") ||
		    HEADER_IS(h, "Content-Type:");
		break;
	case 'v':
		go = HEADER_IS(h, "Vary:");
		break;
	case 'x':
		go = HEADER_IS(h, "X-Content-Type-Options:") ||
		    HEADER_IS(h, "X-Moniker-Error:");
		break;
	default:
		go = false;
	}
	return (go ? HEADERS_GO : HEADERS_STAY);
}

/* The reason, for who sees the picture of a cross; "" for JSON. */
static const char *
error_header(VRT_CTX, struct visit *v)
{
	static const char name[] = "X-Moniker-Error: ";
	const txt reason = ctx->http_resp->hd[HTTP_HDR_REASON];
	const size_t n = sizeof name - 1;
	char *header;
	size_t len;

	if (!v->wants_picture)
		return ("");
	len = reason.b == NULL ? 0 : (size_t)(reason.e - reason.b);
	header = visit_alloc(ctx, v, n + len + 1);
	if (header == NULL)
		return (NULL);
	(void)memcpy(header, name, n);
	if (len > 0)
		(void)memcpy(header + n, reason.b, len);
	header[n + len] = '\0';
	return (header);
}

bool
refuse_answer(VRT_CTX, struct visit *v)
{
	struct http *hp = ctx->http_resp;
	const char *error;
	size_t i;

	if (!is_usual(ctx, v))
		return (false);
	error = error_header(ctx, v);
	if (error == NULL)
		return (false);
	headers_drop(hp, HTTP_HDR_FIRST, SLT_RespUnset, drop, NULL);
	http_SetHeader(hp, *error == '\0' ? "Content-Type: application/json" :
	    "Content-Type: image/svg+xml");
	/*
	 * A cache in front would go on showing what it has in place of an answer
	 * that it may not keep; but what was said to a token is for nobody else.
	 */
	http_SetHeader(hp, v->guarded ? "Cache-Control: private, no-store" :
	    "Cache-Control: public, max-age=1");
	for (i = 0; i < sizeof common / sizeof *common; i++)
		http_SetHeader(hp, common[i]);
	if (*error != '\0')
		http_SetHeader(hp, error);
	if (v->varies)
		variant_answer(ctx, v);
	return (true);
}
