/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <string.h>
#include <time.h>

#include "cache/cache.h"
#include "vtim.h"

#include "deliver.h"
#include "folder.h"
#include "visit.h"

#define DELIVER_YEAR	31536000
/* Seconds, of an answer that is known to be out of date. */
#define DELIVER_STALE	5
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

/* The sentence of an error is for clients, all others are ours. */
static bool
is_ours(const txt h)
{
	static const char prefix[] = "x-moniker-", error[] = "error:";
	const size_t n = sizeof prefix - 1;

	return ((*h.b | 0x20) == 'x' && (size_t)Tlen(h) > n &&
	    strncasecmp(h.b, prefix, n) == 0 &&
	    strncasecmp(h.b + n, error, sizeof error - 1) != 0);
}

static bool
is_age(const txt h)
{

	return ((*h.b | 0x20) == 'a' && strncasecmp(h.b, "Age:", 4) == 0);
}

/* Removes our headers, and Age if *age*, in one pass. */
static void
deliver_strip(struct http *hp, bool age)
{
	unsigned from, to;

	for (from = to = HTTP_HDR_FIRST; from < hp->nhd; from++) {
		if (hp->hd[from].b == NULL)
			continue;
		if (is_ours(hp->hd[from]) || (age && is_age(hp->hd[from]))) {
			if (hp->vsl != NULL)
				VSLbt(hp->vsl, SLT_RespUnset, hp->hd[from]);
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

static bool
says(const char *control, const char *word)
{

	return (control != NULL && strcasestr(control, word) != NULL);
}

static bool
is_forbidden(const char *control)
{

	return (says(control, "private") || says(control, "no-store") ||
	    says(control, "no-cache"));
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

/* A signature without an end is what the origin says one of these for. */
static bool
signature_ends(const char *control)
{

	return (says(control, "must-revalidate") ||
	    (!says(control, "immutable") &&
	    !says(control, "stale-while-revalidate")));
}

/* False if the answer is to be kept as the origin says. */
static bool
deliver_life(VRT_CTX, const struct folder *f, const struct visit *v,
    const char *control, struct life *l)
{
	struct map_settings s = { .alias_max_age = DELIVER_MAX_AGE,
	    .alias_swr = DELIVER_SWR };
	const struct objcore *oc = ctx->req->objcore;
	double left = time_left(ctx, oc);
	bool stale = ctx->req->is_hit && left <= 0;

	/* The beginning of a hash may mean another picture, too. */
	if (v->kind == URL_ALIAS || v->is_short) {
		(void)map_reader_settings(folder_reader(f), &s);
		*l = (struct life){ .max_age = s.alias_max_age,
		    .swr = s.alias_swr, .now = true };
	} else
		*l = (struct life){ .max_age = DELIVER_YEAR,
		    .immutable = true };
	if (stale || v->fallen)
		shorten(l, DELIVER_STALE);
	else if (v->kind == URL_ALIAS && !v->known)
		return (false);	/* what it means was found out at the fetch */
	if (v->is_signed && signature_ends(control)) {
		shorten(l, left);
		l->ends = true;
	}
	return (true);
}

/* As http_Unset and http_SetHeader, which look at each header twice more. */
static void
deliver_set(struct http *hp, hdr_t hdr, const char *header)
{
	const size_t len = (size_t)*hdr;
	unsigned u, at = 0, n = 0;

	for (u = HTTP_HDR_FIRST; u < hp->nhd; u++)
		if (hp->hd[u].b != NULL && (*hp->hd[u].b | 0x20) ==
		    (hdr[1] | 0x20) &&
		    strncasecmp(hp->hd[u].b, hdr + 1, len) == 0) {
			at = u;
			n++;
		}
	if (n != 1) {
		http_Unset(hp, hdr);
		http_SetHeader(hp, header);
		return;
	}
	if (hp->vsl != NULL)
		VSLbt(hp->vsl, SLT_RespUnset, hp->hd[at]);
	hp->hd[at].b = header;
	hp->hd[at].e = strchr(header, '\0');
	hp->hdf[at] = 0;
	if (hp->vsl != NULL)
		VSLbt(hp->vsl, SLT_RespHeader, hp->hd[at]);
}

static void
deliver_control(VRT_CTX, struct http *hp, const struct life *l)
{
	const char *header =
	    "Cache-Control: public, max-age=31536000, immutable";

	if (l->swr == DELIVER_SWR && l->max_age == DELIVER_MAX_AGE)
		/* The defaults, without the cost of a format. */
		header = "Cache-Control: public, max-age=60,"
		    " stale-while-revalidate=600";
	else if (l->swr > 0)
		header = WS_Printf(ctx->ws, "Cache-Control: public, "
		    "max-age=%u, stale-while-revalidate=%u", l->max_age,
		    l->swr);
	else if (l->ends)
		/* Varnish would else show it for ten seconds more. */
		header = WS_Printf(ctx->ws, "Cache-Control: public, "
		    "max-age=%u, must-revalidate, stale-while-revalidate=0",
		    l->max_age);
	else if (!l->immutable)
		header = WS_Printf(ctx->ws, "Cache-Control: public, "
		    "max-age=%u", l->max_age);
	if (header != NULL)
		deliver_set(hp, H_Cache_Control, header);
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
 * As if the answer were made now: a cache in front would subtract what has
 * passed since the fetch, by Age or by Date, from a lifetime that has only
 * begun.
 */
static void
deliver_date(VRT_CTX, struct http *hp)
{
	static const char name[] = "Date: ";
	char *header = WS_Alloc(ctx->ws, sizeof name + VTIM_FORMAT_SIZE);

	if (header == NULL)
		return;
	(void)stpcpy(stpcpy(header, name), deliver_today(ctx->now));
	deliver_set(hp, H_Date, header);
}

/* True if the answer is to count from now. */
static bool
deliver_caches(VRT_CTX, const struct folder *f, const struct visit *v)
{
	struct http *hp = ctx->http_resp;
	const char *control = NULL;
	struct life l;

	(void)http_GetHdr(hp, H_Cache_Control, &control);
	if (visit_preview(v))
		http_ForceHeader(hp, H_Cache_Control, "no-store");
	else if (hp->status >= 400) {
		/* What says no-store leaves an older picture in its place. */
		if (hp->status < 500 && says(control, "no-store"))
			http_ForceHeader(hp, H_Cache_Control,
			    "public, max-age=1");
	} else if ((v->kind == URL_ALIAS || v->source != NULL) &&
	    !is_forbidden(control) && deliver_life(ctx, f, v, control, &l)) {
		deliver_control(ctx, hp, &l);
		return (l.now);
	}
	return (false);
}

void
deliver_answer(VRT_CTX, const struct folder *f, const struct visit *v)
{
	struct http *hp = ctx->http_resp;
	bool now = false;

	if (hp == NULL || ctx->req == NULL)
		return;
	if (v != NULL && v->looked && v->kind != URL_OTHER &&
	    ctx->req->objcore != NULL)
		now = deliver_caches(ctx, f, v);
	if (now)
		deliver_date(ctx, hp);
	deliver_strip(hp, now);
	if (v != NULL && v->fallen && hp->status < 400)
		http_SetHeader(hp, "X-Moniker-Fallback: previous");
}
