/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LISTEN_H
#define LISTEN_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Listens on the Unix socket *path* with *mode*. A socket that a dead daemon
 * left is replaced, one that answers is not, nor what is not a socket.
 * Returns a descriptor, or -1 and a sentence in *err*.
 */
int listen_unix(const char *path, mode_t mode, char *err, size_t err_len);

/* The same for "host:port" over TCP; logs where, as port 0 is any. */
int listen_tcp(const char *address, char *err, size_t err_len);

#endif
