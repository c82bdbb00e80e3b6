/* SPDX-License-Identifier: BSD-2-Clause */
/* The pool: joining, bounds, cancelling, workers that die; and their cage. */
#include "config.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
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
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vips/vips.h>

#include "render/sandbox.h"
#include "render_util.h"

static struct event_base *base;
static int source_fd;

/* A second or more for a worker; any name is enough to tell sources apart. */
#define SLOW	"resize-width-3000--blur-sigma-11--blur-sigma-11--" \
	"blur-sigma-11--blur-sigma-11"
#define QUICK	"resize-width-20"

struct asked {
	unsigned	answers;
	struct render_result r;
	char		error[256];
	unsigned	*left;
};

static void
answered(void *arg, const struct render_result *r)
{
	struct asked *a = arg;

	a->answers++;
	a->r = *r;
	(void)snprintf(a->error, sizeof(a->error), "%s", r->error);
	if (--*a->left == 0)
		event_base_loopbreak(base);
}

static struct render_job *
ask(struct render_pool *p, const char *source, const char *segments,
    struct asked *a, unsigned *left)
{
	char err[256];
	int status;
	struct recipe *r = recipe_new(NULL, segments, "jpg", NULL, NULL,
	    &status, err, sizeof(err));
	struct render_job *j;

	assert_non_null(r);
	memset(a, 0, sizeof(*a));
	a->left = left;
	++*left;
	j = render_submit(p, source, source_fd, r, answered, a);
	assert_int_equal(a->answers, 0);	/* never from inside */
	recipe_free(r);
	return (j);
}

static void
test_joining(void **state)
{
	struct render_pool *p = pool_start(base, &test_conf);
	struct asked a[4];
	struct render_stats st;
	unsigned left = 0;

	(void)state;
	for (int i = 0; i < 3; i++)
		(void)ask(p, "one", QUICK, &a[i], &left);
	(void)ask(p, "two", QUICK, &a[3], &left);
	event_base_dispatch(base);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(a[i].answers, 1);
		assert_int_equal(a[i].r.status, RENDER_OK);
		assert_int_equal(a[i].r.width, 20);
	}
	render_pool_stats(p, &st);
	assert_int_equal(st.rendered, 2);
	assert_int_equal(st.joined, 2);
	assert_int_equal(st.waiting, 0);
	render_pool_free(p);
}

static void
test_queue_bound(void **state)
{
	struct render_conf conf = test_conf;
	struct render_pool *p;
	struct asked a[4];
	struct render_stats st;
	unsigned left = 0;
	char name[8];

	(void)state;
	conf.queue = 2;		/* no worker is ready yet: two may wait */
	p = pool_start(base, &conf);
	for (int i = 0; i < 4; i++) {
		(void)snprintf(name, sizeof(name), "s%d", i);
		(void)ask(p, name, QUICK, &a[i], &left);
	}
	event_base_dispatch(base);
	assert_int_equal(a[0].r.status, RENDER_OK);
	assert_int_equal(a[1].r.status, RENDER_OK);
	assert_int_equal(a[2].r.status, RENDER_BUSY);
	assert_int_equal(a[3].r.status, RENDER_BUSY);
	render_pool_stats(p, &st);
	assert_int_equal(st.refused, 2);
	render_pool_free(p);
}

/* Leaves this process *n* descriptors; *held* are those in their way. */
static unsigned
use_up(int held[256], unsigned n)
{
	unsigned got = 0;

	while (got < 256 && (held[got] = dup(source_fd)) >= 0)
		got++;
	assert_true(got < 256 && got >= n);
	for (; n > 0; n--)
		(void)close(held[--got]);
	return (got);
}

