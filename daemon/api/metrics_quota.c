/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "api/metrics.h"
#include "api/metrics_quota.h"
#include "api/purge_state.h"

void
quota_users_note(struct quota_users *q, const char *org,
    enum store_purge_kind kind)
{
	struct quota_user *u = &q->user[0];

	for (size_t i = 0; i < QUOTA_USERS; i++) {
		struct quota_user *o = &q->user[i];

		if (o->last > 0 && o->kind == kind &&
		    strcmp(o->org, org) == 0) {
			u = o;
			break;
		}
		if (o->last < u->last)
			u = o;		/* free, or not seen for longest */
	}
	(void)snprintf(u->org, sizeof u->org, "%s", org);
	u->kind = kind;
	u->last = ++q->asked;
}

static bool
quota_user_read(struct call *c, const struct quota_user *u,
    struct store_quota *q)
{
	unsigned limit;

	if (u->last == 0)
		return (false);
	limit = quota_limit(c, u->org, u->kind);
	return (limit > 0 && store_quota_get(c->api->store, u->org, u->kind,
	    limit, q) == STORE_OK && q->remaining < q->limit);
}

static void
quota_user_add(struct evbuffer *b, const char *metric,
    const struct quota_user *u, unsigned value)
{
	(void)evbuffer_add_printf(b, "moniker_purge_quota_%s{organization="
	    "\"%s\",kind=\"%s\"} %u\n", metric, u->org,
	    metrics_purge_kinds[u->kind], value);
}

void
quota_users_write(struct evbuffer *b, const struct quota_users *users,
    struct call *c)
{
	struct store_quota q[QUOTA_USERS];
	bool told[QUOTA_USERS];

	metrics_head(b, "moniker_purge_quota_used", "gauge", "Purges of the "
	    "last hour that count, of the organizations that asked last.");
	for (size_t i = 0; i < QUOTA_USERS; i++) {
		told[i] = quota_user_read(c, &users->user[i], &q[i]);
		if (told[i])
			quota_user_add(b, "used", &users->user[i],
			    q[i].limit - q[i].remaining);
	}
	metrics_head(b, "moniker_purge_quota_limit", "gauge",
	    "Purges that these may have in an hour.");
	for (size_t i = 0; i < QUOTA_USERS; i++)
		if (told[i])
			quota_user_add(b, "limit", &users->user[i],
			    q[i].limit);
}
