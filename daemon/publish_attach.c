/* SPDX-License-Identifier: BSD-2-Clause */
/* At the start the map is brought level with the store. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "log.h"
#include "obj.h"
#include "publish_priv.h"

static void
publish_snapshot(void *arg, const struct store_change *c, size_t n,
    uint64_t last_seq)
{
	struct publisher *p = CAST_OBJ(arg, PUBLISHER_MAGIC);
	size_t done;

	(void)last_seq;
	/* What fails is told by the end of the rebuild. */
	(void)publish_some(p, c, n, &done);
}

static enum store_status
publisher_rebuild(struct publisher *p, struct store *store)
{
	enum store_status st;
	uint64_t seq = store_seq(store);

	st = store_snapshot(store, &p->expected, NULL, NULL);
	if (st != STORE_OK)
		return (st);
	if (map_writer_rebuild_begin(p->writer, p->expected) != 0)
		return (STORE_FULL);
	st = store_snapshot(store, &p->expected, publish_snapshot, p);
	if (st == STORE_OK && map_writer_rebuild_end(p->writer, seq) != 0)
		st = STORE_FULL;
	return (st);
}

bool
publisher_found(const char *dir, struct store_follower *out)
{
	struct map_owner o;

	if (!map_owner(dir, &o))
		return (false);
	memcpy(out->id, o.store_id, sizeof out->id);
	out->seq = o.seq;
	out->aliases = o.aliases;
	return (true);
}

static void
publish_restage(void *arg, const struct store_change *c, size_t n,
    uint64_t last_seq)
{
	struct publisher *p = CAST_OBJ(arg, PUBLISHER_MAGIC);

	(void)last_seq;
	if (p->stage_error == 0)
		p->stage_error = publish_stage(p, c, n);
}

/*
 * The feed does not tell which changes were committed together, and some may be
 * published already. So everything that the map has missed is shown at once.
 */
static enum store_status
publisher_replay(struct publisher *p, struct store *store, uint64_t from)
{
	enum store_status st;

	st = store_replay(store, from, publish_restage, p);
	if (st == STORE_OK && p->stage_error == 0) {
		map_writer_turn(p->writer);
		p->turned = true;
	}
	p->replaying = true;
	if (st == STORE_OK)
		st = store_replay(store, from, publisher_publish, p);
	p->turned = p->replaying = false;
	return (st);
}

int
publisher_attach(struct publisher *p, const char *dir, struct store *store,
    char *err, size_t err_len)
{
	uint8_t id[MAP_STORE_ID_LEN];
	enum store_status st;
	uint64_t have, begin = (uint64_t)clock_wall_ms();
	bool gap;

	p->store = store;
	p->dir = strdup(dir);
	store_id(store, id);
	p->writer = map_writer_open(dir, id, err, err_len);
	if (p->writer == NULL)
		return (-1);
	map_writer_settings(p->writer, &p->settings);
	have = map_writer_seq(p->writer);
	gap = have == 0 || have > store_seq(store) ||
	    store_replay_has_gap(store, have);
	st = gap ? publisher_rebuild(p, store) :
	    publisher_replay(p, store, have);
	if (st != STORE_OK) {
		(void)snprintf(err, err_len, "%s: the map could not be brought "
		    "level with the store%s", dir,
		    st == STORE_FULL ? ": no room" : "");
		return (-1);
	}
	(void)publisher_heartbeat(p);
	log_info("map_level", KV("dir", dir),
	    KV("how", gap ? "rebuilt" : "continued"), KV("from", have),
	    KV("seq", map_writer_seq(p->writer)),
	    KV("ms", (uint64_t)clock_wall_ms() - begin));
	return (0);
}
