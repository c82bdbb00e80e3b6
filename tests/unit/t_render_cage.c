/* SPDX-License-Identifier: BSD-2-Clause */
/* The cage of a worker: what fails in it, and a drawing that tries. */
#include "config.h"

#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "worker/cage.h"
#include "worker/sandbox.h"
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
	asked_fd = bytes_fd(svg, sizeof svg - 1);
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

	(void)snprintf(path, sizeof path, "/proc/%d/status", pid);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(buf, sizeof buf, f) != NULL)
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
		(void)snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
		if (readlink(path, to, sizeof to) >= 0)
			fail_msg("the worker holds descriptor %d", fd);
	}
	render_pool_free(p);
}

/*--------------------------------------------------------------------
 * A worker in other hands. Each attack says whether it got out.
 */

static pid_t victim;		/* the daemon, as far as it can be named */
static int own[2];		/* a socket of the worker's own */

static bool
out_by_files(void)
{
	struct open_how { uint64_t flags, mode, resolve; } how = { 0 };

	return (open("/etc/passwd", O_RDONLY) >= 0 || errno != EPERM ||
	    open("/", O_RDONLY | O_DIRECTORY) >= 0 ||
	    open("/tmp/x", O_WRONLY | O_CREAT, 0600) >= 0 ||
	    syscall(SYS_openat2, -1, "/", &how, sizeof how) >= 0 ||
	    unlink("/tmp/x") == 0 || mkdir("/tmp/x", 0700) == 0 ||
	    chdir("/") == 0 || chroot("/") == 0 || chmod("/", 0) == 0 ||
	    syscall(SYS_memfd_create, "x", 0) >= 0);
}

static bool
out_by_mounts(void)
{
	return (mount("none", "/", "tmpfs", 0, NULL) == 0 ||
	    umount2("/", MNT_DETACH) == 0 ||
	    unshare(CLONE_NEWUSER) == 0 || unshare(CLONE_NEWNS) == 0 ||
	    setns(own[0], 0) == 0 || errno != EPERM);
}

static bool
out_by_sockets(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	return (socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EPERM ||
	    socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, own) == 0 ||
	    connect(own[0], (struct sockaddr *)&to, sizeof to) == 0 ||
	    errno != EPERM);
}

static bool
out_by_processes(void)
{
	char *argv[] = { NULL };

	return (execve("/bin/true", argv, argv) == 0 || errno != EPERM ||
	    fork() >= 0 || vfork() >= 0 ||
	    syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0) >= 0 ||
	    syscall(SYS_clone, CLONE_THREAD | CLONE_SIGHAND | CLONE_VM |
	    CLONE_NEWNET, 0, 0, 0, 0) >= 0 || errno != EPERM ||
	    ptrace(PTRACE_ATTACH, victim, 0, 0) == 0 || errno != EPERM ||
	    syscall(SYS_process_vm_readv, victim, 0, 0, 0, 0, 0) >= 0 ||
	    syscall(SYS_pidfd_open, victim, 0) >= 0);
}

static bool
out_by_signals(void)
{
	return (kill(victim, 0) == 0 || errno != EPERM ||
	    kill(-1, 0) == 0 || errno != EPERM ||
	    syscall(SYS_tgkill, victim, victim, 0) == 0 || errno != EPERM ||
	    syscall(SYS_tkill, victim, 0) == 0 || errno != EPERM ||
	    syscall(SYS_rt_sigqueueinfo, victim, 0, NULL) == 0);
}

/* The kernel sends SIGKILL to the owner of a socket when something comes. */
static bool
out_by_owner(void)
{
	struct { int type; pid_t pid; } ex = { 1, victim };
	int on = 1, pid = victim;

	return (fcntl(own[0], F_SETOWN, victim) == 0 || errno != EPERM ||
	    fcntl(own[0], F_SETOWN, 0) == 0 || errno != EPERM ||
	    fcntl(own[0], 15 /* F_SETOWN_EX */, &ex) == 0 ||
	    fcntl(own[0], 10 /* F_SETSIG */, SIGKILL) == 0 ||
	    fcntl(own[0], F_SETFL, O_ASYNC) == 0 || errno != EPERM ||
	    ioctl(own[0], FIOASYNC, &on) == 0 ||
	    ioctl(own[0], FIOSETOWN, &pid) == 0 || errno != EPERM);
}

