/* SPDX-License-Identifier: BSD-2-Clause */
/* GET /targets/{organization}: the Varnishes that serve it, and how they are. */
#include "config.h"

#include <string.h>

#include "api/endpoints.h"
#include "purge/purge.h"
#include "store/store_org.h"

static const char *
target_way(const struct purge_target_conf *t)
{
	return (t->instance != NULL ? "instance" : t->address != NULL ?
	    "address" : t->listen != NULL ? "listen" : t->url != NULL ?
	    "url" : "webhook");
}

/* Whether a change of an alias shows there by itself, as the settings say. */
static bool
target_reads_map(const struct purge_target_conf *t)
{
	if (t->webhook != NULL)
		return (false);
	return (t->map == TARGET_MAP_AUTO ? t->instance != NULL :
	    t->map != 0);
}

static json_t *
target_json(const struct purge_target_conf *t,
    const struct purge_target_status *s)
{
	json_t *o = json_pack("{s:s, s:s, s:b, s:b, s:i, s:o}",
	    "name", t->name, "way", target_way(t), "map", target_reads_map(t),
	    "connected", s->connected, "pending", (int)s->pending,
	    "since", json_date_or_null(s->since_ms));

	if (o == NULL)
		return (NULL);
	if (s->oldest_ms != 0)
		(void)json_object_set_new(o, "oldest",
		    json_instant(s->oldest_ms));
	if (!s->connected && *s->error != '\0')
		(void)json_object_set_new(o, "error",
		    json_clean_string(s->error));
	return (o);
}

static void
targets_get(struct call *c)
{
	const char *org = call_param(c, "organization");
	const struct conf *conf = c->api->conf;
	struct purge_target_status s;
	json_t *list = json_array();

	for (size_t i = 0; i < purge_targets(c->api->purge); i++) {
		const struct purge_target_conf *t = &conf->targets[i];

		if (t->organization != NULL && strcmp(t->organization, org) != 0)
			continue;
		purge_target_status(c->api->purge, i, &s);
		(void)json_array_append_new(list, target_json(t, &s));
	}
	reply_json(c, 200, json_pack("{s:o}", "items", list));
}

const struct endpoint endpoint_targets_get = {
	.rights = RIGHT_READ | RIGHT_SOURCE_READ | RIGHT_WRITE |
	    RIGHT_SOURCE_WRITE,
	.handle = targets_get,
};
