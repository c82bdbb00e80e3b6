/* SPDX-License-Identifier: BSD-2-Clause */
/* Starts the caged processes: render workers and fetchers. */
#ifndef SPAWN_H
#define SPAWN_H

#include <sys/types.h>
#include <stdbool.h>

/* Where the child finds its socket. */
#define SPAWN_FD	3

struct spawn {
	const char	*program;	/* to execute */
	const char	*name, *flag;	/* its argv */
	int		sock;		/* the child's end */
	bool		network;	/* it may see the network */
	/* out */
	bool		user_namespace;	/* one of its namespaces is that */
	int		refused;	/* errno: why it has none, or 0 */
};

/*
 * A new process with namespaces of its own where the kernel gives them, else
 * without. Its number, or -1 and errno.
 */
pid_t spawn_caged(struct spawn *);

/* Two ends of a SOCK_SEQPACKET, the second for a child. 0, or -1 and errno. */
int spawn_pair(int sv[2]);

#endif