static bool
out_by_locks(int fd)
{
	struct flock l = { .l_type = F_RDLCK };

	return (fcntl(fd, F_SETLK, &l) == 0 || errno != EPERM ||
	    fcntl(fd, F_OFD_SETLK, &l) == 0 || errno != EPERM ||
	    fcntl(fd, 1024 /* F_SETLEASE */, F_RDLCK) == 0 ||
	    errno != EPERM || flock(fd, LOCK_EX) == 0);
}

static bool
out_by_rights(void)
{
	struct rlimit r = { RLIM_INFINITY, RLIM_INFINITY };

	return (prctl(PR_SET_PDEATHSIG, 0) == 0 || errno != EPERM ||
	    prctl(PR_SET_DUMPABLE, 1) == 0 || errno != EPERM ||
	    prctl(PR_CAP_AMBIENT, 2, 0, 0, 0) == 0 || errno != EPERM ||
	    setuid(0) == 0 || setgid(0) == 0 ||
	    prlimit(victim, RLIMIT_CPU, NULL, &r) == 0 || errno != EPERM ||
	    setpriority(PRIO_PROCESS, victim, 1) == 0 || errno != EPERM ||
	    syscall(SYS_personality, 0x0400000) >= 0 ||
	    syscall(SYS_keyctl, 0, 0) >= 0 ||
	    syscall(SYS_bpf, 0, NULL, 0) >= 0 || errno != EPERM ||
	    syscall(SYS_perf_event_open, NULL, 0, 0, 0, 0) >= 0 ||
	    syscall(SYS_io_uring_setup, 1, NULL) >= 0 || errno != EPERM);
}

static bool
out_by_code(int fd)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1, 0);

	return (p == MAP_FAILED ||
	    mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0 ||
	    errno != EPERM || syscall(SYS_pkey_mprotect, p, 4096, PROT_EXEC,
	    -1) == 0 || mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1, 0) != MAP_FAILED || mmap(NULL, 4096, PROT_READ |
	    PROT_EXEC, MAP_SHARED, fd, 0) != MAP_FAILED);
}

/* What did not hold, or NULL. *fd* may be read and written. */
static const char *
break_out(int fd)
{
	char buf[4];

	if (out_by_files())
		return ("files");
	if (out_by_mounts())
		return ("mounts");
	if (out_by_sockets())
		return ("sockets");
	if (out_by_processes())
		return ("processes");
	if (out_by_signals())
		return ("signals");
	if (out_by_owner())
		return ("a socket's owner");
	if (out_by_locks(fd))
		return ("locks");
	if (out_by_rights())
		return ("rights");
	if (out_by_code(fd))
		return ("code");
	/* What it needs works. */
	if (write(fd, "abc", 3) != 3 || lseek(fd, 0, SEEK_SET) != 0 ||
	    read(fd, buf, 3) != 3 || fcntl(fd, F_DUPFD, 4) < 0)
		return ("nothing: it cannot even work");
	return (NULL);
}

/* The filter alone, without namespaces, and with the victim's number. */
static int
break_out_of_filter(void)
{
	struct wire_cage c = { 0 };
	int fd = memfd_create("x", 0);
	const char *how;
	char err[100];

	victim = getppid();
	if (fd < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, own) != 0 ||
	    sandbox_enter(&c, err, sizeof err) != 0)
		return (1);
	how = break_out(fd);
	if (how == NULL)
		return (0);
	(void)!write(STDERR_FILENO, how, strlen(how));
	return (2);
}

static void
test_filter_holds(void **state)
{
	pid_t pid = fork();
	int st;

	(void)state;
	if (pid == 0)
		_exit(break_out_of_filter());
	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_true(WIFEXITED(st));
	assert_int_equal(WEXITSTATUS(st), 0);
}

/* The kind of worker that breaks out */
#define ROGUE	"break-out"
#define SOCK	3

