/* SPDX-License-Identifier: BSD-2-Clause */
/* What may go wrong: kill -9, a full disk, a damaged or newer database. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store_alias.h"
#include "store/store_source.h"
#include "store_util.h"

/*--------------------------------------------------------------------
 * kill -9
 */

#define WINDOW	64		/* writes under way */
#define ROUNDS	8

struct flood {
	struct fixture	*f;
	int		fd;
	unsigned	next;
	char		hash[HASH_HEX + 1];
	struct store_alias_put p[WINDOW];
};

static void flood_done(struct store_job *);

static void
flood_one(struct flood *fl, struct store_alias_put *p)
{

	fill_alias(p, "org", fl->hash, "n%u", fl->next++);
	p->job.done = flood_done;
	p->job.arg = fl;
	store_alias_put(fl->f->store, p);
}

static void
flood_done(struct store_job *j)
{
	struct store_alias_put *p = (struct store_alias_put *)j;
	struct flood *fl = j->arg;
	unsigned n = (unsigned)strtoul(p->alias.name + 1, NULL, 10);

	if (j->status != STORE_CREATED ||
	    write(fl->fd, &n, sizeof n) != sizeof n)
		_exit(2);
	flood_one(fl, p);
}

static void
flood(struct fixture *f, const char *hash, unsigned first, int fd)
{
	struct flood *fl = calloc(1, sizeof *fl);
	unsigned i;

	if (fl == NULL || event_reinit(f->base) != 0)
		_exit(3);
	fixture_open(f);
	fl->f = f;
	fl->fd = fd;
	fl->next = first;
	(void)snprintf(fl->hash, sizeof fl->hash, "%s", hash);
	for (i = 0; i < WINDOW; i++)
		flood_one(fl, &fl->p[i]);
	(void)event_base_dispatch(f->base);
	_exit(4);
}

/* Kills it after *limit* acknowledged writes; gives the highest of all. */
static unsigned
flood_and_kill(struct fixture *f, const char *hash, unsigned first,
    unsigned limit)
{
	unsigned n, last = first, acked = 0;
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)close(fds[0]);
		flood(f, hash, first, fds[1]);
	}
	(void)close(fds[1]);
	while (read(fds[0], &n, sizeof n) == sizeof n) {
		last = n > last ? n : last;
		if (++acked == limit)
			assert_int_equal(kill(pid, SIGKILL), 0);
	}
	(void)close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_true(acked >= limit);
	return (last);
}

static void
t_kill(void **state)
{
	struct fixture *f = *state;
	struct store_alias a;
	char one[HASH_HEX + 1], name[32];
	unsigned i, round, last, first = 0;

	assert_int_equal(put_image(f, "org", "1", one), STORE_CREATED);
	for (round = 0; round < ROUNDS; round++) {
		fixture_close(f);
		last = flood_and_kill(f, one, first, 200 + 137 * round);
		fixture_open(f);
		for (i = 0; i <= last; i++) {
			(void)snprintf(name, sizeof name, "n%u", i);
			assert_int_equal(store_alias_get(f->store, "org",
			    name, &a), STORE_OK);
			assert_hash(&a.hash, one);
		}
		/* Those that were under way may be there or not. */
		first = last + 1;
		while ((void)snprintf(name, sizeof name, "n%u", first),
		    store_alias_get(f->store, "org", name, &a) == STORE_OK)
			first++;
	}
	print_message("%u writes, %u times killed\n", first, ROUNDS);
}

/* An upload that was never finished leaves nothing behind. */
static void
t_orphans(void **state)
{
	struct fixture *f = *state;
	char path[160], one[HASH_HEX + 1];
	struct store_source s;
	int fd, status;
	pid_t pid;

	assert_int_equal(put_image(f, "org", "1", one), STORE_CREATED);
	fixture_close(f);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct store_blob *b;

		if (event_reinit(f->base) != 0)
			_exit(1);
		fixture_open(f);
		b = store_blob_new(f->store);
		_exit(b != NULL && store_blob_write(b, "x", 1) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	(void)snprintf(path, sizeof path, "%s/blobs/ab/"
	    "ab00000000000000000000000000000000000000", f->dir);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	(void)close(fd);
	fixture_open(f);
	assert_int_equal(access(path, F_OK), -1);
	(void)snprintf(path, sizeof path, "%s/tmp", f->dir);
	assert_int_equal(rmdir(path), 0);	/* it is empty */
	assert_int_equal(store_source_get(f->store, "org", IMAGE(one),
	    false, &s), STORE_OK);
	fd = store_source_open(f->store, &s);
	assert_true(fd >= 0);
	(void)close(fd);
	store_source_clear(&s);
}

/*--------------------------------------------------------------------
 * A full disk
 */

/* A small file system of its own, where that is allowed. */
static bool
mount_small(const char *dir)
{

	if (unshare(geteuid() == 0 ? CLONE_NEWNS :
	    CLONE_NEWUSER | CLONE_NEWNS) != 0)
		return (false);
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return (false);
	return (mount("small", dir, "tmpfs", 0, "size=1m") == 0);
}

static int
fill_disk(const char *dir)
{
	static const char zeros[4096];
	char path[128];
	int fd;

	(void)snprintf(path, sizeof path, "%s/ballast", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return (-1);
	while (write(fd, zeros, sizeof zeros) > 0)
		continue;
	(void)close(fd);
	return (errno == ENOSPC ? 0 : -1);
}

/* Where there is no mount, the log fails to grow by this. */
static void
limit_files(rlim_t size)
{
	struct rlimit rl;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &rl), 0);
	rl.rlim_cur = size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &rl), 0);
}

