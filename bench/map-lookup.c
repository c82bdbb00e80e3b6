/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ns per look-up of an alias, hits and misses, by size and threads: the map
 * beside the bare table of the same shape (8-byte slots into packed records,
 * key compared, value copied; nothing else), LMDB, and GHashTable. All in one
 * run, in interleaved rounds; medians of the thread's own time. The sizes may
 * be limited: map-lookup [MOST [LEAST]].
 *
 * A request makes one look-up and then does other things for microseconds. So
 * "single" keeps a look-up from beginning before the last has ended, by a
 * fence. "stream" lets the processor work at as many as it can see at once,
 * which a loop does and a request never; no goal hangs on it.
 */
#include "config.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <glib.h>
#include <lmdb.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "map-bench.h"

#define ROUNDS		7
#define SLICE_NS	40000000	/* a measurement */
#define QUERIES		(1u << 18)
#define BATCH		4096

struct bare {
	uint64_t	*index, mask, used;
	uint8_t		*record;
};

struct world {
	uint64_t		n;
	struct bare		bare;
	struct map_reader	*reader;
	GHashTable		*glib;
	uint8_t			*glib_store;
	MDB_env			*lmdb;
	MDB_dbi			dbi;
	struct bench_key	*query[2];	/* hits, misses */
	double			bytes;		/* per alias, without its key */
};

struct job {
	const struct world	*w;
	bool			miss;
	unsigned		first;
	double			ns;
	bool			wrong;
	pthread_barrier_t	*start;
};

static void
bare_put(struct bare *t, const struct bench_key *k, const uint8_t *hash)
{
	size_t len = strlen(k->text);
	uint64_t h = XXH3_64bits(k->text, len), i = h & t->mask;
	uint8_t *p = t->record + t->used;

	while (t->index[i] != 0)
		i = (i + 1) & t->mask;
	t->index[i] = (h & ~((UINT64_C(1) << 40) - 1)) | t->used >> 3;
	p[0] = (uint8_t)len;
	memcpy(p + 1, hash, MAP_HASH_LEN);
	memcpy(p + 1 + MAP_HASH_LEN, k->text, len);
	t->used += (1 + MAP_HASH_LEN + len + 7) & ~(size_t)7;
}

/* The key comes in two pieces, from the host and from the URL. */
static bool
bare_find(const struct bare *t, const struct map_key *k, uint8_t *hash)
{
	char key[MAP_ORG_MAX + 1 + MAP_NAME_MAX];
	size_t len = k->org_len + 1 + k->name_len;
	uint64_t h, i, slot;
	const uint8_t *p;

	memcpy(key, k->org, k->org_len);
	key[k->org_len] = '/';
	memcpy(key + k->org_len + 1, k->name, k->name_len);
	h = XXH3_64bits(key, len);
	i = h & t->mask;
	for (;; i = (i + 1) & t->mask) {
		slot = t->index[i];
		if (slot == 0)
			return (false);
		if ((slot ^ h) >> 40 != 0)
			continue;
		p = t->record + ((slot & ((UINT64_C(1) << 40) - 1)) << 3);
		if (p[0] == len && memcmp(p + 1 + MAP_HASH_LEN, key,
		    len) == 0) {
			memcpy(hash, p + 1, MAP_HASH_LEN);
			return (true);
		}
	}
}

static unsigned
run_bare(const struct world *w, const struct bench_key *q, unsigned n)
{
	uint8_t hash[MAP_HASH_LEN];
	unsigned hits = 0;

	for (; n-- > 0; q++) {
		hits += bare_find(&w->bare, &q->map, hash);
		bench_fence();
	}
	return (hits);
}

static unsigned
run_map(const struct world *w, const struct bench_key *q, unsigned n)
{
	struct map_value v;
	unsigned hits = 0;

	for (; n-- > 0; q++) {
		hits += map_find(w->reader, &q->map, &v) == MAP_FOUND;
		bench_fence();
	}
	return (hits);
}

static unsigned
run_glib(const struct world *w, const struct bench_key *q, unsigned n)
{
	uint8_t hash[MAP_HASH_LEN];
	unsigned hits = 0;
	const void *p;

	for (; n-- > 0; q++) {
		p = g_hash_table_lookup(w->glib, q->text);
		bench_fence();
		if (p == NULL)
			continue;
		memcpy(hash, p, MAP_HASH_LEN);
		hits++;
	}
	return (hits);
}

static unsigned
run_lmdb(const struct world *w, const struct bench_key *q, unsigned n)
{
	uint8_t hash[MAP_HASH_LEN];
	unsigned hits = 0;
	MDB_txn *txn;
	MDB_val k, v;

	if (mdb_txn_begin(w->lmdb, NULL, MDB_RDONLY, &txn) != 0)
		bench_die("mdb_txn_begin");
	for (; n-- > 0; q++) {
		k.mv_data = (void *)(uintptr_t)q->text;
		k.mv_size = (size_t)q->org_len + 1 + q->name_len;
		if (mdb_get(txn, w->dbi, &k, &v) != 0)
			continue;
		bench_fence();
		memcpy(hash, v.mv_data, MAP_HASH_LEN);
		hits++;
	}
	mdb_txn_abort(txn);
	return (hits);
}

