/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/metrics.h"

const int64_t metrics_bounds[METRICS_BOUNDS] = {
	500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000,
	1000000, 2500000, 5000000, 10000000,
};

const char *const metrics_purge_kinds[PURGE_KINDS] = {
	[PURGE_ALIAS] = "alias", [PURGE_STACK] = "stack",
	[PURGE_SOURCE] = "source",
};

const char *const metrics_fallback_whys[FALLBACK_WHYS] = {
	"unknown-alias", "deleted", "unknown-hash"
};

struct metrics *
metrics_new(size_t routes_len)
{
	struct metrics *m;

	m = calloc(1, sizeof *m + (routes_len + 1) * sizeof m->route[0]);
	if (m != NULL)
		m->n = routes_len + 1;
	return (m);
}

void
metrics_free(struct metrics *m)
{
	free(m);
}

void
metrics_request(struct metrics *m, size_t route, int status, int64_t took_us)
{
	struct metrics_route *r;
	size_t b = 0;

	if (route >= m->n || status < 0 || status >= METRICS_CODES)
		return;
	r = &m->route[route];
	r->code[status]++;
	r->sum_us += (uint64_t)(took_us > 0 ? took_us : 0);
	while (b < METRICS_BOUNDS && took_us > metrics_bounds[b])
		b++;
	r->bucket[b]++;
}

/* Takes the place of one that has not asked for longest. */
static void
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

void
metrics_purge(struct metrics *m, const char *org, enum store_purge_kind kind,
    bool accepted)
{
	m->purges[kind][accepted]++;
	quota_users_note(&m->quotas, org, kind);
}

void
metrics_respelled(struct metrics *m)
{
	m->respelled++;
}

void
metrics_borrowed(struct metrics *m)
{
	m->borrowed++;
}

/* As quota_users_note(): one that is forgotten begins at 0 again. */
static struct fallback_user *
fallback_user(struct fallback_users *f, const char *org)
{
	struct fallback_user *u = &f->user[0];

	for (size_t i = 0; i < QUOTA_USERS; i++) {
		if (strcmp(f->user[i].org, org) == 0)
			return (&f->user[i]);
		if (f->user[i].last < u->last)
			u = &f->user[i];
	}
	memset(u, 0, sizeof *u);
	(void)snprintf(u->org, sizeof u->org, "%s", org);
	return (u);
}

void
metrics_fallback(struct metrics *m, const char *org, const char *why)
{
	struct fallback_user *u = fallback_user(&m->fallbacks, org);

	u->last = ++m->fallbacks.asked;
	for (size_t i = 0; i < FALLBACK_WHYS; i++)
		u->n[i] += strcmp(metrics_fallback_whys[i], why) == 0;
}