static void
full(struct fixture *f, bool small)
{
	char one[HASH_HEX + 1], path[128], name[32];
	struct store_alias a;
	enum store_status status = STORE_OK;
	unsigned i, n = 0, seen = f->published;

	assert_int_equal(put_org(f, "org"), STORE_CREATED);
	assert_int_equal(put_image(f, "org", "1", one), STORE_CREATED);
	if (small)
		assert_int_equal(fill_disk(f->dir), 0);
	else
		limit_files(200000);
	/* Some fit in, because the log has room; then they are refused. */
	for (i = 0; i < 5000 && status < STORE_FULL; i++) {
		(void)snprintf(name, sizeof name, "n%u", i);
		status = put_alias(f, "org", name, one, false);
		if (status == STORE_CREATED)
			n++;
	}
	/* SQLite knows a full disk from another failed write. */
	assert_int_equal(status, small ? STORE_FULL : STORE_ERROR);
	assert_int_equal(f->published, seen + n);
	assert_int_equal(store_alias_get(f->store, "org", name, &a),
	    STORE_NOT_FOUND);
	if (small) {
		(void)snprintf(path, sizeof path, "%s/ballast", f->dir);
		assert_int_equal(unlink(path), 0);
	} else
		limit_files(RLIM_INFINITY);
	assert_int_equal(put_alias(f, "org", name, one, false),
	    STORE_CREATED);
	for (i = 0; i < n; i++) {
		(void)snprintf(name, sizeof name, "n%u", i);
		assert_int_equal(store_alias_get(f->store, "org", name, &a),
		    STORE_OK);
	}
}

/* In a process of its own, that a mount and a limit stay there. */
static void
t_full(void **state)
{
	struct fixture f = { .n = 0 };
	int status, want_small;
	pid_t pid;

	(void)state;
	for (want_small = 0; want_small < 2; want_small++) {
		(void)snprintf(f.dir, sizeof f.dir, "full.XXXXXX");
		assert_non_null(mkdtemp(f.dir));
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			bool small = want_small && mount_small(f.dir);

			(void)signal(SIGXFSZ, SIG_IGN);
			f.base = event_base_new();
			fixture_open(&f);
			full(&f, small);
			fixture_close(&f);
			print_message("disk full: %s\n",
			    small ? "tmpfs" : "RLIMIT_FSIZE");
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
		remove_folder(f.dir);
	}
}

/*--------------------------------------------------------------------
 * A bad database
 */

static void
refused(struct fixture *f, const char *why)
{
	struct store_conf conf = { .dir = f->dir, .base = f->base };
	char err[512] = "";

	assert_null(store_open(&conf, err, sizeof err));
	if (strstr(err, why) == NULL)
		fail_msg("\"%s\" is not in: %s", why, err);
}

/* What it was before. */
static int
swap_version(const char *path, int version)
{
	char sql[64];
	sqlite3_stmt *s;
	sqlite3 *h;
	int old;

	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(h, "PRAGMA user_version", -1, &s,
	    NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	old = sqlite3_column_int(s, 0);
	(void)sqlite3_finalize(s);
	(void)snprintf(sql, sizeof sql, "PRAGMA user_version=%d", version);
	assert_int_equal(sqlite3_exec(h, sql, NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(h);
	return (old);
}

static void
t_bad(void **state)
{
	struct fixture *f = *state;
	char path[128], bytes[8192];
	int fd, version;

	fixture_close(f);
	(void)snprintf(path, sizeof path, "%s/moniker.db", f->dir);
	version = swap_version(path, 999);
	refused(f, "newer moniker");
	assert_int_equal(swap_version(path, version), 999);
	fixture_open(f);
	fixture_close(f);
	memset(bytes, 0xa5, sizeof bytes);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, sizeof bytes, 4096), sizeof bytes);
	(void)close(fd);
	refused(f, "damaged");
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, 100, 0), 100);
	(void)close(fd);
	refused(f, "not a database");
	assert_int_equal(unlink(path), 0);
	fixture_open(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(t_kill), T(t_orphans), cmocka_unit_test(t_full), T(t_bad)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
