/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fetcher that was taken over: what it cannot do, and what the daemon does not
 * believe. This program is its own fetcher, of a kind by its name.
 */
#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cage/spawn.h"
#include "fetch/fetch.h"
#include "fetch/fetcher.h"
#include "render_util.h"

static struct fetch_request rq;
static struct wire_cage cage;
static int peer;		/* connected */

/*--------------------------------------------------------------------
 * The fetcher. Each attack says whether it got out.
 */

static void
say(unsigned kind, unsigned status, unsigned code, const void *bytes,
    size_t len)
{
	static struct frame f;

	f.kind = kind;
	f.status = status;
	f.code = code;
	f.len = (uint32_t)len;
	memcpy(f.bytes, bytes, len);
	(void)wire_send(SPAWN_FD, &f, FRAME_HEAD + len, NULL, 0);
}

static bool
out_by_files(void)
{
	struct open_how { uint64_t flags, mode, resolve; } how = { 0 };

	return (open("/etc/hosts", O_RDONLY) >= 0 || errno != EPERM ||
	    open("/", O_RDONLY | O_DIRECTORY) >= 0 ||
	    open("/tmp/x", O_WRONLY | O_CREAT, 0600) >= 0 ||
	    syscall(SYS_openat2, -1, "/", &how, sizeof how) >= 0 ||
	    unlink("/tmp/x") == 0 || mkdir("/tmp/x", 0700) == 0 ||
	    chdir("/") == 0 || chroot("/") == 0 || chmod("/", 0) == 0 ||
	    syscall(SYS_memfd_create, "x", 0) >= 0 || errno != EPERM ||
	    mount("none", "/", "tmpfs", 0, NULL) == 0 ||
	    unshare(CLONE_NEWUSER) == 0 || errno != EPERM);
}

/* connect() says it was done, for curl's sake, and is not. */
static bool
out_by_sockets(const struct sockaddr_in *to)
{
	struct sockaddr_in at, none = { .sin_family = AF_UNSPEC };
	socklen_t len = sizeof at;
	const void *sa = to, *un = &none;
	int pair[2];

	return (socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EPERM ||
	    socket(AF_INET, SOCK_DGRAM, 0) >= 0 ||
	    socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ||
	    socket(AF_NETLINK, SOCK_RAW, 0) >= 0 || errno != EPERM ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 ||
	    bind(peer, sa, sizeof *to) == 0 || errno != EPERM ||
	    listen(peer, 1) == 0 || accept(peer, NULL, NULL) >= 0 ||
	    errno != EPERM ||
	    /* away from whom it is connected to */
	    connect(peer, un, sizeof none) != 0 ||
	    connect(peer, sa, sizeof *to) != 0 ||
	    getpeername(peer, (struct sockaddr *)&at, &len) != 0 ||
	    at.sin_port == to->sin_port);
}

static bool
out_by_processes(void)
{
	char *argv[] = { NULL };
	pid_t parent = getppid();

	return (execve("/bin/true", argv, argv) == 0 || errno != EPERM ||
	    fork() >= 0 || vfork() >= 0 || errno != EPERM ||
	    syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) >= 0 ||
	    syscall(SYS_clone3, NULL, 0) >= 0 || errno != EPERM ||
	    ptrace(PTRACE_ATTACH, parent, 0, 0) == 0 || errno != EPERM ||
	    syscall(SYS_process_vm_readv, parent, 0, 0, 0, 0, 0) >= 0 ||
	    syscall(SYS_pidfd_open, parent, 0) >= 0 ||
	    kill(parent, 0) == 0 || errno != EPERM || kill(-1, 0) == 0 ||
	    syscall(SYS_tkill, parent, 0) == 0 || errno != EPERM);
}

static bool
out_by_rights(void)
{
	struct rlimit r = { RLIM_INFINITY, RLIM_INFINITY };
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1, 0);

	return (fcntl(peer, F_SETOWN, getppid()) == 0 || errno != EPERM ||
	    fcntl(peer, F_SETFL, O_ASYNC) == 0 || errno != EPERM ||
	    fcntl(peer, F_SETFL, O_NONBLOCK) != 0 ||
	    prctl(PR_SET_PDEATHSIG, 0) == 0 || errno != EPERM ||
	    setuid(0) == 0 || setrlimit(RLIMIT_CPU, &r) == 0 ||
	    errno != EPERM || syscall(SYS_bpf, 0, NULL, 0) >= 0 ||
	    syscall(SYS_io_uring_setup, 1, NULL) >= 0 || errno != EPERM ||
	    p == MAP_FAILED ||
	    mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0 ||
	    errno != EPERM);
}

