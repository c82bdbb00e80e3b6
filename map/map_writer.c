/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "map_failpoint.h"
#include "map_writer.h"

#define WRITER_COPY		32	/* records copied with every put */
#define WRITER_COPY_IDLE	256	/* and at a time in a heartbeat */
#define WRITER_RETRY		10000	/* changes until ENOSPC is tried again */
#define WRITER_BEAT_NS		2000000	/* work in a heartbeat */
/* Longer than a reader uses a folder that was replaced: READER_CHECK_MS. */
#define WRITER_SETTLE_NS	150000000

/* Pages of a file on a disk may be torn after a power cut. */
static void
writer_boot_id(uint8_t id[MAP_ID_LEN])
{
	XXH128_canonical_t c;
	char buf[64];
	ssize_t n = 0;
	int fd;

	fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, buf, sizeof buf);
		(void)close(fd);
	}
	XXH128_canonicalFromHash(&c, XXH3_128bits(buf, n > 0 ? (size_t)n : 0));
	memcpy(id, c.digest, MAP_ID_LEN);
}

void
map_writer_unlink(const struct map_writer *w, struct map_table *t)
{
	char path[32];

	if (t == NULL)
		return;
	map_table_path(path, t->generation);
	(void)unlinkat(w->folder.dirfd, path, 0);
	map_table_close(t);
}

int
map_writer_table(struct map_writer *w, struct map_table **tp, uint64_t records)
{
	int rc;

	rc = map_table_create(tp, w->folder.dirfd, &w->folder.ids,
	    w->folder.top + 1, map_slots_for(records));
	if (rc != 0)
		return (rc);
	w->folder.top++;
	rc = map_table_allocate(*tp, map_view_records(&(*tp)->view) +
	    MAP_PAGE);
	if (rc != 0) {
		map_writer_unlink(w, *tp);
		*tp = NULL;
	}
	return (rc);
}

static void
writer_settle(struct map_writer *w, bool knows)
{
	const struct timespec ts = { 0, WRITER_SETTLE_NS };
	struct map_control *c = w->folder.control;

	if (atomic_load(&c->settled) != 0)
		return;
	/*
	 * Readers of a folder that somebody removed learn of this one at
	 * their next check. Until they have, nothing may be promised.
	 */
	if (!knows)
		(void)nanosleep(&ts, NULL);
	atomic_store(&c->settled, 1);
}

void
map_writer_publish(struct map_writer *w)
{
	struct map_control *old = w->folder.replaced;
	bool knows = false;

	if (!w->cur->sealed) {
		/* Room for the future is welcome, not needed. */
		(void)map_table_allocate(w->cur, map_table_goal(w->cur));
		map_table_seal(w->cur);
	}
	MAP_FAILPOINT("publish-sealed");
	atomic_store_explicit(&w->folder.control->generation,
	    w->cur->generation, memory_order_release);
	MAP_FAILPOINT("publish-switched");
	w->shown = true;
	if (old != NULL) {
		knows = atomic_load(&old->settled) != 0;
		map_folder_supersede(old);
		w->folder.replaced = NULL;
	}
	if (w->kept != NULL)
		map_retire(w, w->kept);
	w->kept = NULL;
	writer_settle(w, knows);
}

/* Goes on with the generation that is there, or begins one. */
static int
writer_begin(struct map_writer *w)
{
	struct map_folder *f = &w->folder;
	uint64_t g = 0, id;
	int rc;

	if (map_folder_adopt(f)) {
		g = atomic_load(&f->control->generation);
		if (g != 0 && map_table_open(&w->cur, f->dirfd, &f->ids, g,
		    f->control) == 0)
			w->shown = true;
		else
			atomic_store(&f->control->generation, 0);
	} else {
		if (getrandom(&id, sizeof id, 0) != sizeof id)
			return (EIO);
		rc = map_folder_control(f, id);
		if (rc != 0)
			return (rc);
	}
	map_folder_clean(f, w->shown ? g : 0);
	if (!w->shown)
		return (map_writer_table(w, &w->cur, 0));
	/* The one before us was killed before it had waited. */
	writer_settle(w, false);
	return (0);
}

struct map_writer *
map_writer_open(const char *dir, const uint8_t store_id[MAP_STORE_ID_LEN],
    char *err, size_t err_len)
{
	struct map_writer *w;
	int rc;

	w = calloc(1, sizeof *w);
	if (w == NULL || (w->dir = strdup(dir)) == NULL) {
		free(w);
		(void)snprintf(err, err_len, "no memory for the map");
		return (NULL);
	}
	memcpy(w->folder.ids.store_id, store_id, MAP_STORE_ID_LEN);
	writer_boot_id(w->folder.ids.boot_id);
	rc = map_folder_enter(&w->folder, dir);
	if (rc == 0)
		rc = writer_begin(w);
	if (rc == 0)
		return (w);
	if (rc == EBUSY)
		(void)snprintf(err, err_len,
		    "%s: another process writes this map", dir);
	else
		(void)snprintf(err, err_len, "%s: %s", dir,
		    strerrordesc_np(rc));
	map_writer_close(w);
	return (NULL);
}

void
map_writer_close(struct map_writer *w)
{

	if (w == NULL)
		return;
	map_grow_abandon(w, 0);
	if (w->shown)
		map_table_close(w->cur);
	else
		map_writer_unlink(w, w->cur);
	map_table_close(w->kept);
	map_retire_close(w);
	map_folder_leave(&w->folder);
	free(w->dir);
	free(w);
}