/* However many a composition of two sources gets: never "not found". */
static void
test_no_descriptors(void **state)
{
	const char *const segments = "composition-mode-background-width-10-"
	    "height-10-secondary_image-abcdef";
	char err[256];
	int status, held[256];
	struct recipe *r = recipe_new(NULL, segments, "jpg", NULL, NULL,
	    &status, err, sizeof(err));
	struct render_pool *p = pool_start(base, &test_conf);
	struct rlimit was, few;

	(void)state;
	assert_non_null(r);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	few = (struct rlimit){ 200, was.rlim_max };
	for (unsigned n = 0; n <= 3; n++) {
		unsigned left = 1, got;
		struct asked a = { .left = &left };

		assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
		got = use_up(held, n);
		(void)render_submit_two(p, "one", source_fd, source_fd, r,
		    answered, &a);
		while (got > 0)
			(void)close(held[--got]);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
		event_base_dispatch(base);
		assert_int_equal(a.r.status, n < 3 ? RENDER_BUSY : RENDER_OK);
	}
	recipe_free(r);
	render_pool_free(p);
}

static void
test_cancel(void **state)
{
	struct render_pool *p = pool_start(base, &test_conf);
	struct asked a[4];
	struct render_stats st;
	struct render_job *j[4];
	unsigned left = 0;

	(void)state;
	j[0] = ask(p, "one", QUICK, &a[0], &left);
	j[1] = ask(p, "two", QUICK, &a[1], &left);
	j[2] = ask(p, "two", QUICK, &a[2], &left);
	j[3] = ask(p, "three", QUICK, &a[3], &left);
	render_cancel(j[0]);	/* alone: dropped */
	render_cancel(j[1]);	/* the other still waits */
	left -= 2;
	event_base_dispatch(base);
	assert_int_equal(a[0].answers + a[1].answers, 0);
	assert_int_equal(a[2].r.status, RENDER_OK);
	assert_int_equal(a[3].r.status, RENDER_OK);
	render_pool_stats(p, &st);
	assert_int_equal(st.rendered, 2);
	render_pool_free(p);
}

/* The process ids of our children. */
static unsigned
children(pid_t *pids, unsigned most)
{
	char path[64];
	unsigned n = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children",
	    getpid());
	f = fopen(path, "r");
	assert_non_null(f);
	while (n < most && fscanf(f, "%d", &pids[n]) == 1)
		n++;
	fclose(f);
	return (n);
}

static void
kill_worker(evutil_socket_t fd, short what, void *arg)
{
	pid_t pid;

	(void)fd;
	(void)what;
	(void)arg;
	assert_int_equal(children(&pid, 1), 1);
	(void)kill(pid, SIGKILL);
}

static void
in_ms(int ms, event_callback_fn f)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	assert_int_equal(event_base_once(base, -1, EV_TIMEOUT, f, NULL, &tv),
	    0);
}

static void
test_worker_dies(void **state)
{
	struct render_pool *p = pool_start(base, &test_conf);
	struct asked a, b;
	struct render_stats st;
	unsigned left = 0;

	(void)state;
	(void)ask(p, "warm", QUICK, &a, &left);
	event_base_dispatch(base);
	(void)ask(p, "bad", SLOW, &a, &left);
	(void)ask(p, "good", QUICK, &b, &left);
	in_ms(50, kill_worker);
	event_base_dispatch(base);
	assert_int_equal(a.r.status, RENDER_CRASHED);
	assert_non_null(strstr(a.error, "signal 9"));
	assert_int_equal(b.r.status, RENDER_OK);	/* a new worker */
	render_pool_stats(p, &st);
	assert_int_equal(st.crashed, 1);
	render_pool_free(p);
}

