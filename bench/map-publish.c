/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a publish costs, by size of the map; and the longest pause of a reader
 * while a generation of the largest map is switched under load.
 *
 * "back to back" is one update right after the other. "after work" is what
 * the daemon does: before each update something else had the processor's
 * caches, there a commit of the database. The former is the thread's own time,
 * the latter a median by the wall's clock, which pauses are by as well.
 */
#include "config.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "map-bench.h"

#define SMALL		UINT64_C(1000)
#define LARGE		UINT64_C(10000000)
#define ROUNDS		9
#define WARM_UPDATES	20000		/* a round */
#define COLD_UPDATES	100		/* a round */
#define WORK_BYTES	(64u << 20)	/* more than the last cache holds */
#define SWITCHES	2
#define SWITCH_SECONDS	60		/* at most */
#define STALL_SECONDS	10

struct side {
	uint64_t		n;
	char			*dir;
	struct map_writer	*w;
	uint64_t		rnd, seq;
	double			warm[ROUNDS], cold[ROUNDS];
};

static uint8_t *work;
static volatile uint64_t sink;

static uint64_t
now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME_COARSE, &ts);
	return ((uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000);
}

struct change {
	struct bench_key	key;
	struct map_value	value;
};

static void
change_make(struct side *s, struct change *c)
{

	bench_key(&c->key, bench_mix(s->rnd++) % s->n, false);
	bench_value(&c->value, s->rnd);
}

/* One update, as the store's thread makes it. */
static void
update(struct side *s, const struct change *c)
{

	if (map_writer_put(s->w, &c->key.map, &c->value) != 0)
		bench_die("put");
	map_writer_commit(s->w, ++s->seq);
}

static double
warm_round(struct side *s)
{
	static struct change c[WARM_UPDATES];
	uint64_t i, t0;

	for (i = 0; i < WARM_UPDATES; i++)
		change_make(s, &c[i]);
	t0 = bench_cpu_ns();
	for (i = 0; i < WARM_UPDATES; i++)
		update(s, &c[i]);
	return ((double)(bench_cpu_ns() - t0) / WARM_UPDATES);
}

static double
cold_round(struct side *s)
{
	double ns[COLD_UPDATES];
	uint64_t t0, sum = 0;
	struct change c;
	unsigned i, j;

	for (i = 0; i < COLD_UPDATES; i++) {
		change_make(s, &c);
		for (j = 0; j < WORK_BYTES; j += 64)
			sum += work[j];
		sink = sum;
		/* A system call would pay for the lost caches as well. */
		t0 = bench_ns();
		update(s, &c);
		ns[i] = (double)(bench_ns() - t0);
	}
	return (bench_median(ns, COLD_UPDATES));
}

static void
side_open(struct side *s, uint64_t n)
{
	uint64_t t0 = bench_ns();

	memset(s, 0, sizeof *s);
	s->n = n;
	s->dir = bench_dir();
	s->w = bench_writer(s->dir);
	bench_fill(s->w, n);
	(void)printf("# %.0e aliases: rebuilt in %.2f s\n", (double)n,
	    (double)(bench_ns() - t0) / 1e9);
	map_writer_close(s->w);
	t0 = bench_ns();
	s->w = bench_writer(s->dir);
	(void)printf("# %.0e aliases: continued in %.2f s\n", (double)n,
	    (double)(bench_ns() - t0) / 1e9);
	(void)fflush(stdout);
}

static long
involuntary(void)
{
	struct rusage ru;

	(void)getrusage(RUSAGE_THREAD, &ru);
	return (ru.ru_nivcsw);
}

/*
 * The longest of many times. Where the kernel gave the processor to somebody
 * else in between, the time says nothing about the map.
 */
struct longest {
	_Atomic uint64_t	ns;
	long			switches;
};

static void
longest_add(struct longest *l, uint64_t ns)
{
	long is;

	if (ns <= atomic_load_explicit(&l->ns, memory_order_relaxed))
		return;
	is = involuntary();
	if (is == l->switches)
		atomic_store(&l->ns, ns);
	l->switches = is;
}

/*
 * The limit: for how long this machine stops a thread that does nothing but
 * look at the clock, without giving the processor to another. On a virtual
 * machine that is the host's doing.
 */
static uint64_t
machine_stall(unsigned seconds)
{
	uint64_t end, last, t;
	struct longest l = { 0 };

	l.switches = involuntary();
	last = bench_ns();
	end = last + seconds * UINT64_C(1000000000);
	while ((t = bench_ns()) < end) {
		longest_add(&l, t - last);
		last = bench_ns();
	}
	return (l.ns);
}

/* The writer is another process, as in real life. */
struct shared {
	_Atomic int		ready, stop;
	struct longest		put;
};

