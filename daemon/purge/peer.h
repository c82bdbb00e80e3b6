/* SPDX-License-Identifier: BSD-2-Clause */
/* The user at the other end of a TCP connection within this machine. */
#ifndef PEER_H
#define PEER_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

/* Whether the address is one of this machine's loopback. */
bool peer_is_local(const struct sockaddr *);

/*
 * The uid of the process whose socket has the address *peer* and is connected
 * to that of *fd*. False if the kernel knows of none.
 */
bool peer_uid(int fd, const struct sockaddr *peer, uid_t *uid);

/* Root, the daemon's own user, and the one named *user*, if there is one. */
bool peer_is_trusted(uid_t uid, const char *user);

#endif
