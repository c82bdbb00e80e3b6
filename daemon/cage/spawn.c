/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process to be caged: with no environment, no signal handled or blocked,
 * and with namespaces of its own where the kernel gives them. posix_spawn()
 * cannot ask for those, so this is the same by clone(): the child borrows the
 * daemon's memory until it executes, and calls nothing but the system.
 */
#include "config.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/trust_me.h"
#include "cage/spawn.h"

struct child {
	const struct spawn *spawn;
	int		flags, error;
	char		uid_map[32], gid_map[32];
};

static void
put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	/* Without it the child has no right to empty its folders. */
	(void)!write(fd, text, strlen(text));
	(void)close(fd);
}

static int
child_main(void *arg)
{
	struct child *c = arg;
	char *argv[] = { TRUST_ME(c->spawn->name), TRUST_ME(c->spawn->flag),
	    NULL };
#ifdef MONIKER_SANITIZED
	char **env = environ;	/* the sanitizer's options */
#else
	char *env[] = { NULL };
#endif
	struct sigaction sa = { .sa_handler = SIG_DFL };
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
	if (dup2(c->spawn->sock, SPAWN_FD) == SPAWN_FD)
		(void)execve(c->spawn->program, argv, env);
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
spawn_caged(struct spawn *sp)
{
	int empty = CLONE_NEWPID | CLONE_NEWNS | (sp->network ? 0 :
	    CLONE_NEWNET);
	struct child c = { .spawn = sp };
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
		pid = start(&c, empty);
	if (pid < 0)
		pid = start(&c, empty | CLONE_NEWUSER);
	sp->user_namespace = pid > 0 && (c.flags & CLONE_NEWUSER) != 0;
	sp->refused = pid < 0 ? errno : 0;
	if (pid < 0)
		pid = start(&c, 0);
	e = errno;
	(void)pthread_sigmask(SIG_SETMASK, &was, NULL);
	errno = e;
	return (pid);
}

/* dup2() keeps close-on-exec when both numbers are the same. */
int
spawn_pair(int sv[2])
{
	int other;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) != 0)
		return (-1);
	if (sv[1] != SPAWN_FD)
		return (0);
	other = fcntl(sv[1], F_DUPFD_CLOEXEC, SPAWN_FD + 1);
	(void)close(sv[1]);
	sv[1] = other;
	return (other < 0 ? -1 : 0);
}
