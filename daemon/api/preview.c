/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * POST /sourceimages/{organization}/preview: a token with which a Varnish shows the
 * aliases as they are planned, by a set or at a moment.
 *
 *	{"set": "spring"} or {"at": "2029-12-10T11:13:24+00:00"}, "expires_in": 60
 */
#include "config.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "api/endpoints.h"
#include "api/plan.h"
#include "base/clock.h"
#include "url/preview.h"

/* Seconds that an address is valid: anybody who has it may use it. */
#define SPAN		3600
#define SPAN_LEAST	60
#define SPAN_MOST	(7 * 86400)

/* The first digits of an HMAC, behind what is signed. */
static void
preview_sign(const struct store_preview *p, char token[URL_PREVIEW_MAX])
{
	struct url_preview t = {
		.is_set = *p->set != '\0',
		.what = (uint64_t)(*p->set != '\0' ? p->id : p->at_ms),
		.expires = (uint64_t)p->expires_ms / 1000,
		.key = (uint64_t)p->key,
	};
	uint8_t mac[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state st;

	url_preview_write(&t, token);
	(void)crypto_auth_hmacsha256_init(&st, p->secret.b,
	    sizeof p->secret.b);
	(void)crypto_auth_hmacsha256_update(&st, (const uint8_t *)p->org,
	    strlen(p->org));
	(void)crypto_auth_hmacsha256_update(&st, (const uint8_t *)" ", 1);
	(void)crypto_auth_hmacsha256_update(&st, (const uint8_t *)token,
	    t.signed_len);
	(void)crypto_auth_hmacsha256_final(&st, mac);
	memcpy(t.mac.b, mac, sizeof t.mac.b);
	hash_to_hex(&t.mac, token + t.signed_len);
	sodium_memzero(&st, sizeof st);
}

static void
preview_done(struct store_job *job)
{
	struct store_preview *p = CAST_OBJ(job, STORE_PREVIEW_MAGIC);
	struct call *c = CAST_OBJ(job->arg, CALL_MAGIC);
	char token[URL_PREVIEW_MAX];

	if (job->status == STORE_OK) {
		preview_sign(p, token);
		reply_json(c, 201, json_pack("{s:s, s:s*, s:o, s:o, s:s, s:o,"
		    " s:o}", "organization", p->org, "set", *p->set != '\0' ?
		    p->set : NULL, "at", json_date_or_null(p->at_ms),
		    "expires", json_date(p->expires_ms), "token", token,
		    "query", json_sprintf(URL_PREVIEW_NAME "=%s", token),
		    "path", json_sprintf("/_planned?" URL_PREVIEW_NAME "=%s",
		    token)));
	} else if (*p->set != '\0' && job->status == STORE_NOT_FOUND)
		reply_error(c, 404, "There is no set \"%s\".", p->set);
	else
		reply_store(c, job->status, "such organization");
	sodium_memzero(&p->secret, sizeof p->secret);
	call_job_over(job);
}

/* False after an answer. */
static bool
preview_span(struct call *c, const json_t *body, int64_t *expires_ms)
{
	const json_t *v = json_object_get(body, "expires_in");
	json_int_t span = v == NULL ? SPAN : json_integer_value(v);

	if ((v != NULL && !json_is_integer(v)) || span < SPAN_LEAST ||
	    span > SPAN_MOST) {
		reply_error(c, 400, "expires_in: must be a number of seconds "
		    "from %d to %d.", SPAN_LEAST, SPAN_MOST);
		return (false);
	}
	*expires_ms = clock_wall_ms() + span * 1000;
	return (true);
}

static void
preview_post(struct call *c)
{
	static const char *const fields[] = {
		"set", "at", "expires_in", NULL
	};
	struct store_preview in = { .at_ms = 0 }, *p;
	const json_t *body;
	const char *set;

	if ((body = body_object(c)) == NULL || !body_only(c, body, fields) ||
	    (set = body_text_or(c, body, "set", 100, "")) == NULL ||
	    !body_date(c, body, "at", PLAN_YEARS_MAX, &in.at_ms) ||
	    !preview_span(c, body, &in.expires_ms))
		return;
	if ((*set == '\0') == (in.at_ms == 0)) {
		reply_error(c, 400, "Either set or at must be given.");
		return;
	}
	p = call_job(c, sizeof *p, preview_done);
	if (p == NULL)
		return;
	p->at_ms = in.at_ms;
	p->expires_ms = in.expires_ms;
	text_copy(p->set, sizeof p->set, set);
	text_copy(p->org, sizeof p->org, call_param(c, "organization"));
	store_preview_open(c->api->store, p);
}

/* A preview shows only what RIGHT_SOURCE_READ may see of plans anyway. */
const struct endpoint endpoint_preview_post = {
	.rights = RIGHT_SOURCE_READ, .body = BODY_JSON, .handle = preview_post,
};