uint64_t
map_writer_seq(const struct map_writer *w)
{

	return (atomic_load(&map_table_header(w->cur)->seq));
}

uint64_t
map_writer_used(const struct map_writer *w)
{

	return (map_table_used(w->cur));
}

static void
writer_grow(struct map_writer *w, unsigned records)
{

	if (w->next == NULL) {
		if (!map_table_crowded(w->cur))
			return;
		if (w->retry > 0) {
			w->retry--;
			return;
		}
		if (map_grow_begin(w) != 0) {
			w->retry = WRITER_RETRY;
			return;
		}
	}
	/* What fails here is tried again; the current table goes on. */
	(void)map_grow_step(w, records);
}

static int
writer_remove(struct map_writer *w, const struct map_key *key)
{
	int rc;

	rc = map_table_remove(w->cur, key);
	if (rc == 0 && w->next != NULL && map_table_ready(w->next))
		rc = map_table_remove(w->next, key);
	return (rc);
}

int
map_writer_put(struct map_writer *w, const struct map_key *key,
    const struct map_value *value)
{
	int rc;

	if (!map_key_valid(key))
		return (EINVAL);
	if (value == NULL)
		rc = writer_remove(w, key);
	else {
		rc = map_table_put(w->cur, key, value);
		if (rc == EFBIG && (rc = map_grow_finish(w)) == 0)
			rc = map_table_put(w->cur, key, value);
	}
	if (rc == EFBIG)
		rc = ENOSPC;
	if (rc == 0)
		writer_grow(w, WRITER_COPY);
	else
		w->failed = rc;
	return (rc);
}

/* What readers find. */
static bool
writer_find(const struct map_writer *w, const struct map_key *key,
    struct map_value *v)
{

	return (map_view_find(&w->cur->view, key, v) == MAP_FOUND &&
	    (v->next_turn == 0 ||
	    map_value_turn(v, w->folder.turn) == MAP_FOUND));
}

bool
map_writer_has(const struct map_writer *w, const struct map_key *key,
    const struct map_value *value)
{
	struct map_value v;

	if (!map_key_valid(key))
		return (false);
	if (!writer_find(w, key, &v))
		return (value == NULL);
	return (value != NULL && v.epoch == value->epoch &&
	    memcmp(v.hash, value->hash, sizeof v.hash) == 0);
}

int
map_writer_stage(struct map_writer *w, const struct map_key *key,
    const struct map_value *value)
{
	struct map_value v;

	if (!map_key_valid(key))
		return (EINVAL);
	if (!writer_find(w, key, &v))
		memset(&v, 0, sizeof v);
	v.next_turn = w->folder.turn + 1;
	v.next_epoch = value != NULL ? value->epoch : v.epoch;
	if (value != NULL)
		memcpy(v.next, value->hash, sizeof v.next);
	else
		memset(v.next, 0, sizeof v.next);
	return (map_writer_put(w, key, &v));
}

void
map_writer_turn(struct map_writer *w)
{

	MAP_FAILPOINT("staged");
	w->folder.turn++;
	w->into.turn = w->folder.turn;
	atomic_store_explicit(&w->folder.control->turn, w->folder.turn,
	    memory_order_release);
	MAP_FAILPOINT("turned");
}

void
map_writer_commit(struct map_writer *w, uint64_t seq)
{

	atomic_store(&map_table_header(w->cur)->seq, seq);
	MAP_FAILPOINT("commit");
	if (!w->shown && !w->rebuilding && !w->withdrawn)
		map_writer_publish(w);
}

void
map_writer_settings(struct map_writer *w, const struct map_settings *s)
{

	w->folder.settings = w->into.settings = map_settings_pack(s);
	atomic_store(&w->folder.control->settings, w->folder.settings);
}

void
map_writer_withdraw(struct map_writer *w)
{

	atomic_store(&w->folder.control->generation, 0);
	if (w->folder.replaced != NULL)
		map_folder_supersede(w->folder.replaced);
	w->folder.replaced = NULL;
	w->withdrawn = true;
	if (w->shown)
		map_grow_abandon(w, 0);
	w->shown = false;
}

void
map_writer_restore(struct map_writer *w)
{

	w->withdrawn = false;
}

static int64_t
writer_clock(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec);
}

bool
map_writer_moving(const struct map_writer *w)
{

	return (w->moving);
}

uint64_t
map_writer_moves(const struct map_writer *w)
{

	return (w->moves);
}

void
map_writer_alive(struct map_writer *w, uint64_t now_ms)
{

	atomic_store_explicit(&w->folder.control->heartbeat_ms, now_ms,
	    memory_order_release);
}

int
map_writer_heartbeat(struct map_writer *w, uint64_t now_ms)
{
	int64_t until = writer_clock() + WRITER_BEAT_NS;
	bool more;
	int rc;

	rc = map_move_check(w);
	map_writer_alive(w, now_ms);
	/* The time that puts do not have. */
	do {
		more = map_retire_step(w);
		if (w->next != NULL)
			writer_grow(w, WRITER_COPY_IDLE);
	} while ((more || w->next != NULL) && writer_clock() < until);
	return (rc);
}
