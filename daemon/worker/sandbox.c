/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cage/confine.h"
#include "worker/sandbox.h"

/*--------------------------------------------------------------------
 * Limits
 */

/* Sources are mapped, which takes no memory; but not without end. */
#define SOURCE_ROOM	(UINT64_C(4) << 30)

int
sandbox_limits(const struct wire_limits *l)
{
	/* One byte more, so that "too big" can be told from "just fits". */
	rlim_t out = (rlim_t)l->output + 1;

	/* The write fails with EFBIG instead. */
	(void)signal(SIGXFSZ, SIG_IGN);
	if (confine_limit(RLIMIT_CORE, 0, 0) != 0 ||
	    confine_limit(RLIMIT_FSIZE, out, out) != 0 ||
	    confine_limit(RLIMIT_NOFILE, 32, 32) != 0)
		return (-1);
#ifndef MONIKER_SANITIZED
	/* The sanitizers reserve terabytes of address space. */
	if (confine_limit(RLIMIT_DATA, l->memory, l->memory) != 0 ||
	    confine_limit(RLIMIT_AS, l->memory + SOURCE_ROOM,
	    l->memory + SOURCE_ROOM) != 0)
		return (-1);
#endif
	return (0);
}

bool
sandbox_has_room(size_t len)
{
	void *room = mmap(NULL, len, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (room == MAP_FAILED)
		return (false);
	(void)munmap(room, len);
	return (true);
}

void
sandbox_more_cpu(unsigned ms)
{
	struct rusage u;
	struct rlimit r;

	if (getrusage(RUSAGE_SELF, &u) != 0 ||
	    getrlimit(RLIMIT_CPU, &r) != 0)
		return;
	r.rlim_cur = (rlim_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	    ms / 1000 + 2;
	(void)setrlimit(RLIMIT_CPU, &r);
}

/*--------------------------------------------------------------------
 * seccomp
 */

static const int allowed[] = {
	SCMP_SYS(brk), SCMP_SYS(clock_getres), SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(close), SCMP_SYS(exit),
	SCMP_SYS(exit_group), SCMP_SYS(fstat), SCMP_SYS(futex),
	SCMP_SYS(getcpu), SCMP_SYS(getpid),
	SCMP_SYS(getrandom), SCMP_SYS(getrlimit), SCMP_SYS(getrusage),
	SCMP_SYS(gettid), SCMP_SYS(gettimeofday), SCMP_SYS(lseek),
	SCMP_SYS(madvise), SCMP_SYS(mremap), SCMP_SYS(munmap),
	SCMP_SYS(nanosleep), SCMP_SYS(poll), SCMP_SYS(ppoll),
	SCMP_SYS(pread64), SCMP_SYS(pwrite64),
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(recvmsg),
	SCMP_SYS(restart_syscall), SCMP_SYS(rseq), SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_yield),
	SCMP_SYS(sendmsg), SCMP_SYS(set_robust_list), SCMP_SYS(setitimer),
	SCMP_SYS(setrlimit),
	SCMP_SYS(sigaltstack), SCMP_SYS(time), SCMP_SYS(uname),
	SCMP_SYS(write), SCMP_SYS(writev),
};

/* A thread, and what makes another process or namespace of it */
#define CLONE_MASK	(CLONE_THREAD | CLONE_NEWNS | CLONE_NEWCGROUP |	\
			CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |	\
			CLONE_NEWPID | CLONE_NEWNET | CLONE_PTRACE |	\
			CLONE_VFORK | CLONE_PARENT)

/*
 * F_DUPFD's effect stays with the descriptor. With F_SETOWN, F_SETSIG and O_ASYNC
 * a worker could have the kernel send any signal to the daemon; leases and locks
 * would block other readers of a source.
 */
static int
add_rules(void *filter)
{
	int rc = 0;

	rc |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
	    SCMP_A1(SCMP_CMP_EQ, F_DUPFD, 0));
	rc |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
	    SCMP_A1(SCMP_CMP_EQ, F_DUPFD_CLOEXEC, 0));
	/* Threads, no processes. clone3 hides its flags: "not there". */
	rc |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
	    SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_MASK, CLONE_THREAD));
	rc |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS),
	    SCMP_SYS(clone3), 0);
	/* Its own limits */
	rc |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
	    SCMP_A0(SCMP_CMP_EQ, 0, 0));
	return (rc);
}

int
sandbox_enter(struct wire_cage *c, char *err, size_t err_len)
{
	static const char *const none[] = { NULL };
	const char *what = NULL;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		what = "no_new_privs";
	else if (confine_landlock(c, none) != 0)
		what = "Landlock";
	else if (confine_calls(allowed, sizeof allowed / sizeof *allowed,
	    add_rules) != 0)
		what = "seccomp";
	if (what == NULL)
		return (0);
	(void)snprintf(err, err_len, "%s: %s", what, strerror(errno));
	return (-1);
}
