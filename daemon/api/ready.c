/* SPDX-License-Identifier: BSD-2-Clause */
/* GET /health and GET /ready */
#include "config.h"

#include "api/api.h"
#include "api/endpoints.h"
#include "api/ready.h"
#include "base/clock.h"
#include "render/render.h"

/* Milliseconds after which a write to the map hangs */
#define WRITE_HANGS	10000

/*
 * A loop that was held up may come here before the heartbeat that is due, but a
 * daemon that answers is alive. And a thread that writes to the map, which has
 * to give the sign then, may wait for a disk or for a processor.
 */
void
ready_map(struct call *c, struct map_status *s)
{
	bool gave = c->api->alive == NULL || c->api->alive(c->api->alive_arg);
	uint64_t now = (uint64_t)clock_wall_ms();

	map_reader_tick(c->api->map, now);
	map_reader_status(c->api->map, now, s);
	if (!gave && s->attached && s->heartbeat_ms + WRITE_HANGS > now)
		s->healthy = true;
}

const char *
ready_why_not(const struct call *c, const struct map_status *map)
{
	struct render_stats r;
	struct store_stats s;

	render_pool_stats(c->api->pool, &r);
	store_stats(c->api->store, &s);
	if (!map->attached)
		return (map->reason);
	if (!map->healthy)
		return ("the map's heartbeat is old");
	if (r.able == 0)
		return ("no render worker is up");
	if (s.full)
		return ("the disk of store_dir is full: free space there; no "
		    "restart is needed");
	if (s.failing)
		return ("the last write to the database failed");
	if (s.disk_free < c->api->conf->ready_free)
		return ("the disk of store_dir has less room than "
		    "ready_free_mb");
	return (NULL);
}

/* Formats that are wanted and have no coder. Other pictures go on. */
static json_t *
lacking(const struct render_pool *pool, bool written)
{
	json_t *list = json_array();
	const char *ext;
	bool has;

	for (size_t i = 0; render_pool_format(pool, i, written, &ext, &has);
	    i++)
		if (ext != NULL && !has)
			(void)json_array_append_new(list, json_string(ext));
	return (list);
}

/* The map is level and alive, a worker can render, writes can be kept. */
static void
ready_get(struct call *c)
{
	struct map_status map;
	const char *why;

	ready_map(c, &map);
	why = ready_why_not(c, &map);
	if (why == NULL)
		reply_json(c, 200, json_pack("{s:s, s:{s:o, s:o}}", "status",
		    "ready", "formats_missing",
		    "read", lacking(c->api->pool, false),
		    "write", lacking(c->api->pool, true)));
	else
		reply_error(c, 503, "Not ready: %s.", why);
}

const struct endpoint endpoint_ready = {
	.seen = SEEN_API | SEEN_LOCAL | SEEN_MONITOR, .handle = ready_get,
};

static void
health_get(struct call *c)
{
	reply_json(c, 200, json_pack("{s:s}", "status", "ok"));
}

const struct endpoint endpoint_health = {
	.seen = SEEN_API | SEEN_LOCAL | SEEN_MONITOR, .handle = health_get,
};
