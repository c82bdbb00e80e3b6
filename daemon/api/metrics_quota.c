/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "api/metrics.h"
#include "api/metrics_quota.h"
#include "api/purge_state.h"
#include "obj.h"

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

/*--------------------------------------------------------------------
 * What an organization may have
 */

struct fullest {
	unsigned		magic;
#define FULLEST_MAGIC		0x7cc16e25
	struct store_usage u[QUOTA_USERS];
	double		share[QUOTA_USERS];	/* of the limit, the largest */
	size_t		n;
};

static double
usage_share(const struct store_usage *u)
{
	double share, most = 0;

	for (int i = 0; i < USE_N; i++) {
		share = u->limit[i] > 0 ?
		    (double)u->used[i] / (double)u->limit[i] : 0;
		/* The history keeps itself within. */
		if (i != USE_HISTORY && share > most)
			most = share;
	}
	return (most);
}

static void
usage_note(void *arg, const struct store_usage *u)
{
	struct fullest *f = CAST_OBJ(arg, FULLEST_MAGIC);
	double share = usage_share(u);
	size_t least = 0;

	if (share < 0.5)
		return;
	for (size_t i = 1; i < f->n; i++)
		if (f->share[i] < f->share[least])
			least = i;
	if (f->n < QUOTA_USERS)
		least = f->n++;
	else if (share <= f->share[least])
		return;
	f->u[least] = *u;
	f->share[least] = share;
}

static void
share_write(struct evbuffer *b, const char *metric, const struct fullest *f,
    bool limit)
{
	for (size_t k = 0; k < f->n; k++)
		for (int i = 0; i < USE_N; i++)
			if (f->u[k].limit[i] > 0)
				(void)evbuffer_add_printf(b, "%s{organization="
				    "\"%s\",kind=\"%s\"} %lld\n", metric,
				    f->u[k].org,
				    store_usage_name((enum store_use)i),
				    (long long)(limit ? f->u[k].limit[i] :
				    f->u[k].used[i]));
}

void
quota_usage_write(struct evbuffer *b, struct store *store)
{
	struct fullest f = { .magic = FULLEST_MAGIC };
	struct store_stats s;

	(void)store_usage_each(store, usage_note, &f);
	metrics_head(b, "moniker_quota_used", "gauge", "What organizations "
	    "have, of those that are nearest to a limit.");
	share_write(b, "moniker_quota_used", &f, false);
	metrics_head(b, "moniker_quota_limit", "gauge",
	    "What these may have.");
	share_write(b, "moniker_quota_limit", &f, true);
	store_stats(store, &s);
	metrics_head(b, "moniker_map_used_bytes", "gauge",
	    "What the map has used of its bound.");
	(void)evbuffer_add_printf(b, "moniker_map_used_bytes %llu\n",
	    (unsigned long long)s.map_used);
	metrics_head(b, "moniker_map_max_bytes", "gauge",
	    "The bound: beyond it new aliases are refused.");
	(void)evbuffer_add_printf(b, "moniker_map_max_bytes %llu\n",
	    (unsigned long long)s.map_bound);
}
