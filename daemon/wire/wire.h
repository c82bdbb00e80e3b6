/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the daemon and a worker say to each other: one datagram each way over
 * a SOCK_SEQPACKET pair, descriptors beside it. The daemon makes the memfd of
 * the result, and believes of a worker's answer what it can check: answer.c.
 */
#ifndef WIRE_H
#define WIRE_H

#include <sys/types.h>

#include "recipe/recipe_data.h"
#include "wire/status.h"

enum wire_kind { WIRE_LIMITS, WIRE_RENDER, WIRE_PROBE };

/* What a worker may use; sent once, before the sandbox closes. */
struct wire_limits {
	uint64_t	memory;		/* bytes that may be allocated */
	int64_t		pixels;		/* over all frames */
	int64_t		output;		/* bytes of a result */
	uint32_t	side;		/* width or height */
	uint32_t	frames;
	uint32_t	wall_ms;
	uint32_t	allowed;	/* to be read: 1 << format */
	uint32_t	jit;		/* machine code may be generated */
	uint32_t	refused;	/* errno: why it has no namespaces, or 0 */
	uint32_t	user_namespace;	/* one of them is that */
	uint32_t	partial;	/* what is cut short may be shown */
	uint32_t	nice;		/* of the worker's processor time */
};

struct wire_request {
	uint32_t	kind;
	uint32_t	has_secondary;
	union {
		struct wire_limits limits;
		struct recipe recipe;
	};
};

/* The descriptors of a request */
enum wire_fd { WIRE_SOURCE, WIRE_RESULT, WIRE_SECONDARY, WIRE__FDS };

/* What the cage has; told once, by a worker that has seen no image yet. */
#define CAGE_NAMESPACES	1u	/* of processes, network and mounts */
#define CAGE_ROOT	2u	/* an empty root folder */
#define CAGE_USER	4u	/* another user, or a namespace of users */
#define CAGE_CODE	8u	/* no memory is both written and executed */

struct wire_cage {
	uint32_t	has;
	uint32_t	landlock;	/* version, 0: the kernel has none */
	char		lacks[256];	/* what else, and why */
};

/* What pictures are made with; told with the cage. */
struct wire_libs {
	uint64_t	tag;		/* of the names */
	uint32_t	reads, writes;	/* 1 << format: there is a coder */
	char		names[512];	/* with their versions */
};

struct wire_reply {
	uint32_t	status;		/* enum render_status */
	uint32_t	format;		/* enum format: of result or source */
	int64_t		len;		/* of the result */
	int64_t		width, height;
	uint32_t	frames;
	uint32_t	opaque;
	uint32_t	last;		/* the worker leaves after this one */
	uint32_t	edition;	/* of the sources, the highest */
	uint32_t	gave_up;	/* over a limit: see give_up.h */
	char		error[256];
	char		metadata[2048];
	struct wire_cage cage;		/* of the first one */
	struct wire_libs libs;
};

/* The exit status of a worker that a signal ends by its handler, less that. */
#define WIRE_SIGNAL	128

/* Sends *len* bytes and *n_fds* descriptors. 0, or -1 and errno. */
int wire_send(int sock, const void *msg, size_t len, const int *fds,
    unsigned n_fds);

/*
 * Receives one message of at most *len* bytes; the descriptors (close-on-exec)
 * go to *fds*, of room *n_fds*, unused ones are -1. Returns the length, 0 when
 * the other side has gone, or -1 and errno (EMSGSIZE: it was longer).
 */
ssize_t wire_recv(int sock, void *msg, size_t len, int *fds, unsigned n_fds);

#endif
