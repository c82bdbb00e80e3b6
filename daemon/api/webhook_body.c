/* SPDX-License-Identifier: BSD-2-Clause */
/* {"url": ..., "events": [...], "description": ..., "enabled": ...} */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "api/webhook.h"
#include "fetch/fetch.h"

static const char *const types[] = {
#define E(type)	type,
	STORE_EVENTS(E)
#undef E
};

/* "*", a family as "alias.*", or a type. */
static bool
is_event(const char *text)
{
	size_t n = strlen(text);

	if (strcmp(text, "*") == 0)
		return (true);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(text, types[i]) == 0 || (n > 2 &&
		    strcmp(text + n - 2, ".*") == 0 &&
		    strncmp(text, types[i], n - 1) == 0))
			return (true);
	return (false);
}

static bool
read_events(struct call *c, const json_t *list, char *out, size_t size)
{
	const char *text;
	size_t i, n = 0;
	json_t *v;

	if (json_array_size(list) == 0) {
		reply_error(c, 400, "events: must be an array of types of "
		    "events, as \"alias.created\", \"alias.*\" or \"*\".");
		return (false);
	}
	json_array_foreach(list, i, v) {
		text = json_string_value(v);
		if (text == NULL || !is_event(text)) {
			reply_error(c, 400, "events[%zu]: unknown type of "
			    "event; \"*\" stands for all.", i);
			return (false);
		}
		n += (size_t)snprintf(out + n, size - n, "%s%s",
		    i > 0 ? "," : "", text);
		if (n >= size) {
			reply_error(c, 400, "events: are too many; \"*\" "
			    "stands for all.");
			return (false);
		}
	}
	return (true);
}

static bool
read_url(struct call *c, const json_t *body, char *out, size_t size)
{
	const char *url = body_text(c, body, "url", HOOK_URL_MAX);
	struct fetch_url u;
	char why[256];

	if (url == NULL)
		return (false);
	if (!fetch_allowed(&c->api->conf->hook_fetch, url, &u, why,
	    sizeof why)) {
		reply_error(c, 400, "url: %s.", why);
		return (false);
	}
	text_copy(out, size, u.text);
	return (true);
}

static bool
read_state(struct call *c, const json_t *v, enum store_hook_state *state)
{
	if (!json_is_boolean(v)) {
		reply_error(c, 400, "enabled: must be true or false.");
		return (false);
	}
	*state = json_is_true(v) ? HOOK_ENABLED : HOOK_DISABLED;
	return (true);
}

bool
webhook_read(struct call *c, bool is_new, struct store_hook_change *op)
{
	static const char *const fields[] = { "url", "events", "description",
	    "enabled", NULL };
	struct store_hook *h = &op->hook;
	const json_t *body = body_object(c), *events, *state;
	const char *text;

	if (body == NULL || !body_only(c, body, fields))
		return (false);
	op->set_url = is_new || json_object_get(body, "url") != NULL;
	events = json_object_get(body, "events");
	op->set_events = events != NULL;
	op->set_description = json_object_get(body, "description") != NULL;
	state = json_object_get(body, "enabled");
	op->set_state = state != NULL;
	if (is_new)
		text_copy(h->events, sizeof h->events, "*");
	if ((op->set_url && !read_url(c, body, h->url, sizeof h->url)) ||
	    (events != NULL &&
	    !read_events(c, events, h->events, sizeof h->events)) ||
	    (state != NULL && !read_state(c, state, &h->state)) ||
	    (text = body_text_or(c, body, "description",
	    HOOK_DESCRIPTION_MAX, "")) == NULL)
		return (false);
	text_copy(h->description, sizeof h->description, text);
	return (true);
}
