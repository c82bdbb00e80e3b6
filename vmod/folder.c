/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache/cache.h"

#include "compat.h"
#include "folder.h"
#include "spell.h"

struct folder {
	unsigned		magic;
#define FOLDER_MAGIC		0x1f01de42
	unsigned		refs;		/* folders_mtx */
	VTAILQ_ENTRY(folder)	list;		/* folders_mtx */
	/* Constant between folder_get and the last folder_put */
	char			*dir;
	struct map_reader	*reader;
	struct vsc_seg		*seg;
	struct VSC_moniker	*vsc;		/* relaxed atomics */
	struct spellings	*spellings;
	/* Whoever advances told_ms logs; both are atomic. */
	uint64_t		told_ms;
	uint64_t		logged;		/* generation + 1, 0 = none */
};

static VTAILQ_HEAD(, folder) folders = VTAILQ_HEAD_INITIALIZER(folders);
static pthread_mutex_t folders_mtx = PTHREAD_MUTEX_INITIALIZER;

static void
folder_free(struct folder *f)
{

	if (f->vsc != NULL)
		VSC_moniker_Destroy(&f->seg);
	if (f->spellings != NULL)
		spell_free(&f->spellings);
	map_reader_close(f->reader);
	free(f->dir);
	FREE_OBJ(f);
}

/* One spelling for each folder: "//run/moniker/" -> "/run/moniker" */
static char *
folder_path(const char *dir)
{
	char *path, *p;

	p = path = malloc(strlen(dir) + 1);
	if (path == NULL)
		return (NULL);
	for (; *dir != '\0'; dir++)
		if (*dir != '/' || (dir[1] != '/' && dir[1] != '\0'))
			*p++ = *dir;
	*p = '\0';
	return (path);
}

/* "/run/moniker" -> "run_moniker": a name that varnishstat can be asked for */
static void
folder_name(const char *path, char *name, size_t size)
{
	size_t n;
	char c;

	path += *path == '/';
	for (n = 0; path[n] != '\0' && n + 1 < size; n++) {
		c = path[n];
		name[n] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '-' ? c : '_';
	}
	name[n] = '\0';
}

/* Takes *path* over, also when it fails. */
static struct folder *
folder_new(char *path)
{
	struct folder *f;
	char name[128];

	ALLOC_OBJ(f, FOLDER_MAGIC);
	if (f == NULL) {
		free(path);
		return (NULL);
	}
	f->dir = path;
	f->reader = map_reader_open(f->dir);
	f->spellings = spell_new();
	if (f->reader != NULL && f->spellings != NULL) {
		folder_name(f->dir, name, sizeof name);
		f->vsc = VSC_moniker_New(NULL, &f->seg, "%s", name);
	}
	if (f->vsc == NULL) {
		folder_free(f);
		return (NULL);
	}
	return (f);
}

struct folder *
folder_get(const char *dir)
{
	struct folder *f;
	char *path;

	path = folder_path(dir);
	if (path == NULL)
		return (NULL);
	AZ(pthread_mutex_lock(&folders_mtx));
	VTAILQ_FOREACH(f, &folders, list)
		if (strcmp(f->dir, path) == 0)
			break;
	if (f != NULL)
		free(path);
	else if ((f = folder_new(path)) != NULL)
		VTAILQ_INSERT_TAIL(&folders, f, list);
	if (f != NULL)
		f->refs++;
	AZ(pthread_mutex_unlock(&folders_mtx));
	return (f);
}

void
folder_put(struct folder **fp)
{
	struct folder *f;
	unsigned refs;

	TAKE_OBJ_NOTNULL(f, fp, FOLDER_MAGIC);
	AZ(pthread_mutex_lock(&folders_mtx));
	assert(f->refs > 0);
	refs = --f->refs;
	if (refs == 0)
		VTAILQ_REMOVE(&folders, f, list);
	AZ(pthread_mutex_unlock(&folders_mtx));
	if (refs == 0)
		folder_free(f);
}

struct map_reader *
folder_reader(const struct folder *f)
{

	return (f->reader);
}

struct spellings *
folder_spellings(const struct folder *f)
{

	return (f->spellings);
}

struct VSC_moniker *
folder_counters(const struct folder *f)
{

	return (f->vsc);
}

static void
folder_log(struct folder *f, const struct map_status *st)
{
	uint64_t now;

	now = st->attached ? st->generation + 1 : 0;
	if (__atomic_exchange_n(&f->logged, now, __ATOMIC_RELAXED) == now)
		return;
	if (st->attached)
		VSL(SLT_VCL_Log, NO_VXID,
		    "moniker: %s: generation %ju, %ju aliases",
		    f->dir, (uintmax_t)st->generation,
		    (uintmax_t)st->entries[MAP_KIND_ALIAS]);
	else
		VSL(SLT_VCL_Error, NO_VXID, "moniker: %s: no map: %s", f->dir,
		    st->reason);
}

static void
folder_gauges(struct folder *f, uint64_t now_ms)
{
	struct map_status st;
	uint64_t age;

	map_reader_status(f->reader, now_ms, &st);
	age = st.heartbeat_ms < now_ms ? (now_ms - st.heartbeat_ms) / 1000 : 0;
#define GAUGE(g, v)	__atomic_store_n(&f->vsc->g, (v), __ATOMIC_RELAXED)
	GAUGE(g_attached, st.attached);
	GAUGE(g_entries, st.entries[MAP_KIND_ALIAS]);
	GAUGE(g_generation, st.generation);
	GAUGE(g_heartbeat_age, st.heartbeat_ms == 0 ? 0 : age);
	GAUGE(remaps, st.remaps);
	GAUGE(bad_map, st.bad);
#undef GAUGE
	folder_log(f, &st);
}

void
folder_tick(struct folder *f, double now)
{
	uint64_t now_ms, told;

	CHECK_OBJ_NOTNULL(f, FOLDER_MAGIC);
	now_ms = now > 0 ? (uint64_t)(now * 1e3) : 0;
	map_reader_tick(f->reader, now_ms);
	told = __atomic_load_n(&f->told_ms, __ATOMIC_RELAXED);
	if (now_ms < told + 1000)
		return;
	/* Whoever wins does it for all. */
	if (__atomic_compare_exchange_n(&f->told_ms, &told, now_ms, false,
	    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		folder_gauges(f, now_ms);
}
