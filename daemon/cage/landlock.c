/* SPDX-License-Identifier: BSD-2-Clause */
/* Landlock: every right that a kernel's version knows, and hardly a rule. */
#include "config.h"

#include <sys/syscall.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <unistd.h>

#include "cage/confine.h"

/* Rights of the file system by the version that brought them */
static const uint64_t fs_rights[] = { 0,
	(UINT64_C(1) << 13) - 1,	/* 1: all up to MAKE_SYM */
	(UINT64_C(1) << 14) - 1,	/* 2: REFER */
	(UINT64_C(1) << 15) - 1,	/* 3: TRUNCATE */
	(UINT64_C(1) << 15) - 1,	/* 4: (network) */
	(UINT64_C(1) << 16) - 1,	/* 5: IOCTL_DEV */
};

/* Longer than that of Debian's headers; older kernels take less of it. */
struct ruleset {
	uint64_t	fs;
	uint64_t	net;		/* from version 4 */
	uint64_t	scoped;		/* from version 6 */
};

/* The kernel lacks it, or was started without it. */
static bool
is_not_there(int error)
{
	return (error == ENOSYS || error == EOPNOTSUPP);
}

/* The ruleset's descriptor, or -1. Its version goes to *c*, 0: no Landlock. */
static int
new_ruleset(struct wire_cage *c, bool network)
{
	struct ruleset rs = { 0, 0, 0 };
	size_t len = sizeof rs.fs;
	long abi;

	abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	if (abi < 1) {
		c->landlock = 0;
		return (-1);
	}
	c->landlock = (uint32_t)abi;
	rs.fs = fs_rights[abi < 5 ? abi : 5];
	if (abi >= 4) {
		rs.net = network ? 0 : 3;	/* bind and connect of TCP */
		len += sizeof rs.net;
	}
	if (abi >= 6) {
		rs.scoped = 3;	/* abstract sockets and signals */
		len += sizeof rs.scoped;
	}
	return ((int)syscall(SYS_landlock_create_ruleset, &rs, len, 0));
}

/* A folder that is not there needs no rule. */
static int
add_readable(int ruleset, const char *path)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE |
		    LANDLOCK_ACCESS_FS_READ_DIR,
		.parent_fd = open(path, O_PATH | O_CLOEXEC | O_DIRECTORY)
	};
	long rc;

	if (rule.parent_fd < 0)
		return (0);
	rc = syscall(SYS_landlock_add_rule, ruleset,
	    LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	(void)close(rule.parent_fd);
	return (rc == 0 ? 0 : -1);
}

int
confine_landlock(struct wire_cage *c, const char *const *readable)
{
	int fd = new_ruleset(c, readable[0] != NULL), rc = 0;

	if (fd < 0 && c->landlock == 0 && is_not_there(errno)) {
		confine_lacks(c, "landlock: %s", strerror(errno));
		return (0);	/* seccomp has to do */
	}
	if (fd < 0)
		return (-1);
	while (rc == 0 && *readable != NULL)
		rc = add_readable(fd, *readable++);
	if (rc == 0)
		rc = (int)syscall(SYS_landlock_restrict_self, fd, 0);
	(void)close(fd);
	return (rc == 0 ? 0 : -1);
}
