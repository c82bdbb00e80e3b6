/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

#include "base/clock.h"
#include "log.h"
#include "map.h"
#include "obj.h"
#include "name/hash.h"
#include "publish_priv.h"

/* The map has a format of its own, but its names are these. */
_Static_assert(MAP_HASH_LEN == HASH_LEN && MAP_ORG_MAX == ORG_MAX &&
    MAP_NAME_MAX == NAME_MAX_LEN, "the map's limits differ");

#define OWED_MAX	20000	/* changes; 8 MB */
#define OWED_AT_ONCE	512	/* of them in one heartbeat */
#define OWED_RETRY_MS	1000
#define ALIVE_RECORDS	1000	/* put between two signs of life */

static uint64_t
now_ms(void)
{
	return ((uint64_t)clock_wall_ms());
}

struct publisher *
publisher_new(void)
{
	struct publisher *p = calloc(1, sizeof *p);

	if (p == NULL)
		return (NULL);
	p->magic = PUBLISHER_MAGIC;
	(void)pthread_mutex_init(&p->lock, NULL);
	return (p);
}

void
publisher_free(struct publisher *p)
{
	if (p == NULL)
		return;
	map_writer_close(p->writer);
	free(p->owed);
	free(p->dir);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

static void
publish_alias(const struct store_change *c, struct map_value *v)
{
	memcpy(v->hash, c->hash.b, sizeof v->hash);
	v->has_shown = !hash_is_none(&c->shown);
	memcpy(v->shown, c->shown.b, sizeof v->shown);
	v->has_previous = !hash_is_none(&c->previous);
	memcpy(v->previous, c->previous.b, sizeof v->previous);
}

/* Whose record it is, where that is not the organization's alone. */
static void
publish_scope(const struct store_change *c, char owner[MAP_OWNER_MAX + 1],
    struct map_key *k, struct map_value *v)
{
	v->epoch = v->soft = 0;
	k->org = owner;
	k->org_len = c->epoch != 0 ? map_scope_set(owner, c->org, c->epoch) :
	    map_scope_nth(owner, c->org, (unsigned)c->soft);
}

void
publish_record(const struct store_change *c, char owner[MAP_OWNER_MAX + 1],
    struct map_key *k, struct map_value *v)
{
	static const enum map_kind kinds[] = {
		[CHANGE_ALIAS] = MAP_KIND_ALIAS,
		[CHANGE_SOURCE] = MAP_KIND_SOURCE,
		[CHANGE_STACK] = MAP_KIND_STACK,
		[CHANGE_ORGANIZATION] = MAP_KIND_ORGANIZATION,
		[CHANGE_FALLBACK] = MAP_KIND_FALLBACK,
		[CHANGE_PLAN] = MAP_KIND_PLAN,
		[CHANGE_PREVIEW] = MAP_KIND_PREVIEW,
	};

	*v = (struct map_value){ .epoch = c->epoch, .soft = c->soft,
	    .revoked = c->revoked, .due_ms = (uint64_t)c->due_ms };
	*k = (struct map_key){
		/* 0, which the map refuses, for what a damaged row may say. */
		.kind = (size_t)c->kind < sizeof kinds / sizeof kinds[0] ?
		    kinds[c->kind] : (enum map_kind)0,
		.org = c->org,
		.org_len = strlen(c->org),
		.name = c->key,
		.name_len = strlen(c->key),
	};
	if ((c->kind == CHANGE_SOURCE || c->kind == CHANGE_FALLBACK) &&
	    !c->gone && hash_is_none(&c->hash))
		k->kind = (enum map_kind)0;
	if (c->kind == CHANGE_SOURCE) {
		k->name = c->hash.b;
		k->name_len = MAP_HASH_LEN;
	} else if (c->kind == CHANGE_FALLBACK || c->kind == CHANGE_PLAN ||
	    c->kind == CHANGE_PREVIEW) {
		v->has_shown = c->kind == CHANGE_FALLBACK ||
		    !hash_is_none(&c->hash);
		memcpy(v->shown, c->hash.b, sizeof v->shown);
	} else if (c->kind == CHANGE_ALIAS && !c->gone)
		publish_alias(c, v);
	if (c->kind == CHANGE_PLAN)
		publish_scope(c, owner, k, v);
}

/* The alias has fewer changes to come: of these there may be some. */
static int
publish_end(struct map_writer *w, const struct store_change *c)
{
	struct store_change next = *c;
	char owner[MAP_OWNER_MAX + 1];
	struct map_value v;
	struct map_key k;
	int e = 0;

	for (; e == 0 && next.soft < MAP_NTH_MAX; next.soft++) {
		publish_record(&next, owner, &k, &v);
		if (map_writer_has(w, &k, NULL))
			break;
		e = map_writer_put(w, &k, NULL);
	}
	return (e);
}

/*
 * *turned*: readers have the last state of each alias already, and must not see
 * an earlier one any more.
 */
static int
publish_one(struct map_writer *w, const struct store_change *c, bool turned)
{
	char owner[MAP_OWNER_MAX + 1];
	const struct map_value *put;
	struct map_value v;
	struct map_key k;

	if (c->kind == CHANGE_PLAN && c->epoch == 0 && c->gone)
		return (publish_end(w, c));
	publish_record(c, owner, &k, &v);
	put = c->gone ? NULL : &v;
	if (turned && c->kind == CHANGE_ALIAS && !map_writer_has(w, &k, put))
		return (0);
	return (map_writer_put(w, &k, put));
}

int
publish_stage(struct publisher *p, const struct store_change *c, size_t n)
{
	char owner[MAP_OWNER_MAX + 1];
	struct map_value v;
	struct map_key k;
	int e = 0;

	for (size_t i = 0; i < n && e == 0; i++) {
		if (c[i].kind != CHANGE_ALIAS)
			continue;
		publish_record(&c[i], owner, &k, &v);
		e = map_writer_stage(p->writer, &k, c[i].gone ? NULL : &v);
		if (i % ALIVE_RECORDS == 0)
			map_writer_alive(p->writer, now_ms());
	}
	return (e);
}

/* Whether some aliases among them must change in one instant. */
static bool
publish_is_together(const struct store_change *c, size_t n)
{

	for (size_t i = 0; i < n; i++)
		if (c[i].together)
			return (true);
	return (false);
}

/* Shows them at once, if they must be: no reader sees some but not others. */
static int
publish_turn(struct publisher *p, const struct store_change *c, size_t n)
{
	int e;

	if (p->replaying)
		return (0);
	p->turned = false;
	if (!publish_is_together(c, n))
		return (0);
	e = publish_stage(p, c, n);
	if (e == 0) {
		map_writer_turn(p->writer);
		p->turned = true;
	}
	return (e);
}

int
publish_some(struct publisher *p, const struct store_change *c, size_t n,
    size_t *done)
{
	int e = 0;

	for (*done = 0; *done < n && e == 0; *done += e == 0) {
		e = publish_one(p->writer, &c[*done], p->turned);
		/* No heartbeat comes while we have the writer. */
		if (*done % ALIVE_RECORDS == 0)
			map_writer_alive(p->writer, now_ms());
		if (e == 0 && ++p->written % 1000000 == 0)
			log_info("map_progress", KV("records", p->written),
			    KV("of", p->expected));
	}
	return (e);
}

static void
publish_forget(struct publisher *p)
{
	free(p->owed);
	p->owed = NULL;
	p->first = p->n_owed = p->room = 0;
}

/* Keeps changes for later. Of too many the next start makes a new map. */
static void
publish_owe(struct publisher *p, const struct store_change *c, size_t n)
{
	struct store_change *owed = NULL;

	if (p->lost)
		return;
	if (p->n_owed + n > p->room) {
		p->room = p->n_owed + n + 256;
		if (p->room <= OWED_MAX)
			owed = realloc(p->owed, p->room * sizeof *owed);
		if (owed == NULL) {
			publish_forget(p);
			p->lost = true;
			log_error("map_full", "too many changes wait for the map: "
			    "make room and restart monikerd");
			return;
		}
		p->owed = owed;
	}
	memcpy(p->owed + p->n_owed, c, n * sizeof *c);
	p->n_owed += n;
}

/*
 * A change that does not fit (tmpfs full) must not leave its old value in
 * force: the map is withdrawn, and Varnish asks the daemon about every alias,
 * until there is room for all that the map lacks.
 */
void
publisher_publish(void *arg, const struct store_change *c, size_t n,
    uint64_t last_seq)
{
	struct publisher *p = CAST_OBJ(arg, PUBLISHER_MAGIC);
	size_t done = 0;
	int e = 0;

	(void)pthread_mutex_lock(&p->lock);
	p->last_seq = last_seq;
	if (p->n_owed > 0 || p->lost)
		publish_owe(p, c, n);
	else if ((e = publish_turn(p, c, n)) == 0 &&
	    (e = publish_some(p, c, n, &done)) == 0)
		map_writer_commit(p->writer, last_seq);
	else {
		map_writer_withdraw(p->writer);
		p->turned = false;
		publish_owe(p, c + done, n - done);
	}
	(void)pthread_mutex_unlock(&p->lock);
	if (e != 0)
		log_error("map_full", "the map is withdrawn: make room on the "
		    "file system of map_dir", KV("error", strerror(e)));
}

/* True when it is worth going on at once. */
static bool
publish_catch_up(struct publisher *p)
{
	size_t done, n = p->n_owed - p->first;
	uint64_t now = now_ms();

	/* Nor does a clock that was set back make it wait for long. */
	if (n == 0 || (now < p->retry_ms && p->retry_ms - now < OWED_RETRY_MS))
		return (false);
	if (n > OWED_AT_ONCE)
		n = OWED_AT_ONCE;
	if (publish_some(p, p->owed + p->first, n, &done) != 0)
		p->retry_ms = now + OWED_RETRY_MS;
	p->first += done;
	if (p->first < p->n_owed)
		return (done == n);
	publish_forget(p);
	map_writer_restore(p->writer);
	map_writer_commit(p->writer, p->last_seq);
	log_info("map_full", KV("over", 1),
	    KV("note", "there is room again, the map is back"));
	return (false);
}

void
publisher_settings(struct publisher *p, const struct map_settings *s)
{
	(void)pthread_mutex_lock(&p->lock);
	p->settings = *s;
	if (p->writer != NULL)
		map_writer_settings(p->writer, s);
	(void)pthread_mutex_unlock(&p->lock);
}

/* What the heartbeat says that the one before did not. */
static void
publish_tell(struct publisher *p, int e)
{
	uint64_t moves = map_writer_moves(p->writer);
	bool moved = moves != p->moves;

	if (e != 0 && e != p->beat_error)
		log_error("map_heartbeat", "the map's folder cannot be written: "
		    "look at map_dir", KV("error", strerror(e)));
	if (p->moving_since == 0 && (moved || map_writer_moving(p->writer))) {
		p->moving_since = now_ms();
		log_warn("map_folder", "the map's folder was removed or "
		    "replaced, and is made anew: find out by whom");
	}
	if (moved) {
		log_info("map_folder", KV("made", 1),
		    KV("ms", now_ms() - p->moving_since));
		p->moving_since = 0;
	}
	p->moves = moves;
	p->beat_error = e;
}

bool
publisher_alive(struct publisher *p)
{
	if (pthread_mutex_trylock(&p->lock) != 0)
		return (false);
	map_writer_alive(p->writer, now_ms());
	(void)pthread_mutex_unlock(&p->lock);
	return (true);
}

void
publisher_bound(struct publisher *p, uint64_t bytes)
{
	(void)pthread_mutex_lock(&p->lock);
	p->bound = bytes;
	(void)pthread_mutex_unlock(&p->lock);
}

/* The next generation is made beside this one: half of the file system. */
static void
publish_size(struct publisher *p)
{
	uint64_t bound = p->bound;
	struct statvfs fs;

	if (bound == 0 && p->dir != NULL && statvfs(p->dir, &fs) == 0)
		bound = (uint64_t)fs.f_blocks * fs.f_frsize / 2;
	store_map_size(p->store, map_writer_used(p->writer), bound);
}

bool
publisher_heartbeat(struct publisher *p)
{
	bool more;
	int e;

	/* The store's thread may be building a generation: skip this one. */
	if (pthread_mutex_trylock(&p->lock) != 0)
		return (false);
	e = map_writer_heartbeat(p->writer, now_ms());
	publish_tell(p, e);
	publish_size(p);
	more = publish_catch_up(p) || map_writer_moving(p->writer);
	(void)pthread_mutex_unlock(&p->lock);
	return (more);
}