/* The recipe is refused, not the image: others ask for other things. */
static void
test_too_long_then_quarantine(void **state)
{
	struct render_conf conf = test_conf;
	struct render_pool *p;
	struct asked a, b;
	unsigned left = 0;

	(void)state;
	conf.wall_ms = 60;
	p = pool_start(base, &conf);
	for (int i = 0; i < 2; i++) {
		(void)ask(p, "big", SLOW, &a, &left);
		event_base_dispatch(base);
		assert_int_equal(a.r.status, RENDER_CRASHED);
		assert_non_null(strstr(a.error, "too long"));
	}
	(void)ask(p, "big", SLOW, &a, &left);
	(void)ask(p, "big", QUICK, &b, &left);
	event_base_dispatch(base);
	assert_int_equal(a.r.status, RENDER_LIMIT);
	assert_non_null(strstr(a.error, "repeatedly"));
	assert_int_equal(b.r.status, RENDER_OK);
	render_pool_free(p);
}

static void
test_crash_then_quarantine(void **state)
{
	struct render_pool *p = pool_start(base, &test_conf);
	struct asked a, b;
	unsigned left = 0;

	(void)state;
	for (int i = 0; i < 2; i++) {
		(void)ask(p, "warm", QUICK, &a, &left);
		event_base_dispatch(base);
		(void)ask(p, "bad", SLOW, &a, &left);
		in_ms(50, kill_worker);
		event_base_dispatch(base);
		assert_int_equal(a.r.status, RENDER_CRASHED);
	}
	(void)ask(p, "bad", QUICK, &a, &left);
	(void)ask(p, "good", QUICK, &b, &left);
	event_base_dispatch(base);
	assert_int_equal(a.r.status, RENDER_BAD_IMAGE);
	assert_non_null(strstr(a.error, "repeatedly"));
	assert_int_equal(b.r.status, RENDER_OK);
	render_pool_free(p);
}

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
	int was = source_fd;
	struct asked a;
	unsigned left = 0;

	(void)state;
	conf.allow_svg = 1;
	p = pool_start(base, &conf);
	source_fd = bytes_fd(svg, sizeof(svg) - 1);
	(void)ask(p, "svg", "resize-width-200", &a, &left);
	event_base_dispatch(base);
	if (a.r.status != RENDER_OK)
		fail_msg("%s", a.error);
	assert_int_equal(a.r.width, 200);
	assert_int_equal(a.r.height, 100);
	(void)close(source_fd);
	source_fd = was;
	render_pool_free(p);
}

static void
test_no_program(void **state)
{
	struct render_conf conf = test_conf;
	char err[256] = "";

	(void)state;
	conf.program = "/nonexistent";
	assert_null(render_pool_new(base, &conf, err, sizeof(err)));
	assert_non_null(strstr(err, "/nonexistent"));
}

/*--------------------------------------------------------------------
 * The cage
 */

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
	struct render_pool *p = pool_start(base, &test_conf);
	char path[64], to[64];
	struct asked a;
	unsigned left = 0;
	pid_t pid;

	(void)state;
	(void)ask(p, "one", QUICK, &a, &left);
	event_base_dispatch(base);
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

static int
start(void **state)
{
	VipsImage *im;
	size_t len;
	void *buf;

	(void)state;
	if (VIPS_INIT("t_render_pool"))
		return (-1);
	base = event_base_new();
	if (vips_gaussnoise(&im, 400, 300, NULL) ||
	    vips_pngsave_buffer(im, &buf, &len, NULL))
		return (-1);
	source_fd = bytes_fd(buf, len);
	g_free(buf);
	g_object_unref(im);
	return (0);
}

static int
end(void **state)
{
	(void)state;
	event_base_free(base);
	return (0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_joining),
		cmocka_unit_test(test_queue_bound),
		cmocka_unit_test(test_no_descriptors),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_worker_dies),
		cmocka_unit_test(test_too_long_then_quarantine),
		cmocka_unit_test(test_crash_then_quarantine),
		cmocka_unit_test(test_svg_allowed),
		cmocka_unit_test(test_no_program),
		cmocka_unit_test(test_worker_is_caged),
		cmocka_unit_test(test_cage_holds),
	};

	worker_entry(argc, argv);
	return (cmocka_run_group_tests(tests, start, end));
}
