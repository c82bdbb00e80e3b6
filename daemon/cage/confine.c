/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cage/confine.h"

/* The user that a child of root becomes: the kernel's overflow uid. */
#define NOBODY	65534

void
confine_lacks(struct wire_cage *c, const char *fmt, ...)
{
	size_t n = strlen(c->lacks);
	va_list ap;

	if (n > 0 && n + 2 < sizeof c->lacks) {
		memcpy(c->lacks + n, "; ", 3);
		n += 2;
	}
	va_start(ap, fmt);
	(void)vsnprintf(c->lacks + n, sizeof c->lacks - n, fmt, ap);
	va_end(ap);
}

void
confine_hush(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)dup2(fd, STDIN_FILENO);
	(void)dup2(fd, STDOUT_FILENO);
#ifndef MONIKER_SANITIZED
	(void)dup2(fd, STDERR_FILENO);
#endif
	(void)close(fd);
}

/*--------------------------------------------------------------------
 * An empty folder in memory as root, in mounts of its own
 */

/* Any folder will do to mount it on, and this one is always there. */
#define PLACE	"/proc"

static int
empty_root(void)
{
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("none", PLACE, "tmpfs", MS_NOSUID | MS_NODEV,
	    "size=16m,mode=700") != 0 || chdir(PLACE) != 0 ||
	    syscall(SYS_pivot_root, ".", ".") != 0)
		return (-1);
	/* The old root lies on the new one now. */
	if (umount2(".", MNT_DETACH) != 0)
		return (-1);
	return (chdir("/"));
}

void
confine_root(struct wire_cage *c, int refused)
{
	if (refused != 0) {
		/* Without namespaces those would be everybody's mounts. */
		confine_lacks(c, "namespaces: %s", strerror(refused));
		return;
	}
	c->has |= CAGE_NAMESPACES;
	if (empty_root() == 0)
		c->has |= CAGE_ROOT;
	else
		confine_lacks(c, "root: %s", strerror(errno));
}

/*--------------------------------------------------------------------
 * Rights
 */

/* Whether it has none now. */
static bool
drop_capabilities(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct cap[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

	if (syscall(SYS_capset, &head, cap) == 0)
		return (true);
	return (syscall(SYS_capget, &head, cap) == 0 &&
	    (cap[0].permitted | cap[1].permitted) == 0);
}

/* In a namespace of users there is but the daemon's own to be. */
static void
become_nobody(struct wire_cage *c, bool user_namespace)
{
	c->has |= CAGE_USER;
	if (user_namespace || (geteuid() == 0 &&
	    setgroups(0, NULL) == 0 &&
	    setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
	    setresuid(NOBODY, NOBODY, NOBODY) == 0))
		return;
	c->has &= ~CAGE_USER;
	confine_lacks(c, "user: %s", geteuid() == 0 ? strerror(errno) :
	    "the daemon is not root");
}

int
confine_rights(struct wire_cage *c, bool user_namespace)
{
	become_nobody(c, user_namespace);
	if (!drop_capabilities()) {
		/* Within a namespace they allow little. */
		if (!user_namespace)
			return (-1);
		confine_lacks(c, "capabilities stay: %s", strerror(errno));
	}
	/* One that was taken over must not outlive the daemon. */
	return (prctl(PR_SET_PDEATHSIG, SIGKILL));
}

int
confine_limit(int what, unsigned long soft, unsigned long hard)
{
	struct rlimit r = { soft, hard };

	return (setrlimit((__rlimit_resource_t)what, &r));
}
