/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a worker gives up before sandbox.c shuts the door: the file system, its
 * user, its rights as root. What the system refuses is told, not fatal.
 */
#include "config.h"

#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "worker/cage.h"
#include "worker/vector.h"

/* Whose rights a worker of root takes: nobody's, by the kernel's own number. */
#define NOBODY	65534

void
cage_lacks(struct wire_cage *c, const char *fmt, ...)
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

/*
 * ORC maps its code from a file, which it makes and removes in the folder that
 * this names. One of our own, as in $HOME or /tmp others might look on.
 */
static void
generate_code(struct wire_cage *c, bool wanted)
{
	char dir[] = "/tmp/moniker-worker-XXXXXX";
	bool made;

	if (!vector_generates()) {
		c->has |= CAGE_CODE;
		return;
	}
	if (!wanted) {
		vector_disable();
		c->has |= CAGE_CODE;
		return;
	}
	made = !(c->has & CAGE_ROOT) && mkdtemp(dir) != NULL;
	(void)setenv("XDG_RUNTIME_DIR", made ? dir : "/", 1);
	vector_reserve();
	(void)unsetenv("XDG_RUNTIME_DIR");
	if (made)
		(void)rmdir(dir);
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
become_nobody(struct wire_cage *c, const struct wire_limits *l)
{
	c->has |= CAGE_USER;
	if (l->user_namespace || (geteuid() == 0 &&
	    setgroups(0, NULL) == 0 &&
	    setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
	    setresuid(NOBODY, NOBODY, NOBODY) == 0))
		return;
	c->has &= ~CAGE_USER;
	cage_lacks(c, "user: %s", geteuid() == 0 ? strerror(errno) :
	    "the daemon is not root");
}

int
cage_enter(struct wire_cage *c, const struct wire_limits *l)
{
	if (l->refused != 0)
		cage_lacks(c, "namespaces: %s", strerror((int)l->refused));
	else
		c->has |= CAGE_NAMESPACES;
	/* Without namespaces those would be everybody's mounts. */
	if (l->refused == 0 && empty_root() == 0)
		c->has |= CAGE_ROOT;
	else if (l->refused == 0)
		cage_lacks(c, "root: %s", strerror(errno));
	generate_code(c, l->jit != 0);
	become_nobody(c, l);
	if (!drop_capabilities()) {
		/* Of a namespace they are worth little. */
		if (!l->user_namespace)
			return (-1);
		cage_lacks(c, "capabilities stay: %s", strerror(errno));
	}
	/* One that was taken over must not outlive the daemon. */
	return (prctl(PR_SET_PDEATHSIG, SIGKILL));
}
