/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "api/metrics.h"
#include "api/monitor.h"
#include "api/purge_quota.h"
#include "api/shared.h"
#include "obj.h"

static bool
quota_user_read(const struct api *api, const struct quota_user *u,
    struct store_quota *q)
{
	unsigned limit;

	if (u->last == 0)
		return (false);
	limit = purge_quota_limit(api, u->org, u->kind);
	return (limit > 0 && store_quota_get(api->store, u->org, u->kind,
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
monitor_purge_quotas(struct evbuffer *b, const struct api *api)
{
	const struct quota_users *users = &api->metrics->quotas;
	struct store_quota q[QUOTA_USERS];
	bool told[QUOTA_USERS];

	monitor_head(b, "moniker_purge_quota_used", "gauge", "Purges of the "
	    "last hour that count, of the organizations that asked last.");
	for (size_t i = 0; i < QUOTA_USERS; i++) {
		told[i] = quota_user_read(api, &users->user[i], &q[i]);
		if (told[i])
			quota_user_add(b, "used", &users->user[i],
			    q[i].limit - q[i].remaining);
	}
	monitor_head(b, "moniker_purge_quota_limit", "gauge",
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
monitor_quotas(struct evbuffer *b, struct store *store)
{
	struct fullest f = { .magic = FULLEST_MAGIC };
	struct store_stats s;

	(void)store_usage_each(store, usage_note, &f);
	monitor_head(b, "moniker_quota_used", "gauge", "What organizations "
	    "have, of those that are nearest to a limit.");
	share_write(b, "moniker_quota_used", &f, false);
	monitor_head(b, "moniker_quota_limit", "gauge",
	    "What these may have.");
	share_write(b, "moniker_quota_limit", &f, true);
	store_stats(store, &s);
	monitor_head(b, "moniker_map_used_bytes", "gauge",
	    "What the map has used of its bound.");
	(void)evbuffer_add_printf(b, "moniker_map_used_bytes %llu\n",
	    (unsigned long long)s.map_used);
	monitor_head(b, "moniker_map_max_bytes", "gauge",
	    "The bound: beyond it new aliases are refused.");
	(void)evbuffer_add_printf(b, "moniker_map_max_bytes %llu\n",
	    (unsigned long long)s.map_bound);
}
