/* SPDX-License-Identifier: BSD-2-Clause */
/* /organizations/{organization}/webhooks/{webhook}/events: queue and log. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoints.h"
#include "api/webhook.h"

#define PAGE		100
#define PAGE_MAX	1000

struct event_list {
	unsigned	magic;
#define EVENT_LIST_MAGIC	0x8f31c6b2
	json_t		*items;
	unsigned	limit;
	int64_t		last;
	bool		more;
};

static json_t *
event_json(const struct store_hook_event *e)
{
	char name[48];

	store_hook_event_name(e, name);
	return (json_pack("{s:I, s:s, s:s, s:o, s:s, s:I, s:o, s:o, s:o}",
	    "id", (json_int_t)e->id, "webhook_id", name, "type", e->type,
	    "created", json_instant(e->created_ms), "state",
	    store_hook_deliveries[e->state], "tries", (json_int_t)e->tries,
	    "tried", e->tried_ms != 0 ? json_instant(e->tried_ms) :
	    json_null(), "status", e->code != 0 ?
	    json_integer((json_int_t)e->code) : json_null(), "error",
	    *e->error != '\0' ? json_clean_string(e->error) : json_null()));
}

static int
event_append(void *arg, const struct store_hook_event *e)
{
	struct event_list *l = CAST_OBJ(arg, EVENT_LIST_MAGIC);

	if (json_array_size(l->items) == l->limit) {
		l->more = true;
		return (1);
	}
	l->last = e->id;
	return (json_array_append_new(l->items, event_json(e)));
}

static bool
event_state(struct call *c, int *state)
{
	char *text = call_query(c, "state");
	bool good = text == NULL || *text == '\0';

	*state = -1;
	for (int i = 0; !good && i < DELIVERY_STATES; i++)
		if (strcmp(text, store_hook_deliveries[i]) == 0)
			*state = i;
	free(text);
	if (good || *state >= 0)
		return (true);
	reply_error(c, 400, "state: must be pending, delivered or refused.");
	return (false);
}

static void
webhook_events(struct call *c)
{
	struct event_list l = { .magic = EVENT_LIST_MAGIC };
	struct store_hook h;
	enum store_status st;
	uint64_t before;
	json_t *o;
	int state;

	if (!event_state(c, &state) || !call_query_cursor(c, &before) ||
	    !call_query_number(c, "limit", PAGE_MAX, PAGE, &l.limit) ||
	    !webhook_find(c, &h))
		return;
	l.items = json_array();
	st = store_hook_log(c->api->store, h.id, state, before, l.limit + 1,
	    event_append, &l);
	o = json_pack("{s:o}", "items", l.items);
	if (st != STORE_OK) {
		json_decref(o);
		reply_store(c, st, "such webhook");
		return;
	}
	if (l.more && l.limit > 0)
		(void)json_object_set_new(o, "cursor",
		    json_sprintf("%" PRId64, l.last));
	reply_json(c, 200, o);
}

const struct endpoint endpoint_webhook_events = {
	.rights = RIGHT_ADMIN, .handle = webhook_events,
};

static void
webhook_event(struct call *c)
{
	int64_t id = webhook_number(c, "event", "such event");
	struct store_hook_event e;
	enum store_status st;
	struct store_hook h;
	json_t *o;

	if (id < 0 || !webhook_find(c, &h))
		return;
	st = id == 0 ? STORE_NOT_FOUND :
	    store_hook_event_get(c->api->store, h.id, id, &e);
	if (st != STORE_OK) {
		reply_store(c, st, "such event");
		return;
	}
	o = event_json(&e);
	(void)json_object_set_new(o, "body", json_loads(e.body, 0, NULL));
	free(e.body);
	reply_json(c, 200, o);
}

const struct endpoint endpoint_webhook_event = {
	.rights = RIGHT_ADMIN, .handle = webhook_event,
};
