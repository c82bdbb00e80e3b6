/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When keys were used last. A write for each call would cost more than most
 * calls: it is noted in memory, and written once a minute.
 */
#include "config.h"

#include <event2/event.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orgs.h"

#define FLUSH_S		60

/* "/id" of an API key, "org/id" of a signing key. */
#define USE_NAME	(ORG_MAX + 34)

struct use {
	char		name[USE_NAME];
	int64_t		ms;
};

/* The loop's thread: keys that exist only, so there is a bound. */
struct uses {
	GHashTable	*seen;		/* since the last flush */
	struct event	*timer;
};

struct use_flush {
	struct store_job job;
#define USE_FLUSH_MAGIC 0xc5457475
	GHashTable	*seen;
};

int
uses_open(struct store *st)
{

	st->uses = calloc(1, sizeof *st->uses);
	if (st->uses == NULL)
		return (-1);
	st->uses->seen = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
	    free);
	return (0);
}

void
uses_close(struct store *st)
{

	if (st->uses == NULL)
		return;
	g_hash_table_destroy(st->uses->seen);
	free(st->uses);
	st->uses = NULL;
}

static void
use_name(char name[USE_NAME], const char *org, const char *id)
{

	(void)snprintf(name, USE_NAME, "%s/%s", org, id);
}

static void
use_note(struct store *st, const char *org, const char *id)
{
	char name[USE_NAME];
	struct use *u;

	use_name(name, org, id);
	u = g_hash_table_lookup(st->uses->seen, name);
	if (u == NULL) {
		u = calloc(1, sizeof *u);
		if (u == NULL)
			return;
		memcpy(u->name, name, sizeof u->name);
		(void)g_hash_table_insert(st->uses->seen, u->name, u);
	}
	u->ms = store_now(st);
}

void
store_key_used(struct store *st, const char *id)
{

	use_note(st, "", id);
}

void
store_sign_used(struct store *st, const char *org, int64_t id)
{
	char text[24];

	(void)snprintf(text, sizeof text, "%lld", (long long)id);
	use_note(st, org, text);
}

int64_t
use_last(struct store *st, const char *org, const char *id,
    int64_t written_ms)
{
	char name[USE_NAME];
	const struct use *u;

	use_name(name, org, id);
	u = g_hash_table_lookup(st->uses->seen, name);
	return (u != NULL ? u->ms : written_ms);
}

/*--------------------------------------------------------------------*/

static int
use_write(struct store_tx *tx, const struct use *u)
{
	char org[ORG_MAX + 1];
	const char *id = strchr(u->name, '/') + 1;

	if (id == u->name + 1)
		return (db_run(tx->db, ST_KEY_USED, id, u->ms));
	(void)snprintf(org, sizeof org, "%.*s", (int)(id - 1 - u->name),
	    u->name);
	return (db_run(tx->db, ST_SIGN_USED, org,
	    strtoll(id, NULL, 10), u->ms));
}

static enum store_status
flush_run(struct store_tx *tx, struct store_job *job)
{
	struct use_flush *f = CAST_OBJ(job, USE_FLUSH_MAGIC);
	GHashTableIter i;
	gpointer u;

	g_hash_table_iter_init(&i, f->seen);
	while (g_hash_table_iter_next(&i, NULL, &u))
		if (use_write(tx, u) < 0)
			return (db_failure(tx->db));
	return (STORE_OK);
}

/* What could not be written is: at the next use. */
static void
flush_done(struct store_job *job)
{
	struct use_flush *f = CAST_OBJ(job, USE_FLUSH_MAGIC);

	g_hash_table_destroy(f->seen);
	free(f);
}

static void
uses_flush(struct store *st)
{
	struct use_flush *f;

	if (g_hash_table_size(st->uses->seen) == 0)
		return;
	f = calloc(1, sizeof *f);
	if (f == NULL)
		return;
	f->job.magic = USE_FLUSH_MAGIC;
	f->job.done = flush_done;
	f->seen = st->uses->seen;
	st->uses->seen = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
	    free);
	writer_submit_unsynced(st, &f->job, flush_run);
}

static void
uses_event(evutil_socket_t fd, short what, void *arg)
{

	(void)fd;
	(void)what;
	uses_flush(CAST_OBJ(arg, STORE_MAGIC));
}

int
uses_start(struct store *st)
{
	static const struct timeval every = { .tv_sec = FLUSH_S };

	st->uses->timer = event_new(st->conf.base, -1, EV_PERSIST, uses_event,
	    st);
	return (st->uses->timer == NULL ? -1 :
	    event_add(st->uses->timer, &every));
}

void
uses_stop(struct store *st)
{

	if (st->uses == NULL || st->uses->timer == NULL)
		return;
	event_free(st->uses->timer);
	st->uses->timer = NULL;
	uses_flush(st);
}
