/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>
#include <time.h>

#include "cache/cache.h"
#include "vtim.h"

#include "answer.h"
#include "deliver.h"
#include "due.h"
#include "folder.h"
#include "headers.h"
#include "memo.h"
#include "planned.h"
#include "variant.h"
#include "visit.h"

#define DELIVER_YEAR	31536000
/* Seconds, of an answer that is known to be out of date. */
#define DELIVER_STALE	5
/* The max-age of what is shown for a name that may be created any second. */
#define DELIVER_MISSING	60
/* A monikerd that publishes no settings has these, its defaults. */
#define DELIVER_MAX_AGE	60
#define DELIVER_SWR	600

struct life {
	uint32_t	max_age;
	uint32_t	swr;		/* stale-while-revalidate, 0: none */
	bool		immutable;
	bool		ends;		/* and not a moment later */
	bool		now;		/* counts from this moment */
};

/* What the origin says of how long its answer may be kept. */
struct control {
	struct memo	memo;
	bool		no_store;
	bool		forbidden;
	/* A signature without an end is what one of these is said for. */
	bool		ends;
};

static bool
says(const char *control, const char *word)
{

	return (strcasestr(control, word) != NULL);
}

/* Remembered, since monikerd says the same of nearly all pictures. */
static const struct control *
control_of(const struct http *hp, const struct answer *a)
{
	static const struct control none = { .ends = true };
	static _Thread_local struct control last;
	const char *text;
	size_t len;

	if (a->control == 0)
		return (&none);
	text = headers_value(hp->hd[a->control], sizeof "Cache-Control:" - 1);
	len = (size_t)(hp->hd[a->control].e - text);
	if (memo_is(&last.memo, text, len))
		return (&last);
	last.no_store = says(text, "no-store");
	last.forbidden = last.no_store || says(text, "private") ||
	    says(text, "no-cache");
	last.ends = says(text, "must-revalidate") ||
	    (!says(text, "immutable") &&
	    !says(text, "stale-while-revalidate"));
	memo_keep(&last.memo, text, len);
	return (&last);
}

/*
 * Whole seconds for which the object is fresh; of a signed URL, for which the
 * signature holds, because the origin's max-age ends with it.
 */
static double
time_left(VRT_CTX, const struct objcore *oc)
{
	double left = oc->t_origin + (double)oc->ttl - ctx->now;

	/* A float of more than 24 bits may be rounded up. */
	if (oc->ttl >= (float)(1 << 24))
		left -= 1;
	return (left);
}

static void
shorten(struct life *l, double most)
{

	if (most < 0)
		most = 0;
	if ((double)l->max_age > most)
		l->max_age = (uint32_t)most;
	l->swr = 0;
	l->immutable = false;
	l->now = true;
}

/*
 * Nobody shows it across the change: one second less, for caches that compare
 * whole ones, and none after it, while Varnish would for ten of its own accord.
 */
static void
end_before(struct life *l, double left)
{
	const double most = left > 1 ? left - 1 : 0;

	if ((double)l->max_age + l->swr + 60 < most)
		return;
	if ((double)l->max_age > most)
		l->max_age = (uint32_t)most;
	if (l->swr > most - l->max_age)
		l->swr = (uint32_t)(most - l->max_age);
	l->ends |= l->swr == 0;
}

/* False if the answer is kept as the origin says. */
static bool
deliver_life(VRT_CTX, const struct folder *f, const struct visit *v,
    const struct control *control, const char *moving, struct life *l)
{
	struct map_settings s = { .alias_max_age = DELIVER_MAX_AGE,
	    .alias_swr = DELIVER_SWR };
	const struct objcore *oc = ctx->req->objcore;
	double left = time_left(ctx, oc);
	bool stale = ctx->req->is_hit && left <= 0;
	double due;

	/* The beginning of a hash may mean another picture, too. */
	if (v->kind == URL_ALIAS || v->is_short || moving != NULL ||
	    v->missing != NULL) {
		(void)map_reader_settings(folder_reader(f), &s);
		*l = (struct life){ .max_age = s.alias_max_age,
		    .swr = s.alias_swr, .now = true };
	} else
		*l = (struct life){ .max_age = DELIVER_YEAR,
		    .immutable = true };
	if (v->missing != NULL)
		shorten(l, DELIVER_MISSING);
	if (stale || v->fallen)
		shorten(l, DELIVER_STALE);
	else if ((v->kind == URL_ALIAS && !v->known) ||
	    (moving != NULL && !v->attached))
		return (false);	/* what it means was found out at the fetch */
	if ((v->due_ms != 0 || moving != NULL) &&
	    due_left(ctx, f, v, moving, &due))
		end_before(l, due);
	if (v->is_signed && control->ends) {
		shorten(l, left);
		l->ends = true;
	}
	return (true);
}