typedef unsigned run_f(const struct world *, const struct bench_key *,
    unsigned);

static const struct engine {
	const char	*name;
	run_f		*run;
} engines[] = {
	{ "bare", run_bare },
	{ "map", run_map },
	{ "GHashTable", run_glib },
	{ "LMDB", run_lmdb },
};
#define ENGINES	(sizeof engines / sizeof engines[0])

static run_f *job_run;

static void *
job_main(void *priv)
{
	struct job *j = priv;
	uint64_t done = 0, t0, t;
	unsigned at = j->first, want = j->miss ? 0 : BATCH;

	(void)pthread_barrier_wait(j->start);
	t0 = bench_cpu_ns();
	do {
		if (job_run(j->w, j->w->query[j->miss] + at, BATCH) != want)
			j->wrong = true;
		at = (at + BATCH) % QUERIES;
		done += BATCH;
		t = bench_cpu_ns();
	} while (t - t0 < SLICE_NS);
	j->ns = (double)(t - t0) / (double)done;
	return (NULL);
}

static double
measure(const struct world *w, run_f *run, bool miss, unsigned threads)
{
	pthread_barrier_t start;
	pthread_t id[2];
	struct job j[2];
	double ns = 0;
	unsigned i;

	job_run = run;
	(void)pthread_barrier_init(&start, NULL, threads);
	for (i = 0; i < threads; i++) {
		j[i] = (struct job){ w, miss, i * (QUERIES / 2), 0, false,
		    &start };
		if (pthread_create(&id[i], NULL, job_main, &j[i]) != 0)
			bench_die("pthread_create");
	}
	for (i = 0; i < threads; i++) {
		(void)pthread_join(id[i], NULL);
		ns += j[i].ns / threads;
		if (j[i].wrong) {
			(void)fprintf(stderr, "a wrong answer\n");
			exit(70);
		}
	}
	(void)pthread_barrier_destroy(&start);
	return (ns);
}

static void *
bare_memory(size_t len)
{
	void *p;

	p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE |
	    MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		bench_die("mmap");
	return (p);
}

static int
key_order(const void *a, const void *b)
{

	return (strcmp(((const struct bench_key *)a)->text,
	    ((const struct bench_key *)b)->text));
}

/* In the order of the keys, which is how LMDB fills its pages best. */
static void
build_lmdb(struct world *w, const char *dir, struct bench_key *keys)
{
	struct map_value v;
	MDB_txn *txn;
	MDB_val k, d;
	uint64_t i;

	qsort(keys, w->n, sizeof *keys, key_order);
	if (mdb_env_create(&w->lmdb) != 0 ||
	    mdb_env_set_mapsize(w->lmdb, (w->n + 1000) * 160) != 0 ||
	    mdb_env_open(w->lmdb, dir, MDB_NOSYNC | MDB_NOTLS, 0600) != 0 ||
	    mdb_txn_begin(w->lmdb, NULL, 0, &txn) != 0 ||
	    mdb_dbi_open(txn, NULL, 0, &w->dbi) != 0)
		bench_die("lmdb");
	for (i = 0; i < w->n; i++) {
		bench_value(&v, i);
		k.mv_data = keys[i].text;
		k.mv_size = strlen(keys[i].text);
		d.mv_data = v.hash;
		d.mv_size = MAP_HASH_LEN;
		if (mdb_put(txn, w->dbi, &k, &d, MDB_APPEND) != 0)
			bench_die("mdb_put");
	}
	if (mdb_txn_commit(txn) != 0)
		bench_die("mdb_txn_commit");
}

static void
build_tables(struct world *w, struct bench_key *keys)
{
	struct map_value v;
	uint64_t i, slots = 1024;
	uint8_t *p;

	while (slots / 10 * 6 < w->n)
		slots *= 2;
	w->bare.mask = slots - 1;
	w->bare.index = bare_memory(slots * 8);
	w->bare.record = bare_memory(w->n * 72 + 8);
	w->bare.used = 8;
	w->glib = g_hash_table_new(g_str_hash, g_str_equal);
	w->glib_store = p = malloc(w->n * 72);
	if (p == NULL)
		bench_die("malloc");
	for (i = 0; i < w->n; i++) {
		bench_key(&keys[i], i, false);
		bench_value(&v, i);
		bare_put(&w->bare, &keys[i], v.hash);
		memcpy(p, v.hash, MAP_HASH_LEN);
		(void)strcpy((char *)p + MAP_HASH_LEN, keys[i].text);
		(void)g_hash_table_insert(w->glib, p + MAP_HASH_LEN, p);
		p += MAP_HASH_LEN + strlen(keys[i].text) + 1;
	}
}

