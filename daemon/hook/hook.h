/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sends what happens to the webhooks that want it: the events of each in their
 * order, one at a time, until it accepts them. All of it is the loop's thread.
 */
#ifndef HOOK_H
#define HOOK_H

#include <stdint.h>

struct event_base;
struct fetch_conf;
struct hooks;
struct store;

/* The settings; what changes in them counts for the next try. */
struct hook_conf {
	unsigned	retry_max_ms;	/* between two tries, at most */
	unsigned	refused_ms;	/* with an event that is refused */
	unsigned	give_up_ms;	/* with a webhook that fails */
	unsigned	most;		/* of an organization */
	uint64_t	queue;		/* events that one may owe */
};

/* NULL without memory. */
struct hooks *hooks_new(struct event_base *, struct store *,
    const struct fetch_conf *, const struct hook_conf *);
/* What is under way is given up, and sent again after the next start. */
void hooks_free(struct hooks *);
/* There are new events, or webhooks were changed. */
void hooks_kick(struct hooks *);

struct hooks_stats {
	uint64_t	delivered, failed, refused, disabled;
	unsigned	sending;
};
void hooks_stats(const struct hooks *, struct hooks_stats *);

#endif