static void
writer_main(struct side *s, struct shared *sh)
{
	uint64_t beat = 0, t;
	struct change c;

	s->w = bench_writer(s->dir);
	atomic_store(&sh->ready, 1);
	while (atomic_load(&sh->stop) == 0) {
		if (now_ms() >= beat + 100) {
			beat = now_ms();
			(void)map_writer_heartbeat(s->w, beat);
		}
		change_make(s, &c);
		t = bench_ns();
		update(s, &c);
		longest_add(&sh->put, bench_ns() - t);
	}
	map_writer_close(s->w);
	_exit(0);
}

/*
 * Looks up until the generation has changed, and then while the old one is
 * given back. Returns the number of look-ups.
 */
static uint64_t
reader_main(const struct side *s, struct map_reader *r, struct longest *find,
    uint64_t *switches)
{
	uint64_t end = bench_ns() + SWITCH_SECONDS * UINT64_C(1000000000);
	uint64_t n, t, tail = 0;
	struct map_status st;
	struct map_value v;
	struct bench_key k;

	for (n = 0; t = bench_ns(), t < end && (tail == 0 || t < tail); n++) {
		bench_key(&k, bench_mix(n) % s->n, false);
		t = bench_ns();
		map_reader_tick(r, now_ms());
		if (map_find(r, &k.map, &v) != MAP_FOUND)
			bench_die("a wrong answer");
		longest_add(find, bench_ns() - t);
		if (n % 4096 != 0)
			continue;
		map_reader_status(r, now_ms(), &st);
		*switches = st.remaps - 1;
		if (tail == 0 && *switches >= SWITCHES)
			tail = bench_ns() + 5 * UINT64_C(1000000000);
	}
	return (n);
}

static bool
measure_switch(struct side *s)
{
	struct longest find = { 0 };
	uint64_t switches = 0, n, stall, after;
	struct map_reader *r;
	struct shared *sh;
	pid_t pid = -1;
	bool met;

	sh = mmap(NULL, sizeof *sh, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	stall = machine_stall(STALL_SECONDS);
	if (sh == MAP_FAILED || (pid = fork()) < 0)
		bench_die("fork");
	if (pid == 0)
		writer_main(s, sh);
	r = map_reader_open(s->dir);
	while (atomic_load(&sh->ready) == 0)
		(void)usleep(1000);
	find.switches = involuntary();
	n = reader_main(s, r, &find, &switches);
	atomic_store(&sh->stop, 1);
	(void)waitpid(pid, NULL, 0);
	after = machine_stall(STALL_SECONDS);
	if (after > stall)
		stall = after;
	(void)printf("\n%ju switches of %.0e aliases under %.1e look-ups\n"
	    "longest pause of the reader %9.1f us\n"
	    "longest pause of the writer %9.1f us\n"
	    "longest stall of an idle thread %5.1f us\n", (uintmax_t)switches,
	    (double)s->n, (double)n, (double)find.ns / 1e3,
	    (double)sh->put.ns / 1e3, (double)stall / 1e3);
	/* beyond what the machine does to any thread */
	met = bench_goal("map-switch-pause", find.ns < stall ? 0 :
	    (double)(find.ns - stall) / 1e3, 1000, " us");
	if (switches == 0)
		(void)printf("goal map-switches: 0 (wanted >= 1): missed\n");
	map_reader_close(r);
	return (met && switches > 0);
}

int
main(void)
{
	struct side small, large;
	double a, b, c, d;
	unsigned i;
	bool met;

	work = malloc(WORK_BYTES);
	if (work == NULL)
		bench_die("malloc");
	memset(work, 1, WORK_BYTES);
	side_open(&small, SMALL);
	side_open(&large, LARGE);
	for (i = 0; i < ROUNDS; i++) {
		small.warm[i] = warm_round(&small);
		large.warm[i] = warm_round(&large);
		small.cold[i] = cold_round(&small);
		large.cold[i] = cold_round(&large);
	}
	a = bench_median(small.warm, ROUNDS);
	b = bench_median(large.warm, ROUNDS);
	c = bench_median(small.cold, ROUNDS);
	d = bench_median(large.cold, ROUNDS);
	(void)printf("%8s %14s %14s   ns per update\n%8.0e %14.0f %14.0f\n"
	    "%8.0e %14.0f %14.0f\n", "aliases", "back to back", "after work",
	    (double)SMALL, a, c, (double)LARGE, b, d);
	(void)fflush(stdout);
	map_writer_close(small.w);
	map_writer_close(large.w);
	met = measure_switch(&large);
	met &= bench_goal("map-publish-time", (b > d ? b : d) / 1e3, 5, " us");
	met &= bench_goal("map-publish-ratio", d / c, 2, "x");
	bench_remove(small.dir);
	bench_remove(large.dir);
	free(work);
	return (met ? 0 : 1);
}