/* Replaces a header, or adds it. */
static void
set_anew(struct http *hp, struct answer *a, hdr_t hdr, const char *header)
{

	http_Unset(hp, hdr);
	http_SetHeader(hp, header);
	answer_look(hp, a);
}

/* Replaces the only header of its name, where it is. */
static void
set_at(struct http *hp, unsigned place, const char *header, size_t len)
{

	hp->hd[place].b = header;
	hp->hd[place].e = header + len;
	hp->hdf[place] = 0;
	if (hp->vsl != NULL)
		VSLbt(hp->vsl, SLT_RespHeader, hp->hd[place]);
}

static const char *
control_text(VRT_CTX, const struct life *l)
{

	if (l->immutable)
		return ("Cache-Control: public, max-age=31536000, immutable");
	/* The defaults, without the cost of a format. */
	if (l->swr == DELIVER_SWR && l->max_age == DELIVER_MAX_AGE)
		return ("Cache-Control: public, max-age=60,"
		    " stale-while-revalidate=600");
	if (l->swr > 0)
		return (WS_Printf(ctx->ws, "Cache-Control: public, "
		    "max-age=%u, stale-while-revalidate=%u", l->max_age,
		    l->swr));
	/* Varnish would else show it for ten seconds more. */
	if (l->ends)
		return (WS_Printf(ctx->ws, "Cache-Control: public, "
		    "max-age=%u, must-revalidate, stale-while-revalidate=0",
		    l->max_age));
	return (WS_Printf(ctx->ws, "Cache-Control: public, max-age=%u",
	    l->max_age));
}

static void
deliver_control(VRT_CTX, struct answer *a, const struct life *l)
{
	const char *header = control_text(ctx, l);
	const txt was = ctx->http_resp->hd[a->control];
	size_t len;

	if (header == NULL)
		return;
	len = strlen(header);
	/* monikerd says the same of a picture by hash. */
	if (a->controls == 1 && (size_t)(was.e - was.b) == len &&
	    memcmp(was.b, header, len) == 0)
		return;
	if (a->controls == 1)
		set_at(ctx->http_resp, a->control, header, len);
	else
		set_anew(ctx->http_resp, a, H_Cache_Control, header);
}

/* A format costs more than the rest, and a thread answers many a second. */
static const char *
deliver_today(double now)
{
	static _Thread_local char text[VTIM_FORMAT_SIZE];
	static _Thread_local time_t second = -1;

	if ((time_t)now != second) {
		second = (time_t)now;
		VTIM_format(now, text);
	}
	return (text);
}

/*
 * Sets Date as if the answer were made now: a cache in front would subtract
 * what has passed since the fetch, by Age or by Date, from a lifetime that has
 * only begun.
 */
static void
deliver_date(VRT_CTX, struct visit *v, struct answer *a)
{
	static const char name[] = "Date: ";
	const size_t n = sizeof name - 1;
	const char *today = deliver_today(ctx->now);
	size_t len = strlen(today);
	char *header = visit_alloc(ctx, v, n + len + 1);

	if (header == NULL)
		return;
	(void)memcpy(header, name, n);
	(void)memcpy(header + n, today, len + 1);
	if (a->dates == 1)
		set_at(ctx->http_resp, a->date, header, n + len);
	else
		set_anew(ctx->http_resp, a, H_Date, header);
}