static void
build_queries(struct world *w)
{
	uint64_t i;
	int miss;

	for (miss = 0; miss < 2; miss++) {
		w->query[miss] = malloc(QUERIES * sizeof *w->query[miss]);
		if (w->query[miss] == NULL)
			bench_die("malloc");
		for (i = 0; i < QUERIES; i++)
			bench_key(&w->query[miss][i], bench_mix(i + 77) % w->n,
			    miss != 0);
	}
}

/* File size, all room to grow included, less the names themselves. */
static double
file_bytes(const char *dir, uint64_t n, const struct bench_key *keys)
{
	struct map_status st;
	struct map_reader *r;
	struct stat sb;
	char path[300];
	uint64_t i, names = 0;

	r = map_reader_open(dir);
	map_reader_status(r, 0, &st);
	map_reader_close(r);
	(void)snprintf(path, sizeof path, "%s/data.%ju", dir,
	    (uintmax_t)st.generation);
	if (stat(path, &sb) != 0)
		bench_die(path);
	for (i = 0; i < n; i++)
		names += (uint64_t)keys[i].org_len + keys[i].name_len;
	return ((double)(sb.st_size - (off_t)names) / (double)n);
}

static void
build(struct world *w, const char *dir, uint64_t n)
{
	struct map_writer *writer;
	struct bench_key *keys;
	uint64_t t0;

	memset(w, 0, sizeof *w);
	w->n = n;
	keys = malloc(n * sizeof *keys);
	if (keys == NULL)
		bench_die("malloc");
	writer = bench_writer(dir);
	t0 = bench_ns();
	bench_fill(writer, n);
	(void)printf("# %.0e aliases: map rebuilt in %.2f s\n", (double)n,
	    (double)(bench_ns() - t0) / 1e9);
	map_writer_close(writer);
	w->reader = map_reader_open(dir);
	build_tables(w, keys);
	w->bytes = file_bytes(dir, n, keys);
	build_lmdb(w, dir, keys);
	build_queries(w);
	free(keys);
}

static void
demolish(struct world *w)
{

	mdb_env_close(w->lmdb);
	g_hash_table_destroy(w->glib);
	free(w->glib_store);
	map_reader_close(w->reader);
	(void)munmap(w->bare.index, (w->bare.mask + 1) * 8);
	(void)munmap(w->bare.record, w->n * 72 + 8);
	free(w->query[0]);
	free(w->query[1]);
}

/* Prints a line; returns the median of map/bare. */
static double
line(const struct world *w, bool miss, unsigned threads, bool single)
{
	double ns[ENGINES][ROUNDS], ratio[ROUNDS], med;
	unsigned e, r;

	bench_fenced = single;
	for (r = 0; r < ROUNDS; r++) {
		for (e = 0; e < ENGINES; e++)
			ns[e][r] = measure(w, engines[e].run, miss, threads);
		ratio[r] = ns[1][r] / ns[0][r];
	}
	med = bench_median(ratio, ROUNDS);
	(void)printf("%8.0e %8u %5s %7s", (double)w->n, threads,
	    miss ? "miss" : "hit", single ? "single" : "stream");
	for (e = 0; e < ENGINES; e++)
		(void)printf(" %10.1f", bench_median(ns[e], ROUNDS));
	(void)printf(" %10.2f %8.1f\n", med, w->bytes);
	(void)fflush(stdout);
	return (med);
}

int
main(int argc, char **argv)
{
	static const uint64_t sizes[] = { 1000, 100000, 1000000, 10000000 };
	double ratio, worst[2] = { 0, 0 };
	unsigned i, miss, threads;
	struct world w;
	bool met;
	char *dir;

	(void)printf("%8s %8s %5s %7s", "aliases", "threads", "what", "how");
	for (i = 0; i < ENGINES; i++)
		(void)printf(" %10s", engines[i].name);
	(void)printf(" %10s %8s\n", "map/bare", "B/alias");
	for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		if ((argc > 1 && (double)sizes[i] > atof(argv[1])) ||
		    (argc > 2 && (double)sizes[i] < atof(argv[2])))
			continue;
		dir = bench_dir();
		build(&w, dir, sizes[i]);
		for (threads = 1; threads <= 2; threads++)
			for (miss = 0; miss < 2; miss++) {
				ratio = line(&w, miss, threads, true);
				if (ratio > worst[miss])
					worst[miss] = ratio;
				(void)line(&w, miss, threads, false);
			}
		demolish(&w);
		bench_remove(dir);
	}
	met = bench_goal("map-lookup-hit", worst[0], 1.3, "x");
	met &= bench_goal("map-lookup-miss", worst[1], 1.3, "x");
	met &= bench_goal("map-bytes-per-alias", w.bytes, 64, " B");
	return (met ? 0 : 1);
}