static const char *
break_out(const struct sockaddr_in *to)
{
	if (out_by_files())
		return ("files");
	if (out_by_sockets(to))
		return ("sockets");
	if (out_by_processes())
		return ("processes");
	if (out_by_rights())
		return ("rights");
	return ("held");
}

/* A listening socket of this machine, with its address. */
static int
listener(struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof *at;

	*at = (struct sockaddr_in){ .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (fd < 0 || bind(fd, (struct sockaddr *)at, sizeof *at) != 0 ||
	    listen(fd, 5) != 0 ||
	    getsockname(fd, (struct sockaddr *)at, &len) != 0)
		_exit(99);
	return (fd);
}

/* Before a name is resolved: only what a resolver needs can be read. */
static const char *
look_around(void)
{
	int fd = open("/etc/hosts", O_RDONLY);

	if (fd < 0)
		return ("it cannot read what it needs");
	(void)close(fd);
	if (open("/tmp/x", O_WRONLY | O_CREAT, 0600) >= 0)
		return ("it can write");
	if (cage.landlock > 0 && (open("/proc/self/environ", O_RDONLY) >= 0 ||
	    open("/tmp", O_RDONLY) >= 0 || open("/var", O_RDONLY) >= 0))
		return ("it can read more than it needs");
	if (geteuid() == 0 && rq.user_namespace == 0 && cage.landlock > 0)
		return ("it is root");
	return (NULL);
}

static void
rogue_break_out(void)
{
	struct sockaddr_in to, other;
	enum fetch_status why;
	const char *how;
	char err[256];

	(void)listener(&to);
	(void)listener(&other);
	rq.url.port = ntohs(to.sin_port);
	if (fetcher_shut_first(&rq, &cage, err, sizeof err) != 0) {
		say(FRAME_FAILED, FETCH_BROKEN, 0, err, strlen(err));
		return;
	}
	how = look_around();
	peer = fetcher_connect(&rq, &why, err, sizeof err);
	if (how == NULL && peer < 0)
		how = err;
	if (how == NULL && fetcher_shut_last(&rq, &cage, err,
	    sizeof err) != 0)
		how = err;
	if (how == NULL)
		how = break_out(&other);
	say(FRAME_FAILED, FETCH_FAILED, 0, how, strlen(how));
}

static void
rogue_unasked(void)
{
	say(FRAME_DATA, 0, 0, "x", 1);
}

static void
rogue_twice(void)
{
	say(FRAME_SHUT, 0, 0, &cage, sizeof cage);
	say(FRAME_SHUT, 0, 0, &cage, sizeof cage);
}

static void
rogue_flood(void)
{
	static char much[FRAME_BYTES];

	say(FRAME_SHUT, 0, 0, &cage, sizeof cage);
	for (;;)
		say(FRAME_DATA, 0, 0, much, sizeof much);
}

static void
rogue_short(void)
{
	(void)send(SPAWN_FD, "x", 1, MSG_NOSIGNAL);
}

static void
rogue_long(void)
{
	static char much[100000];

	(void)send(SPAWN_FD, much, sizeof much, MSG_NOSIGNAL);
}

static void
rogue_descriptor(void)
{
	struct frame f = { .kind = FRAME_SHUT, .len = sizeof cage };
	int fd = STDIN_FILENO;

	memcpy(f.bytes, &cage, sizeof cage);
	(void)wire_send(SPAWN_FD, &f, FRAME_HEAD + sizeof cage, &fd, 1);
	say(FRAME_DONE, 0, 200, "", 0);
}

static void
rogue_elsewhere(void)
{
	say(FRAME_SHUT, 0, 0, &cage, sizeof cage);
	say(FRAME_MOVED, 0, 302, "http://[::1]/x", 14);
}

static void
rogue_hang(void)
{
	for (;;)
		(void)pause();
}

static void
rogue_die(void)
{
	(void)raise(SIGSEGV);
}

#define MALFORMED "the fetcher's answer is malformed"

static const struct rogue {
	const char	*kind;
	void		(*main)(void);
	enum fetch_status status;
	const char	*error;
} rogues[] = {
	{ "break-out", rogue_break_out, FETCH_FAILED, "held" },
	{ "unasked", rogue_unasked, FETCH_FAILED, MALFORMED },
	{ "twice", rogue_twice, FETCH_FAILED, MALFORMED },
	{ "flood", rogue_flood, FETCH_FAILED, MALFORMED },
	{ "short", rogue_short, FETCH_FAILED, MALFORMED },
	{ "long", rogue_long, FETCH_BROKEN, "the fetcher died" },
	{ "descriptor", rogue_descriptor, FETCH_OK, "" },
	{ "elsewhere", rogue_elsewhere, FETCH_REFUSED,
	    "the host ::1 is not among those of fetch_allow in "
	    "monikerd.conf" },
	{ "hang", rogue_hang, FETCH_FAILED, "it takes too long" },
	{ "die", rogue_die, FETCH_FAILED, "the fetcher died" },
};

#define N_ROGUES	(sizeof rogues / sizeof *rogues)

static void
rogue_main(const struct rogue *r)
{
	if (wire_recv(SPAWN_FD, &rq, sizeof rq, NULL, 0) !=
	    (ssize_t)FETCH_REQUEST_LEN(&rq))
		_exit(99);
	r->main();
	_exit(0);
}

/*--------------------------------------------------------------------
 * The daemon
 */

struct told {
	unsigned	times;
	enum fetch_status status;
	char		error[256];
};

static struct event_base *base;

static int
on_data(void *arg, const void *data, size_t len)
{
	(void)arg;
	(void)data;
	return (len == 0);
}

static void
on_done(void *arg, const struct fetch_result *r)
{
	struct told *t = arg;

	t->times++;
	t->status = r->status;
	(void)snprintf(t->error, sizeof t->error, "%s", r->error);
	(void)event_base_loopbreak(base);
}

static char allow[] = "127.0.0.1", ports[] = "80", ca_file[] = "/dev/null";

static unsigned
descriptors(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 1000; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return (n);
}

static void
test_rogues(void **state)
{
	struct fetch_conf conf = { .allow = allow, .ports = ports,
	    .allow_nets = allow, .ca_file = ca_file, .max_bytes = 1000000,
	    .timeout_ms = 20000, .redirects = 3, .at_once = 2,
	    .at_once_org = 2 };
	struct worker_kind kind;
	struct fetch *f;
	char err[256];
	unsigned fds;

	(void)state;
	base = event_base_new();
	for (size_t i = 0; i < N_ROGUES; i++) {
		struct told t = { .times = 0 };
		const struct fetch_ask ask = { .org = "demo",
		    .url = "http://127.0.0.1/", .data = on_data,
		    .done = on_done, .arg = &t };

		worker_kind_new(&kind, rogues[i].kind);
		conf.program = kind.path;
		conf.timeout_ms = strcmp(rogues[i].kind, "hang") == 0 ? 100 :
		    20000;
		f = fetch_new(base, &conf);
		fds = descriptors();
		assert_int_equal(fetch_begin(f, &ask, err, sizeof err),
		    FETCH_OK);
		(void)event_base_dispatch(base);
		assert_int_equal(t.times, 1);
		if (t.status != rogues[i].status ||
		    strcmp(t.error, rogues[i].error) != 0)
			fail_msg("%s: %d %s", rogues[i].kind, t.status,
			    t.error);
		fetch_free(f);
		assert_true(descriptors() <= fds);
		worker_kind_free(&kind);
	}
	event_base_free(base);
}

/* Only some at once, of one organization fewer; those that wait are told. */
static void
test_turns(void **state)
{
	struct fetch_conf conf = { .allow = allow, .ports = ports,
	    .allow_nets = allow, .ca_file = ca_file, .max_bytes = 1000000,
	    .timeout_ms = 60000, .at_once = 3, .at_once_org = 2 };
	struct told t = { .times = 0 };
	struct fetch_ask ask = { .url = "http://127.0.0.1/", .data = on_data,
	    .done = on_done, .arg = &t };
	struct worker_kind kind;
	struct fetch_stats s;
	struct fetch *f;
	char err[256];
	unsigned n;

	(void)state;
	base = event_base_new();
	worker_kind_new(&kind, "hang");
	conf.program = kind.path;
	f = fetch_new(base, &conf);
	for (int i = 0; i < 5; i++) {
		ask.org = i < 4 ? "one" : "two";
		assert_int_equal(fetch_begin(f, &ask, err, sizeof err),
		    FETCH_OK);
	}
	(void)event_base_loop(base, EVLOOP_ONCE);
	fetch_stats(f, &s);
	assert_int_equal(s.running, 3);
	assert_int_equal(s.waiting, 2);
	/* The queue has an end. */
	ask.org = "three";
	for (n = 0; n < 1000 && fetch_begin(f, &ask, err, sizeof err) ==
	    FETCH_OK; n++)
		continue;
	assert_int_equal(n, 128);
	assert_int_equal(fetch_begin(f, &ask, err, sizeof err),
	    FETCH_BUSY);
	assert_int_equal(t.times, 0);
	fetch_free(f);
	assert_int_equal(t.times, 5 + 128);
	assert_int_equal(t.status, FETCH_BUSY);
	worker_kind_free(&kind);
	event_base_free(base);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rogues),
		cmocka_unit_test(test_turns),
	};

	for (size_t i = 0; i < N_ROGUES; i++)
		if (strcmp(worker_kind(), rogues[i].kind) == 0)
			rogue_main(&rogues[i]);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
