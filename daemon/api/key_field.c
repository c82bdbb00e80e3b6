/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "api/client.h"
#include "api/key_field.h"
#include "api/net.h"
#include "api/roles.h"

_Static_assert(NETS_TEXT <= KEY_ALLOWED, "a list of networks has no room");

static bool
limit_nets(struct call *c, const json_t *list, struct key_limits *l)
{
	struct nets nets = { .n = 0 };
	const char *text;
	struct net n;
	json_t *v;
	size_t i;

	if (!json_is_array(list) && !json_is_null(list)) {
		reply_error(c, 400, "allowed_ips: must be an array of "
		    "addresses and networks, or null for any.");
		return (false);
	}
	json_array_foreach(list, i, v) {
		text = json_string_value(v);
		if (text == NULL || !net_parse(text, json_string_length(v),
		    &n)) {
			reply_error(c, 400, "allowed_ips[%zu]: must be an "
			    "address, as 192.0.2.7 or 2001:db8::1, or a "
			    "network, as 192.0.2.0/24.", i);
			return (false);
		}
		if (!nets_add(&nets, &n)) {
			reply_error(c, 400, "allowed_ips: at most %d "
			    "addresses and networks are allowed.", NETS_MAX);
			return (false);
		}
	}
	nets_print(&nets, l->text);
	l->allowed = l->text;
	return (true);
}

/* Clients say false; that somebody is asked for it must not be believed. */
static bool
limit_factor(struct call *c, const json_t *body, const char *field)
{
	const json_t *v = json_object_get(body, field);

	if (v == NULL || json_is_null(v) || json_is_false(v))
		return (true);
	reply_error(c, 400, "%s: a second factor (MFA) is not supported; only "
	    "false is taken.", field);
	return (false);
}

bool
key_limits(struct call *c, const json_t *body, struct key_limits *l)
{
	const json_t *list = json_object_get(body, "allowed_ips");

	l->expires_ms = -1;
	l->allowed = NULL;
	if (json_object_get(body, "expires") != NULL &&
	    !body_expires(c, body, "expires", &l->expires_ms))
		return (false);
	return (limit_factor(c, body, "requires_mfa") &&
	    limit_factor(c, body, "trusted") &&
	    (list == NULL || limit_nets(c, list, l)));
}

void
key_new_limits(struct store_key *k, const struct key_limits *l)
{
	k->expires_ms = l->expires_ms > 0 ? l->expires_ms : 0;
	if (l->allowed != NULL)
		text_copy(k->allowed, sizeof k->allowed, l->allowed);
}

bool
key_roles(struct call *c, const json_t *roles, unsigned *rights)
{
	const char *bad;

	*rights = rights_parse(roles, &bad);
	if (*rights == 0 && *bad == '\0')
		reply_error(c, 400, "roles: must be an array of names of "
		    "roles, with one at least.");
	else if (*rights == 0)
		reply_error(c, 400, "roles: unknown role \"%s\".", bad);
	return (*rights != 0);
}

/* A list that cannot be read, though it was checked, lets nobody in. */
bool
key_comes_from(const struct call *c, const char *allowed)
{
	struct nets nets;

	return (*allowed == '\0' || (nets_parse(allowed, &nets) &&
	    client_within(c, &nets)));
}

json_t *
key_json(const struct store_key *k)
{
	struct nets nets;

	(void)nets_parse(k->allowed, &nets);
	return (json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "id", k->id,
	    "comment", k->comment, "roles", rights_json(k->rights), "created",
	    json_date(k->created_ms), "expires",
	    json_date_or_null(k->expires_ms), "allowed_ips", nets_json(&nets),
	    "accessed", json_date_or_null(k->used_ms)));
}
