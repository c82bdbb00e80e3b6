/* SPDX-License-Identifier: BSD-2-Clause */
/* The cage of a fetcher, in two steps. */
#include "config.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cage/confine.h"
#include "fetch/fetcher.h"

#define MEMORY		(256UL << 20)
#define FILES		32UL

static int
set_limits(const struct fetch_request *rq)
{
	unsigned long cpu = rq->timeout_ms / 1000 + 2;

	(void)signal(SIGXFSZ, SIG_IGN);
	if (confine_limit(RLIMIT_CORE, 0, 0) != 0 ||
	    confine_limit(RLIMIT_FSIZE, 0, 0) != 0 ||
	    confine_limit(RLIMIT_NOFILE, FILES, FILES) != 0 ||
	    confine_limit(RLIMIT_CPU, cpu, cpu + 1) != 0)
		return (-1);
#ifndef MONIKER_SANITIZED
	if (confine_limit(RLIMIT_DATA, MEMORY, MEMORY) != 0)
		return (-1);
#endif
	return (0);
}

/*
 * All that a resolver and a TLS library read. Where there is no Landlock, an
 * empty root takes its place in the end.
 */
static const char *const readable[] = { "/etc", "/usr", "/lib", "/lib64",
    "/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager", NULL };

static int
fail(char *err, size_t err_len, const char *what)
{
	(void)snprintf(err, err_len, "%s: %s", what, strerror(errno));
	return (-1);
}

int
fetcher_shut_first(const struct fetch_request *rq, struct wire_cage *c,
    char *err, size_t err_len)
{
	if (set_limits(rq) != 0)
		return (fail(err, err_len, "the resource limits"));
	if (rq->refused == 0)
		c->has |= CAGE_NAMESPACES;
	c->has |= CAGE_CODE;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return (fail(err, err_len, "no_new_privs"));
	if (confine_landlock(c, readable) != 0)
		return (fail(err, err_len, "Landlock"));
	/* The rights are needed for an empty root, else for nothing. */
	if (c->landlock > 0 &&
	    confine_rights(c, rq->user_namespace != 0) != 0)
		return (fail(err, err_len, "the rights of root"));
	return (0);
}

/*--------------------------------------------------------------------
 * seccomp. Neither socket(), connect() nor accept() is allowed: a fetcher that
 * was taken over talks to the server it was connected to, and to nobody else.
 */

static const int allowed[] = {
	SCMP_SYS(brk), SCMP_SYS(clock_getres), SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(close), SCMP_SYS(exit),
	SCMP_SYS(exit_group), SCMP_SYS(fstat), SCMP_SYS(futex),
	SCMP_SYS(getpeername), SCMP_SYS(getpid), SCMP_SYS(getrandom),
	SCMP_SYS(getrlimit), SCMP_SYS(getrusage), SCMP_SYS(getsockname),
	SCMP_SYS(getsockopt), SCMP_SYS(gettid), SCMP_SYS(gettimeofday),
	SCMP_SYS(lseek), SCMP_SYS(madvise), SCMP_SYS(mremap),
	SCMP_SYS(munmap), SCMP_SYS(nanosleep), SCMP_SYS(poll),
	SCMP_SYS(ppoll), SCMP_SYS(read), SCMP_SYS(readv),
	SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(restart_syscall),
	SCMP_SYS(rseq), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(sched_yield), SCMP_SYS(sendmsg),
	SCMP_SYS(sendto), SCMP_SYS(set_robust_list), SCMP_SYS(setsockopt),
	SCMP_SYS(shutdown), SCMP_SYS(sigaltstack), SCMP_SYS(time),
	SCMP_SYS(uname), SCMP_SYS(write), SCMP_SYS(writev),
};

/* curl waits by itself; O_ASYNC could have signals sent to others. */
#define FLAGS_MASK	(~(scmp_datum_t)(O_NONBLOCK | O_RDWR | O_LARGEFILE))

static int
add_rules(void *filter)
{
	int rc = 0;

	rc |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 2,
	    SCMP_A1(SCMP_CMP_EQ, F_SETFL, 0),
	    SCMP_A2(SCMP_CMP_MASKED_EQ, FLAGS_MASK & 0xffffffffU, 0));
	/* Is not done, and says it was: curl 7.88 connects once more. */
	rc |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(0), SCMP_SYS(connect), 0);
	return (rc);
}

int
fetcher_shut_last(const struct fetch_request *rq, struct wire_cage *c,
    char *err, size_t err_len)
{
	static const char *const none[] = { NULL };

	if (c->landlock == 0) {
		confine_root(c, (int)rq->refused);
		if (confine_rights(c, rq->user_namespace != 0) != 0)
			return (fail(err, err_len, "the rights of root"));
	} else if (confine_landlock(c, none) != 0)
		return (fail(err, err_len, "Landlock"));
	if (confine_calls(allowed, sizeof allowed / sizeof *allowed,
	    add_rules) != 0)
		return (fail(err, err_len, "seccomp"));
	return (0);
}
