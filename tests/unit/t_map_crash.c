/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A writer is killed, again and again, at random instants and at each step of
 * a change, while readers in processes of their own verify every answer.
 */
#include "map_verify.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "map_failpoint.h"

#define READERS		2
#define KILLS		500
#define SEED		2463534242u

static struct verify *v;
static char *dir;
static uint64_t rnd = SEED;

/* Where the writer ends, and at which passing. */
static const char *die_where;
static unsigned die_nth;

static void
die_at(const char *where)
{

	if (strcmp(where, die_where) == 0 && die_nth-- == 0)
		(void)kill(getpid(), SIGKILL);
}

static const char * const points[] = {
	"put-record", "put-used", "put-count", "put-slot", "remove-begin",
	"remove-slot", "grow-begun", "grow-copied", "publish-sealed",
	"publish-switched", "retired", "commit",
};

static void
writer_main(void)
{
	struct map_writer *w;
	char err[256];
	uint64_t i;

	w = map_writer_open(dir, help_store, err, sizeof err);
	if (w == NULL) {
		(void)fprintf(stderr, "%s\n", err);
		_exit(2);
	}
	for (i = 0; die_where == NULL || i < 60000; i++) {
		if (verify_put(v, w, (unsigned)(help_random(&rnd) %
		    VERIFY_KEYS), true) != 0)
			_exit(3);
		if (i % 16 == 0)
			map_writer_commit(w, atomic_fetch_add(&v->seq, 1));
		if (i % 512 == 0 && map_writer_heartbeat(w, help_ms()) != 0)
			_exit(4);
		if (i % 3000 == 2999)
			verify_rebuild(v, w);
	}
	_exit(0);
}

static pid_t
writer_start(void)
{
	pid_t pid;

	(void)help_random(&rnd);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		writer_main();
	return (pid);
}

static void
reader_main(uint64_t seed)
{
	struct map_reader *r = map_reader_open(dir);
	struct map_status st;

	while (atomic_load(&v->stop) == 0) {
		map_reader_tick(r, help_ms());
		if (!verify_one(v, r, &seed))
			verify_wrong(v, 0, "unattached", 0, 0, 0);
	}
	map_reader_status(r, help_ms(), &st);
	if (st.bad != 0)
		verify_wrong(v, 0, "refused", st.bad, 0, 0);
	map_reader_close(r);
	_exit(0);
}

static void
expect_killed(pid_t pid, const char *where)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		fail_msg("writer to be killed at %s: status 0x%x", where,
		    (unsigned)status);
	if (atomic_load(&v->wrong) != 0)
		fail_msg("after a kill at %s: %ju wrong: %s", where,
		    (uintmax_t)atomic_load(&v->wrong), v->first);
	if (!help_sound(dir))
		fail_msg("the map is not sound after a kill at %s", where);
}

static void
t_kill_each_step(void **state)
{
	unsigned i, n;
	pid_t pid;

	(void)state;
	map_failpoint = die_at;
	for (i = 0; i < sizeof points / sizeof points[0]; i++)
		for (n = 0; n < 4; n++) {
			die_where = points[i];
			die_nth = n;
			/* The first ones happen while it opens and begins. */
			if (i < 6)
				die_nth = n * n * n * 37;
			pid = writer_start();
			expect_killed(pid, die_where);
		}
	map_failpoint = NULL;
	die_where = NULL;
}

static void
t_kill_any_time(void **state)
{
	const char *s = getenv("MAP_KILLS");
	unsigned i, kills = s != NULL ? (unsigned)atoi(s) : KILLS;
	struct timespec ts = { 0, 0 };
	pid_t pid;

	(void)state;
	for (i = 0; i < kills; i++) {
		pid = writer_start();
		ts.tv_nsec = (long)(help_random(&rnd) % 10000000);
		(void)nanosleep(&ts, NULL);
		assert_int_equal(kill(pid, SIGKILL), 0);
		expect_killed(pid, "a random instant");
	}
	print_message("%u kills, %ju look-ups\n", kills,
	    (uintmax_t)atomic_load(&v->lookups));
}

