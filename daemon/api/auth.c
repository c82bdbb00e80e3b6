/* SPDX-License-Identifier: BSD-2-Clause */
/* Who calls, and what the caller may do. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "api/auth.h"
#include "api/client.h"
#include "api/key_field.h"
#include "api/roles.h"
#include "api/session.h"
#include "api/token.h"
#include "store/store_org.h"

/*
 * Clients of rokka read "code" and "message" of a 403 at the top, and of every
 * other error inside of "error": both are there.
 */
static json_t *
forbidden(int code, const char *message)
{
	return (json_pack("{s:{s:i, s:s}, s:i, s:s}", "error", "code", code,
	    "message", message, "code", code, "message", message));
}

static void
reply_credentials(struct call *c, const char *message)
{
	json_t *body = forbidden(403, message);

	(void)json_object_set_new(body, "invalid_authentication", json_true());
	reply_json(c, 403, body);
}

/* Clients can tell by *reason*, and ask for another token or key. */
static void
reply_ended(struct call *c, const char *reason, const char *message)
{
	json_t *body = forbidden(401, message);

	(void)json_object_set_new(body, "invalid_authentication", json_true());
	(void)json_object_set_new(body, "reason", json_string(reason));
	http_add_header(c->req, "WWW-Authenticate",
	    "Bearer error=\"invalid_token\"");
	reply_json(c, 401, body);
}

static bool
key_lives(struct call *c)
{
	if (c->key.expires_ms != 0 &&
	    c->key.expires_ms <= (int64_t)time(NULL) * 1000)
		reply_ended(c, "key_expired", "The API key has expired.");
	else if (!key_comes_from(c, c->key.allowed))
		reply_ended(c, "ip_not_allowed", "The API key is for other "
		    "addresses than this call comes from.");
	else
		return (true);
	return (false);
}

static bool
token_lives(struct call *c)
{
	const struct token *t = c->token;

	if (t->end <= (int64_t)time(NULL))
		reply_ended(c, "token_expired", "The token has expired.");
	else if (t->nets.n > 0 && !client_within(c, &t->nets))
		reply_ended(c, "ip_not_allowed", "The token is for other "
		    "addresses than this call comes from.");
	else
		return (true);
	return (false);
}

/* For a wrong key, a malformed token, or a token of a deleted key */
static void
reply_wrong(struct call *c, bool token)
{
	if (client_throttled(c))
		return;
	if (token)
		reply_ended(c, "token_invalid", "The token is not valid: get "
		    "another one from /user/apikeys/token.");
	else
		reply_credentials(c, "The API key is not valid.");
}

static bool
identify_local(struct call *c)
{
	long uid = http_peer_uid(c->req);

	(void)snprintf(c->actor.from, sizeof c->actor.from, "local uid %ld",
	    uid);
	if (uid == 0 || uid == (long)geteuid()) {
		c->rights = rights_all();
		return (true);
	}
	reply_credentials(c, "Only root and the daemon's user may use the "
	    "local socket.");
	return (false);
}

/* The token of "Authorization: Bearer", or NULL. */
static const char *
bearer(struct call *c)
{
	const char *v = http_header(c->req, "Authorization");

	if (v == NULL || strncasecmp(v, "Bearer ", 7) != 0)
		return (NULL);
	return (v + 7 + strspn(v + 7, " "));
}

/* The key itself, as clients of PHP prefer it, or a token for it. */
static enum store_status
find_key(struct call *c, const char *key, const char *token)
{
	if (key != NULL)
		return (store_key_check(c->api->store, key, &c->key));
	c->token = calloc(1, sizeof *c->token);
	if (c->token == NULL)
		return (STORE_ERROR);
	if (!token_read(c->api->token_secret, token, c->token))
		return (STORE_NOT_FOUND);
	return (store_key_find(c->api->store, c->token->key, &c->key));
}

/* The key that a session stands for. */
static bool
identify_session(struct call *c, const char *secret)
{
	struct store_session s;
	enum store_status st;

	client_address(c->req, c->actor.from, sizeof c->actor.from);
	st = store_session_find(c->api->store, secret, &s);
	if (st == STORE_OK)
		st = store_key_find(c->api->store, s.key, &c->key);
	if (st == STORE_OK)
		return (key_lives(c));
	if (st != STORE_NOT_FOUND)
		reply_store(c, st, "such session");
	else if (!client_throttled(c))
		reply_credentials(c, "The session has ended; sign in again.");
	return (false);
}