/* It gets a request, tries, and answers with what did not hold. */
static void
rogue_main(void)
{
	static struct wire_request rq;
	struct wire_reply reply = { .status = RENDER_OK };
	int fds[WIRE__FDS];
	const char *how;
	bool env = false;

#ifndef MONIKER_SANITIZED
	env = environ[0] != NULL;
#endif
	if (wire_recv(SOCK, &rq, sizeof rq, fds, WIRE__FDS) <= 0 ||
	    cage_enter(&reply.cage, &rq.limits) != 0 ||
	    sandbox_enter(&reply.cage, reply.error, sizeof reply.error) != 0)
		_exit(71);
	(void)wire_send(SOCK, &reply, sizeof reply, NULL, 0);
	if (wire_recv(SOCK, &rq, sizeof rq, fds, WIRE__FDS) <= 0)
		_exit(0);
	victim = (reply.cage.has & CAGE_NAMESPACES) ? 2 : getppid();
	own[0] = own[1] = SOCK;
	how = break_out(fds[WIRE_RESULT]);
	if (how == NULL && write(fds[WIRE_SOURCE], "x", 1) >= 0)
		how = "the source can be written to";
	if (how == NULL && env)
		how = "it has an environment";
	reply.status = RENDER_BAD_IMAGE;
	(void)snprintf(reply.error, sizeof reply.error, "%s",
	    how == NULL ? "held" : how);
	(void)wire_send(SOCK, &reply, sizeof reply, NULL, 0);
	_exit(0);
}

/* And a whole cage, by the daemon's own way of starting workers */
static void
test_cage_holds(void **state)
{
	struct render_conf conf = test_conf;
	struct worker_kind kind;
	struct render_pool *p;
	unsigned left = 0;
	struct asked a;

	(void)state;
	worker_kind_new(&kind, ROGUE);
	conf.program = kind.path;
	p = pool_start(asked_base, &conf);
	(void)ask(p, "one", QUICK, &a, &left);
	event_base_dispatch(asked_base);
	assert_string_equal(a.error, "held");
	render_pool_free(p);
	worker_kind_free(&kind);
}

/* As the metrics have it */
static unsigned
cage_part(const struct render_pool *p, const char *name)
{
	const char *part;
	unsigned has = 0;

	for (size_t i = 0; render_pool_cage(p, i, &part, &has); i++)
		if (strcmp(part, name) == 0)
			return (has);
	fail_msg("no part %s", name);
	return (0);
}

/* What the worker says of its cage is what the kernel says of the worker. */
static void
test_cage_is_told(void **state)
{
	struct render_conf conf = test_conf;
	char path[64], ours[64] = "", its[64] = "";
	struct render_pool *p;
	unsigned left = 0;
	struct asked a;
	pid_t pid;

	(void)state;
	conf.jit = 0;
	p = pool_start(asked_base, &conf);
	(void)ask(p, "one", QUICK, &a, &left);
	event_base_dispatch(asked_base);
	assert_int_equal(a.r.status, RENDER_OK);
	assert_int_equal(children(&pid, 1), 1);
	(void)snprintf(path, sizeof path, "/proc/%d/ns/net", pid);
	(void)!readlink("/proc/self/ns/net", ours, sizeof ours - 1);
	if (readlink(path, its, sizeof its - 1) > 0)
		assert_int_equal(cage_part(p, "namespaces"),
		    strcmp(ours, its) != 0);
	assert_int_equal(cage_part(p, "seccomp"), 1);
	assert_int_equal(cage_part(p, "code"), 1);
	assert_true(proc_status_has(pid, "CapEff:\t0000000000000000"));
	assert_true(proc_status_has(pid, "CapPrm:\t0000000000000000"));
	if (geteuid() == 0 && cage_part(p, "user"))
		assert_false(proc_status_has(pid, "Uid:\t0\t"));
	render_pool_free(p);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_svg_allowed),
		cmocka_unit_test(test_worker_is_caged),
		cmocka_unit_test(test_filter_holds),
		cmocka_unit_test(test_cage_holds),
		cmocka_unit_test(test_cage_is_told),
	};

	if (strcmp(worker_kind(), ROGUE) == 0)
		rogue_main();
	worker_entry(argc, argv);
	return (cmocka_run_group_tests(tests, asked_start, asked_end));
}
