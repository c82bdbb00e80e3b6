/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What organizations had of the workers, for metrics and the log. They may be
 * many, and each would be a time series: those that asked last are kept.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "log.h"
#include "render/pool_priv.h"

/* The log hears of the same organization once in so long. */
#define TELL_US	60000000

struct user *
user_of(struct render_pool *p, const char *org)
{
	struct user *u = &p->users[0];

	for (size_t i = 0; i < RENDER_USERS; i++) {
		struct user *o = &p->users[i];

		if (o->asked > 0 && strcmp(o->org, org) == 0) {
			o->asked = ++p->asked;
			return (o);
		}
		if (o->asked < u->asked)
			u = o;		/* free, or not seen for longest */
	}
	memset(u, 0, sizeof *u);
	(void)snprintf(u->org, sizeof u->org, "%s", org);
	u->asked = ++p->asked;
	return (u);
}

void
user_held_back(struct render_pool *p, const struct share *s)
{
	struct user *u = user_of(p, s->org);
	int64_t now = clock_us();

	if (u->told_us != 0 && now - u->told_us < TELL_US)
		return;
	u->told_us = now;
	log_warn("render_held_back", "it asks for more new pictures than its "
	    "share of the workers makes; the others go first",
	    KV("organization", s->org), KV("kind", s->kind == WIRE_PROBE ?
	    "upload" : "render"), KV("waiting", s->waiting),
	    KV("refused", u->refused));
}

bool
render_pool_user(const struct render_pool *p, size_t i,
    struct render_user *out)
{
	const struct share *s;
	const struct user *u;

	if (i >= RENDER_USERS || p->users[i].asked == 0)
		return (false);
	u = &p->users[i];
	*out = (struct render_user){ .org = u->org, .begun = u->begun,
	    .refused = u->refused, .used_us = u->used_us };
	TAILQ_FOREACH(s, &p->shares, list)
		if (strcmp(s->org, u->org) == 0)
			out->waiting += s->waiting;
	return (true);
}
