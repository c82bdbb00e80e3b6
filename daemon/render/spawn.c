/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process of a worker: with no environment, no signal handled or blocked,
 * and with namespaces of its own where the kernel gives them. posix_spawn()
 * cannot ask for those, so this is the same by clone(): the child borrows the
 * daemon's memory until it executes, and calls nothing but the system.
 */
#include "config.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "render/pool_priv.h"

#define WORKER_FD	3

/* No process, network or mount of others is seen in it. */
#define EMPTY	(CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWNS)

struct child {
	const char	*program;
	int		sock, flags, error;
	char		uid_map[32], gid_map[32];
};

static void
put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	/* Without it the worker has no right to empty its folders. */
	(void)!write(fd, text, strlen(text));
	(void)close(fd);
}

static int
child_main(void *arg)
{
	static char name[] = "monikerd: worker", flag[] = "--render-worker";
	char *argv[] = { name, flag, NULL };
#ifdef MONIKER_SANITIZED
	char **env = environ;	/* the sanitizer's options */
#else
	char *env[] = { NULL };
#endif
	struct sigaction sa = { .sa_handler = SIG_DFL };
	struct child *c = arg;
	sigset_t none;

	if (c->flags & CLONE_NEWUSER) {
		put("/proc/self/setgroups", "deny");
		put("/proc/self/uid_map", c->uid_map);
		put("/proc/self/gid_map", c->gid_map);
	}
	for (int sig = 1; sig < NSIG; sig++)
		(void)sigaction(sig, &sa, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(c->sock, WORKER_FD) == WORKER_FD)
		(void)execve(c->program, argv, env);
	c->error = errno;
	_exit(127);
}

/* The number of the process, or -1 and errno. */
static pid_t
start(struct child *c, int flags)
{
	static _Alignas(16) char stack[32768];
	pid_t pid;

	c->flags = flags;
	c->error = 0;
	pid = clone(child_main, stack + sizeof stack,
	    CLONE_VM | CLONE_VFORK | SIGCHLD | flags, c);
	if (pid < 0 || c->error == 0)
		return (pid);
	(void)waitpid(pid, NULL, 0);
	errno = c->error;
	return (-1);
}

pid_t
worker_spawn(const char *program, int sock, struct wire_limits *l)
{
	struct child c = { .program = program, .sock = sock };
	sigset_t all, was;
	pid_t pid = -1;
	int e;

	/* Root of the namespace, as only it may set up what is in there. */
	(void)snprintf(c.uid_map, sizeof c.uid_map, "0 %u 1", geteuid());
	(void)snprintf(c.gid_map, sizeof c.gid_map, "0 %u 1", getegid());
	/* A handler of the daemon's must not run in the child. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &was);
	if (geteuid() == 0)
		pid = start(&c, EMPTY);
	if (pid < 0)
		pid = start(&c, EMPTY | CLONE_NEWUSER);
	l->user_namespace = pid > 0 && (c.flags & CLONE_NEWUSER) != 0;
	l->refused = pid < 0 ? (uint32_t)errno : 0;
	if (pid < 0)
		pid = start(&c, 0);
	e = errno;
	(void)pthread_sigmask(SIG_SETMASK, &was, NULL);
	errno = e;
	return (pid);
}
