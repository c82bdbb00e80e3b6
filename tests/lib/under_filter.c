/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * under_filter CALLS NAMESPACES PROGRAM ARGUMENT...: executes the program with
 * no system call but those in the file CALLS, a line each, and no namespace but
 * those in the list NAMESPACES, as systemd does by SystemCallFilter= and
 * RestrictNamespaces=. All else fails with EPERM.
 */
#include "config.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char	*name;
	unsigned	flag;
} namespaces[] = {
	{ "cgroup", CLONE_NEWCGROUP }, { "ipc", CLONE_NEWIPC },
	{ "net", CLONE_NEWNET }, { "mnt", CLONE_NEWNS },
	{ "pid", CLONE_NEWPID }, { "user", CLONE_NEWUSER },
	{ "uts", CLONE_NEWUTS },
};

static void
die(const char *what)
{
	(void)fprintf(stderr, "under_filter: %s: %s\n", what, strerror(errno));
	exit(99);
}

static bool
listed(const char *list, const char *word)
{
	const char *p = strstr(list, word);

	return (p != NULL && (p == list || p[-1] == ' '));
}

/* Only with flags that are not forbidden */
static int
allow_flagged(scmp_filter_ctx ctx, int call, const char *list)
{
	scmp_datum_t forbidden = 0;

	for (size_t i = 0; i < sizeof namespaces / sizeof *namespaces; i++)
		if (!listed(list, namespaces[i].name))
			forbidden |= namespaces[i].flag;
	return (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, call, 1,
	    SCMP_A0(SCMP_CMP_MASKED_EQ, forbidden, 0)));
}

static int
allow(scmp_filter_ctx ctx, const char *name, const char *list)
{
	int call = seccomp_syscall_resolve_name(name);

	/* systemd, too, goes on without one that is of another machine. */
	if (call < 0)
		return (0);
	if (call == SCMP_SYS(clone3))
		return (seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), call,
		    0));
	if (call == SCMP_SYS(clone) || call == SCMP_SYS(unshare))
		return (allow_flagged(ctx, call, list));
	return (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, call, 0));
}

int
main(int argc, char **argv)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	char name[100];
	FILE *f;

	if (argc < 4 || ctx == NULL)
		die("usage");
	f = fopen(argv[1], "re");
	if (f == NULL)
		die(argv[1]);
	while (fscanf(f, "%99s", name) == 1)
		if (allow(ctx, name, argv[2]) != 0)
			die(name);
	(void)fclose(f);
	if (seccomp_load(ctx) != 0)
		die("seccomp");
	seccomp_release(ctx);
	(void)execvp(argv[3], argv + 3);
	die(argv[3]);
}
