/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store: webhooks. A change puts an event into the queue of each webhook
 * that wants it, in its own transaction; the events of a webhook are sent in
 * their order, each until it is accepted.
 */
#ifndef STORE_HOOK_H
#define STORE_HOOK_H

#include "store.h"

#define HOOK_URL_MAX		2048
#define HOOK_EVENTS_MAX		1024	/* all of their names together */
#define HOOK_DESCRIPTION_MAX	200
#define HOOK_SECRET_MAX		64	/* "whsec_" and base64 */

/* Every type of event, by family. */
#define STORE_EVENTS(E)							\
	E("alias.created") E("alias.repointed") E("alias.deleted")	\
	E("alias.described")						\
	E("plan.created") E("plan.deleted") E("plan.done")		\
	E("plan.ended") E("plan.failed")				\
	E("set.changed") E("set.deleted") E("set.scheduled")		\
	E("set.published") E("set.withdrawn") E("set.failed")		\
	E("source.created") E("source.updated") E("source.replaced")	\
	E("source.deleted") E("source.restored")			\
	E("stack.created") E("stack.updated") E("stack.deleted")	\
	E("purge.created") E("purge.acknowledged")			\
	E("webhook.test") E("webhook.lost")

enum store_hook_state {
	HOOK_ENABLED,
	HOOK_DISABLED,		/* by whoever owns it */
	HOOK_FAILED,		/* by the daemon: reason tells why */
	HOOK_STATES
};
extern const char *const store_hook_states[HOOK_STATES];

struct store_hook {
	int64_t		id;
	char		org[ORG_MAX + 1];
	char		url[HOOK_URL_MAX + 1];
	char		events[HOOK_EVENTS_MAX + 1]; /* "alias.*,set.published" */
	char		description[HOOK_DESCRIPTION_MAX + 1];
	char		secret[HOOK_SECRET_MAX + 1];
	char		old_secret[HOOK_SECRET_MAX + 1]; /* until then */
	int64_t		old_until_ms;
	enum store_hook_state state;
	char		reason[256];
	int64_t		created_ms, updated_ms;
	int64_t		delivered_ms;	/* the last time, 0: never */
	int64_t		failing_ms;	/* since when, 0: it does not */
	int64_t		next_ms;	/* not tried before */
	unsigned	tries;		/* failures in a row */
	int64_t		pending, lost;	/* events */
};

enum store_hook_what {
	HOOK_CREATE, HOOK_EDIT, HOOK_DELETE,
	HOOK_ROTATE,		/* another secret; the old one until old_until_ms */
	HOOK_TEST,		/* an event for it alone */
	HOOK_RESEND		/* *event* once more */
};

struct store_hook_change {
	struct store_job job;
#define STORE_HOOK_CHANGE_MAGIC 0x4b7d02e9
	enum store_hook_what what;
	struct store_hook hook;		/* in and out */
	/* in, of HOOK_EDIT: what of it is to change */
	bool		set_url, set_events, set_description, set_state;
	unsigned	most;		/* in: of an organization */
	int64_t		event;		/* HOOK_RESEND: in; HOOK_TEST: out */
};
/*
 * OK, CREATED, NOT_FOUND; LIMIT: it has *most*; EXISTS: the event waits already.
 */
void store_hook_change(struct store *, struct store_hook_change *);

typedef int store_hook_f(void *arg, const struct store_hook *);
enum store_status store_hook_get(struct store *, const char *org, int64_t id,
    struct store_hook *);
enum store_status store_hook_each(struct store *, const char *org,
    store_hook_f *, void *arg);

enum store_hook_delivery {
	DELIVERY_PENDING,
	DELIVERY_DONE,
	DELIVERY_REFUSED,	/* for too long: the next ones came to pass */
	DELIVERY_STATES
};
extern const char *const store_hook_deliveries[DELIVERY_STATES];

/* An event, as one webhook has it. */
struct store_hook_event {
	int64_t		id;
	char		type[32];
	int64_t		created_ms;
	enum store_hook_delivery state;
	unsigned	tries;
	int64_t		tried_ms;	/* the last time, 0: never */
	unsigned	code;		/* HTTP's, 0: no answer */
	char		error[256];	/* of the last try, or "" */
	char		*body;		/* freed by the caller, or NULL */
};
typedef int store_hook_event_f(void *arg, const struct store_hook_event *);
/* *id* 0: the one that is next. With its body. */
enum store_status store_hook_event_get(struct store *, int64_t hook,
    int64_t id, struct store_hook_event *);
/*
 * Newest first, those before *before* (0: from the newest); *state* -1: all.
 * Without bodies.
 */
enum store_status store_hook_log(struct store *, int64_t hook, int state,
    uint64_t before, unsigned limit, store_hook_event_f *, void *arg);

/* "evt_MS_ID": the same whenever the event is sent. */
void store_hook_event_name(const struct store_hook_event *, char out[48]);

/* Webhooks whose next event may be sent *now_ms*, the longest waiting first. */
enum store_status store_hook_due(struct store *, int64_t now_ms,
    unsigned limit, store_hook_f *, void *arg);
/* When the next one is due after *now_ms*, INT64_MAX: never. */
enum store_status store_hook_next(struct store *, int64_t now_ms,
    int64_t *next_ms);

/* What became of a try. Not synced: after a power cut it is made again. */
struct store_hook_result {
	struct store_job job;
#define STORE_HOOK_RESULT_MAGIC 0x23c9f15a
	int64_t		hook, event;
	bool		delivered;
	bool		refused;	/* it is given up */
	unsigned	code;
	char		error[256];
	unsigned	wait_ms;	/* until the next try */
	unsigned	give_up_ms;	/* failing for so long: disabled */
	bool		gone;		/* disabled at once */
	bool		disabled;	/* out */
};
void store_hook_result(struct store *, struct store_hook_result *);

struct store_hook_stats {
	uint64_t	states[HOOK_STATES];
	uint64_t	pending, lost;
	int64_t		failing_ms;	/* since when the first one does, or 0 */
};
enum store_status store_hook_stats(struct store *, struct store_hook_stats *);

#endif
