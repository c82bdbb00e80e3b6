/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * POST /utils/{organization}/sign_url, for who has no signing key at hand.
 * rokka.js sends a JSON object, the PHP client a query and no body.
 */
#include "config.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/endpoints.h"
#include "api/sign.h"
#include "store/store_org.h"

#define URL_MAX		8192
/* Seconds; few different times are good for caches. */
#define ROUND_DEFAULT	3600
#define ROUND_MAX	(366 * 86400)

/*
 * A URL is written to logs, the key is not to be read there. Its name without
 * a value says nothing.
 */
static bool
sign_key_hidden(struct call *c)
{
	char *key = call_query(c, "key");
	bool hidden = key == NULL || *key == '\0';

	free(key);
	if (!hidden)
		reply_error(c, 400, "key: a signing key in a URL is written "
		    "to logs. Leave it out, then the first of the "
		    "organization signs, or send it in a JSON body.");
	return (hidden);
}

/* Whatever is all digits becomes the number that a JSON body has. */
static int
sign_query_field(void *arg, const char *name, const char *value)
{
	json_t *v = *value != '\0' && strspn(value, "0123456789") ==
	    strlen(value) && strlen(value) < 10 ?
	    json_integer(atoi(value)) : json_string(value);

	if (strcmp(name, "roundDateUpTo") == 0)
		name = "round_date_up_to";
	return (json_object_set_new(arg, name, v));
}

static const json_t *
sign_fields(struct call *c)
{
	if (c->body == NULL) {
		c->body = json_object();
		(void)call_query_each(c, sign_query_field, c->body);
	}
	return (body_object(c));
}

/* Unix milliseconds, rounded up; 0: for ever. False after an answer 400. */
static bool
sign_body_until(struct call *c, const json_t *body, int64_t *ms)
{
	const json_t *v = json_object_get(body, "round_date_up_to");
	json_int_t unit = v == NULL ? ROUND_DEFAULT : json_integer_value(v);
	const char *until;

	*ms = 0;
	if (v != NULL && (!json_is_integer(v) || unit < 0 ||
	    unit > ROUND_MAX)) {
		reply_error(c, 400, "round_date_up_to: must be a number of "
		    "seconds from 0 to %d.", ROUND_MAX);
		return (false);
	}
	until = body_text_or(c, body, "until", 64, "");
	if (until == NULL || *until == '\0')
		return (until != NULL);
	*ms = json_date_ms(until);
	if (*ms <= 0) {
		reply_error(c, 400, "until: must be a date and time such as "
		    "2019-12-10T11:13:24+00:00.");
		return (false);
	}
	unit = unit > 0 ? unit * 1000 : 1000;
	*ms = (*ms + unit - 1) / unit * unit;
	return (true);
}

static void
sign_reply(struct call *c, const char *url, const char *key, int64_t until_ms)
{
	json_t *date = until_ms != 0 ? json_date(until_ms) : NULL;
	char opts[128], encoded[3 * sizeof opts], *signed_url;

	if (date != NULL) {
		(void)snprintf(opts, sizeof opts, "{\"until\":\"%s\"}",
		    json_string_value(date));
		text_percent_encode(opts, encoded, sizeof encoded);
	}
	signed_url = sign_url(url, key, date != NULL ? encoded : NULL);
	if (signed_url != NULL)
		reply_json(c, 200, json_pack("{s:s, s:s, s:o*}", "signed_url",
		    signed_url, "original_url", url, "until", date));
	else {
		json_decref(date);
		reply_error(c, 400, "url: must be a path, or a URL with one, "
		    "without blanks and \"#\".");
	}
	free(signed_url);
}

/* The key that signs: the first, or the one that is named. NULL: neither. */
static const char *
sign_choose(const struct store_sign_keys *keys, const char *named)
{
	const char *found = NULL;

	if (*named == '\0')
		return (keys->n > 0 ? keys->key[0].key : NULL);
	for (unsigned i = 0; i < keys->n; i++)
		if (strlen(named) == SIGN_KEY_LEN && sodium_memcmp(named,
		    keys->key[i].key, SIGN_KEY_LEN) == 0)
			found = keys->key[i].key;
	return (found);
}

static void
sign_url_post(struct call *c)
{
	static const char *const fields[] = {
		"url", "key", "until", "round_date_up_to", NULL
	};
	const json_t *body;
	struct store_sign_keys keys;
	enum store_status st;
	const char *url, *key;
	int64_t until_ms;

	if (!sign_key_hidden(c) || (body = sign_fields(c)) == NULL ||
	    !body_only(c, body, fields) ||
	    (url = body_text(c, body, "url", URL_MAX)) == NULL ||
	    (key = body_text_or(c, body, "key", URL_MAX, "")) == NULL ||
	    !sign_body_until(c, body, &until_ms))
		return;
	st = store_sign_keys(c->api->store, call_param(c, "organization"),
	    &keys);
	if (st == STORE_OK && keys.n == 0)
		st = STORE_NOT_FOUND;
	key = sign_choose(&keys, key);
	if (st != STORE_OK)
		reply_store(c, st, "such organization");
	else if (key == NULL)
		reply_error(c, 400, "key: is not a signing key of the "
		    "organization.");
	else
		sign_reply(c, url, key, until_ms);
	explicit_bzero(&keys, sizeof keys);
}

/* The answer is as good as the signing key for one picture. */
const struct endpoint endpoint_sign_url = {
	.rights = RIGHT_DOWNLOAD_PROTECTED, .body = BODY_JSON,
	.handle = sign_url_post,
};