/* True if the answer is to count from now. */
static bool
deliver_caches(VRT_CTX, const struct folder *f, struct visit *v,
    struct answer *a)
{
	struct http *hp = ctx->http_resp;
	const struct control *control = control_of(hp, a);
	struct life l;

	if (visit_preview(v))
		set_anew(hp, a, H_Cache_Control, "Cache-Control: no-store");
	else if (hp->status >= 400) {
		/* What says no-store leaves an older picture in its place. */
		if (hp->status < 500 && control->no_store)
			set_anew(hp, a, H_Cache_Control,
			    "Cache-Control: public, max-age=1");
	} else if ((v->kind == URL_ALIAS || v->source != NULL) &&
	    !control->forbidden && deliver_life(ctx, f, v, control, a->moving,
	    &l)) {
		if (l.now)
			deliver_date(ctx, v, a);
		deliver_control(ctx, a, &l);
		return (l.now);
	}
	return (false);
}

/* Is *match* of an If-None-Match header the ETag? */
static bool
is_etag(const struct http *hp, const char *match)
{
	const char *etag;

	return (http_GetHdr(hp, H_ETag, &etag) && strcmp(match, etag) == 0);
}

bool
deliver_usual(VRT_CTX, const struct visit *v)
{
	const struct http *hp = ctx->http_req;
	const char *match = NULL;
	unsigned u;

	if (v == NULL || !v->looked || v->kind == URL_OTHER ||
	    ctx->http_resp->status != 200 || v->missing != NULL)
		return (false);
	for (u = HTTP_HDR_FIRST; u < hp->nhd; u++)
		switch (HEADER_INITIAL(hp->hd[u])) {
		case 'i':
			if (!HEADER_IS(hp->hd[u], "If-None-Match:"))
				break;
			if (match != NULL)
				return (false);
			match = headers_value(hp->hd[u],
			    sizeof "If-None-Match:" - 1);
			break;
		case 'r':
			if (HEADER_IS(hp->hd[u], "Range:"))
				return (false);
			break;
		}
	return (match == NULL || is_etag(ctx->http_resp, match));
}

/* One object is kept for all slugs and aliases, and saved by what is at hand. */
static void
deliver_name(VRT_CTX, const struct visit *v, const struct answer *a)
{
	char value[URL_DOWNLOAD_MAX];
	const char *header, *type = NULL;
	struct url u;

	(void)http_GetHdr(ctx->http_resp, H_Content_Type, &type);
	if (url_parse(v->original, strlen(v->original), &u) == URL_OTHER ||
	    !url_download(&u, type, NULL, value))
		return;
	header = WS_Printf(ctx->ws, "Content-Disposition: %s", value);
	if (header != NULL)
		set_at(ctx->http_resp, a->attachment, header, strlen(header));
}

/* The picture is another's; whether a script is told so, the options say. */
static void
deliver_missing(VRT_CTX, const struct visit *v)
{
	const char *header = WS_Printf(ctx->ws, "X-Moniker-Fallback: %s",
	    v->missing);

	if (header != NULL)
		http_SetHeader(ctx->http_resp, header);
	if (!v->missing_found)
		http_SetStatus(ctx->http_resp, 404, NULL);
}

void
deliver_answer(VRT_CTX, const struct folder *f, struct visit *v)
{
	struct http *hp = ctx->http_resp;
	struct answer a;
	bool now = false;

	if (hp == NULL || ctx->req == NULL)
		return;
	answer_look(hp, &a);
	if (v != NULL && v->looked && v->kind != URL_OTHER &&
	    ctx->req->objcore != NULL)
		now = deliver_caches(ctx, f, v, &a);
	if (a.attachment != 0 && v != NULL && v->looked &&
	    v->kind != URL_OTHER)
		deliver_name(ctx, v, &a);
	answer_drop(hp, &a, now);
	if (v != NULL && v->fallen && hp->status < 400)
		http_SetHeader(hp, "X-Moniker-Fallback: previous");
	if (v != NULL && v->missing != NULL && hp->status < 400)
		deliver_missing(ctx, v);
	if (v != NULL && v->varies)
		variant_answer(ctx, v);
	if (v != NULL && v->guarded)
		planned_deliver(hp, v);
}