/* The next writer goes on; *old* is a reader from before it. */
static void
expect_next(char *folder, struct map_reader *old)
{
	struct map_writer *w = help_writer(folder);
	struct map_reader *r;

	help_put(w, 1, 2);
	map_writer_commit(w, 2);
	r = map_reader_open(folder);
	help_expect(r, 1, 2);
	map_reader_tick(old, help_ms() + 1000);
	help_expect(old, 1, 2);
	assert_true(help_sound(folder));
	map_reader_close(r);
	map_reader_close(old);
	map_writer_close(w);
	help_remove(folder);
}

static void
new_killed_at(const char *where)
{
	char *folder = help_dir();
	struct map_writer *w;
	pid_t pid;

	die_where = where;
	die_nth = 0;
	pid = fork();
	if (pid == 0) {
		w = help_writer(folder);
		help_put(w, 1, 1);
		map_writer_commit(w, 1);
		_exit(0);
	}
	die_where = "";
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	expect_next(folder, map_reader_open(folder));
}

/* The first publish of a folder. */
static void
t_kill_while_new(void **state)
{

	(void)state;
	map_failpoint = die_at;
	new_killed_at("control-filled");
	new_killed_at("control-renamed");
	new_killed_at("put-slot");
	new_killed_at("publish-sealed");
	new_killed_at("publish-switched");
	map_failpoint = NULL;
	die_where = NULL;
}

/*
 * While a folder that was removed is made anew. A reader of the old one must
 * end up with what the next writer says.
 */
static void
moved_killed_at(const char *where)
{
	char *folder = help_dir();
	struct map_writer *w = help_writer(folder);
	struct map_reader *r;
	int status;
	pid_t pid;

	help_put(w, 1, 1);
	map_writer_commit(w, 1);
	r = map_reader_open(folder);
	map_writer_close(w);
	pid = fork();
	if (pid == 0) {
		w = help_writer(folder);
		die_where = where;
		die_nth = 0;
		map_failpoint = die_at;
		help_empty(folder);
		(void)help_beat(w);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	map_reader_tick(r, help_ms());
	help_expect(r, 1, 1);
	expect_next(folder, r);
}

static void
t_kill_while_moved(void **state)
{

	(void)state;
	moved_killed_at("grow-begun");
	moved_killed_at("put-slot");
	moved_killed_at("control-filled");
	moved_killed_at("control-renamed");
	moved_killed_at("moved");
	moved_killed_at("publish-sealed");
	moved_killed_at("publish-switched");
	moved_killed_at("supersede");
	moved_killed_at("retired");
}

static int
setup(void **state)
{
	struct map_writer *w;
	pid_t *pid, p;
	unsigned i;

	dir = help_dir();
	v = mmap(NULL, sizeof *v, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(v != MAP_FAILED);
	w = help_writer(dir);
	map_writer_commit(w, 0);
	map_writer_close(w);
	pid = calloc(READERS, sizeof *pid);
	for (i = 0; i < READERS; i++) {
		p = fork();
		if (p == 0)
			reader_main(SEED * (i + 1));
		pid[i] = p;
	}
	*state = pid;
	return (0);
}

static int
teardown(void **state)
{
	pid_t *pid = *state;
	int i, status, bad = 0;

	atomic_store(&v->stop, 1);
	for (i = 0; i < READERS; i++)
		if (waitpid(pid[i], &status, 0) != pid[i] || status != 0)
			bad = 1;
	free(pid);
	help_remove(dir);
	if (atomic_load(&v->wrong) != 0)
		print_error("%s\n", v->first);
	return (bad || atomic_load(&v->wrong) != 0 ? -1 : 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_kill_while_new),
		cmocka_unit_test(t_kill_while_moved),
		cmocka_unit_test(t_kill_each_step),
		cmocka_unit_test(t_kill_any_time),
	};

	return (cmocka_run_group_tests(tests, setup, teardown));
}
