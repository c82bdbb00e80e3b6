/* SPDX-License-Identifier: BSD-2-Clause */
/* /organizations/{organization}/options: which there are, and their values. */
#include "config.h"

#include <string.h>

#include "api/borrow.h"
#include "api/call.h"
#include "api/endpoints.h"
#include "api/org.h"
#include "base/trust_me.h"
#include "recipe/remote_opt.h"
#include "store/store_org.h"

/* Purges an hour that an organization may be given. */
#define PURGES_MAX	1000000
/* What a double holds exactly. */
#define QUOTA_MAX	(INT64_C(1) << 53)

/* Names that a list of organizations has. */
#define ORGS_MAX	32

/* Numbers that a list of sizes holds, and how big they may be. */
#define SIZES_MAX	64
#define SIZE_MAX_PX	99999

static bool
is_purge_limit(const char *name)
{
	return (strcmp(name, "purges_alias") == 0 ||
	    strcmp(name, "purges_stack") == 0 ||
	    strcmp(name, "purges_source") == 0);
}

/* "quota_aliases" and so on: of what it may have. */
static bool
is_quota(const char *name)
{
	if (strncmp(name, "quota_", 6) != 0)
		return (false);
	for (int i = 0; i < USE_N; i++)
		if (strcmp(name + 6, store_usage_name((enum store_use)i)) == 0)
			return (true);
	return (false);
}

/*
 * What follows checks the value of an option; *v* is NULL to unset it.
 *
 * Limits are set by the operator, not by the organizations that they limit.
 */
static bool
limit_good(struct call *c, const char *name, const json_t *v, int64_t max)
{
	if (http_listener(c->req) != LISTEN_LOCAL)
		reply_error(c, 403, "%s: is set on the server's local socket "
		    "only.", name);
	else if (v != NULL && (!json_is_integer(v) ||
	    json_integer_value(v) < 0 || json_integer_value(v) > max))
		reply_error(c, 400, "%s: must be a number from 0, which is no "
		    "limit, to %lld.", name, (long long)max);
	else
		return (true);
	return (false);
}

/* "allowed_widths", "allowed_heights": what URLs may ask for unsigned. */
static bool
sizes_good(struct call *c, const char *name, const json_t *v)
{
	bool good = v == NULL || (json_is_array(v) &&
	    json_array_size(v) <= SIZES_MAX);
	json_t *one;
	size_t i;

	json_array_foreach(v, i, one)
		good &= json_is_integer(one) && json_integer_value(one) > 0 &&
		    json_integer_value(one) <= SIZE_MAX_PX;
	if (!good)
		reply_error(c, 400, "%s: must be an array of at most %d whole "
		    "numbers from 1 to %d; [] allows all.", name, SIZES_MAX,
		    SIZE_MAX_PX);
	return (good);
}

/*
 * "copy_from": whose keys may write source images here;
 * "render_org_fallback_for": who may show ours.
 */
static bool
orgs_good(struct call *c, const char *name, const json_t *v)
{
	bool good = v == NULL || (json_is_array(v) &&
	    json_array_size(v) <= ORGS_MAX);
	json_t *one;
	size_t i;

	json_array_foreach(v, i, one)
		good &= json_is_string(one) &&
		    name_is_org(json_string_value(one));
	if (!good)
		reply_error(c, 400, "%s: must be an array of at most %d names "
		    "of organizations.", name, ORGS_MAX);
	return (good);
}

/*
 * "render_org_fallback": whose images are shown where this one has none. One that
 * does not exist is refused as one that does not want it.
 */
static bool
lender_good(struct call *c, const char *name, const json_t *v)
{
	const char *org = call_param(c, "organization");
	const char *lender = json_string_value(v);

	if (v == NULL)
		return (true);
	if (lender == NULL || !name_is_org(lender) || strcmp(lender, org) == 0)
		reply_error(c, 400, "%s: must be the name of another "
		    "organization; DELETE unsets it.", name);
	else if (!borrow_is_allowed(c, org, lender))
		reply_error(c, 403, "%s: \"%s\" must list \"%s\" in its option "
		    ORG_BORROWERS " first.", name, lender, org);
	else
		return (true);
	return (false);
}

static bool
remote_good(struct call *c, const char *name, const json_t *v)
{
	char why[320];

	if (v == NULL || remote_opt_good(name, v, why, sizeof why))
		return (true);
	reply_error(c, 400, "%s: %s.", name, why);
	return (false);
}

static bool
org_option_good(struct call *c, const char *name, const json_t *v)
{
	if (is_purge_limit(name))
		return (limit_good(c, name, v, PURGES_MAX));
	if (is_quota(name))
		return (limit_good(c, name, v, QUOTA_MAX));
	if (strcmp(name, "allowed_widths") == 0 ||
	    strcmp(name, "allowed_heights") == 0)
		return (sizes_good(c, name, v));
	if (strcmp(name, "copy_from") == 0 ||
	    strcmp(name, ORG_BORROWERS) == 0)
		return (orgs_good(c, name, v));
	if (strcmp(name, ORG_LENDER) == 0)
		return (lender_good(c, name, v));
	if (org_is_fallback(name))
		return (org_fallback_good(c, name, v));
	if (remote_opt_is(name))
		return (remote_good(c, name, v));
	if (strcmp(name, "protect_dynamic_stack") != 0 &&
	    strcmp(name, "protect_overrides") != 0 &&
	    strcmp(name, "albums") != 0)
		reply_error(c, 400, "%s: unknown option of an "
		    "organization.", name);
	else if (v != NULL && !json_is_boolean(v))
		reply_error(c, 400, "%s: must be true or false.", name);
	else
		return (true);
	return (false);
}

static void
org_options_put(struct call *c)
{
	const json_t *body;
	const char *name;
	json_t *v;

	c->body = json_map(c->body);
	body = body_object(c);
	if (body == NULL)
		return;
	json_object_foreach(TRUST_ME(body), name, v)
		if (!org_option_good(c, name, v))
			return;
	org_change_options(c, c->body);
}

const struct endpoint endpoint_org_options_put = {
	.rights = RIGHT_ADMIN, .body = BODY_JSON, .handle = org_options_put,
};

static void
org_option_put(struct call *c)
{
	const char *name = call_param(c, "option");
	json_t *change;

	if (c->body == NULL) {
		reply_error(c, 400, "The body is empty, but must be the JSON "
		    "value of the option.");
		return;
	}
	if (!org_option_good(c, name, c->body))
		return;
	change = json_pack("{s:O}", name, c->body);
	org_change_options(c, change);
	json_decref(change);
}

const struct endpoint endpoint_org_option_put = {
	.rights = RIGHT_ADMIN, .body = BODY_JSON, .handle = org_option_put,
};

static void
org_option_delete(struct call *c)
{
	const char *name = call_param(c, "option");
	struct store_org o;
	enum store_status st;
	json_t *change;

	if (!org_option_good(c, name, NULL))
		return;
	st = store_org_get(c->api->store, call_param(c, "organization"), &o);
	if (st != STORE_OK) {
		reply_store(c, st, "such organization");
		return;
	}
	change = json_pack("{s:n}", name);
	org_change_options(c, change);
	json_decref(change);
}

const struct endpoint endpoint_org_option_delete = {
	.rights = RIGHT_ADMIN, .handle = org_option_delete,
};

