/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cache: copies of what the bucket has, those used last before the others. A
 * file's time of change is when it was used, about; so the order outlives a
 * restart. One that is unlinked while it is read stays until it was.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "blobs.h"

#define TOUCH_MS	60000	/* between two marks of its use on a file */

struct cached {
	struct hash	hash;
	int64_t		size;
	int64_t		used_s;		/* at the start */
	int64_t		touched_ms;
	GList		link;		/* data: this */
};

struct cache {
	pthread_mutex_t	mtx;
	int		fd;
	GHashTable	*table;		/* by hash, under mtx, as all below */
	GQueue		order;		/* used last: the head */
	int64_t		bytes, most;
	uint64_t	hits, evicted;
};

static guint
hash_key(gconstpointer p)
{
	const struct hash *h = p;
	guint n;

	memcpy(&n, h->b, sizeof n);
	return (n);
}

static gboolean
hash_same(gconstpointer a, gconstpointer b)
{

	return (hash_equal(a, b));
}

/*--------------------------------------------------------------------
 * Under mtx
 */

static void
cached_remove(struct cache *c, struct cached *e)
{
	char path[BLOB_NAME];

	blob_path(&e->hash, path);
	(void)unlinkat(c->fd, path, 0);
	c->bytes -= e->size;
	g_queue_unlink(&c->order, &e->link);
	(void)g_hash_table_remove(c->table, &e->hash);	/* frees it */
}

/* The newest stays whatever its size: somebody waits for it. */
static void
cache_evict(struct cache *c, int64_t most)
{

	while (c->bytes > most && c->order.length > 1) {
		cached_remove(c, c->order.tail->data);
		c->evicted++;
	}
}

static struct cached *
cached_add(struct cache *c, const struct hash *hash, int64_t size)
{
	struct cached *e = g_hash_table_lookup(c->table, hash);

	if (e != NULL) {
		c->bytes += size - e->size;
		e->size = size;
		g_queue_unlink(&c->order, &e->link);
	} else {
		e = g_new0(struct cached, 1);
		e->hash = *hash;
		e->size = size;
		e->link.data = e;
		(void)g_hash_table_insert(c->table, &e->hash, e);
		c->bytes += size;
	}
	g_queue_push_head_link(&c->order, &e->link);
	return (e);
}

/*--------------------------------------------------------------------
 * From any thread
 */

int
cache_open_blob(struct store *st, const struct hash *hash)
{
	struct cache *c = st->blobs->cache;
	int64_t now = clock_coarse_ms();
	struct cached *e;
	bool touch = false;
	int fd;

	fd = blob_open_file(c->fd, hash);
	if (fd < 0)
		return (-1);
	(void)pthread_mutex_lock(&c->mtx);
	c->hits++;
	e = g_hash_table_lookup(c->table, hash);
	if (e != NULL) {
		g_queue_unlink(&c->order, &e->link);
		g_queue_push_head_link(&c->order, &e->link);
		touch = now - e->touched_ms > TOUCH_MS;
		e->touched_ms = touch ? now : e->touched_ms;
	}
	(void)pthread_mutex_unlock(&c->mtx);
	if (touch)
		(void)futimens(fd, NULL);
	return (fd);
}

int
cache_take(struct store *st, const struct hash *hash, int from,
    const char *name, int64_t size)
{
	struct cache *c = st->blobs->cache;
	char path[BLOB_NAME];
	int e = 0;

	blob_path(hash, path);
	(void)pthread_mutex_lock(&c->mtx);
	if (renameat(from, name, c->fd, path) != 0)
		e = errno;
	else {
		cached_add(c, hash, size)->touched_ms = clock_coarse_ms();
		cache_evict(c, c->most);
	}
	(void)pthread_mutex_unlock(&c->mtx);
	return (e);
}

