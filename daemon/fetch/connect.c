/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A name is asked for once. What it resolved to is what is connected to, and
 * what the kernel says it is connected to is looked at again.
 */
#include "config.h"

#include <sys/socket.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fetch/address.h"
#include "fetch/fetcher.h"

/* For one of several addresses */
#define CONNECT_MS	5000

static bool
is_allowed(const struct fetch_request *rq, const struct sockaddr *sa)
{
	return (address_is_public(sa) ||
	    address_in_nets(sa, rq->allow_nets));
}

/* Whether *fd* came to stand within the time. */
static bool
is_connected(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int left = fetcher_left(), e = 0;
	socklen_t len = sizeof e;

	if (left > CONNECT_MS)
		left = CONNECT_MS;
	return (poll(&p, 1, left) == 1 &&
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &len) == 0 && e == 0);
}

static bool
is_what_was_allowed(const struct fetch_request *rq, int fd)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof at;
	const void *sa = &at;

	return (getpeername(fd, (struct sockaddr *)&at, &len) == 0 &&
	    is_allowed(rq, sa));
}

static int
connect_to(const struct fetch_request *rq, const struct addrinfo *a)
{
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, IPPROTO_TCP);

	if (fd < 0)
		return (-1);
	if ((connect(fd, a->ai_addr, a->ai_addrlen) == 0 ||
	    errno == EINPROGRESS) && is_connected(fd) &&
	    is_what_was_allowed(rq, fd))
		return (fd);
	(void)close(fd);
	return (-1);
}

static int
resolve(const struct fetch_url *u, struct addrinfo **list)
{
	const struct addrinfo hints = {
		.ai_family = u->six ? AF_INET6 : AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV | (u->six ? AI_NUMERICHOST : 0)
	};
	char port[8];

	(void)snprintf(port, sizeof port, "%u", u->port);
	return (getaddrinfo(u->host, port, &hints, list));
}

int
fetcher_connect(const struct fetch_request *rq, enum fetch_status *why,
    char *err, size_t err_len)
{
	struct addrinfo *list = NULL;
	unsigned tried = 0;
	int fd = -1, rc = resolve(&rq->url, &list);

	*why = FETCH_FAILED;
	if (rc != 0) {
		(void)snprintf(err, err_len, "the host cannot be resolved: %s",
		    gai_strerror(rc));
		return (-1);
	}
	for (struct addrinfo *a = list; a != NULL && fd < 0; a = a->ai_next) {
		if (!is_allowed(rq, a->ai_addr))
			continue;
		tried++;
		fd = connect_to(rq, a);
	}
	freeaddrinfo(list);
	if (fd >= 0)
		return (fd);
	if (tried == 0)
		*why = FETCH_REFUSED;
	(void)snprintf(err, err_len, tried == 0 ?
	    "the host has no address that may be fetched from" :
	    "the host does not answer");
	return (-1);
}
