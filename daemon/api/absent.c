/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "api/absent.h"

#define IMAGE	"/sourceimages/{organization}/{hash}"
#define MEMBERS	"/organizations/{organization}/memberships"

struct absent {
	int		status;
	const char	*sentence;
};

static const struct absent archives = { 404, "Downloads of several source "
    "images at once are not supported: take each from " IMAGE "/download." };
static const struct absent labels = { 404, "Labels, descriptions and content "
    "credentials (C2PA) are not made by this server." };
static const struct absent users = { 404, "Users by e-mail are not supported: "
    "POST to " MEMBERS " makes a member, which is a key." };
static const struct absent billing = { 404, "Billing is not supported: nothing "
    "here costs money; /stats/{organization} has figures by day." };

static const struct route table[] = {
	{ "GET", "/sourceimages/{organization}/download", &archives },
	{ "POST", IMAGE "/autolabel", &labels },
	{ "POST", IMAGE "/autodescription", &labels },
	{ "POST", IMAGE "/contentcredentials", &labels },
	{ "POST", "/users", &users },
	{ "GET", "/billing/{organization}", &billing },
	{ "GET", "/savings", &billing },
};

bool
absent_refused(struct call *c)
{
	const struct absent *a;
	struct route_match m;

	if (route_find(table, sizeof table / sizeof *table,
	    http_method(c->req), http_target(c->req), &m) != 0)
		return (false);
	a = m.route->handler;
	reply_error(c, a->status, "%s", a->sentence);
	return (true);
}