void
cache_drop(struct store *st, const struct hash *hash)
{
	struct cache *c = st->blobs->cache;
	struct cached *e;

	(void)pthread_mutex_lock(&c->mtx);
	e = g_hash_table_lookup(c->table, hash);
	if (e != NULL)
		cached_remove(c, e);
	(void)pthread_mutex_unlock(&c->mtx);
}

void
cache_free(struct store *st, int64_t bytes)
{
	struct cache *c = st->blobs->cache;

	(void)pthread_mutex_lock(&c->mtx);
	cache_evict(c, c->bytes > bytes ? c->bytes - bytes : 0);
	(void)pthread_mutex_unlock(&c->mtx);
}

void
cache_stats(struct store *st, struct store_bucket_stats *out)
{
	struct cache *c = st->blobs->cache;

	(void)pthread_mutex_lock(&c->mtx);
	out->cache_bytes = c->bytes;
	out->cache_files = c->order.length;
	out->hits = c->hits;
	out->evicted = c->evicted;
	(void)pthread_mutex_unlock(&c->mtx);
}

/*--------------------------------------------------------------------
 * The start
 */

static void
cache_read_folder(struct cache *c, int fd)
{
	struct dirent *d;
	struct cached *e;
	struct hash hash;
	struct stat sb;
	DIR *dir = fdopendir(fd);

	if (dir == NULL) {
		(void)close(fd);
		return;
	}
	while ((d = readdir(dir)) != NULL) {
		if (!hash_from_text(&hash, d->d_name) || fstatat(fd, d->d_name,
		    &sb, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		e = cached_add(c, &hash, sb.st_size);
		e->used_s = sb.st_mtime;
	}
	(void)closedir(dir);
}

static gint
by_use(gconstpointer a, gconstpointer b)
{
	const struct cached *x = a, *y = b;

	return (x->used_s > y->used_s ? -1 : x->used_s < y->used_s);
}

/* The links are the entries' own, so that the queue sorts a copy. */
static void
cache_sort(struct cache *c)
{
	GList *sorted = g_list_sort(g_list_copy(c->order.head), by_use), *l;
	struct cached *e;

	for (l = sorted; l != NULL; l = l->next) {
		e = l->data;
		g_queue_unlink(&c->order, &e->link);
		g_queue_push_tail_link(&c->order, &e->link);
	}
	g_list_free(sorted);
}

static int
cache_read(struct cache *c)
{
	char name[3];
	unsigned i;
	int fd;

	for (i = 0; i < 256; i++) {
		(void)snprintf(name, sizeof name, "%02x", i);
		if (mkdirat(c->fd, name, 0700) != 0 && errno != EEXIST)
			return (-1);
		fd = openat(c->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			return (-1);
		cache_read_folder(c, fd);
	}
	cache_sort(c);
	cache_evict(c, c->most);
	return (0);
}

int
cache_open(struct store *st, char *err, size_t err_len)
{
	struct cache *c = calloc(1, sizeof *c);

	if (c == NULL) {
		(void)snprintf(err, err_len, "out of memory");
		return (-1);
	}
	st->blobs->cache = c;
	(void)pthread_mutex_init(&c->mtx, NULL);
	c->table = g_hash_table_new_full(hash_key, hash_same, NULL, g_free);
	g_queue_init(&c->order);
	c->most = st->conf.bucket->cache_bytes;
	c->fd = -1;
	if ((mkdirat(st->dir_fd, "cache", 0700) == 0 || errno == EEXIST) &&
	    (c->fd = openat(st->dir_fd, "cache",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0 && cache_read(c) == 0)
		return (0);
	(void)snprintf(err, err_len, "cannot make the folder cache in %s: %s",
	    st->dir, strerror(errno));
	return (-1);
}

void
cache_close(struct store *st)
{
	struct cache *c = st->blobs->cache;

	if (c == NULL)
		return;
	g_hash_table_destroy(c->table);
	(void)pthread_mutex_destroy(&c->mtx);
	if (c->fd >= 0)
		(void)close(c->fd);
	free(c);
	st->blobs->cache = NULL;
}