static bool
call_let_in(struct call *c)
{
	store_key_used(c->api->store, c->key.id);
	text_copy(c->actor.key, sizeof c->actor.key, c->key.id);
	c->rights = rights_implied(c->key.rights);
	return (true);
}

static bool
call_identify(struct call *c)
{
	const char *key = http_header(c->req, "Api-Key");
	const char *token = key == NULL ? bearer(c) : NULL;
	char secret[SESSION_LEN + 1];
	enum store_status st;

	if (http_listener(c->req) == LISTEN_LOCAL)
		return (identify_local(c));
	if (key == NULL && token == NULL && session_carried(c, secret))
		return (identify_session(c, secret) && call_let_in(c));
	if (key == NULL && token == NULL) {
		reply_credentials(c, "API credentials are not supplied or not "
		    "a valid format: send the header Api-Key.");
		return (false);
	}
	client_address(c->req, c->actor.from, sizeof c->actor.from);
	st = find_key(c, key, token);
	if (st == STORE_NOT_FOUND)
		reply_wrong(c, token != NULL);
	else if (st != STORE_OK)
		reply_store(c, st, "such key");
	if (st != STORE_OK || (token != NULL && !token_lives(c)) ||
	    !key_lives(c))
		return (false);
	return (call_let_in(c));
}

bool
call_other_key(struct call *c, const char *text, const char *org,
    unsigned *rights)
{
	enum store_status st;
	struct store_key key;

	st = store_key_check(c->api->store, text, &key);
	if (st != STORE_OK && st != STORE_NOT_FOUND) {
		reply_store(c, st, "such key");
		return (false);
	}
	if (st == STORE_OK && strcmp(key.org, org) == 0 &&
	    (key.expires_ms == 0 ||
	    key.expires_ms > (int64_t)time(NULL) * 1000) &&
	    key_comes_from(c, key.allowed)) {
		store_key_used(c->api->store, key.id);
		*rights = rights_implied(key.rights);
		return (true);
	}
	if (st == STORE_OK || !client_throttled(c))
		reply_error(c, 403, "Destination-Api-Key: is not a valid key "
		    "of \"%s\".", org);
	return (false);
}

static bool
call_seen(const struct call *c)
{
	unsigned seen = c->endpoint->seen;

	if (seen == 0)
		seen = SEEN_API | SEEN_LOCAL;
	return ((seen & 1U << http_listener(c->req)) != 0);
}

/*
 * A caller with a key has an organization. On the local socket its name may be
 * mistyped, and an empty list would say that everything is gone. A write finds
 * that out by itself, or creates the organization.
 */
static bool
call_has_organization(struct call *c, const char *org)
{
	const char *method = http_method(c->req);
	struct store_org o;

	if (http_listener(c->req) != LISTEN_LOCAL ||
	    (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) ||
	    store_org_get(c->api->store, org, &o) != STORE_NOT_FOUND)
		return (true);
	reply_error(c, 404, "There is no organization \"%s\".", org);
	return (false);
}

/* A key sees its own organization; others might as well not exist. */
bool
call_authorize(struct call *c)
{
	const char *org = route_param(&c->match, "organization");

	if (!call_seen(c)) {
		reply_error(c, 404, "There is no such route.");
		return (false);
	}
	if (c->endpoint->rights == 0)
		return (true);
	if (!call_identify(c))
		return (false);
	if (org != NULL && !name_is_org(org)) {
		reply_error(c, 404, "organization: \"%s\" is not the name "
		    "of an organization.", org);
		return (false);
	}
	if (org != NULL && http_listener(c->req) != LISTEN_LOCAL &&
	    strcmp(org, c->key.org) != 0) {
		reply_error(c, 404, "organization: there is no \"%s\" that "
		    "this key can see.", org);
		return (false);
	}
	if ((c->rights & c->endpoint->rights) == 0) {
		reply_json(c, 403, forbidden(403, "This API key lacks the role for "
		    "this call."));
		return (false);
	}
	return (org == NULL || call_has_organization(c, org));
}
