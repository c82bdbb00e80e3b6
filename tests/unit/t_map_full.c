/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A map on a file system without room: nothing breaks, nothing is lost, and
 * it goes on when there is room again. In a namespace of our own, where one
 * may mount a small tmpfs.
 */
#include "map_help.h"

#include <sched.h>
#include <sys/mount.h>

/* As in a container or a chroot that lets nobody mount. */
static void
leave_out(const char *what)
{

	print_message("skipped, as nothing can be mounted here: %s: %s\n",
	    what, strerror(errno));
	skip();
}

static void
write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		leave_out(path);
	(void)close(fd);
}

static char *
small_tmpfs(void)
{
	/* Where a skip, which does not return, leaves it in sight. */
	static char *dir;
	char uid[64], gid[64];

	dir = help_dir();
	(void)snprintf(uid, sizeof uid, "0 %u 1", (unsigned)getuid());
	(void)snprintf(gid, sizeof gid, "0 %u 1", (unsigned)getgid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
		leave_out("unshare");
	write_text("/proc/self/setgroups", "deny");
	write_text("/proc/self/uid_map", uid);
	write_text("/proc/self/gid_map", gid);
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("tmpfs", dir, "tmpfs", 0, "size=6m") != 0)
		leave_out("mount");
	return (dir);
}

static void
t_full(void **state)
{
	char *dir = small_tmpfs();
	struct map_writer *w = help_writer(dir);
	struct map_value v = help_value(1);
	struct map_reader *r;
	struct map_key k;
	unsigned i, j, n;
	char buf[32];
	int rc = 0;

	(void)state;
	map_writer_commit(w, 0);
	r = map_reader_open(dir);
	for (i = 0; rc == 0; i++) {
		k = help_key(buf, i);
		v = help_value(i);
		rc = map_writer_put(w, &k, &v);
		map_reader_tick(r, i);
	}
	n = i - 1;
	assert_int_equal(rc, ENOSPC);
	assert_true(n > 10000);
	/* Again and again; removals always work, and all else is there. */
	for (i = 0; i < 1000; i++)
		assert_int_equal(map_writer_put(w, &k, &v), ENOSPC);
	for (i = 0; i < 10; i++)
		help_drop(w, i);
	for (j = 0; j < 300; j++)
		assert_int_equal(map_writer_heartbeat(w, j), 0);
	for (i = 0; i < 10; i++)
		assert_int_equal(help_find(r, i, &v), MAP_ABSENT);
	for (; i < n; i++)
		help_expect(r, i, i);
	assert_int_equal(map_check(dir, NULL, NULL), 0);
	/* A rebuild fails as a whole and leaves the old map in place. */
	rc = map_writer_rebuild_begin(w, 10000000);
	assert_int_equal(rc, ENOSPC);
	help_expect(r, 11, 11);

	assert_int_equal(map_writer_rebuild_begin(w, 10), 0);
	for (i = 0; map_writer_put(w, &k, &v) == 0; i++)
		k = help_key(buf, i);
	assert_int_equal(map_writer_rebuild_end(w, 1), ENOSPC);
	help_expect(r, 11, 11);

	assert_int_equal(mount("tmpfs", dir, "tmpfs", MS_REMOUNT,
	    "size=64m"), 0);
	assert_int_equal(map_writer_rebuild_begin(w, n), 0);
	for (i = 0; i < 2 * n; i++)
		help_put(w, i, i + 7);
	assert_int_equal(map_writer_rebuild_end(w, 2), 0);
	for (i = 0; i < 2 * n; i++)
		help_expect(r, i, i + 7);
	assert_int_equal(map_check(dir, NULL, NULL), 0);
	map_reader_close(r);
	map_writer_close(w);
	(void)umount(dir);
	(void)rmdir(dir);
	free(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_full),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
