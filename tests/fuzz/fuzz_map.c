/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reader and the checker on maps that somebody edited. The input is a list
 * of edits of a sound map; one of them makes the sums right again, so that
 * what lies behind them is reached as well.
 */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "map/map_format.h"
#include "map/map_view.h"

#define ALIASES	60

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static char dir[] = "/dev/shm/moniker-fuzz.XXXXXX";
static uint8_t *control, *data;
static uint8_t *good_control, *good_data;
static size_t data_len, records_at, records_len;
static char names[ALIASES + 10][MAP_HASH_LEN];

static struct map_key
nth_key(unsigned i)
{

	return ((struct map_key){ 1 + i % MAP_KIND_ORGANIZATION, "acme", 4,
	    names[i], i % 4 == 3 ? 0 : i % 4 == 1 ? MAP_HASH_LEN :
	    strlen(names[i]) });
}

static const struct map_key fallback = { MAP_KIND_FALLBACK, "acme", 4, "", 0 };

static const struct map_key planned[] = {
	{ MAP_KIND_PLAN, "acme/s1", 7, "", 0 },
	{ MAP_KIND_PLAN, "acme/s1", 7, "a", 1 },
	{ MAP_KIND_PLAN, "acme/0", 6, "a", 1 },
	{ MAP_KIND_PREVIEW, "acme", 4, "1", 1 },
};
#define PLANNED	(sizeof planned / sizeof planned[0])

static struct map_value
nth_value(unsigned i)
{
	struct map_value v = { .epoch = i % 3, .soft = i % 5 };

	if (i % 4 == 0)
		memset(v.hash, (int)i + 1, sizeof v.hash);
	v.has_shown = i % 8 == 0;
	v.has_previous = i % 12 == 0;
	if (v.has_shown)
		memset(v.shown, (int)i + 2, sizeof v.shown);
	if (v.has_previous)
		memset(v.previous, (int)i + 3, sizeof v.previous);
	v.revoked = i % 4 == 1 && i % 8 == 1;
	return (v);
}

static void
leave(void)
{
	char path[100];

	(void)snprintf(path, sizeof path, "%s/control", dir);
	(void)unlink(path);
	(void)snprintf(path, sizeof path, "%s/data.1", dir);
	(void)unlink(path);
	(void)snprintf(path, sizeof path, "%s/lock", dir);
	(void)unlink(path);
	(void)rmdir(dir);
}

static uint8_t *
map_file(const char *name, size_t *len)
{
	char path[100];
	struct stat st;
	void *p;
	int fd;

	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		abort();
	*len = (size_t)st.st_size;
	p = mmap(NULL, *len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		abort();
	(void)close(fd);
	return (p);
}

static void
make_map(void)
{
	const uint8_t store[MAP_STORE_ID_LEN] = "fuzz";
	struct map_header *h;
	struct map_writer *w;
	struct map_value v;
	struct map_key k;
	char err[200];
	unsigned i;
	size_t len;

	if (mkdtemp(dir) == NULL)
		abort();
	(void)atexit(leave);
	w = map_writer_open(dir, store, err, sizeof err);
	if (w == NULL)
		abort();
	for (i = 0; i < ALIASES + 10; i++) {
		(void)snprintf(names[i], sizeof names[i], "name-%u", i * i);
		k = nth_key(i);
		v = nth_value(i);
		if (i < ALIASES && map_writer_put(w, &k, &v) != 0)
			abort();
	}
	v = nth_value(8);
	if (map_writer_put(w, &fallback, &v) != 0)
		abort();
	v.due_ms = 5;
	for (i = 0; i < PLANNED; i++)
		if (map_writer_put(w, &planned[i], &v) != 0)
			abort();
	map_writer_commit(w, 1);
	map_writer_close(w);
	control = map_file("control", &len);
	data = map_file("data.1", &data_len);
	good_control = malloc(len);
	good_data = malloc(data_len);
	if (good_control == NULL || good_data == NULL)
		abort();
	memcpy(good_control, control, len);
	memcpy(good_data, data, data_len);
	/* Noted here: edit() may change what the header says. */
	h = (struct map_header *)(void *)good_data;
	records_at = MAP_PAGE + MAP_SLOTS_MIN * 8;
	records_len = atomic_load(&h->used) - records_at;
}

static void
forge_sums(void)
{
	struct map_control *c = (struct map_control *)(void *)control;
	struct map_fixed *f = (struct map_fixed *)(void *)data;

	c->sum = map_control_sum(c);
	f->sum = map_fixed_sum(f);
}

/* An edit is a kind, a place, and eight bytes. */
static void
edit(const uint8_t *p)
{
	uint16_t at;

	memcpy(&at, p + 1, 2);
	switch (p[0] % 6) {
	case 0:
		memcpy(control + at % 184, p + 3, 8);
		break;
	case 1:
		memcpy(data + at % 400, p + 3, 8);
		break;
	case 2:
		memcpy(data + MAP_PAGE + at % MAP_SLOTS_MIN * 8, p + 3, 8);
		break;
	case 3:
		memcpy(data + records_at + at % (data_len - records_at - 8),
		    p + 3, 8);
		break;
	case 4:
		data[records_at + at % records_len] = p[3];
		break;
	default:
		forge_sums();
		break;
	}
}

static int
each(void *priv, const struct map_key *k, const struct map_value *v)
{
	unsigned *sum = priv;

	*sum += (unsigned)(k->org_len + k->name_len + v->hash[0]);
	if (k->name_len > 0)
		*sum += ((const uint8_t *)k->name)[k->name_len - 1];
	return (0);
}

static void
look(void)
{
	bool sound = map_check(dir, NULL, NULL) == 0;
	struct map_reader *r = map_reader_open(dir);
	struct map_value got, want;
	struct map_status st;
	struct map_key k;
	unsigned i, sum = 0;

	for (i = 0; i < ALIASES + 10; i++) {
		k = nth_key(i);
		want = nth_value(i);
		if (map_find(r, &k, &got) == MAP_FOUND && sound &&
		    i % 4 != 3 && (got.epoch != want.epoch ||
		    got.soft != want.soft || got.revoked != want.revoked ||
		    got.has_shown != want.has_shown ||
		    got.has_previous != want.has_previous ||
		    (got.has_shown &&
		    memcmp(got.shown, want.shown, MAP_HASH_LEN) != 0) ||
		    (got.has_previous &&
		    memcmp(got.previous, want.previous, MAP_HASH_LEN) != 0) ||
		    memcmp(got.hash, want.hash, MAP_HASH_LEN) != 0))
			abort();
	}
	(void)map_find(r, &fallback, &got);
	map_reader_tick(r, 1);
	map_reader_status(r, 1, &st);
	map_reader_close(r);
	(void)map_each(dir, each, &sum);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{

	if (data == NULL)
		make_map();
	for (; len >= 11; p += 11, len -= 11)
		edit(p);
	look();
	memcpy(control, good_control, MAP_PAGE);
	memcpy(data, good_data, data_len);
	return (0);
}
