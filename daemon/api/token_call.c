/* SPDX-License-Identifier: BSD-2-Clause */
/* Tokens: /user/apikeys/token gives them, /tokens/rotate ends them all. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/call.h"
#include "api/endpoints.h"
#include "api/roles.h"
#include "api/token.h"
#include "api/token_secret.h"
#include "log.h"

#define SPAN		86400	/* seconds, unless the call says otherwise */
#define ADDRESSES	10000	/* that a token may be for */

/* A word of "ips": an address, a network, or whence the call comes. */
static bool
ips_word(struct call *c, const char *word, size_t len, struct nets *nets)
{
	const char *from = c->actor.from;
	struct net n;

	if (len == 10 && strncmp(word, "request_ip", len) == 0) {
		if (!net_parse(from, strlen(from), &n)) {
			reply_error(c, 400, "ips: the address of this call "
			    "is unknown; name the addresses, or send "
			    "no_ip_protection=true.");
			return (false);
		}
	} else if (!net_parse(word, len, &n)) {
		reply_error(c, 400, "ips: \"%.*s\" is neither an address, as "
		    "192.0.2.7, nor a network, as 192.0.2.0/24, nor "
		    "request_ip.", len < NET_TEXT ? (int)len : NET_TEXT, word);
		return (false);
	}
	if (nets_add(nets, &n))
		return (true);
	reply_error(c, 400, "ips: at most %d addresses and networks are "
	    "allowed.", NETS_MAX);
	return (false);
}

/* Between commas; the dashboard leaves one at the end. */
static bool
ips_words(struct call *c, const char *list, struct nets *nets)
{
	while (*list != '\0') {
		size_t len = strcspn(list, ",");

		if (len > 0 && !ips_word(c, list, len, nets))
			return (false);
		list += len + (list[len] == ',');
	}
	if (nets_size(nets) <= ADDRESSES)
		return (true);
	reply_error(c, 400, "ips: together they may cover at most %d "
	    "addresses; for IPv6, networks of 64 bits.", ADDRESSES);
	return (false);
}

static bool
ask_nets(struct call *c, struct nets *nets)
{
	char *list = call_query(c, "ips");
	bool open = false, good;

	good = call_query_bool(c, "no_ip_protection", &open);
	if (good && open && list != NULL && *list != '\0') {
		reply_error(c, 400, "no_ip_protection and ips exclude each "
		    "other.");
		good = false;
	} else if (good && !open)
		good = ips_words(c, list != NULL && *list != '\0' ? list :
		    "request_ip", nets);
	free(list);
	return (good);
}

/* What is bound to addresses may be renewed, unless the call says otherwise. */
static bool
ask_renewable(struct call *c, struct token *t)
{
	char *v = call_query(c, "renewable");
	bool given = v != NULL && *v != '\0';

	free(v);
	t->renewable = t->nets.n > 0;
	return (!given || call_query_bool(c, "renewable", &t->renewable));
}

static bool
ask_span(struct call *c, struct token *t)
{
	unsigned otherwise = SPAN;

	if (c->token != NULL && c->token->span < SPAN)
		otherwise = c->token->span;
	if (!call_query_number(c, "expires_in", TOKEN_SPAN_MAX, otherwise,
	    &t->span))
		return (false);
	if (t->span > 0)
		return (true);
	reply_error(c, 400, "expires_in: must be at least one second.");
	return (false);
}

/* A token cannot get one that may do more. */
static bool
may_renew(struct call *c, const struct token *t)
{
	const struct token *old = c->token;
	bool within = t->nets.n > 0 || old->nets.n == 0;

	for (unsigned i = 0; old->nets.n > 0 && i < t->nets.n; i++)
		within = within && nets_hold(&old->nets, &t->nets.net[i]);
	if (!old->renewable)
		reply_error(c, 403, "This token is not renewable: get one with "
		    "the API key.");
	else if (t->span > old->span)
		reply_error(c, 403, "expires_in: this token was made for "
		    "%u seconds and cannot be renewed for longer.", old->span);
	else if (!within)
		reply_error(c, 403, "ips: this token can only be renewed "
		    "for its own addresses.");
	else
		return (true);
	return (false);
}

static void
token_give(struct call *c)
{
	struct token t = { .span = 0 };
	int64_t key_end = c->key.expires_ms / 1000;
	char *text;

	if (c->key.id[0] == '\0') {
		reply_error(c, 400, "The local socket has no API key of its "
		    "own, for which a token could stand.");
		return;
	}
	if (!ask_nets(c, &t.nets) || !ask_renewable(c, &t) ||
	    !ask_span(c, &t) || (c->token != NULL && !may_renew(c, &t)))
		return;
	text_copy(t.key, sizeof t.key, c->key.id);
	t.end = (int64_t)time(NULL) + t.span;
	if (key_end > 0 && t.end > key_end)
		t.end = key_end;
	text = token_sign(c->api->token_secret, &t);
	if (text == NULL)
		reply_error(c, 503, "Out of memory; try again later.");
	else
		reply_json(c, 200, json_pack("{s:s, s:o}", "token", text,
		    "payload", token_claims(&t)));
	free(text);
}

const struct endpoint endpoint_token_get = {
	.rights = RIGHTS_ANY, .handle = token_give,
};

/* What the hosted service asks for a second factor by. */
static void
token_post(struct call *c)
{
	static const char *const fields[] = { "totp", NULL };

	if (c->body != NULL && !json_is_null(c->body)) {
		if (body_object(c) == NULL || !body_only(c, c->body, fields))
			return;
		if (json_object_get(c->body, "totp") != NULL) {
			reply_error(c, 400, "totp: a second factor (MFA) is "
			    "not supported; leave it out.");
			return;
		}
	}
	token_give(c);
}

const struct endpoint endpoint_token_post = {
	.rights = RIGHTS_ANY, .body = BODY_JSON, .handle = token_post,
};

static void
token_rotate(struct call *c)
{
	char err[512];

	if (token_secret_change(c->api->conf->store_dir, c->api->token_secret,
	    err, sizeof err) != 0) {
		reply_error(c, 507, "%s", err);
		return;
	}
	log_info("token_key", KV("changed_by", c->actor.from));
	reply_empty(c, 204);
}

const struct endpoint endpoint_token_rotate = {
	.rights = RIGHT_ADMIN, .seen = SEEN_LOCAL, .handle = token_rotate,
};
