/* SPDX-License-Identifier: BSD-2-Clause */
/* The cage of a worker: what fails in it, and a drawing that tries. */
#include "config.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "render/sandbox.h"
#include "render_asked.h"

/* SVG where the operator allows it: drawn at its size, nothing fetched. */
static void
test_svg_allowed(void **state)
{
	static const char svg[] = "<svg xmlns='http://www.w3.org/2000/svg' "
	    "xmlns:xlink='http://www.w3.org/1999/xlink' width='40' "
	    "height='20'><rect width='40' height='20' fill='red'/>"
	    "<image xlink:href='file:///etc/passwd' width='9' height='9'/>"
	    "</svg>";
	struct render_conf conf = test_conf;
	struct render_pool *p;
	int was = asked_fd;
	struct asked a;
	unsigned left = 0;

	(void)state;
	conf.allow_svg = 1;
	p = pool_start(asked_base, &conf);
	asked_fd = bytes_fd(svg, sizeof(svg) - 1);
	(void)ask(p, "svg", "resize-width-200", &a, &left);
	event_base_dispatch(asked_base);
	if (a.r.status != RENDER_OK)
		fail_msg("%s", a.error);
	assert_int_equal(a.r.width, 200);
	assert_int_equal(a.r.height, 100);
	(void)close(asked_fd);
	asked_fd = was;
	render_pool_free(p);
}

static bool
proc_status_has(pid_t pid, const char *line)
{
	char path[64], buf[256];
	bool has = false;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(buf, sizeof(buf), f) != NULL)
		has |= strncmp(buf, line, strlen(line)) == 0;
	fclose(f);
	return (has);
}

/* A worker that rendered is in the cage, and holds no file but its socket. */
static void
test_worker_is_caged(void **state)
{
	struct render_pool *p = pool_start(asked_base, &test_conf);
	char path[64], to[64];
	struct asked a;
	unsigned left = 0;
	pid_t pid;

	(void)state;
	(void)ask(p, "one", QUICK, &a, &left);
	event_base_dispatch(asked_base);
	assert_int_equal(children(&pid, 1), 1);
	assert_true(proc_status_has(pid, "NoNewPrivs:\t1"));
	assert_true(proc_status_has(pid, "Seccomp:\t2"));
	for (int fd = 4; fd < 64; fd++) {
		(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
		if (readlink(path, to, sizeof(to)) >= 0)
			fail_msg("the worker holds descriptor %d", fd);
	}
	render_pool_free(p);
}

/* What fails in the cage; the exit status says which did not. */
static int
break_out(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char *argv[] = { NULL };
	char buf[8];
	int fd = memfd_create("x", 0), sv[2];

	if (fd < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, sv) != 0)
		return (1);
	if (sandbox_enter(buf, sizeof(buf)) != 0)
		return (2);
	if (open("/etc/passwd", O_RDONLY) >= 0 || errno != EPERM)
		return (3);
	if (open("/tmp/x", O_WRONLY | O_CREAT, 0600) >= 0)
		return (4);
	if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EPERM)
		return (5);
	if (connect(sv[0], (struct sockaddr *)&to, sizeof(to)) == 0 ||
	    errno != EPERM)
		return (6);
	if (execve("/bin/true", argv, argv) == 0 || errno != EPERM)
		return (7);
	if (fork() >= 0)
		return (8);
	if (kill(getppid(), 0) == 0 || errno != EPERM)
		return (9);
	if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
		return (10);
	if (unlink("/tmp/x") == 0 || mkdir("/tmp/x", 0700) == 0)
		return (11);
	/* What it needs works. */
	if (write(fd, "abc", 3) != 3 || lseek(fd, 0, SEEK_SET) != 0 ||
	    read(fd, buf, 3) != 3)
		return (12);
	return (0);
}

static void
test_cage_holds(void **state)
{
	pid_t pid = fork();
	int st;

	(void)state;
	if (pid == 0)
		_exit(break_out());
	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_true(WIFEXITED(st));
	assert_int_equal(WEXITSTATUS(st), 0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_svg_allowed),
		cmocka_unit_test(test_worker_is_caged),
		cmocka_unit_test(test_cage_holds),
	};

	worker_entry(argc, argv);
	return (cmocka_run_group_tests(tests, asked_start, asked_end));
}
